//! Fork proofs: two checkpoints signed by one log that can't both be true, in a file that anyone can check.
//!
//! No standard has a form for this. The file (`*.fork.json`) is JSON:
//!
//! ```json
//! { "mediaType": "application/vnd.overt.fork.v1+json",
//!   "log": "<verifier key>",
//!   "notes": ["<checkpoint>", "<checkpoint>"],
//!   "leaf": { "index": 7, "paths": [{ "hash": "<hex>", "proof": ["<hex>", "…"] }, { "hash": "<hex>", "proof": [] }] } }
//! ```
//!
//! Two trees of the same size with different roots need nothing else. Otherwise `leaf` shows one place where the trees
//! have different leaves; `paths` are in the order of `notes`. Trees that differ at all below the smaller size
//! differ in such a leaf, so every fork can be shown in one of the two ways.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::json::{self, JsonError};
use crate::merkle::{InclusionProof, ProofError, TreeHead};
use crate::note::{Note, NoteError};
use crate::{Hash, VerifierKey, VkeyError};

/// The media type of a fork proof.
pub const FORK_MEDIA_TYPE: &str = "application/vnd.overt.fork.v1+json";

/// The largest file that is read: two notes, and a little around them.
pub const MAX_FORK_BYTES: usize = 4 << 20;

/// Two notes that one log is said to have signed, and what shows that they contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkProof {
    log: VerifierKey,
    notes: [Note; 2],
    leaf: Option<ForkedLeaf>,
}

/// A place where two trees have different leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkedLeaf {
    /// The place.
    pub index: u64,
    /// What each of the trees has there.
    pub paths: [LeafPath; 2],
}

/// A leaf, and the proof that it is in its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafPath {
    /// The hash of the leaf.
    pub hash: Hash,
    /// The path to the root.
    pub proof: InclusionProof,
}

/// What a fork proof proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The log that showed two histories.
    pub origin: String,
    /// The two trees, in the order of the notes.
    pub heads: [TreeHead; 2],
    /// How they contradict each other.
    pub contradiction: Contradiction,
}

/// How two trees contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// They have the same size and different roots.
    Roots,
    /// They have different leaves in one place.
    Leaves {
        /// The place.
        index: u64,
        /// The hashes of the leaves, in the order of the notes.
        hashes: [Hash; 2],
    },
}

