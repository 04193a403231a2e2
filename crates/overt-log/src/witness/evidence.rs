//! What logs signed and a witness must not cosign.
//!
//! Two checkpoints of one size with different roots are a fork proof, and kept as one ([`overt_record::fork`]). Any other
//! refused request may be half of one: whoever has the log's entries can find out.

use overt_record::Hash;
use overt_record::fork::ForkProof;
use overt_record::note::Note;

use super::WitnessedLog;
use super::state::directory;
use crate::store::{Store, StoreError};

/// The most that is kept of one log and one sort.
const MAX_KEPT: usize = 64;

/// Keeps two checkpoints of one size with different roots.
pub(super) fn keep_fork(
    store: &dyn Store,
    log: &WitnessedLog,
    notes: [&Note; 2],
    body: &[u8],
) -> Result<(), StoreError> {
    let proofs = log.vkeys.iter().map(|key| ForkProof::new(key.clone(), notes.map(Note::clone), None));
    let proof = proofs.into_iter().find(|proof| proof.verify().is_ok());
    match proof.and_then(|proof| proof.to_json().ok()) {
        Some(json) => keep(store, log, "forks", "fork.json", &json),
        // The log's key has another name than its origin, or the notes are by different keys of it.
        None => keep_request(store, log, body),
    }
}

/// Keeps a request as it came.
pub(super) fn keep_request(store: &dyn Store, log: &WitnessedLog, body: &[u8]) -> Result<(), StoreError> {
    keep(store, log, "refused", "txt", body)
}

fn keep(
    store: &dyn Store,
    log: &WitnessedLog,
    sort: &str,
    ending: &str,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let name = format!("{sort}/{}.{ending}", Hash::of(bytes));
    let (Ok(all), Ok(key)) = (directory(&log.origin, sort), directory(&log.origin, &name)) else {
        return Ok(());
    };
    if store.list(&all)?.len() >= MAX_KEPT {
        return Ok(());
    }
    store.put_new(&key, bytes).map(drop)
}
