//! The state that all seals of the process share, workers included.

use std::sync::{Arc, OnceLock};

use crate::binding::runtime::spawn_blocking;
use crate::clock::monotonic;
use crate::error::Result;
use crate::seal::shared::Shared;

static SHARED: OnceLock<Arc<Shared>> = OnceLock::new();

/// The process's state, made on first use.
///
/// A core is left to the event loop: derivations may take all others, and at least one.
pub(crate) fn shared() -> Result<&'static Arc<Shared>> {
    if let Some(shared) = SHARED.get() {
        return Ok(shared);
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let made = Shared::new(cores.saturating_sub(1), Box::new(spawn_blocking), monotonic())?;
    Ok(SHARED.get_or_init(|| made))
}
