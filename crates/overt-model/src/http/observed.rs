//! What replies say about themselves, counted while a system is asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use overt_schema::{Observed, Served};

/// Different model names, or fingerprints, that are counted one by one; a server that makes one up for every reply
/// must not fill the memory.
const MOST: usize = 100;
const OTHERS: &str = "(others)";

/// Counts that many requests share.
#[derive(Default)]
pub(super) struct Observations(Mutex<Observed>);

impl Observations {
    fn lock(&self) -> MutexGuard<'_, Observed> {
        // Counts stay meaningful whatever happened to another thread.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn so_far(&self) -> Observed {
        self.lock().clone()
    }

    pub(super) fn note_request(&self) {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        let mut observed = self.lock();
        observed.first_request_ms.get_or_insert(now);
        observed.last_request_ms = Some(now);
    }

    pub(super) fn note_reply(&self, served: &Served) {
        let mut observed = self.lock();
        count(&mut observed.models, served.model.as_deref());
        count(&mut observed.fingerprints, served.fingerprint.as_deref());
    }
}

/// Counts a name that a reply gave.
fn count(seen: &mut BTreeMap<String, u64>, name: Option<&str>) {
    let Some(name) = name else { return };
    if let Some(times) = seen.get_mut(name) {
        *times += 1;
        return;
    }
    let name = if seen.len() < MOST { name.chars().take(200).collect() } else { OTHERS.to_owned() };
    *seen.entry(name).or_insert(0) += 1;
}
