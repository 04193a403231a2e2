//! The leaves of the log: what it says of a record without saying anything of its content.
//!
//! A leaf holds a salted commitment, so nothing of a submitter's reaches the tree, and when salt and record are taken
//! away the leaf proves that something was logged and by which key, and no more. `docs/design/evidence.md`, section "Log
//! entry", holds the format.

use serde::{Deserialize, Serialize};

use crate::json::{self, JsonError};
use crate::record::{Body, Kind, MAX_REFS};
use crate::{Hash, KeyId, Record, Salt, Timestamp};

/// The most bytes of a leaf.
pub const MAX_ENTRY: usize = 1024;

/// The most bytes of an opening: a leaf, a salt, and what is between them.
const MAX_OPENING: usize = MAX_ENTRY + 128;

/// A leaf of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct LogEntry {
    /// The record's type.
    pub kind: Kind,
    /// When it was logged, by the log's clock.
    pub time: Timestamp,
    /// The commitment to the record: [`commitment`].
    pub commit: Hash,
    /// The id of the key that signed the record.
    pub key: KeyId,
    refs: Vec<Hash>,
}

/// As JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u64,
    kind: Kind,
    time: Timestamp,
    commit: Hash,
    key: KeyId,
    refs: Vec<Hash>,
}

/// Why something is not a leaf of the log, or not this record's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadEntry {
    /// The bytes are not canonical JSON.
    #[error("log entry: {0}")]
    Json(#[from] JsonError),
    /// The fields are not those of an entry.
    #[error("log entry: {0}")]
    Shape(String),
    /// Written again, it has other bytes.
    #[error("log entry: a list stands where an object should, or a value in a second spelling")]
    NotExact,
    /// A later format.
    #[error("the log entry is of version {0}; version 1 is read here")]
    Version(u64),
    /// More references than fit.
    #[error("a log entry points to at most {MAX_REFS} records; this one points to {0}")]
    TooManyRefs(usize),
    /// The commitment is to another record, or with another salt.
    #[error("the log entry commits to another record")]
    Commit,
    /// Another type.
    #[error("the log entry says that the record is of the type `{logged}`; it is of the type `{record}`")]
    Kind {
        /// What the entry says.
        logged: Kind,
        /// What the record is.
        record: Kind,
    },
    /// Another key.
    #[error("the log entry says that the key {logged} signed the record; the key {record} did")]
    Key {
        /// What the entry says.
        logged: KeyId,
        /// Who signed.
        record: KeyId,
    },
    /// Other references.
    #[error("the log entry points to other records than the record does")]
    Refs,
}

/// The commitment to a record: `SHA-256("overt/commit/v1\0" || salt || record digest)`.
pub fn commitment(salt: &Salt, record: &Hash) -> Hash {
    Hash::of_all([b"overt/commit/v1\0".as_slice(), salt.as_bytes(), record.as_bytes()])
}

impl LogEntry {
    /// A leaf with its references, at most [`MAX_REFS`].
    pub fn new(
        kind: Kind,
        time: Timestamp,
        commit: Hash,
        key: KeyId,
        refs: Vec<Hash>,
    ) -> Result<Self, BadEntry> {
        match refs.len() {
            0..=MAX_REFS => Ok(Self { kind, time, commit, key, refs }),
            found => Err(BadEntry::TooManyRefs(found)),
        }
    }

    /// The leaf of a record that is logged now. `digest` is the digest of the record's envelope.
    ///
    /// A record of an unknown type gets no references: which of its fields point to records, nobody here knows.
    pub fn of_record(record: &Record, digest: &Hash, salt: &Salt, time: Timestamp) -> Result<Self, BadEntry> {
        let body = record.body();
        let refs = body.refs().unwrap_or_default();
        let key = record.header().issuer.key.id();
        Self::new(body.predicate_type().kind, time, commitment(salt, digest), key, refs)
    }

    /// The records that the record points to.
    pub fn refs(&self) -> &[Hash] {
        &self.refs
    }

    /// Reads a leaf.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadEntry> {
        let value = json::parse_canonical(bytes, MAX_ENTRY)?;
        if let Some(version) = value["v"].as_u64().filter(|version| *version != 1) {
            return Err(BadEntry::Version(version));
        }
        let entry: Self =
            serde_json::from_value(value).map_err(|error| BadEntry::Shape(error.to_string()))?;
        // serde reads a list as a structure's fields in their order, which no other program does.
        if entry.to_bytes()? == bytes { Ok(entry) } else { Err(BadEntry::NotExact) }
    }

    /// The leaf's bytes in the log: canonical JSON, at most [`MAX_ENTRY`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, BadEntry> {
        // In the order of RFC 8785 already, and none of it needs an escape.
        let Self { kind, time, commit, key, refs } = self;
        let refs: Vec<String> = refs.iter().map(|record| format!("\"{record}\"")).collect();
        let refs = refs.join(",");
        Ok(format!(
            r#"{{"commit":"{commit}","key":"{key}","kind":"{kind}","refs":[{refs}],"time":"{time}","v":1}}"#
        )
        .into_bytes())
    }

    /// Whether this is the leaf of a record, whose envelope has the digest `digest`, logged with `salt`.
    pub fn check(&self, record: &Record, digest: &Hash, salt: &Salt) -> Result<(), BadEntry> {
        if self.commit != commitment(salt, digest) {
            return Err(BadEntry::Commit);
        }
        let kind = record.body().predicate_type().kind;
        if self.kind != kind {
            return Err(BadEntry::Kind { logged: self.kind.clone(), record: kind });
        }
        let key = record.header().issuer.key.id();
        if self.key != key {
            return Err(BadEntry::Key { logged: self.key, record: key });
        }
        match record.body() {
            // A log that knows the type may have put references in that are unknown here.
            Body::Unknown(_) => Ok(()),
            body if body.refs().unwrap_or_default() == self.refs => Ok(()),
            _ => Err(BadEntry::Refs),
        }
    }
}

impl TryFrom<Wire> for LogEntry {
    type Error = BadEntry;

    fn try_from(wire: Wire) -> Result<Self, BadEntry> {
        match wire.v {
            1 => Self::new(wire.kind, wire.time, wire.commit, wire.key, wire.refs),
            version => Err(BadEntry::Version(version)),
        }
    }
}

impl From<LogEntry> for Wire {
    fn from(entry: LogEntry) -> Self {
        let LogEntry { kind, time, commit, key, refs } = entry;
        Self { v: 1, kind, time, commit, key, refs }
    }
}

/// What a proof of logging carries in `extra`: the leaf, and the salt that opens its commitment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogOpening {
    /// The leaf.
    pub leaf: LogEntry,
    /// The salt of its commitment.
    pub salt: Salt,
}

impl LogOpening {
    /// Reads canonical JSON.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadEntry> {
        let value = json::parse_canonical(bytes, MAX_OPENING)?;
        let opening: Self =
            serde_json::from_value(value).map_err(|error| BadEntry::Shape(error.to_string()))?;
        if opening.to_bytes()? == bytes { Ok(opening) } else { Err(BadEntry::NotExact) }
    }

    /// The canonical JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BadEntry> {
        Ok(json::to_canonical(self)?)
    }
}

#[cfg(test)]
#[path = "log_entry/tests.rs"]
mod tests;
