//! The name of a record's type, and the URI that stands for it in a statement.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What every record's `predicateType` begins with.
const PREFIX: &str = "https://github.com/overt-audit/overt/record/";

/// A type of records, such as `evaluation`: 1 to 32 lower-case letters, digits and hyphens, a letter first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Kind(Cow<'static, str>);

/// Why a text does not name a type of records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPredicateType {
    /// The name itself is malformed.
    #[error(
        "a type of records is named by 1 to 32 lower-case letters, digits and hyphens, a letter first; found {0:?}"
    )]
    Kind(String),
    /// It is no URI of ours.
    #[error("not the type of a record: {0:?}; records have {PREFIX}<type>/v<number>")]
    Foreign(String),
}

impl Kind {
    /// A name that is known to be well formed.
    pub(super) const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Kind {
    type Err = NotAPredicateType;

    fn from_str(name: &str) -> Result<Self, NotAPredicateType> {
        let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if letters && name.len() <= 32 && name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Ok(Self(name.to_owned().into()));
        }
        Err(NotAPredicateType::Kind(name.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Kind {
    type Error = NotAPredicateType;

    fn try_from(name: String) -> Result<Self, NotAPredicateType> {
        name.parse()
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.0.into_owned()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Kind {
    fn schema_name() -> Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{0,31}$" })
    }
}

/// A statement's `predicateType`: which type of record it is, and in which version of that type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredicateType {
    /// The type.
    pub kind: Kind,
    /// The version, from 1.
    pub version: u16,
}

impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}/v{}", self.kind, self.version)
    }
}

impl FromStr for PredicateType {
    type Err = NotAPredicateType;

    fn from_str(uri: &str) -> Result<Self, NotAPredicateType> {
        let foreign = || NotAPredicateType::Foreign(uri.chars().take(120).collect());
        let parts = uri.strip_prefix(PREFIX).and_then(|rest| rest.split_once("/v"));
        let (kind, version) = parts.ok_or_else(foreign)?;
        let parsed = Self { kind: kind.parse()?, version: version.parse().map_err(|_| foreign())? };
        // `v01` and `v+1` would be second spellings of `v1`.
        if parsed.version > 0 && parsed.to_string() == uri { Ok(parsed) } else { Err(foreign()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_one_uri() {
        let uri = "https://github.com/overt-audit/overt/record/evaluation/v1";
        let parsed: PredicateType = uri.parse().unwrap();
        assert_eq!(parsed, PredicateType { kind: Kind::known("evaluation"), version: 1 });
        assert_eq!(parsed.to_string(), uri);
        for bad in [
            "",
            "https://slsa.dev/provenance/v1",
            "https://github.com/overt-audit/overt/record/",
            "https://github.com/overt-audit/overt/record/evaluation",
            "https://github.com/overt-audit/overt/record/evaluation/v",
            "https://github.com/overt-audit/overt/record/evaluation/v0",
            "https://github.com/overt-audit/overt/record/evaluation/v01",
            "https://github.com/overt-audit/overt/record/evaluation/v+1",
            "https://github.com/overt-audit/overt/record/evaluation/v65536",
            "https://github.com/overt-audit/overt/record/evaluation/v1/",
            "https://github.com/overt-audit/overt/record/Evaluation/v1",
            "https://github.com/overt-audit/overt/record//v1",
            "https://github.com/overt-audit/overt/record/a/b/v1",
            "https://github.com/overt-audit/overt/record/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/v1",
            "http://github.com/overt-audit/overt/record/evaluation/v1",
        ] {
            assert!(bad.parse::<PredicateType>().is_err(), "{bad:?}");
        }
    }
}
