//! Private keys as PKCS#8 (RFC 5958): plain, and encrypted with PBES2 (RFC 8018).

use p256::pkcs8::EncodePrivateKey as _;
use pkcs8::der::Decode as _;
use pkcs8::der::pem::{self, LineEnding};
use pkcs8::pkcs5::pbes2::{EncryptionScheme as Cipher, Kdf, Parameters, Salt, ScryptParams};
use pkcs8::pkcs5::{self, EncryptionScheme};
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::{KeyError, PrivateKey};

pub(super) const LABEL: &str = "PRIVATE KEY";
pub(super) const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// id-Ed25519 (RFC 8410, section 3).
const ED25519_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// id-ecPublicKey (RFC 5480, section 2.1.1).
const EC_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp256r1 (RFC 5480, section 2.1.1.1).
const P256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// PKCS#8 of an Ed25519 key up to the 32 bytes of the seed (RFC 8410, section 7). This is version 1, without the
/// public key: OpenSSL 3.0 does not read version 2.
const ED25519_PREFIX: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// scrypt as it is written: 16 MiB of memory, which is as much as OpenSSL takes with its settings of old, five times over.
/// OWASP names these parameters as equal to its first choice (N = 2^17, p = 1).
const SCRYPT: (u64, u16, u16) = (1 << 14, 8, 5);

/// What is read at most: a file of a stranger must not take all memory, or an hour.
const MAX_SCRYPT_MEMORY: u64 = 256 << 20;
const MAX_SCRYPT_WORK: u64 = 1 << 22;
const MAX_PBKDF2_ROUNDS: u32 = 5_000_000;

/// Reads a PrivateKeyInfo in DER.
pub(super) fn read(der: &[u8]) -> Result<PrivateKey, KeyError> {
    let info = PrivateKeyInfoRef::from_der(der).map_err(|error| not_a_key(format!("PKCS#8: {error}")))?;
    match (info.algorithm.oid, info.algorithm.parameters_oid()) {
        (ED25519_OID, Err(_)) => read_ed25519(&info),
        (EC_OID, Ok(P256_OID)) => {
            let secret = p256::SecretKey::try_from(info).map_err(|error| not_a_key(error.to_string()))?;
            Ok(PrivateKey::P256(secret.into()))
        }
        _ => Err(not_a_key("neither an Ed25519 nor an ECDSA P-256 key".to_owned())),
    }
}

fn read_ed25519(info: &PrivateKeyInfoRef<'_>) -> Result<PrivateKey, KeyError> {
    // The octet string holds an octet string of 32 bytes (RFC 8410, section 7).
    let seed = info.private_key.as_bytes().strip_prefix(&[0x04, 0x20]);
    let seed: &[u8; 32] = seed
        .and_then(|seed| seed.try_into().ok())
        .ok_or_else(|| not_a_key("an Ed25519 key has 32 bytes".to_owned()))?;
    let key = ed25519_dalek::SigningKey::from_bytes(seed);
    match info.public_key.map(|bits| bits.raw_bytes()) {
        Some(public) if public != key.verifying_key().as_bytes() => {
            Err(not_a_key("its public half is another key's".to_owned()))
        }
        _ => Ok(PrivateKey::Ed25519(key)),
    }
}

/// Reads an EncryptedPrivateKeyInfo in DER.
pub(super) fn decrypt(der: &[u8], passphrase: &[u8]) -> Result<PrivateKey, KeyError> {
    let info = EncryptedPrivateKeyInfoRef::from_der(der)
        .map_err(|error| not_a_key(format!("encrypted PKCS#8, or its method of encryption: {error}")))?;
    affordable(&info.encryption_algorithm)?;
    let plain = info.encryption_algorithm.decrypt(passphrase, info.encrypted_data.as_bytes());
    let plain = Zeroizing::new(plain.map_err(|error| match error {
        pkcs5::Error::UnsupportedAlgorithm { oid } => {
            not_a_key(format!("the method of encryption {oid} is not known here"))
        }
        _ => KeyError::WrongPassphrase,
    })?);
    // A wrong passphrase leaves valid padding once in 256 times; then the contents are no structure at all.
    PrivateKeyInfoRef::from_der(&plain).map_err(|_| KeyError::WrongPassphrase)?;
    read(&plain)
}

