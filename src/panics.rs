//! Panics as errors: a defect costs the call that met it, and not the process.

#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result};

#[cfg(feature = "inject-panics")]
pub use injected::{fail_point, inject};

/// Runs `work`. A panic in it is `ERR_INTERNAL`; its message is dropped, since it may hold session data.
///
/// What `work` had changed by then stays. That is sound to go on from: no lock here minds poison, and what a lock guards is
/// changed in steps that leave it whole.
///
/// # Errors
/// [`Error::Panicked`].
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_message| Error::Panicked)
}

/// A place that a test can make panic. Nothing at all without the feature `inject-panics`.
#[cfg(not(feature = "inject-panics"))]
#[inline]
pub const fn fail_point(_point: &'static str) {}

#[cfg(feature = "inject-panics")]
mod injected {
    use std::sync::{Mutex, PoisonError};

    /// The point that panics next, and what it says.
    static NEXT: Mutex<Option<(String, String)>> = Mutex::new(None);

    /// Makes the next pass of `point`, on any thread, panic with `message`. Forgets the point asked for before.
    pub fn inject(point: &str, message: &str) {
        *NEXT.lock().unwrap_or_else(PoisonError::into_inner) = Some((point.to_owned(), message.to_owned()));
    }

    /// A place that a test can make panic.
    ///
    /// # Panics
    /// Once, where [`inject`] asked for it.
    #[expect(clippy::panic, reason = "what it is for")]
    #[track_caller]
    pub fn fail_point(point: &'static str) {
        let asked = NEXT.lock().unwrap_or_else(PoisonError::into_inner).take_if(|(asked, _)| asked == point);
        if let Some((_, message)) = asked {
            panic!("{message}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    #[test]
    fn a_panic_is_an_error_that_repeats_nothing() {
        let error = caught(|| panic!("hunter2")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Internal);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn what_does_not_panic_is_given_back() {
        assert_eq!(caught(|| 7), Ok(7));
    }
}
