//! Keys that sign notes, made from a seed of 32 bytes.

use std::fmt;

use ed25519_dalek::Signer as _;
use ml_dsa::MlDsa44;

use crate::cosignature::{MAX_TIMESTAMP, ed25519_message, join_timestamp, mldsa44_message};
use crate::note::{KeyName, Note, NoteError, NoteSignature};
use crate::{SignatureType, VerifierKey, VkeyError};

/// A private key with its name and type. The same key, text and time give the same signature.
pub struct NoteSigner {
    vkey: VerifierKey,
    secret: Secret,
}

enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    MlDsa44(Box<ml_dsa::SigningKey<MlDsa44>>),
}

/// Why a note could not be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// ML-DSA-44 cosignatures are of checkpoints.
    #[error("only a checkpoint whose origin has at most 255 bytes can be signed with ML-DSA-44")]
    NotACheckpoint,
    /// Times have 63 bits.
    #[error("a cosignature can't state a time of {0} seconds since 1970: the latest is 2^63 - 1")]
    Timestamp(u64),
    /// The signature could not be made.
    #[error("the signature algorithm found no signature, which does not happen with sound memory; try again")]
    Failed,
    /// The note can't take another signature.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl NoteSigner {
    /// The key that a seed gives: the private key of RFC 8032 for Ed25519, ξ of FIPS 204 for ML-DSA-44. Each type of
    /// signature needs a seed of its own.
    ///
    /// # Errors
    /// When the name is too long for the type.
    pub fn from_seed(
        name: KeyName,
        signature_type: SignatureType,
        seed: &[u8; 32],
    ) -> Result<Self, VkeyError> {
        let (secret, public_key) = match signature_type {
            SignatureType::Ed25519 | SignatureType::CosignatureEd25519 => {
                let secret = Box::new(ed25519_dalek::SigningKey::from_bytes(seed));
                let public_key = secret.verifying_key().as_bytes().to_vec();
                (Secret::Ed25519(secret), public_key)
            }
            SignatureType::CosignatureMlDsa44 => {
                let secret = Box::new(ml_dsa::SigningKey::from_seed(&(*seed).into()));
                let public_key = secret.expanded_key().verifying_key().encode().to_vec();
                (Secret::MlDsa44(secret), public_key)
            }
        };
        Ok(Self { vkey: VerifierKey::new(name, signature_type, &public_key)?, secret })
    }

    /// The public half.
    pub fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// Signs the text of a note at a time in seconds since 1970, which type 0x01 does not state.
    ///
    /// # Errors
    /// When a cosignature can't state the time, or ML-DSA-44 is asked to sign what is not a checkpoint.
    pub fn sign(&self, text: &str, timestamp: u64) -> Result<NoteSignature, SignError> {
        let signature_type = self.vkey.signature_type();
        if signature_type.is_cosignature() && timestamp > MAX_TIMESTAMP {
            return Err(SignError::Timestamp(timestamp));
        }
        let bytes = match signature_type {
            SignatureType::Ed25519 => self.secret.sign(text.as_bytes())?,
            SignatureType::CosignatureEd25519 => {
                join_timestamp(timestamp, &self.secret.sign(&ed25519_message(timestamp, text))?)
            }
            SignatureType::CosignatureMlDsa44 => {
                let message = mldsa44_message(self.vkey.name(), timestamp, text);
                let message = message.ok_or(SignError::NotACheckpoint)?;
                join_timestamp(timestamp, &self.secret.sign(&message)?)
            }
        };
        Ok(NoteSignature::new(self.vkey.name().clone(), self.vkey.id(), bytes))
    }

    /// Signs a note and adds the signature to it.
    ///
    /// # Errors
    /// As [`NoteSigner::sign`], and when the note can't take another signature.
    pub fn sign_note(&self, note: &mut Note, timestamp: u64) -> Result<(), SignError> {
        let signature = self.sign(note.text(), timestamp)?;
        Ok(note.add(signature)?)
    }
}

impl Secret {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match self {
            Self::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
            Self::MlDsa44(key) => {
                let signature = key.expanded_key().sign_deterministic(message, b"");
                signature.map(|signature| signature.encode().to_vec()).map_err(|_| SignError::Failed)
            }
        }
    }
}

/// Shows the public half only.
impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signer of {:?}", self.vkey)
    }
}
