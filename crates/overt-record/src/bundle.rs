//! The bundle: one file that carries a record, its signature, its proof of logging and revealed samples, and is verified
//! offline (`*.overt.json`).

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::RevealedSample;
use crate::dsse::Envelope;
use crate::json::{self, JsonError};
use crate::sigstore::{self, BundleError};
use crate::tlog_proof::{TlogProof, TlogProofError};

/// What stands in `mediaType`.
pub const MEDIA_TYPE: &str = "application/vnd.overt.bundle.v1+json";

/// The most bytes of a file that are read.
pub const MAX_BUNDLE: usize = 16 << 20;

/// A record with everything that is needed to check it. Nothing in it is to be believed before [`crate::Verifier`] has
/// looked at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// The signed record.
    pub envelope: Envelope,
    /// That it was logged.
    pub proof: Option<TlogProof>,
    /// Samples of its run.
    pub samples: Vec<RevealedSample>,
}

/// Why a file is not a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotABundle {
    /// The JSON around it.
    #[error("bundle: {0}")]
    Json(#[from] JsonError),
    /// Another kind of file.
    #[error(
        "the file's `mediaType` is {0:?}; read are overt bundles ({MEDIA_TYPE}) and Sigstore bundles ({sigstore})",
        sigstore = sigstore::MEDIA_TYPE
    )]
    MediaType(String),
    /// A field is missing or of another type.
    #[error("bundle: `{0}` is missing or is not what the format says")]
    Field(&'static str),
    /// The signed record.
    #[error(transparent)]
    Signed(#[from] BundleError),
    /// The proof.
    #[error("bundle: {0}")]
    Proof(#[from] TlogProofError),
    /// A sample.
    #[error("bundle, revealed samples: {0}")]
    Sample(String),
    /// Something in it is unknown or has a second spelling.
    #[error("the bundle holds something that its format does not know, or a value in a second spelling")]
    NotExact,
}

impl Bundle {
    /// A record that is not logged.
    pub fn new(envelope: Envelope) -> Self {
        Self { envelope, proof: None, samples: Vec::new() }
    }

    /// Reads an overt bundle, or a Sigstore bundle alone.
    ///
    /// An overt bundle holds nothing but what is read, and that in one spelling; only white space and the order of keys
    /// are free. A Sigstore bundle may be anybody's, and what overt does not know in it is passed over.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotABundle> {
        let value = json::parse_foreign(bytes, MAX_BUNDLE)?;
        match value["mediaType"].as_str() {
            Some(MEDIA_TYPE) => Self::from_value(&value),
            Some(kind) if kind.starts_with("application/vnd.dev.sigstore.bundle") => {
                let signed = sigstore::Bundle::from_value(value)?;
                // Refuses what is verified by a certificate.
                signed.key_hint()?;
                Ok(Self::new(signed.envelope()?.clone()))
            }
            kind => Err(NotABundle::MediaType(kind.unwrap_or_default().chars().take(80).collect())),
        }
    }

    fn from_value(value: &Value) -> Result<Self, NotABundle> {
        let envelope = sigstore::Bundle::from_value(value["bundle"].clone())?.envelope()?.clone();
        let proof = match value.get("proof") {
            None => None,
            Some(Value::String(text)) => Some(TlogProof::parse(text.as_bytes())?),
            Some(_) => return Err(NotABundle::Field("proof")),
        };
        let samples = match value.get("samples") {
            None => Vec::new(),
            Some(Value::Array(samples)) => samples.iter().map(read_sample).collect::<Result<_, _>>()?,
            Some(_) => return Err(NotABundle::Field("samples")),
        };
        let bundle = Self { envelope, proof, samples };
        if bundle.to_value()? == *value { Ok(bundle) } else { Err(NotABundle::NotExact) }
    }

    /// The file: canonical JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, NotABundle> {
        Ok(json::to_canonical(&self.to_value()?)?)
    }

    fn to_value(&self) -> Result<Value, NotABundle> {
        let signed = sigstore::Bundle::new(self.envelope.clone()).to_value()?;
        let mut value = json!({ "mediaType": MEDIA_TYPE, "bundle": signed });
        if let Some(proof) = &self.proof {
            value["proof"] = proof.to_string().into();
        }
        if !self.samples.is_empty() {
            let samples = serde_json::to_value(&self.samples);
            value["samples"] = samples.map_err(|error| NotABundle::Sample(error.to_string()))?;
        }
        Ok(value)
    }
}

fn read_sample(value: &Value) -> Result<RevealedSample, NotABundle> {
    RevealedSample::deserialize(value).map_err(|error| NotABundle::Sample(error.to_string()))
}
