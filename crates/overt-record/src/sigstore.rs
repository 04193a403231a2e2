//! Sigstore bundles (sigstore_bundle.proto, v0.1 to v0.3, in protobuf's JSON): an envelope, and what helps to verify it.
//!
//! Written are bundles of v0.3 with a key's name as a hint. Read are also those with certificates or entries of a
//! transparency log: what overt does not understand of the verification material is kept as it is.

use serde_json::{Map, Value, json};

use crate::dsse::{DsseError, Envelope, MAX_ENVELOPE};
use crate::json::{self, JsonError};

/// The media type of the bundles written here.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The media types read here: v0.3 has two spellings.
const MEDIA_TYPES: [&str; 4] = [
    MEDIA_TYPE,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
];

/// The most bytes of a bundle: an envelope, and as much again as certificates and proofs ever have.
pub const MAX_BUNDLE: usize = MAX_ENVELOPE + (1 << 20);

/// Why a bundle cannot be read, or does not hold what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The JSON around it.
    #[error("Sigstore bundle: {0}")]
    Json(#[from] JsonError),
    /// Another kind or version.
    #[error("the bundle's `mediaType` is {0:?}; Sigstore bundles of versions 0.1 to 0.3 are read")]
    MediaType(String),
    /// A field that the format demands is not there, or is of another type.
    #[error("Sigstore bundle: `{0}` is missing or is not what the format says")]
    Field(&'static str),
    /// The envelope inside.
    #[error("Sigstore bundle: {0}")]
    Envelope(#[from] DsseError),
    /// The bundle signs a file's digest, not a statement.
    #[error(
        "the bundle holds a signature of a file (`messageSignature`), not a signed statement; \
         `cosign verify-blob --bundle FILE` checks it"
    )]
    MessageSignature,
    /// The bundle is verified by a certificate.
    #[error(
        "the bundle was signed with a certificate of Sigstore, not with a key; \
         `cosign verify-blob-attestation --certificate-identity … --bundle FILE` checks it"
    )]
    Certificate,
    /// The two names of the key differ.
    #[error("the bundle names the key {hint:?} and its envelope {key_id:?}; they must be the same")]
    Hint {
        /// The bundle's.
        hint: String,
        /// The envelope's.
        key_id: String,
    },
}

/// A Sigstore bundle. Nothing in it is to be believed before its envelope is verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    material: Map<String, Value>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Envelope(Envelope),
    MessageSignature,
}

impl Bundle {
    /// A bundle of an envelope, with the envelope's key id as the hint.
    pub fn new(envelope: Envelope) -> Self {
        let material = Map::from_iter([("publicKey".to_owned(), json!({ "hint": envelope.key_id() }))]);
        Self { material, content: Content::Envelope(envelope) }
    }

    /// Reads a bundle's JSON, whoever wrote it. Unknown fields are passed over, except in the verification material.
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        Self::from_value(json::parse_foreign(bytes, MAX_BUNDLE)?)
    }

    /// Reads a bundle that stands inside other JSON.
    pub fn from_value(mut value: Value) -> Result<Self, BundleError> {
        match value["mediaType"].as_str() {
            Some(kind) if MEDIA_TYPES.contains(&kind) => {}
            kind => return Err(BundleError::MediaType(kind.unwrap_or_default().chars().take(80).collect())),
        }
        let content = match (&value["dsseEnvelope"], &value["messageSignature"]) {
            (Value::Null, Value::Object(_)) => Content::MessageSignature,
            (envelope @ Value::Object(_), Value::Null) => Content::Envelope(Envelope::from_value(envelope)?),
            _ => return Err(BundleError::Field("dsseEnvelope")),
        };
        let Value::Object(mut material) = value["verificationMaterial"].take() else {
            return Err(BundleError::Field("verificationMaterial"));
        };
        material.values_mut().try_for_each(integers_to_text)?;
        let bundle = Self { material, content };
        bundle.check_hint()?;
        Ok(bundle)
    }

    /// The bundle's JSON, canonical (RFC 8785), as v0.3.
    pub fn to_json(&self) -> Result<Vec<u8>, BundleError> {
        let envelope = self.envelope()?.to_json();
        let material = json::to_canonical(&self.material)?;
        // In the order of RFC 8785 already.
        let head =
            format!(r#"{{"dsseEnvelope":{envelope},"mediaType":"{MEDIA_TYPE}","verificationMaterial":"#);
        Ok([head.as_bytes(), &material, b"}"].concat())
    }

    /// The same as [`Bundle::to_json`], to stand inside other JSON.
    pub fn to_value(&self) -> Result<Value, BundleError> {
        let envelope = self.envelope()?.to_value();
        Ok(
            json!({ "mediaType": MEDIA_TYPE, "verificationMaterial": self.material, "dsseEnvelope": envelope }),
        )
    }

    /// The signed statement.
    pub fn envelope(&self) -> Result<&Envelope, BundleError> {
        match &self.content {
            Content::Envelope(envelope) => Ok(envelope),
            Content::MessageSignature => Err(BundleError::MessageSignature),
        }
    }

    /// What the bundle says of the key: a hint, covered by no signature. Bundles written here hold the key's id; other
    /// programs hash another form of the key (`model_signing` its PEM), so a hint that differs proves nothing.
    pub fn key_hint(&self) -> Result<&str, BundleError> {
        match (&self.material.get("publicKey"), self.is_certified()) {
            (_, true) => Err(BundleError::Certificate),
            // A hint is optional: protobuf leaves out an empty text.
            (Some(Value::Object(key)), _) => match key.get("hint") {
                None | Some(Value::Null) => Ok(""),
                Some(hint) => hint.as_str().ok_or(BundleError::Field("publicKey.hint")),
            },
            _ => Err(BundleError::Field("publicKey")),
        }
    }

    /// The verification material as it was read, for those who understand it; integers are texts, as protobuf has them.
    pub const fn material(&self) -> &Map<String, Value> {
        &self.material
    }

    fn is_certified(&self) -> bool {
        ["certificate", "x509CertificateChain"].iter().any(|field| self.material.contains_key(*field))
    }

    /// The hint and the envelope's key id are the same where both are given (sigstore_bundle.proto, `dsse_envelope`).
    fn check_hint(&self) -> Result<(), BundleError> {
        let (hint, Content::Envelope(envelope)) = (self.key_hint(), &self.content) else {
            return Ok(());
        };
        match hint {
            Ok(hint) if !hint.is_empty() && !envelope.key_id().is_empty() && hint != envelope.key_id() => {
                Err(BundleError::Hint { hint: hint.to_owned(), key_id: envelope.key_id().to_owned() })
            }
            Ok(_) | Err(BundleError::Certificate) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The integers of verification material are 64 bits wide, which protobuf's JSON writes as texts and reads as either.
fn integers_to_text(value: &mut Value) -> Result<(), BundleError> {
    match value {
        Value::Number(number) if number.is_f64() => Err(BundleError::Field("verificationMaterial")),
        Value::Number(number) => {
            *value = Value::String(number.to_string());
            Ok(())
        }
        Value::Array(values) => values.iter_mut().try_for_each(integers_to_text),
        Value::Object(fields) => fields.values_mut().try_for_each(integers_to_text),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
