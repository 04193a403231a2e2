//! Keys that sign records: Ed25519 (RFC 8032) and ECDSA P-256 with SHA-256 (FIPS 186-5).
//!
//! A public key has one spelling, the DER of its SubjectPublicKeyInfo, whose SHA-256 is the [`KeyId`]. Other spellings
//! of the same key (a compressed point, an Ed25519 point that is not reduced) are refused: one key, one id.

mod error;
mod known;
mod pkcs8;
mod private;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use ::pkcs8::der::pem::{self, LineEnding};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Verifier as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

pub use self::error::{BadSignature, KeyError};
pub use self::private::PrivateKey;
use crate::{Hash, NotAHash, armor};

/// The most bytes of a file with a key that are read; real ones have a few hundred.
pub(crate) const MAX_KEY_FILE: usize = 16 << 10;

/// What a key signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ECDSA over P-256 with SHA-256 (FIPS 186-5), the algorithm of cosign's and model_signing's keys.
    P256,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::P256 => "ECDSA P-256",
        })
    }
}

/// The name of a public key: SHA-256 of its SubjectPublicKeyInfo in DER, as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct KeyId(Hash);

impl KeyId {
    /// As the hash that it is.
    pub const fn as_hash(&self) -> &Hash {
        &self.0
    }

    /// The first eight hexadecimal digits, for people; never for comparison.
    pub fn short(&self) -> String {
        self.0.short()
    }
}

impl From<Hash> for KeyId {
    fn from(hash: Hash) -> Self {
        Self(hash)
    }
}

impl FromStr for KeyId {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        text.parse().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key:{}", self.0)
    }
}

/// A key that checks signatures. In JSON it is the base64 of its SubjectPublicKeyInfo in DER.
#[derive(Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// Ed25519.
    Ed25519(ed25519_dalek::VerifyingKey),
    /// ECDSA P-256 with SHA-256.
    P256(p256::ecdsa::VerifyingKey),
}

/// SubjectPublicKeyInfo of an Ed25519 key up to the 32 bytes of the point (RFC 8410, section 4).
const ED25519_SPKI: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// SubjectPublicKeyInfo of a P-256 key up to the 65 bytes of the uncompressed point (RFC 5480, section 2).
const P256_SPKI: [u8; 26] =
    *b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

const PUBLIC_LABEL: &str = "PUBLIC KEY";

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in DER.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        if let Some(point) = der.strip_prefix(&ED25519_SPKI) {
            Self::from_ed25519_point(point)
        } else if let Some(point) = der.strip_prefix(&P256_SPKI) {
            Self::from_p256_point(point)
        } else {
            Err(KeyError::NotAPublicKey)
        }
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn to_spki_der(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => [&ED25519_SPKI, key.as_bytes().as_slice()].concat(),
            Self::P256(key) => [&P256_SPKI, key.to_sec1_point(false).as_bytes()].concat(),
        }
    }

    /// Reads `-----BEGIN PUBLIC KEY-----` (RFC 7468, section 13).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, der) = decode_pem(text)?;
        match label {
            PUBLIC_LABEL => Self::from_spki_der(&der),
            label => Err(KeyError::UnexpectedPem { found: label.to_owned(), wanted: PUBLIC_LABEL }),
        }
    }

    /// As `-----BEGIN PUBLIC KEY-----` (RFC 7468, section 13), ending in a newline.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        pem::encode_string(PUBLIC_LABEL, LineEnding::LF, &self.to_spki_der())
            .map_err(|error| KeyError::Unwritable(error.to_string()))
    }

    /// Reads the base64 of the SubjectPublicKeyInfo in DER, as records write it.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        // The longer of the two spellings has 124 characters.
        let der = (text.len() <= 124).then(|| STANDARD.decode(text).ok()).flatten();
        Self::from_spki_der(&der.ok_or(KeyError::NotAPublicKey)?)
    }

    /// The base64 of the SubjectPublicKeyInfo in DER.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.to_spki_der())
    }

    /// The key's name.
    pub fn id(&self) -> KeyId {
        KeyId(Hash::of(self.to_spki_der()))
    }

    /// What the key signs with.
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::Ed25519,
            Self::P256(_) => Algorithm::P256,
        }
    }

    /// Checks a signature over `message`: 64 bytes for Ed25519, DER of (r, s) for P-256.
    ///
    /// Ed25519 is checked without the cofactor and refuses keys and points of small order, so that no signature is valid
    /// here and invalid elsewhere in the log. ECDSA leaves a freedom that cosign's signatures use: (r, s) and (r, n - s) are
    /// both valid, so anyone can make a second signature of a first. That second one is a record of its own: the record
    /// digest covers the signature, a log entry binds the digest, and both still say what the signer signed.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .and_then(|signature| key.verify_strict(message, &signature))
                .map_err(|_| BadSignature),
            Self::P256(key) => p256::ecdsa::DerSignature::from_bytes(signature)
                .and_then(|signature| key.verify(message, &signature))
                .map_err(|_| BadSignature),
        }
    }

    /// Reads the 32 bytes of an Ed25519 point (RFC 8032, section 5.1.2).
    pub(crate) fn from_ed25519_point(point: &[u8]) -> Result<Self, KeyError> {
        let point = point.try_into().map_err(|_| KeyError::NotAPublicKey)?;
        known::or_read(point, read_ed25519_point).map(Self::Ed25519)
    }

    /// Reads the 65 bytes of an uncompressed P-256 point (SEC 1, section 2.3.3).
    pub(crate) fn from_p256_point(point: &[u8]) -> Result<Self, KeyError> {
        if !(point.len() == 65 && point.starts_with(&[4])) {
            return Err(KeyError::NotAPublicKey);
        }
        p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Self::P256).map_err(|_| KeyError::NotAPublicKey)
    }
}

fn read_ed25519_point(point: &[u8; 32]) -> Result<ed25519_dalek::VerifyingKey, KeyError> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(point).map_err(|_| KeyError::NotAPublicKey)?;
    // A point of small order "signs" every message; one that is not reduced is a second spelling of another key.
    if key.is_weak() || !is_reduced(point) {
        return Err(KeyError::Weak);
    }
    Ok(key)
}

/// Whether the y of an Ed25519 point, 255 bits with the lowest byte first, is less than 2^255 - 19. The sign of x, in the bit
/// above, has a second spelling only where x is 0, and those two points are of small order.
fn is_reduced(point: &[u8; 32]) -> bool {
    let [lowest, between @ .., highest] = point;
    *lowest < 0xed || between.iter().any(|byte| *byte != 0xff) || highest & 0x7f != 0x7f
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.algorithm(), self.id())
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64())
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'_, str>>::deserialize(deserializer)?;
        Self::from_base64(&text).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for PublicKey {
    fn schema_name() -> Cow<'static, str> {
        "PublicKey".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "contentEncoding": "base64", "maxLength": 124 })
    }
}

/// The label of a key's text and what stands in it.
fn decode_pem(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), KeyError> {
    if text.len() > MAX_KEY_FILE {
        return Err(KeyError::TooLarge { found: text.len() });
    }
    armor::read(text).ok_or(KeyError::NotPem)
}

#[cfg(test)]
mod tests;