/// Why a file is not a fork proof, or proves no fork.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForkError {
    /// Not JSON as it is read here.
    #[error("the fork proof is not JSON that can be read")]
    Json(#[from] JsonError),
    /// JSON of another form.
    #[error("the fork proof has not the form that it should: {0}")]
    Form(String),
    /// The file says that it is something else.
    #[error("the media type of a fork proof is {FORK_MEDIA_TYPE:?}; found {0:?}")]
    MediaType(String),
    /// JSON does not carry such numbers safely.
    #[error("the index {0} of the leaf can't be written: numbers in JSON are at most 2^53 - 1")]
    LargeIndex(u64),
    /// The log's key is none.
    #[error(transparent)]
    Vkey(#[from] VkeyError),
    /// A note is malformed or not signed by the log.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A note is not a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A checkpoint of something else.
    #[error("the checkpoint is of {found:?}, and the log's key is that of {expected:?}")]
    Origin {
        /// The name of the key.
        expected: String,
        /// The origin of the checkpoint.
        found: String,
    },
    /// A leaf is not where it is said to be.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
    /// Nothing in the file excludes that both checkpoints are true.
    #[error("the two checkpoints do not contradict each other: {0}")]
    NoContradiction(&'static str),
}

impl ForkProof {
    /// What two signed checkpoints of a log, and a leaf where they differ, are said to prove.
    pub fn new(log: VerifierKey, notes: [Note; 2], leaf: Option<ForkedLeaf>) -> Self {
        Self { log, notes, leaf }
    }

    /// Reads a fork proof.
    ///
    /// # Errors
    /// When it has not the form that it should.
    pub fn parse(bytes: &[u8]) -> Result<Self, ForkError> {
        let value = json::parse(bytes, MAX_FORK_BYTES)?;
        if !has_objects_where_it_should(&value) {
            return Err(ForkError::Form("a list stands where an object should".to_owned()));
        }
        let file: File = serde_json::from_value(value).map_err(|error| ForkError::Form(error.to_string()))?;
        if file.media_type != FORK_MEDIA_TYPE {
            return Err(ForkError::MediaType(file.media_type.chars().take(80).collect()));
        }
        let [first, second] = file.notes;
        let notes = [Note::parse(first.as_bytes())?, Note::parse(second.as_bytes())?];
        let leaf = file.leaf.map(TryInto::try_into).transpose()?;
        Ok(Self { log: VerifierKey::parse(&file.log)?, notes, leaf })
    }

    /// The file, in canonical JSON.
    ///
    /// # Errors
    /// When the index of the leaf is above 2^53 - 1.
    pub fn to_json(&self) -> Result<Vec<u8>, ForkError> {
        if let Some(leaf) = self.leaf.as_ref().filter(|leaf| leaf.index > json::MAX_INTEGER.unsigned_abs()) {
            return Err(ForkError::LargeIndex(leaf.index));
        }
        let file = File {
            media_type: FORK_MEDIA_TYPE.to_owned(),
            log: self.log.to_string(),
            notes: self.notes.each_ref().map(ToString::to_string),
            leaf: self.leaf.as_ref().map(LeafFile::from),
        };
        Ok(json::to_canonical(&file)?)
    }

    /// The key of the log. Whoever checks the proof must know it as the log's: anybody can fork a log of their own.
    pub fn log(&self) -> &VerifierKey {
        &self.log
    }

    /// The two checkpoints.
    pub fn notes(&self) -> &[Note; 2] {
        &self.notes
    }

    /// Checks that the log signed two checkpoints that can't both be true.
    ///
    /// # Errors
    /// Why that is not proven.
    pub fn verify(&self) -> Result<Fork, ForkError> {
        let [first, second] = &self.notes;
        let heads = [self.head(first)?, self.head(second)?];
        let contradiction = match &self.leaf {
            Some(leaf) => leaf.verify(heads)?,
            None if heads[0].size != heads[1].size => {
                return Err(ForkError::NoContradiction(
                    "their sizes differ, so a leaf is needed in which the trees differ",
                ));
            }
            None if heads[0].root == heads[1].root => {
                return Err(ForkError::NoContradiction("they have the same size and the same root"));
            }
            None => Contradiction::Roots,
        };
        Ok(Fork { origin: self.log.name().to_string(), heads, contradiction })
    }

    fn head(&self, note: &Note) -> Result<TreeHead, ForkError> {
        note.verify([&self.log])?;
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin() != self.log.name().as_str() {
            let (expected, found) = (self.log.name().to_string(), checkpoint.origin().to_owned());
            return Err(ForkError::Origin { expected, found });
        }
        Ok(checkpoint.head())
    }
}

impl ForkedLeaf {
    fn verify(&self, heads: [TreeHead; 2]) -> Result<Contradiction, ForkError> {
        for (path, head) in self.paths.iter().zip(heads) {
            path.proof.verify(path.hash, self.index, head)?;
        }
        let hashes = self.paths.each_ref().map(|path| path.hash);
        if hashes[0] == hashes[1] {
            return Err(ForkError::NoContradiction("both trees have the same leaf in that place"));
        }
        Ok(Contradiction::Leaves { index: self.index, hashes })
    }
}

/// serde would read a list as a structure's fields in their order, which no other program does.
fn has_objects_where_it_should(value: &Value) -> bool {
    let leaf = &value["leaf"];
    let paths = leaf["paths"].as_array().map_or(&[][..], Vec::as_slice);
    value.is_object() && (leaf.is_null() || leaf.is_object()) && paths.iter().all(Value::is_object)
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    media_type: String,
    log: String,
    notes: [String; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<LeafFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafFile {
    index: u64,
    paths: [PathFile; 2],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PathFile {
    hash: Hash,
    proof: Vec<Hash>,
}

impl From<&ForkedLeaf> for LeafFile {
    fn from(leaf: &ForkedLeaf) -> Self {
        let path = |path: &LeafPath| PathFile { hash: path.hash, proof: path.proof.hashes().to_vec() };
        Self { index: leaf.index, paths: leaf.paths.each_ref().map(path) }
    }
}

impl TryFrom<LeafFile> for ForkedLeaf {
    type Error = ProofError;

    fn try_from(file: LeafFile) -> Result<Self, ProofError> {
        let path = |file: PathFile| Ok(LeafPath { hash: file.hash, proof: InclusionProof::new(file.proof)? });
        let [first, second] = file.paths;
        Ok(Self { index: file.index, paths: [path(first)?, path(second)?] })
    }
}
