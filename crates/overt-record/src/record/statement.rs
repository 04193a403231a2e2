//! A statement: a public text that people sign.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Header, RecordType};
use crate::in_toto::Subject;
use crate::{Hash, Name, Text};

/// The body of a `statement`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PublicStatement {
    /// Its title.
    pub title: Name,
    /// Its language, as BCP 47 writes it: `en`, `pt-BR`.
    #[schemars(regex(pattern = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"))]
    pub language: Name,
    /// Which wording this is.
    pub version: Name,
    /// The record digest of the wording before it. Signatures under that one do not carry over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Hash>,
    /// The record digest of the same text in the language in which it was written first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translates: Option<Hash>,
    /// How the text is written.
    pub media_type: MediaType,
    /// Digest of the text's UTF-8 bytes.
    pub sha256: Hash,
    /// The text.
    pub text: Text,
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MediaType {
    /// As it is read.
    #[serde(rename = "text/plain")]
    Plain,
    /// CommonMark.
    #[serde(rename = "text/markdown")]
    Markdown,
}

impl RecordType for PublicStatement {
    const KIND: &'static str = "statement";
    const VERSION: u16 = 1;

    /// The text.
    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::sha256("text", self.sha256)]
    }

    fn refs(&self) -> Vec<Hash> {
        self.replaces.into_iter().chain(self.translates).collect()
    }

    fn check(&self, _: &Header) -> Result<(), BrokenRule> {
        BrokenRule::unless(
            self.sha256 == Hash::of(self.text.as_str()),
            "a statement's digest is that of its text",
        )?;
        BrokenRule::unless(
            is_language(self.language.as_str()),
            "a language is written as BCP 47 does, like `en` or `pt-BR`",
        )
    }
}

/// The shape of a language tag (RFC 5646, section 2.1), not whether it is registered.
fn is_language(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let primary = subtags
        .next()
        .is_some_and(|s| (2..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphabetic()));
    primary && subtags.all(|s| (1..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric()))
}
