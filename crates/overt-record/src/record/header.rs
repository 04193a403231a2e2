//! What every record begins with: who says it, and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Link, Name, PublicKey, Timestamp};

/// Who signs a record, in their own words, with the key that the signature is checked by.
///
/// That the signature holds shows that the holder of the key said it; whether the key belongs to who the name says is
/// for the reader to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Issuer {
    /// A person's or an organisation's name.
    pub name: Name,
    /// The public key: base64 of its SubjectPublicKeyInfo (DER).
    pub key: PublicKey,
    /// Where to learn more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Link>,
}

/// The fields that every record has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Header {
    /// Who says it.
    pub issuer: Issuer,
    /// When, by the issuer's own clock. When it was logged stands in the log.
    pub issued_at: Timestamp,
}
