//! Buckets that limiters of several threads use together, by a name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::error::{Error, Result};
use crate::limit::local::{Ceiling, Local};

type Named = HashMap<String, (Ceiling, Weak<Local>)>;

static SHARED: Mutex<Option<Named>> = Mutex::new(None);

/// The buckets of this name; they live as long as a limiter that uses them.
///
/// # Errors
/// `ERR_CONFIG` where they have another ceiling, and those of [`Local::new`].
pub(super) fn shared(name: String, ceiling: Ceiling) -> Result<Arc<Local>> {
    let mut place = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let all = place.get_or_insert_default();
    all.retain(|_, (_, local)| local.strong_count() > 0);
    if let Some((known, local)) = all.get(&name)
        && let Some(local) = local.upgrade()
    {
        let same = *known == ceiling;
        return if same { Ok(local) } else { Err(Error::Config(DIFFERS)) };
    }
    let local = Arc::new(Local::new(ceiling)?);
    all.insert(name, (ceiling, Arc::downgrade(&local)));
    Ok(local)
}

const DIFFERS: &str =
    "shared: a limiter of this name exists with another ceiling: give both the same maxKeys and maxBytes";
