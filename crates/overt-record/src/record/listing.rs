//! A listing: the names that stand under a text elsewhere, as their source lists them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Header, RecordType};
use crate::in_toto::Subject;
use crate::{Hash, Link, Name};

/// The body of a `listing`. It says that a source lists these names in this order, and nothing about whether those who
/// bear them signed: a listed name is no [`super::Endorsement`], and is never counted as one.
///
/// A listing is one record, so a payload's limit is the limit of its names ([`crate::dsse::MAX_PAYLOAD`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Listing {
    /// The record digest of the statement that the names stand under.
    pub of: Hash,
    /// Where they are listed.
    pub source: ListingSource,
    /// How many have signed, as the source states it: it may list only some of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_total: Option<u64>,
    /// The names, in the source's order.
    pub names: Vec<ListedName>,
}

/// Where names are listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListingSource {
    /// What it is called.
    pub title: Name,
    /// Digest of the file's bytes, as they were read.
    pub sha256: Hash,
    /// Where it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Link>,
}

/// One name of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListedName {
    /// The name.
    pub name: Name,
    /// What the source says about who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affiliation: Option<Name>,
}

impl RecordType for Listing {
    const KIND: &'static str = "listing";
    const VERSION: u16 = 1;

    /// The statement and the source's file.
    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::sha256("record", self.of), Subject::sha256("source", self.source.sha256)]
    }

    fn refs(&self) -> Vec<Hash> {
        vec![self.of]
    }

    fn check(&self, _: &Header) -> Result<(), BrokenRule> {
        BrokenRule::unless(!self.names.is_empty(), "a listing has at least one name")?;
        let listed = self.names.len() as u64;
        BrokenRule::unless(
            self.stated_total.is_none_or(|total| total >= listed),
            "a source states at least as many signatories as it lists",
        )
    }
}
