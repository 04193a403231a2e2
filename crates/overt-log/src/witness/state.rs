//! What a witness remembers of a log.

use overt_record::checkpoint::{Checkpoint, CheckpointError};
use overt_record::merkle::TreeHead;
use overt_record::note::{Note, NoteError, NoteSignature};
use overt_record::{Hash, VerifierKey};

use super::WitnessError;
use crate::key::{Key, NotAKey};
use crate::store::{Store, StoreError, SwapError};

/// What the object that marks a witness's store begins with; the witness's name follows.
const MARK: &str = "overt-witness v1\n";

/// The newest checkpoint of a log that was cosigned.
pub(super) struct State {
    pub(super) head: TreeHead,
    /// When it was cosigned, in seconds since 1970.
    pub(super) timestamp: u64,
    pub(super) note: Note,
}

/// Why the state of a log can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It was not written by this witness.
    #[error("the state of {origin:?} is not a note that this witness cosigned ({source}): restore it")]
    Note {
        /// The log.
        origin: String,
        /// What is wrong.
        source: NoteError,
    },
    /// It is no checkpoint.
    #[error("the state of {origin:?} is not a checkpoint ({source}): restore it")]
    Checkpoint {
        /// The log.
        origin: String,
        /// What is wrong.
        source: CheckpointError,
    },
    /// It is another log's.
    #[error("the state of {expected:?} is a checkpoint of {found:?}: restore it")]
    Origin {
        /// The log.
        expected: String,
        /// Whose checkpoint it is.
        found: String,
    },
    /// It has no name in a store.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The swap was lost, or failed.
    #[error(transparent)]
    Swap(#[from] SwapError),
}

impl State {
    /// Reads the state of a log, whose note must carry a cosignature by one of these keys.
    pub(super) fn read(
        store: &dyn Store,
        origin: &str,
        vkeys: &[&VerifierKey],
    ) -> Result<Option<Self>, StateError> {
        let Some(bytes) = store.get(&directory(origin, "checkpoint")?)? else { return Ok(None) };
        let damaged = |source| StateError::Note { origin: origin.to_owned(), source };
        let note = Note::parse(&bytes).map_err(damaged)?;
        let verified = note.verify(vkeys.iter().copied()).map_err(damaged)?;
        let timestamp = verified.iter().filter_map(|signature| signature.timestamp).max().unwrap_or_default();
        let checkpoint = Checkpoint::parse(note.text())
            .map_err(|source| StateError::Checkpoint { origin: origin.to_owned(), source })?;
        if checkpoint.origin() != origin {
            let (expected, found) = (origin.to_owned(), checkpoint.origin().to_owned());
            return Err(StateError::Origin { expected, found });
        }
        Ok(Some(Self { head: checkpoint.head(), timestamp, note }))
    }

    /// Makes a note the state, if the state is still the one that was read.
    pub(super) fn replace(
        store: &dyn Store,
        origin: &str,
        old: Option<&Self>,
        note: &Note,
    ) -> Result<(), StateError> {
        // A note that was read is written with the same bytes.
        let expected = old.map(|state| state.note.to_string());
        let key = directory(origin, "checkpoint")?;
        Ok(store.compare_and_swap(
            &key,
            expected.as_deref().map(str::as_bytes),
            note.to_string().as_bytes(),
        )?)
    }
}

/// The name of something that is stored about a log.
pub(super) fn directory(origin: &str, name: &str) -> Result<Key, NotAKey> {
    Key::new(format!("witness/{}/{name}", Hash::of(origin.as_bytes())))
}

/// A checkpoint with those of its signatures that are by the log, and the cosignatures.
pub(super) fn joined(
    note: &Note,
    log: &[VerifierKey],
    cosignatures: &[NoteSignature],
) -> Result<Note, NoteError> {
    let mut joined = Note::new(note.text())?;
    let signatures = note.signatures().iter().filter(|signature| log.iter().any(|key| key.made(signature)));
    for signature in signatures.chain(cosignatures) {
        joined.add(signature.clone())?;
    }
    Ok(joined)
}

/// Marks a store as that of a witness.
pub(super) fn begin(store: &dyn Store, name: &str) -> Result<(), WitnessError> {
    let mark = format!("{MARK}{name}\n");
    match store.compare_and_swap(&mark_key()?, None, mark.as_bytes()) {
        Err(SwapError::Lost { .. }) => Err(WitnessError::Exists),
        outcome => Ok(outcome.map_err(StateError::from)?),
    }
}

/// Checks that a store is that of the witness of this name.
pub(super) fn check_begun(store: &dyn Store, name: &str) -> Result<(), WitnessError> {
    let mark = store.get(&mark_key()?).map_err(StateError::from)?.ok_or(WitnessError::NoState)?;
    let mark = String::from_utf8_lossy(&mark);
    match mark.strip_prefix(MARK).and_then(|mark| mark.strip_suffix('\n')) {
        Some(found) if found == name => Ok(()),
        found => {
            let found = found.unwrap_or_default().chars().take(80).collect();
            Err(WitnessError::OtherWitness { expected: name.to_owned(), found })
        }
    }
}

fn mark_key() -> Result<Key, StateError> {
    Ok(Key::new("witness/lock")?)
}
