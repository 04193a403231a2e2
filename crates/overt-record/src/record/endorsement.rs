//! An endorsement: somebody's signature under a record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Country, Header, RecordType};
use crate::in_toto::Subject;
use crate::{Hash, Name};

/// The body of an `endorsement`. Each signature is a record and a log entry of its own, so that it can be given, checked
/// and erased alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Endorsement {
    /// The record digest of what is signed.
    pub of: Hash,
    /// Who signs.
    pub signatory: Signatory,
    /// What the issuer checked before it wrote this record: nothing, if the signatory is the issuer.
    pub verified: Verification,
    /// The domain that the check was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    pub domain: Option<Name>,
    /// Commitment to the signatory's e-mail address ([`email_commitment`]), by which a second signature of the same person
    /// is found by whoever holds the salt, and by nobody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_commitment: Option<Hash>,
}

/// Who signs, as the public list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Signatory {
    /// In which capacity.
    #[serde(rename = "as")]
    pub capacity: Capacity,
    /// The name to show. Absent where a domain was checked and the name is not published: "a person at example.edu".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// A person's role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Name>,
    /// A person's organisation, given to tell who they are; the organisation does not sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affiliation: Option<Name>,
    /// The country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// In which capacity somebody signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// For themselves.
    Person,
    /// For an organisation.
    Organisation,
}

/// What was checked of a signatory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// Nothing: anybody could have written the name.
    Nothing,
    /// They answered from an e-mail address of the domain.
    EmailDomain,
    /// The domain publishes the key that signed.
    DomainKey,
    /// The key was known to the issuer before.
    Key,
}

impl RecordType for Endorsement {
    const KIND: &'static str = "endorsement";
    const VERSION: u16 = 1;

    /// The record.
    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::sha256("record", self.of)]
    }

    fn refs(&self) -> Vec<Hash> {
        vec![self.of]
    }

    fn check(&self, _: &Header) -> Result<(), BrokenRule> {
        let needs_domain = matches!(self.verified, Verification::EmailDomain | Verification::DomainKey);
        BrokenRule::unless(
            self.domain.is_some() == needs_domain,
            "an endorsement names the domain if a domain was checked, and only then",
        )?;
        let domain = self.domain.as_ref().is_none_or(|domain| is_domain(domain.as_str()));
        BrokenRule::unless(
            domain,
            "a domain is written in lower-case ASCII (`xn--…` for other scripts), like example.org",
        )?;
        let organisation = self.signatory.capacity == Capacity::Organisation;
        BrokenRule::unless(
            !(organisation && self.signatory.affiliation.is_some()),
            "an organisation that signs has no affiliation",
        )?;
        let signatory = &self.signatory;
        BrokenRule::unless(
            signatory.name.is_some() || (needs_domain && !organisation),
            "only a person whose domain was checked signs without a name",
        )?;
        BrokenRule::unless(
            signatory.name.is_some() || (signatory.role.is_none() && signatory.affiliation.is_none()),
            "who signs without a name shows no role and no affiliation",
        )
    }
}

/// The commitment to an e-mail address: `SHA-256("overt/email/v1\0" || salt || address)`, the address without spaces
/// around it and in lower case. The salt is one for a whole statement and stays with whoever collects the signatures:
/// an address is easily guessed, so a hash without a secret would hide nothing.
pub fn email_commitment(salt: &[u8; 32], address: &str) -> Hash {
    Hash::of_all([b"overt/email/v1\0".as_slice(), salt, address.trim().to_lowercase().as_bytes()])
}

/// A host name with at least one dot (RFC 1123, section 2.1), in lower case.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let letters = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        letters && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label)
}
