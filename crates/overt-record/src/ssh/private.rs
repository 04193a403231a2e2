//! Private keys as `~/.ssh/id_ed25519` has them (OpenSSH, PROTOCOL.key), with a passphrase or without.

use aes::Aes256;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _, StreamCipher as _};
use zeroize::Zeroizing;

use super::SshError;
use super::public::{ED25519, P256, to_blob};
use super::wire::Reader;
use crate::{KeyError, PrivateKey};

/// The label of the PEM text.
pub const LABEL: &str = "OPENSSH PRIVATE KEY";

const MAGIC: &[u8] = b"openssh-key-v1\0";
const WHAT: &str = "private key";

/// ssh-keygen's own choice, that of old, and none at all.
const CIPHERS: [&str; 3] = [CTR, CBC, NONE];
const CTR: &str = "aes256-ctr";
const CBC: &str = "aes256-cbc";
const NONE: &str = "none";

/// Checking a passphrase takes some 10 ms a round; ssh-keygen writes 16 or 24 rounds.
const MAX_ROUNDS: u32 = 2_000;

/// Reads what stands in the PEM text.
pub(crate) fn parse(bytes: &[u8], passphrase: Option<&[u8]>) -> Result<PrivateKey, KeyError> {
    let file = File::parse(bytes)?;
    if file.cipher == NONE {
        return file.read(file.secret).map_err(KeyError::from);
    }
    let secret = file.decrypt(passphrase.ok_or(KeyError::NeedsPassphrase)?)?;
    // A wrong passphrase leaves noise: the two check numbers differ, and nothing after them can be read either.
    file.read(&secret).map_err(|_| KeyError::WrongPassphrase)
}

/// The outer structure.
struct File<'a> {
    cipher: &'a str,
    kdf: &'a str,
    kdf_options: &'a [u8],
    public: &'a [u8],
    secret: &'a [u8],
}

impl<'a> File<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, SshError> {
        let mut reader = Reader::new(bytes, WHAT);
        if reader.bytes(MAGIC.len())? != MAGIC {
            return Err(reader.damaged());
        }
        let (cipher, kdf, kdf_options) = (reader.text()?, reader.text()?, reader.string()?);
        // Before the end: ciphers that authenticate put their tag there.
        if !CIPHERS.contains(&cipher) {
            return Err(unsupported("encryption of a private key", cipher));
        }
        match reader.u32()? {
            1 => {}
            other => {
                return Err(SshError::Unsupported {
                    what: "number of keys in a file",
                    found: other.to_string(),
                });
            }
        }
        let file = Self { cipher, kdf, kdf_options, public: reader.string()?, secret: reader.string()? };
        reader.end()?;
        Ok(file)
    }

    fn decrypt(&self, passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if self.kdf != "bcrypt" {
            return Err(unsupported("way to derive a key from a passphrase", self.kdf).into());
        }
        let mut options = Reader::new(self.kdf_options, WHAT);
        let (salt, rounds) = (options.string()?, options.u32()?);
        options.end()?;
        if rounds > MAX_ROUNDS {
            return Err(KeyError::TooCostly(format!("bcrypt with {rounds} rounds")));
        }
        let mut derived = Zeroizing::new([0; 48]);
        // It refuses an empty passphrase, which protects nothing: so it cannot be the right one.
        bcrypt_pbkdf::bcrypt_pbkdf(passphrase, salt, rounds, &mut *derived)
            .map_err(|_| KeyError::WrongPassphrase)?;
        let (key, iv) = derived.split_at(32);

        let damaged = |_| KeyError::from(SshError::Damaged(WHAT));
        let mut secret = Zeroizing::new(self.secret.to_vec());
        match self.cipher {
            CTR => {
                let mut cipher =
                    ctr::Ctr128BE::<Aes256>::new_from_slices(key, iv).map_err(|_| SshError::Damaged(WHAT))?;
                cipher.try_apply_keystream(&mut secret).map_err(|_| SshError::Damaged(WHAT))?;
            }
            CBC => {
                let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, iv)
                    .map_err(|_| SshError::Damaged(WHAT))?;
                cipher.decrypt_padded::<NoPadding>(&mut secret).map_err(damaged)?;
            }
            other => return Err(unsupported("encryption of a private key", other).into()),
        }
        Ok(secret)
    }

    /// Reads the decrypted part, which must be the private half of the public key before it.
    fn read(&self, secret: &[u8]) -> Result<PrivateKey, SshError> {
        let mut reader = Reader::new(secret, WHAT);
        if reader.u32()? != reader.u32()? {
            return Err(reader.damaged());
        }
        let key = match reader.text()? {
            ED25519 => {
                let (_public, pair) = (reader.string()?, reader.string()?);
                let seed = pair.first_chunk().filter(|_| pair.len() == 64).ok_or(reader.damaged())?;
                PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(seed))
            }
            P256 => {
                let (_curve, _public) = (reader.string()?, reader.string()?);
                let digits = reader.positive()?;
                let mut scalar = Zeroizing::new([0; 32]);
                scalar[32 - digits.len()..].copy_from_slice(digits);
                let key = p256::ecdsa::SigningKey::from_slice(&*scalar);
                PrivateKey::P256(key.map_err(|_| reader.damaged())?)
            }
            other => return Err(SshError::UnsupportedKey(other.chars().take(64).collect())),
        };
        let _comment = reader.string()?;
        let padded = reader.rest().iter().zip(1..).all(|(byte, count)| *byte == count);
        if !padded || to_blob(&key.public()) != self.public {
            return Err(reader.damaged());
        }
        Ok(key)
    }
}

fn unsupported(what: &'static str, found: &str) -> SshError {
    SshError::Unsupported { what, found: found.chars().take(64).collect() }
}

impl From<SshError> for KeyError {
    fn from(error: SshError) -> Self {
        Self::NotAPrivateKey(error.to_string())
    }
}

#[cfg(test)]
mod tests;