/// Whether the passphrase may be checked with the parameters that the file asks for.
fn affordable(scheme: &EncryptionScheme) -> Result<(), KeyError> {
    let Some(parameters) = scheme.pbes2() else {
        return Err(not_a_key("its method of encryption is older than PBES2".to_owned()));
    };
    match &parameters.kdf {
        Kdf::Scrypt(ScryptParams { cost_parameter: n, block_size, parallelization, .. }) => {
            let (r, p) = (u64::from(*block_size), u64::from(*parallelization));
            if !n.is_power_of_two() || *n < 2 || r == 0 || p == 0 {
                return Err(not_a_key("the parameters of scrypt are not valid".to_owned()));
            }
            let memory = n.saturating_mul(r).saturating_mul(128);
            let work = n.saturating_mul(r).saturating_mul(p);
            if memory > MAX_SCRYPT_MEMORY || work > MAX_SCRYPT_WORK {
                return Err(KeyError::TooCostly(format!("scrypt with N = {n}, r = {r}, p = {p}")));
            }
        }
        Kdf::Pbkdf2(parameters) if parameters.iteration_count > MAX_PBKDF2_ROUNDS => {
            return Err(KeyError::TooCostly(format!("PBKDF2 with {} rounds", parameters.iteration_count)));
        }
        Kdf::Pbkdf2(_) => {}
        _ => return Err(not_a_key("its way to derive a key from a passphrase is not known here".to_owned())),
    }
    Ok(())
}

/// The PrivateKeyInfo in PEM.
pub(super) fn to_pem(key: &PrivateKey) -> Result<Zeroizing<String>, KeyError> {
    encode(LABEL, &to_der(key)?)
}

/// The EncryptedPrivateKeyInfo in PEM.
pub(super) fn to_encrypted_pem(
    key: &PrivateKey,
    passphrase: &[u8],
    entropy: &[u8; 32],
) -> Result<Zeroizing<String>, KeyError> {
    let (salt, iv) = entropy.split_at(16);
    let (cost_parameter, block_size, parallelization) = SCRYPT;
    let salt = Salt::new(salt).map_err(unwritable)?;
    let kdf =
        Kdf::Scrypt(ScryptParams { salt, cost_parameter, block_size, parallelization, key_length: None });
    let iv = iv.try_into().map_err(unwritable)?;
    let parameters = Parameters { kdf, encryption: Cipher::Aes256Cbc { iv } };

    let der = to_der(key)?;
    let info = PrivateKeyInfoRef::from_der(&der).map_err(unwritable)?;
    let encrypted = info.encrypt_with_params(parameters, passphrase).map_err(unwritable)?;
    encode(ENCRYPTED_LABEL, encrypted.as_bytes())
}

fn to_der(key: &PrivateKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    match key {
        PrivateKey::Ed25519(key) => Ok(Zeroizing::new([&ED25519_PREFIX, key.as_bytes().as_slice()].concat())),
        PrivateKey::P256(key) => {
            let document = p256::SecretKey::from(key).to_pkcs8_der().map_err(unwritable)?;
            Ok(document.to_bytes())
        }
    }
}

fn encode(label: &str, der: &[u8]) -> Result<Zeroizing<String>, KeyError> {
    pem::encode_string(label, LineEnding::LF, der).map(Zeroizing::new).map_err(unwritable)
}

fn not_a_key(why: String) -> KeyError {
    KeyError::NotAPrivateKey(why)
}

fn unwritable(error: impl std::fmt::Display) -> KeyError {
    KeyError::Unwritable(error.to_string())
}

#[cfg(test)]
mod tests;
