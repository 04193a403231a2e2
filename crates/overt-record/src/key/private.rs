//! Private keys.

use std::fmt;

use p256::ecdsa::signature::Signer as _;
use zeroize::Zeroizing;

use super::{Algorithm, KeyError, PublicKey, decode_pem, pkcs8};
use crate::{Hash, ssh};

/// A key that signs. Its memory is wiped when it is dropped, and its debug text shows the public half only.
pub enum PrivateKey {
    /// Ed25519.
    Ed25519(ed25519_dalek::SigningKey),
    /// ECDSA P-256 with SHA-256.
    P256(p256::ecdsa::SigningKey),
}

impl PrivateKey {
    /// The key that follows from 32 bytes of good randomness, which the caller draws for it and wipes.
    pub fn generate(algorithm: Algorithm, entropy: &[u8; 32]) -> Self {
        match algorithm {
            Algorithm::Ed25519 => Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(entropy)),
            Algorithm::P256 => Self::P256(p256_key(entropy)),
        }
    }

    /// Reads a private key: `PRIVATE KEY` and `ENCRYPTED PRIVATE KEY` (PKCS#8, as OpenSSL writes them) or
    /// `OPENSSH PRIVATE KEY`. A passphrase given for a key without one is not used.
    pub fn from_pem(text: &str, passphrase: Option<&[u8]>) -> Result<Self, KeyError> {
        let (label, contents) = decode_pem(text)?;
        match label {
            pkcs8::LABEL => pkcs8::read(&contents),
            pkcs8::ENCRYPTED_LABEL => pkcs8::decrypt(&contents, passphrase.ok_or(KeyError::NeedsPassphrase)?),
            ssh::PRIVATE_KEY_LABEL => ssh::parse_private(&contents, passphrase),
            label => Err(KeyError::UnexpectedPem { found: label.to_owned(), wanted: pkcs8::LABEL }),
        }
    }

    /// As `-----BEGIN PRIVATE KEY-----` (PKCS#8, RFC 5958), unprotected.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        pkcs8::to_pem(self)
    }

    /// As `-----BEGIN ENCRYPTED PRIVATE KEY-----` (PKCS#8 with PBES2: scrypt and AES-256-CBC). `entropy` is fresh
    /// randomness for the salt and the initialisation vector.
    pub fn to_encrypted_pem(
        &self,
        passphrase: &[u8],
        entropy: &[u8; 32],
    ) -> Result<Zeroizing<String>, KeyError> {
        pkcs8::to_encrypted_pem(self, passphrase, entropy)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Ed25519(key) => PublicKey::Ed25519(key.verifying_key()),
            Self::P256(key) => PublicKey::P256(*key.verifying_key()),
        }
    }

    /// Signs `message`, deterministically: Ed25519 (64 bytes) by its nature, ECDSA P-256 (DER) by RFC 6979.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Self::P256(key) => {
                let signature: p256::ecdsa::DerSignature = key.sign(message);
                signature.as_bytes().to_vec()
            }
        }
    }
}

/// The first of the entropy, its hash, the hash of that, and so on, that is a private key. All but one in 2^32 are.
fn p256_key(entropy: &[u8; 32]) -> p256::ecdsa::SigningKey {
    let mut candidate = Zeroizing::new(*entropy);
    loop {
        if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&*candidate) {
            return key;
        }
        *candidate = *Hash::of(*candidate).as_bytes();
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "private key of {:?}", self.public())
    }
}
