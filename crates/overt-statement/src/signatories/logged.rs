//! A record with its place in the log.

use overt_record::record::{Body, Endorsement, Listing, Redaction};
use overt_record::verify::VerifiedRecord;
use overt_record::{Hash, KeyId, Timestamp};

/// A record that was verified, with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedRecord {
    /// Its place.
    pub index: u64,
    /// When it was logged, by the log's clock.
    pub time: Timestamp,
    /// The record digest; `None` if the record was erased.
    pub digest: Option<Hash>,
    /// The key that signed it.
    pub key: KeyId,
    /// What it says.
    pub said: Said,
}

/// What a record says, as far as it matters here.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// Somebody signs.
    Endorsement(Box<Endorsement>),
    /// Names that a source lists.
    Listing(Box<Listing>),
    /// Something was taken down.
    Redaction(Box<Redaction>),
    /// An endorsement whose body was erased from the log: its entry still says of what it was and whose key signed it.
    Erased {
        /// What was signed, as the entry says.
        of: Hash,
        /// The place of the redaction that says by whom and why it was erased.
        redaction: u64,
    },
}

impl LoggedRecord {
    /// A record at its place in the log; `None` if it is of a type that has no part in a list of signatories.
    pub fn new(index: u64, time: Timestamp, verified: &VerifiedRecord) -> Option<Self> {
        let said = match verified.record.body() {
            Body::Endorsement(body) => Said::Endorsement(body.clone()),
            Body::Listing(body) => Said::Listing(body.clone()),
            Body::Redaction(body) => Said::Redaction(body.clone()),
            _ => return None,
        };
        Some(Self { index, time, digest: Some(verified.digest), key: verified.key, said })
    }
}

impl Said {
    /// Whether it is a signature or a listing under the statement.
    pub(super) fn is_under(&self, statement: Hash) -> bool {
        match self {
            Self::Endorsement(endorsement) => endorsement.of == statement,
            Self::Listing(listing) => listing.of == statement,
            Self::Erased { of, .. } => *of == statement,
            Self::Redaction(_) => false,
        }
    }
}
