//! DSSE envelopes (<https://github.com/secure-systems-lab/dsse>, v1.0.2) with exactly one signature.
//!
//! What is signed is the pre-authentication encoding of the payload's bytes and type, never JSON: nothing has to be
//! canonical for the signature to hold. The envelope itself has one spelling here ([`Envelope::to_json`]), and its SHA-256
//! is the **record digest**. It covers the signature and the key id too, so an envelope that anybody altered in a way
//! that still verifies (another key id, the other s of an ECDSA signature) is another record, saying the same.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use serde_json::Value;

use crate::json::{self, JsonError};
use crate::ssh::{self, SshError};
use crate::{BadSignature, Hash, PrivateKey, PublicKey};

/// The most bytes of a payload.
pub const MAX_PAYLOAD: usize = 4 << 20;

/// The most bytes of an envelope's JSON: a payload in base64, and a margin.
pub const MAX_ENVELOPE: usize = MAX_PAYLOAD / 3 * 4 + (64 << 10);

/// The most bytes of a payload's type and of a key id.
const MAX_NAME: usize = 256;

/// The namespace in which `ssh-keygen -Y sign` signs the pre-authentication encoding.
pub const SSH_NAMESPACE: &str = "overt-dsse-v1";

/// Why an envelope cannot be read, or does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DsseError {
    /// The JSON around it.
    #[error("DSSE envelope: {0}")]
    Json(#[from] JsonError),
    /// A field that the format demands is not there, or is of another type.
    #[error("DSSE envelope: `{0}` is missing or is not what the format says")]
    Field(&'static str),
    /// None, or several.
    #[error(
        "a DSSE envelope has exactly one signature here, this one has {0}; write one envelope per signature"
    )]
    Signatures(usize),
    /// Neither of the two alphabets.
    #[error("DSSE envelope: `{0}` is not base64")]
    Base64(&'static str),
    /// Payload too large.
    #[error("the payload has {0} bytes; a record has at most {MAX_PAYLOAD}")]
    TooLarge(usize),
    /// Characters that no media type and no key id has.
    #[error(
        "DSSE envelope: `{0}` is at most {MAX_NAME} visible ASCII characters, without quotes and backslashes"
    )]
    NotPlain(&'static str),
    /// The signature is an SSH signature that does not hold.
    #[error("the SSH signature does not hold: {0}")]
    Ssh(#[from] SshError),
    /// The signature does not hold.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

/// DSSE's pre-authentication encoding: the bytes that are signed (protocol.md, "Signature Definition").
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// A payload, its type, and one signature over both. Nothing in it is to be believed before [`Envelope::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    key_id: String,
    signature: Vec<u8>,
}

impl Envelope {
    /// An envelope whose signature was made elsewhere, by `ssh-keygen` for instance, over [`pae`].
    pub fn new(
        payload_type: impl Into<String>,
        payload: Vec<u8>,
        key_id: impl Into<String>,
        signature: Vec<u8>,
    ) -> Result<Self, DsseError> {
        let (payload_type, key_id) = (payload_type.into(), key_id.into());
        if payload.len() > MAX_PAYLOAD {
            return Err(DsseError::TooLarge(payload.len()));
        }
        if payload_type.is_empty() || !is_plain(&payload_type) {
            return Err(DsseError::NotPlain("payloadType"));
        }
        if !is_plain(&key_id) {
            return Err(DsseError::NotPlain("keyid"));
        }
        Ok(Self { payload_type, payload, key_id, signature })
    }

    /// Signs a payload.
    pub fn sign(payload_type: &str, payload: Vec<u8>, key: &PrivateKey) -> Result<Self, DsseError> {
        let signature = key.sign(&pae(payload_type, &payload));
        Self::new(payload_type, payload, key.public().id().to_string(), signature)
    }

    /// Reads an envelope's JSON, whoever wrote it: unknown fields are passed over, and base64 is of either alphabet.
    pub fn parse(bytes: &[u8]) -> Result<Self, DsseError> {
        Self::from_value(&json::parse_foreign(bytes, MAX_ENVELOPE)?)
    }

    /// Reads an envelope that stands inside other JSON.
    pub fn from_value(value: &Value) -> Result<Self, DsseError> {
        let text =
            |value: &Value, field| value[field].as_str().map(str::to_owned).ok_or(DsseError::Field(field));
        let signature = match value["signatures"].as_array().map(Vec::as_slice) {
            Some([signature]) => signature,
            Some(signatures) => return Err(DsseError::Signatures(signatures.len())),
            None => return Err(DsseError::Field("signatures")),
        };
        let key_id = match &signature["keyid"] {
            Value::Null => String::new(),
            _ => text(signature, "keyid")?,
        };
        Self::new(
            text(value, "payloadType")?,
            decode("payload", &text(value, "payload")?)?,
            key_id,
            decode("sig", &text(signature, "sig")?)?,
        )
    }

    /// The envelope's one spelling: canonical JSON (RFC 8785), standard base64, a key id even if it is empty.
    pub fn to_json(&self) -> String {
        // In the order of RFC 8785 already, and `new` lets nothing in that would need an escape.
        let Self { payload_type, key_id, .. } = self;
        let (payload, signature) = (STANDARD.encode(&self.payload), STANDARD.encode(&self.signature));
        format!(
            r#"{{"payload":"{payload}","payloadType":"{payload_type}","signatures":[{{"keyid":"{key_id}","sig":"{signature}"}}]}}"#
        )
    }

    /// The same as [`Envelope::to_json`], to stand inside other JSON.
    pub fn to_value(&self) -> Value {
        serde_json::json!({
            "payload": STANDARD.encode(&self.payload),
            "payloadType": self.payload_type,
            "signatures": [{ "keyid": self.key_id, "sig": STANDARD.encode(&self.signature) }],
        })
    }

    /// The record digest: SHA-256 of [`Envelope::to_json`].
    pub fn digest(&self) -> Hash {
        Hash::of(self.to_json())
    }

    /// What the envelope says of the key: a hint, covered by no signature. Envelopes signed here hold the key's id.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The payload's type, which [`Envelope::verify`] has yet to confirm.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The signature's bytes.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The payload before verification: for finding out which key it names, and for nothing else.
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Checks the signature, made by the key itself over [`pae`] or by `ssh-keygen` over the same bytes
    /// ([`SSH_NAMESPACE`]). Whose key it is, is another question.
    pub fn verify<'a>(&'a self, key: &'a PublicKey) -> Result<Verified<'a>, DsseError> {
        let message = pae(&self.payload_type, &self.payload);
        if self.signature.starts_with(ssh::MAGIC) {
            ssh::Signature::from_blob(&self.signature)?.verify(key, SSH_NAMESPACE, &message)?;
        } else {
            key.verify(&message, &self.signature)?;
        }
        Ok(Verified { payload_type: &self.payload_type, payload: &self.payload, key })
    }
}

/// A payload whose signature was checked. Only [`Envelope::verify`] makes one; whoever takes one need not ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'a> {
    payload_type: &'a str,
    payload: &'a [u8],
    key: &'a PublicKey,
}

impl<'a> Verified<'a> {
    /// The type that was signed with the payload.
    pub const fn payload_type(&self) -> &'a str {
        self.payload_type
    }

    /// The bytes that were signed.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The key that signed.
    pub const fn key(&self) -> &'a PublicKey {
        self.key
    }
}

fn is_plain(text: &str) -> bool {
    text.len() <= MAX_NAME && text.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~' | b' '))
}

/// Reads base64 of either alphabet, with or without padding, as the protocol asks of a reader.
fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, DsseError> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, LENIENT).decode(text).map_err(|_| DsseError::Base64(field))
}

#[cfg(test)]
mod tests;
