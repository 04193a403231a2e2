//! Proof that whoever names a key also holds it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::dsse::{DsseError, Envelope, pae};
use crate::{KeyId, PrivateKey, PublicKey};

/// The type that keeps this signature apart from every other that a key makes.
const PAYLOAD_TYPE: &str = "application/vnd.overt.possession.v1+json";

/// More bytes than any signature has, SSH's blob included.
const MAX_BYTES: usize = 1024;

/// A signature by a key under the id of the key that introduces it, in base64.
///
/// Without it anybody could introduce a stranger's key as their own, and so claim what that stranger signed. It is a
/// DSSE signature, by the key itself or by `ssh-keygen`, over the payload `{"issuer":"<key id>","key":"<key id>"}` of the
/// type `application/vnd.overt.possession.v1+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Possession(Vec<u8>);

/// Why a text is not a proof of possession.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a proof of possession is a signature of at most {MAX_BYTES} bytes in standard base64")]
pub struct NotAPossession;

impl Possession {
    /// What `key` has to sign so that `issuer` may introduce it.
    pub fn message(issuer: &KeyId, key: &KeyId) -> Vec<u8> {
        pae(PAYLOAD_TYPE, &payload(issuer, key))
    }

    /// Signs with the key that is to be introduced.
    pub fn prove(issuer: &KeyId, key: &PrivateKey) -> Self {
        Self(key.sign(&Self::message(issuer, &key.public().id())))
    }

    /// A signature over [`Possession::message`] that was made elsewhere.
    pub fn from_signature(signature: Vec<u8>) -> Result<Self, NotAPossession> {
        if signature.len() <= MAX_BYTES { Ok(Self(signature)) } else { Err(NotAPossession) }
    }

    /// Whether the holder of `key` agreed that `issuer` introduces it.
    pub fn verify(&self, issuer: &KeyId, key: &PublicKey) -> Result<(), DsseError> {
        let payload = payload(issuer, &key.id());
        Envelope::new(PAYLOAD_TYPE, payload, key.id().to_string(), self.0.clone())?.verify(key).map(drop)
    }
}

fn payload(issuer: &KeyId, key: &KeyId) -> Vec<u8> {
    // In the order of RFC 8785, and hexadecimal digits need no escape.
    format!(r#"{{"issuer":"{issuer}","key":"{key}"}}"#).into_bytes()
}

impl TryFrom<String> for Possession {
    type Error = NotAPossession;

    fn try_from(text: String) -> Result<Self, NotAPossession> {
        let short = text.len() <= MAX_BYTES.div_ceil(3) * 4;
        let bytes = short.then(|| STANDARD.decode(text).ok()).flatten().ok_or(NotAPossession)?;
        Self::from_signature(bytes)
    }
}

impl From<Possession> for String {
    fn from(proof: Possession) -> Self {
        STANDARD.encode(proof.0)
    }
}

impl JsonSchema for Possession {
    fn schema_name() -> Cow<'static, str> {
        "Possession".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentEncoding": "base64", "maxLength": MAX_BYTES.div_ceil(3) * 4 })
    }
}
