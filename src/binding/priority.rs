//! Whose turn it is, where the event loop and a derivation want the same core.

/// How much nicer than the process a deriving thread is, as `nice` counts.
///
/// Enough that a request does not wait for the rest of a derivation's turn. No more, since a derivation also has to come to
/// its end where the event loop takes all it can get: by the kernel's weights it then still has a quarter of the core. Ten
/// would leave it a tenth.
#[cfg(target_os = "linux")]
const NICER: i32 = 5;

/// Lets the process's other threads go before the calling one. Calling it again changes nothing.
///
/// A matter of latency alone: a system that refuses, or has no such setting for one thread, derives as before.
pub(crate) fn give_way() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpid, getpriority_process, setpriority_process};
        // On Linux a process's id names its first thread, and none names the calling thread.
        if let Ok(nice) = getpriority_process(Some(getpid())) {
            let _refused = setpriority_process(None, nice + NICER);
        }
    }
}
