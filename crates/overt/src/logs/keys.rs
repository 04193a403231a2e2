//! The keys of logs and witnesses: one Ed25519 key of the keyring, from which every key for notes follows.
//!
//! ```text
//! seed(type, name) = SHA-256("overt/note-seed/v1\0" || type || key || name)
//! ```
//!
//! `name` is what the log or witness is called, so two logs of one operator have different keys; `type` is the byte of C2SP signed-note and tlog-cosignature (0x01 log, 0x04 and 0x06 cosigner), `key` the 32 bytes of
//! the Ed25519 private key (RFC 8032). So one entry of the keyring, one passphrase and one backup is all that an
//! operator has to keep, and no private key is ever used for two kinds of signature.

use std::path::Path;

use overt_record::note::KeyName;
use overt_record::signer::NoteSigner;
use overt_record::{Algorithm, Hash, PrivateKey, SignatureType};
use zeroize::Zeroizing;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::keyring::{self, Identity, Keyring, Protection, Purpose, generate, new_passphrase};
use crate::output::Output;

const DOMAIN: &[u8] = b"overt/note-seed/v1\0";

/// Which key of the keyring a new log or witness signs with, and how it is kept if it has to be made.
pub(crate) struct NewKey<'a> {
    /// Its name in the keyring.
    pub(crate) key: &'a str,
    /// What the log or witness is called.
    pub(crate) name: &'a str,
    /// Whether a new key lies open.
    pub(crate) no_passphrase: bool,
    /// Where the passphrase is.
    pub(crate) passphrase_file: Option<&'a Path>,
}

impl NewKey<'_> {
    /// The key: the one that there is, or a new one.
    pub(crate) fn open_or_make(
        &self,
        environment: &Environment,
        output: &mut Output,
    ) -> Result<PrivateKey, Failure> {
        let keyring = Keyring::new(&environment.home);
        if keyring.has(self.key) {
            check(&keyring.identity(self.key)?)?;
            output.note(format!("  signs with the key {}, which there was already", self.key));
            return keyring.open(self.key, self.passphrase_file);
        }
        let key = generate(Algorithm::Ed25519)?;
        let identity = keyring::identity(self.key, Purpose::Checkpoints, self.name, None, key.public())?;
        let protection = if self.no_passphrase {
            Protection::None
        } else {
            Protection::Passphrase(new_passphrase(self.passphrase_file, self.key)?)
        };
        keyring.keep(&identity, &key, &protection)?;
        output.note(format!("  made the key {}", self.key));
        Ok(key)
    }
}

/// The signers of a name for these types.
pub(crate) fn note_signers(
    name: &str,
    key: &PrivateKey,
    types: &[SignatureType],
) -> Result<Vec<NoteSigner>, Failure> {
    let PrivateKey::Ed25519(key) = key else {
        return Err(not_ed25519("the key"));
    };
    let secret = Zeroizing::new(key.to_bytes());
    let signer = |kind: &SignatureType| {
        let seed = note_seed(*kind, &secret, name);
        let name = KeyName::parse(name).map_err(Failure::usage)?;
        NoteSigner::from_seed(name, *kind, &seed).map_err(Failure::usage)
    };
    types.iter().map(signer).collect()
}

fn note_seed(kind: SignatureType, secret: &[u8; 32], name: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(*Hash::of_all([DOMAIN, &[kind.byte()], secret, name.as_bytes()]).as_bytes())
}

/// Refuses a key that is no log's and no witness's.
fn check(identity: &Identity) -> Result<(), Failure> {
    let name = &identity.key;
    if identity.purpose != Purpose::Checkpoints {
        return Err(Failure::usage(format!(
            "the key {name:?} signs records, and no checkpoints\n  next   name another one with --key; it is made if there is none"
        )));
    }
    if identity.public_key.algorithm() != Algorithm::Ed25519 {
        return Err(not_ed25519(&format!("the key {name:?}")));
    }
    Ok(())
}

fn not_ed25519(what: &str) -> Failure {
    Failure::usage(format!(
        "{what} is not an Ed25519 key, and logs and witnesses sign with those\n  next   name another one with --key; it is made if there is none"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_log_are_those_that_they_have_always_been() {
        let key = PrivateKey::generate(Algorithm::Ed25519, &[7; 32]);
        let types =
            [SignatureType::Ed25519, SignatureType::CosignatureEd25519, SignatureType::CosignatureMlDsa44];
        let signers = note_signers("log.example.org/2026", &key, &types).unwrap();
        let ids: Vec<String> =
            signers.iter().map(|signer| Hash::of(signer.vkey().public_key()).short()).collect();
        // Another derivation would take every log's key away from it.
        assert_eq!(ids, ["0208fcd1", "f8c08380", "596ce81e"]);
        let by_hand = Hash::of([b"overt/note-seed/v1\0".as_slice(), &[4], &[7; 32], b"log"].concat());
        assert_eq!(*note_seed(SignatureType::CosignatureEd25519, &[7; 32], "log"), *by_hand.as_bytes());
    }

    #[test]
    fn a_key_of_another_algorithm_is_refused_with_a_way_out() {
        let key = PrivateKey::generate(Algorithm::P256, &[7; 32]);
        let refused = note_signers("log", &key, &[SignatureType::Ed25519]).unwrap_err();
        assert!(refused.message.contains("--key"), "{}", refused.message);
    }
}
