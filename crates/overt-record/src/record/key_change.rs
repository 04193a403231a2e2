//! A key is introduced, rotated to another, or revoked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Header, Possession, RecordType};
use crate::in_toto::Subject;
use crate::{Hash, Name, PublicKey, Text, Timestamp};

/// The body of a `key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyChange {
    /// The key that it is about: base64 of its SubjectPublicKeyInfo (DER).
    pub key: PublicKey,
    /// What happens to it.
    pub change: Change,
    /// From when on.
    pub effective: Timestamp,
    /// Why, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Text>,
}

/// What happens to a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "action")]
pub enum Change {
    /// The issuer says whose it is: its own, or one that it vouches for.
    #[serde(rename_all = "camelCase")]
    Introduce {
        /// Who holds it.
        holder: Name,
        /// The key's own consent; absent if it is the key that signs this record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        possession: Option<Possession>,
    },
    /// The issuer's key gives way to another. Whoever trusts the one may trust the other.
    #[serde(rename_all = "camelCase")]
    Rotate {
        /// The key that takes its place.
        new_key: PublicKey,
        /// The new key's consent.
        possession: Possession,
        /// Why.
        reason: KeyReason,
    },
    /// The key is not to be trusted from then on. By the key's own holder this is final; by anybody else it is an
    /// opinion, and readers decide whose opinions count.
    #[serde(rename_all = "camelCase")]
    Revoke {
        /// Why.
        reason: KeyReason,
    },
}

/// Why a key is no longer used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyReason {
    /// It was time.
    Scheduled,
    /// Somebody else has it, or may have it: what it signed after the effective time is worth nothing.
    Compromised,
    /// Nobody has it any more.
    Lost,
    /// Its holder has stopped signing.
    Retired,
}

impl RecordType for KeyChange {
    const KIND: &'static str = "key";
    const VERSION: u16 = 1;

    /// The key, and the one that takes its place.
    fn subjects(&self) -> Vec<Subject> {
        let mut subjects = vec![Subject::sha256("key", *self.key.id().as_hash())];
        if let Change::Rotate { new_key, .. } = &self.change {
            subjects.push(Subject::sha256("newKey", *new_key.id().as_hash()));
        }
        subjects
    }

    fn refs(&self) -> Vec<Hash> {
        Vec::new()
    }

    fn check(&self, header: &Header) -> Result<(), BrokenRule> {
        let issuer = &header.issuer.key;
        match &self.change {
            Change::Introduce { possession: None, .. } => {
                BrokenRule::unless(*issuer == self.key, "a key that signs for another has that key's consent")
            }
            Change::Introduce { possession: Some(proof), .. } => consents(proof, issuer, &self.key),
            Change::Rotate { new_key, possession, .. } => {
                BrokenRule::unless(*issuer == self.key, "a key is rotated by a record that it signs itself")?;
                BrokenRule::unless(*new_key != self.key, "a key is rotated to another key")?;
                consents(possession, issuer, new_key)
            }
            Change::Revoke { .. } => Ok(()),
        }
    }
}

fn consents(proof: &Possession, issuer: &PublicKey, key: &PublicKey) -> Result<(), BrokenRule> {
    let held = proof.verify(&issuer.id(), key).is_ok();
    BrokenRule::unless(
        held,
        "the key that is introduced signs the issuer's key id and its own (proof of possession)",
    )
}
