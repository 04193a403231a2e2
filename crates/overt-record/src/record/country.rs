//! Countries.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A country as ISO 3166-1 writes it in two capital letters. That the code is assigned is not checked: the list changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([char; 2]);

/// Why a text is not a country's code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a country is written as two capital letters (ISO 3166-1 alpha-2), like KE or FR; found {0:?}")]
pub struct NotACountry(String);

impl TryFrom<String> for Country {
    type Error = NotACountry;

    fn try_from(code: String) -> Result<Self, NotACountry> {
        let mut letters = code.chars();
        match (letters.next(), letters.next(), letters.next()) {
            (Some(a @ 'A'..='Z'), Some(b @ 'A'..='Z'), None) => Ok(Self([a, b])),
            _ => Err(NotACountry(code.chars().take(40).collect())),
        }
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0.iter().collect()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from(*self))
    }
}

impl JsonSchema for Country {
    fn schema_name() -> Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Z]{2}$" })
    }
}
