//! Proofs of logging that are checked offline: `.tlog-proof` files (C2SP tlog-proof v1).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Hash;
use crate::hash_lines::{parse_hash_lines, write_hash_lines};
use crate::merkle::{InclusionProof, MAX_PROOF_HASHES, ProofError, leaf_hash};
use crate::note::{MAX_NOTE_BYTES, Note, NoteError};
use crate::number::parse_number;
use crate::policy::{Assessment, Freshness, NotAssessed, Policy, Quorum, Shortfall};

/// The largest `extra` that is read or made.
pub const MAX_EXTRA_BYTES: usize = 64 << 10;

/// The first line of every proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The longest file: the note, and before it at most 64 hashes and the base64 of `extra`.
const MAX_PROOF_BYTES: usize = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES + 64 * MAX_PROOF_HASHES;

/// That an entry stands in a log, with a checkpoint that the log and witnesses signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    extra: Option<Vec<u8>>,
    index: u64,
    inclusion: InclusionProof,
    note: Note,
}

/// An entry that is proven to be in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged<'p> {
    /// Its place in the log.
    pub index: u64,
    /// Its hash in the tree.
    pub leaf: Hash,
    /// The checkpoint it is proven against, and who signed it.
    pub assessment: Assessment<'p>,
}

/// Why a text is not a proof, or proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Larger than any proof.
    #[error("a proof has at most {MAX_PROOF_BYTES} bytes, {MAX_EXTRA_BYTES} of them in its extra line")]
    TooLarge,
    /// The file says that it is something else.
    #[error("the first line of a proof is {HEADER:?}")]
    Header,
    /// `extra` is not base64, or empty.
    #[error("the extra line of the proof is not \"extra <base64>\"")]
    Extra,
    /// The index is missing or not a number.
    #[error("the proof has no line \"index <number>\" where it should")]
    Index,
    /// Not hashes, one a line.
    #[error("after its index the proof has one hash a line, 32 bytes in base64, and an empty line")]
    Hashes,
    /// The note at the end is malformed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// No log that the policy believes signed the checkpoint.
    #[error(transparent)]
    NotAssessed(#[from] NotAssessed),
    /// Too few witnesses.
    #[error("too few witnesses cosigned the checkpoint: {}", joined(.0))]
    Quorum(Vec<Shortfall>),
    /// The entry is not where the proof says.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
}

impl TlogProof {
    /// The proof that the entry at `index` is in the tree of the checkpoint.
    pub fn new(index: u64, inclusion: InclusionProof, note: Note) -> Self {
        Self { extra: None, index, inclusion, note }
    }

    /// The same proof with something beside it that the checks don't cover.
    ///
    /// # Errors
    /// When it is empty or longer than [`MAX_EXTRA_BYTES`].
    pub fn with_extra(self, extra: Vec<u8>) -> Result<Self, TlogProofError> {
        match extra.len() {
            0 => Err(TlogProofError::Extra),
            1..=MAX_EXTRA_BYTES => Ok(Self { extra: Some(extra), ..self }),
            _ => Err(TlogProofError::TooLarge),
        }
    }

    /// Reads a proof.
    ///
    /// # Errors
    /// When it is not in the one form that a proof has.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > MAX_PROOF_BYTES {
            return Err(TlogProofError::TooLarge);
        }
        let text = str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        let rest = text.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or(TlogProofError::Header)?;
        let (extra, rest) = match rest.strip_prefix("extra ") {
            Some(rest) => {
                let (extra, rest) = rest.split_once('\n').ok_or(TlogProofError::Extra)?;
                (Some(STANDARD.decode(extra).map_err(|_| TlogProofError::Extra)?), rest)
            }
            None => (None, rest),
        };
        let (index, rest) = rest.split_once('\n').ok_or(TlogProofError::Index)?;
        let index = index.strip_prefix("index ").and_then(parse_number).ok_or(TlogProofError::Index)?;
        let (hashes, note) = parse_hash_lines(rest, MAX_PROOF_HASHES).ok_or(TlogProofError::Hashes)?;
        let proof = Self::new(index, InclusionProof::new(hashes)?, Note::parse(note.as_bytes())?);
        match extra {
            Some(extra) => proof.with_extra(extra),
            None => Ok(proof),
        }
    }

    /// What stands beside the proof. Nobody vouches for it.
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The place that is claimed for the entry.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The path from the entry to the root.
    pub fn inclusion(&self) -> &InclusionProof {
        &self.inclusion
    }

    /// The checkpoint with its signatures.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Checks that the entry is in a log that the policy believes, seen by the witnesses that it asks for. For a log's keys
    /// alone, see [`Policy::of_logs`]; for what a policy says about a checkpoint that it does not accept,
    /// [`Policy::assess`].
    ///
    /// # Errors
    /// Why that is not proven.
    pub fn verify<'p>(
        &self,
        entry: &[u8],
        policy: &'p Policy,
        freshness: Freshness,
    ) -> Result<Logged<'p>, TlogProofError> {
        let assessment = policy.assess(&self.note, freshness)?;
        if let Quorum::Missing(shortfalls) = assessment.quorum {
            return Err(TlogProofError::Quorum(shortfalls));
        }
        let leaf = leaf_hash(entry);
        self.inclusion.verify(leaf, self.index, assessment.checkpoint.head())?;
        Ok(Logged { index: self.index, leaf, assessment })
    }
}

/// The proof as it is stored.
impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        write_hash_lines(f, self.inclusion.hashes())?;
        write!(f, "{}", self.note)
    }
}

fn joined(shortfalls: &[Shortfall]) -> String {
    shortfalls.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
