//! Signatures of `ssh-keygen -Y sign` (OpenSSH, PROTOCOL.sshsig).

use sha2::{Digest as _, Sha256, Sha512};

use super::SshError;
use super::public::{from_blob, kind_of};
use super::wire::{Reader, put};
use crate::{PublicKey, armor};

/// How the binary form begins, and what is signed too.
pub const MAGIC: &[u8] = b"SSHSIG";

const VERSION: u32 = 1;
const WHAT: &str = "signature";
const LABEL: &str = "SSH SIGNATURE";

/// The most bytes of a signature; real ones have a few hundred.
const MAX_BLOB: usize = 4 << 10;

/// The hash of the message that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HashName {
    Sha256,
    Sha512,
}

impl HashName {
    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// A signature, with the key that it says made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    key: PublicKey,
    namespace: String,
    hash: HashName,
    /// As [`PublicKey::verify`] takes it.
    bytes: Vec<u8>,
    blob: Vec<u8>,
}

impl Signature {
    /// Reads `-----BEGIN SSH SIGNATURE-----`.
    pub fn from_armor(text: &str) -> Result<Self, SshError> {
        // Four characters of base64 are three bytes; line ends and the frame come on top.
        let text = Some(text).filter(|text| text.len() <= MAX_BLOB * 2);
        match text.and_then(armor::read) {
            Some((LABEL, blob)) => Self::from_blob(&blob),
            _ => Err(SshError::Malformed {
                what: WHAT,
                expected: "`-----BEGIN SSH SIGNATURE-----`, as `ssh-keygen -Y sign` writes",
            }),
        }
    }

    /// Reads the binary form.
    pub fn from_blob(blob: &[u8]) -> Result<Self, SshError> {
        if blob.len() > MAX_BLOB {
            return Err(SshError::Damaged(WHAT));
        }
        let mut reader = Reader::new(blob, WHAT);
        if reader.bytes(MAGIC.len())? != MAGIC {
            return Err(reader.damaged());
        }
        match reader.u32()? {
            VERSION => {}
            other => {
                return Err(SshError::Unsupported { what: "signature's version", found: other.to_string() });
            }
        }
        let key = from_blob(reader.string()?)?;
        let namespace = reader.text()?.to_owned();
        let _reserved = reader.string()?;
        let hash = match reader.text()? {
            "sha256" => HashName::Sha256,
            "sha512" => HashName::Sha512,
            other => {
                let found = other.chars().take(64).collect();
                return Err(SshError::Unsupported { what: "signature's hash", found });
            }
        };
        let bytes = read_signature(&key, reader.string()?)?;
        reader.end()?;
        Ok(Self { key, namespace, hash, bytes, blob: blob.to_vec() })
    }

    /// Checks that `key` made the signature over `message`, for this namespace.
    pub fn verify(&self, key: &PublicKey, namespace: &str, message: &[u8]) -> Result<(), SshError> {
        if self.namespace != namespace {
            return Err(SshError::Namespace { wanted: namespace.to_owned(), found: self.namespace.clone() });
        }
        if self.key != *key {
            return Err(SshError::OtherKey {
                wanted: key.id().to_string(),
                found: self.key.id().to_string(),
            });
        }
        key.verify(&signed_bytes(namespace, self.hash, message), &self.bytes)?;
        Ok(())
    }

    /// The key that the signature says made it; [`Signature::verify`] finds out.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The binary form, as it stands in a DSSE envelope.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// What the signature is for.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }
}

/// What is signed: not the message, but its hash under a name and a purpose.
fn signed_bytes(namespace: &str, hash: HashName, message: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    put(&mut bytes, namespace.as_bytes());
    put(&mut bytes, b"");
    put(&mut bytes, hash.name().as_bytes());
    put(&mut bytes, &hash.of(message));
    bytes
}

/// Reads the innermost part: the algorithm's name, and what it wrote.
fn read_signature(key: &PublicKey, bytes: &[u8]) -> Result<Vec<u8>, SshError> {
    let mut reader = Reader::new(bytes, WHAT);
    if reader.text()? != kind_of(key) {
        return Err(reader.damaged());
    }
    let signature = reader.string()?;
    reader.end()?;
    match key {
        PublicKey::Ed25519(_) => Ok(signature.to_vec()),
        PublicKey::P256(_) => p256_to_der(signature),
    }
}

/// SSH writes r and s as two integers of its own form (RFC 5656, section 3.1.2).
fn p256_to_der(signature: &[u8]) -> Result<Vec<u8>, SshError> {
    let mut reader = Reader::new(signature, WHAT);
    let (mut r, mut s) = ([0; 32], [0; 32]);
    for whole in [&mut r, &mut s] {
        let digits = reader.positive()?;
        whole[32 - digits.len()..].copy_from_slice(digits);
    }
    reader.end()?;
    let signature = p256::ecdsa::Signature::from_scalars(r, s).map_err(|_| SshError::Damaged(WHAT))?;
    Ok(signature.to_der().as_bytes().to_vec())
}

#[cfg(test)]
mod tests;
