//! A redaction: what was published of a record was taken down, by whom and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Header, RecordType};
use crate::in_toto::Subject;
use crate::{Hash, Link, Name, Text};

/// The body of a `redaction`. It says what became of the copies that its issuer keeps; copies elsewhere it cannot call
/// back. That the record existed stays provable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Redaction {
    /// The record digest of what was taken down.
    pub target: Hash,
    /// What of it.
    pub scope: Scope,
    /// Why, in a word that can be counted.
    pub reason: RedactionReason,
    /// Why, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Text>,
    /// Who demanded it.
    pub authority: Authority,
    /// The record that stands in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<Hash>,
}

/// What was taken down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "of")]
pub enum Scope {
    /// The whole record, with the salt of its log entry.
    Record {},
    /// The content of single samples, which stay countable and keep what metrics are computed from.
    Samples {
        /// Their positions in the run's order, ascending.
        indexes: Vec<u64>,
    },
    /// Files that were published beside the record.
    Files {
        /// Their digests.
        digests: Vec<Hash>,
    },
}

/// Why something was taken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedactionReason {
    /// It held data about a person, who has a right to have them erased.
    PersonalData,
    /// A court or an authority ordered it.
    LegalOrder,
    /// It held what belongs to somebody else.
    Copyright,
    /// It could be used to do harm.
    Hazardous,
    /// Test content that must not leak into training.
    Contamination,
    /// It was wrong.
    Error,
    /// Its issuer withdrew it.
    Withdrawn,
    /// None of these; the explanation says what.
    Other,
}

/// Who demanded that something be taken down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Authority {
    /// An office, a law, the issuer, the person concerned (not by name).
    pub name: Name,
    /// A file number or the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Name>,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Link>,
}

impl RecordType for Redaction {
    const KIND: &'static str = "redaction";
    const VERSION: u16 = 1;

    /// The record.
    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::sha256("record", self.target)]
    }

    fn refs(&self) -> Vec<Hash> {
        [self.target].into_iter().chain(self.corrected_by).collect()
    }

    fn check(&self, _: &Header) -> Result<(), BrokenRule> {
        let named = match &self.scope {
            Scope::Record {} => true,
            Scope::Samples { indexes } => !indexes.is_empty() && indexes.is_sorted_by(|a, b| a < b),
            Scope::Files { digests } => !digests.is_empty(),
        };
        BrokenRule::unless(
            named,
            "a redaction of a part names what was taken down, samples in ascending order",
        )?;
        let explained = self.reason != RedactionReason::Other || self.explanation.is_some();
        BrokenRule::unless(explained, "a redaction for another reason explains it")?;
        BrokenRule::unless(self.corrected_by != Some(self.target), "a record does not correct itself")
    }
}
