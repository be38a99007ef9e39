//! What stands around every export, and around what panics say.

use std::io::Write as _;
use std::panic;

use crate::binding::error::to_js;
use crate::error::ErrorCode;
use crate::panics::{caught, fail_point};

/// Runs the body of an export. A panic in it is thrown as `ERR_INTERNAL`, with a text that never changes.
///
/// napi's own `catch_unwind` stands around it, and would give the message away: it is for what napi itself does before and after,
/// which has no session data to tell of. `export` is the name in JavaScript, with its class before it, and a fail point.
pub(crate) fn guard<T>(
    export: &'static str,
    body: impl FnOnce() -> napi::Result<T, ErrorCode>,
) -> napi::Result<T, ErrorCode> {
    let guarded = caught(|| {
        fail_point(export);
        body()
    });
    guarded.unwrap_or_else(|error| Err(to_js(&error)))
}

/// From now on stderr gets the place of a panic, without its message, which may hold session data.
///
/// A panic hook is for all threads of a process, and yet not for the app's other addons: each carries a copy of Rust's standard
/// library of its own and exports nothing of it, so this hook hears of the panics of this binary alone. Those are ours wherever
/// they happen, under a guard or not, and so none is handed on to the hook before, which prints the message.
pub(crate) fn keep_panics_private() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        // What cannot be written is lost. A panic in here would end the process.
        let _written = writeln!(
            std::io::stderr(),
            "ironkeep: panicked at {place}; what it said is left out, since it may hold session data"
        );
    }));
}
