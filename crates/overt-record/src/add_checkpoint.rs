//! What a log sends to a witness: the body of `add-checkpoint` (C2SP tlog-witness).

use std::fmt;

use crate::hash_lines::{parse_hash_lines, write_hash_lines};
use crate::merkle::{ConsistencyProof, ProofError};
use crate::note::{MAX_NOTE_BYTES, Note, NoteError};
use crate::number::parse_number;

/// The most hashes that a witness takes.
pub const MAX_WITNESS_HASHES: usize = 63;

/// The longest body: the note, and before it a line for the old size and one for each hash.
pub const MAX_ADD_CHECKPOINT_BYTES: usize = MAX_NOTE_BYTES + 64 * (MAX_WITNESS_HASHES + 1);

/// A checkpoint, with the proof that it grew out of the one that the witness saw last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    old: u64,
    consistency: ConsistencyProof,
    note: Note,
}

/// Why bytes are not the body of such a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointError {
    /// Larger than any request.
    #[error("the body of add-checkpoint has at most {MAX_ADD_CHECKPOINT_BYTES} bytes")]
    TooLarge,
    /// The old size is missing or not a number.
    #[error("the first line of the body is not \"old <size>\"")]
    Old,
    /// Not hashes, one a line, or too many.
    #[error(
        "after the old size the body has at most {MAX_WITNESS_HASHES} hashes, one a line, 32 bytes in base64, and an \
         empty line"
    )]
    Hashes,
    /// More hashes than any proof has.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The note at the end is malformed.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl AddCheckpoint {
    /// The request to cosign `note`, whose tree has that of `old` leaves as its prefix.
    ///
    /// # Errors
    /// When the proof has more hashes than a witness takes.
    pub fn new(old: u64, consistency: ConsistencyProof, note: Note) -> Result<Self, AddCheckpointError> {
        if consistency.hashes().len() > MAX_WITNESS_HASHES {
            return Err(AddCheckpointError::Hashes);
        }
        Ok(Self { old, consistency, note })
    }

    /// Reads the body of a request. Whether it is signed, and the proof holds, is the witness's to check.
    ///
    /// # Errors
    /// When it is not in the one form that it has.
    pub fn parse(bytes: &[u8]) -> Result<Self, AddCheckpointError> {
        if bytes.len() > MAX_ADD_CHECKPOINT_BYTES {
            return Err(AddCheckpointError::TooLarge);
        }
        let text = str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        let (old, rest) = text.split_once('\n').ok_or(AddCheckpointError::Old)?;
        let old = old.strip_prefix("old ").and_then(parse_number).ok_or(AddCheckpointError::Old)?;
        let (hashes, note) = parse_hash_lines(rest, MAX_WITNESS_HASHES).ok_or(AddCheckpointError::Hashes)?;
        Self::new(old, ConsistencyProof::new(hashes)?, Note::parse(note.as_bytes())?)
    }

    /// The size that the witness is thought to know; 0 if it knows none.
    pub fn old(&self) -> u64 {
        self.old
    }

    /// The proof from the old size to the checkpoint's.
    pub fn consistency(&self) -> &ConsistencyProof {
        &self.consistency
    }

    /// The checkpoint with the log's signatures.
    pub fn note(&self) -> &Note {
        &self.note
    }
}

/// The body of the request.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        write_hash_lines(f, self.consistency.hashes())?;
        write!(f, "{}", self.note)
    }
}
