//! in-toto Statement v1 (<https://github.com/in-toto/attestation>, spec/v1/statement.md): what is said about which artefacts.
//!
//! Artefacts are matched by digest only; names are for people. Fields that are not known are passed over, as the
//! specification asks: whoever needs them has the bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Hash;
use crate::dsse::{MAX_PAYLOAD, Verified};
use crate::json::{self, JsonError};

/// The type of a statement's payload in a DSSE envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// What stands in `_type`.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// Why a payload is not a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The payload is of another type.
    #[error("the payload is of type {0:?}, not {PAYLOAD_TYPE:?}")]
    PayloadType(String),
    /// The JSON around it.
    #[error("in-toto statement: {0}")]
    Json(#[from] JsonError),
    /// A field is missing or of another type.
    #[error("not an in-toto statement: {0}")]
    Shape(String),
    /// Another version, or no statement.
    #[error("the statement's `_type` is {0:?}, not {STATEMENT_TYPE:?}")]
    Type(String),
    /// It is about nothing.
    #[error("a statement has at least one subject, and each subject at least one digest")]
    NoSubject,
    /// A digest that is not one.
    #[error(
        "the subject {subject:?} has the {algorithm:?} digest {digest:?}; a digest is lower-case hexadecimal, sha256 of 64 digits"
    )]
    Digest {
        /// The subject's name.
        subject: String,
        /// The digest's algorithm.
        algorithm: String,
        /// The digest.
        digest: String,
    },
}

/// An artefact that a statement is about (in-toto ResourceDescriptor).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// What people call it; not compared.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where it is named for good, if somewhere; not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digests by algorithm (`sha256`, `gitCommit`, …), in lower-case hexadecimal.
    pub digest: BTreeMap<String, String>,
    /// What kind of file it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

impl Subject {
    /// An artefact with a SHA-256.
    pub fn sha256(name: impl Into<String>, digest: Hash) -> Self {
        Self {
            name: name.into(),
            digest: [("sha256".to_owned(), digest.to_string())].into(),
            ..Self::default()
        }
    }

    /// Its SHA-256, if it has one.
    pub fn as_sha256(&self) -> Option<Hash> {
        self.digest.get("sha256")?.parse().ok()
    }
}

/// What is said about which artefacts.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The artefacts.
    pub subject: Vec<Subject>,
    /// The URI of what is said, which says how to read the predicate.
    pub predicate_type: String,
    /// What is said.
    pub predicate: Map<String, Value>,
}

/// As JSON has it, beside its `_type`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    subject: Vec<Subject>,
    predicate_type: String,
    #[serde(default)]
    predicate: Map<String, Value>,
}

impl Statement {
    /// Reads the payload of one of overt's records: canonical JSON without any numbers but integers.
    pub fn from_record(verified: Verified<'_>) -> Result<Self, StatementError> {
        Self::check_type(verified)?;
        Self::parse(verified.payload())
    }

    /// Reads the payload that another program signed: its JSON need not be canonical.
    pub fn from_foreign(verified: Verified<'_>) -> Result<Self, StatementError> {
        Self::check_type(verified)?;
        Self::parse_foreign(verified.payload())
    }

    /// Reads canonical JSON. Prefer [`Statement::from_record`], which takes verified bytes only.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        Self::from_value(json::parse_canonical(bytes, MAX_PAYLOAD)?)
    }

    /// Reads JSON that another program wrote. Prefer [`Statement::from_foreign`], which takes verified bytes only.
    pub fn parse_foreign(bytes: &[u8]) -> Result<Self, StatementError> {
        Self::from_value(json::parse_foreign(bytes, MAX_PAYLOAD)?)
    }

    /// The canonical JSON of the statement, after reading it again: nothing is signed that would not be read.
    pub fn to_payload(&self) -> Result<Vec<u8>, StatementError> {
        let payload = self.clone().into_json()?;
        Self::parse(&payload)?;
        Ok(payload)
    }

    /// The canonical JSON, whether it would be read or not.
    pub(crate) fn into_json(self) -> Result<Vec<u8>, StatementError> {
        let subject = serde_json::to_value(self.subject);
        let subject = subject.map_err(|error| JsonError::Unwritable(error.to_string()))?;
        let fields = [
            ("_type", STATEMENT_TYPE.into()),
            ("predicate", Value::Object(self.predicate)),
            ("predicateType", self.predicate_type.into()),
            ("subject", subject),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(json::value_to_canonical(&Value::Object(fields))?)
    }

    /// The first subject with this SHA-256.
    pub fn subject_with(&self, digest: &Hash) -> Option<&Subject> {
        self.subject.iter().find(|subject| subject.as_sha256().as_ref() == Some(digest))
    }

    fn check_type(verified: Verified<'_>) -> Result<(), StatementError> {
        match verified.payload_type() {
            PAYLOAD_TYPE => Ok(()),
            other => Err(StatementError::PayloadType(other.to_owned())),
        }
    }

    fn from_value(value: Value) -> Result<Self, StatementError> {
        // Before the fields: another version may have other fields.
        match value["_type"].as_str() {
            Some(STATEMENT_TYPE) => {}
            other => return Err(StatementError::Type(clip(other.unwrap_or_default()))),
        }
        // A list would be read as a struct's fields in order, which no other program does.
        if value["subject"].as_array().is_some_and(|subjects| !subjects.iter().all(Value::is_object)) {
            return Err(StatementError::Shape("a subject is an object".to_owned()));
        }
        let wire: Wire =
            serde_json::from_value(value).map_err(|error| StatementError::Shape(error.to_string()))?;
        if wire.subject.is_empty() || wire.subject.iter().any(|subject| subject.digest.is_empty()) {
            return Err(StatementError::NoSubject);
        }
        wire.subject.iter().try_for_each(check_digests)?;
        Ok(Self { subject: wire.subject, predicate_type: wire.predicate_type, predicate: wire.predicate })
    }
}

fn check_digests(subject: &Subject) -> Result<(), StatementError> {
    for (algorithm, digest) in &subject.digest {
        let valid = match algorithm.as_str() {
            "sha256" => digest.parse::<Hash>().is_ok(),
            // Other algorithms have other lengths, and some (dirHash1) another alphabet.
            _ => {
                !algorithm.is_empty()
                    && !digest.is_empty()
                    && digest.bytes().all(|byte| byte.is_ascii_graphic())
            }
        };
        if !valid {
            let (subject, algorithm, digest) = (clip(&subject.name), clip(algorithm), clip(digest));
            return Err(StatementError::Digest { subject, algorithm, digest });
        }
    }
    Ok(())
}

fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
