use proptest::prelude::*;

use super::*;
use crate::ssh::parse_public;
use crate::{Algorithm, BadSignature, PrivateKey};

/// `tests/data/README.md` says how they were made.
macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/ssh/", $name))
    };
}

const NAMESPACE: &str = "overt-dsse-v1";
const MESSAGE: &[u8] = data!("message").as_bytes();

fn ed25519() -> (PublicKey, Signature) {
    let key = parse_public(data!("ed25519.pub")).unwrap();
    (key, Signature::from_armor(data!("message.ed25519.sha512.sig")).unwrap())
}

#[test]
fn the_signatures_of_ssh_keygen_hold() {
    for (key, armor, hash) in [
        (data!("ed25519.pub"), data!("message.ed25519.sha256.sig"), HashName::Sha256),
        (data!("ed25519.pub"), data!("message.ed25519.sha512.sig"), HashName::Sha512),
        (data!("ecdsa.pub"), data!("message.ecdsa.sha256.sig"), HashName::Sha256),
        (data!("ecdsa.pub"), data!("message.ecdsa.sha512.sig"), HashName::Sha512),
    ] {
        let (key, signature) = (parse_public(key).unwrap(), Signature::from_armor(armor).unwrap());
        assert_eq!((signature.key(), signature.namespace(), signature.hash), (&key, NAMESPACE, hash));
        assert_eq!(signature.verify(&key, NAMESPACE, MESSAGE), Ok(()));
        assert_eq!(signature.verify(&key, NAMESPACE, b"another"), Err(SshError::Signature(BadSignature)));
        assert_eq!(Signature::from_blob(signature.blob()), Ok(signature));
    }
}

#[test]
fn another_purpose_or_another_key_is_refused_with_the_reason() {
    let (key, signature) = ed25519();
    let other = PrivateKey::generate(Algorithm::Ed25519, &[1; 32]).public();
    assert!(matches!(signature.verify(&other, NAMESPACE, MESSAGE), Err(SshError::OtherKey { .. })));
    assert!(matches!(signature.verify(&key, "file", MESSAGE), Err(SshError::Namespace { .. })));
    let for_files = Signature::from_armor(data!("message.other-namespace.sig")).unwrap();
    assert!(matches!(for_files.verify(&key, NAMESPACE, MESSAGE), Err(SshError::Namespace { .. })));
    assert_eq!(for_files.verify(&key, "file", MESSAGE), Ok(()));
    let rsa = Signature::from_armor(data!("message.rsa.sig"));
    assert_eq!(rsa, Err(SshError::UnsupportedKey("ssh-rsa".to_owned())));
}

#[test]
fn what_is_no_signature_is_refused() {
    let (_, signature) = ed25519();
    let blob = signature.blob();
    for end in 0..blob.len() {
        assert!(Signature::from_blob(&blob[..end]).is_err(), "{end}");
    }
    assert!(Signature::from_blob(&[blob, &[0]].concat()).is_err());
    assert!(Signature::from_blob(&vec![0; MAX_BLOB + 1]).is_err());
    let mut version = blob.to_vec();
    version[9] = 2;
    let error = Signature::from_blob(&version).unwrap_err();
    assert_eq!(error.to_string(), "the SSH signature's version \"2\" is not known here");

    let framed = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----");
    let long = framed(LABEL, &"A".repeat(MAX_BLOB * 3));
    for text in ["", &framed(LABEL, "!"), &framed(LABEL, ""), &framed("SIGNATURE", "U1NIU0lH"), &long] {
        assert!(Signature::from_armor(text).is_err(), "{text}");
    }
}

#[test]
fn every_changed_bit_is_noticed() {
    let (key, signature) = ed25519();
    for at in 0..signature.blob().len() * 8 {
        let mut blob = signature.blob().to_vec();
        blob[at / 8] ^= 1 << (at % 8);
        let holds = Signature::from_blob(&blob).and_then(|changed| changed.verify(&key, NAMESPACE, MESSAGE));
        assert!(holds.is_err(), "bit {at}");
    }
}

#[test]
fn integers_of_p256_have_one_form() {
    let number = |digits: &[u8]| {
        let mut out = Vec::new();
        put(&mut out, digits);
        put(&mut out, &[1]);
        out
    };
    assert!(p256_to_der(&number(&[1])).is_ok());
    assert!(p256_to_der(&number(&[0, 0x80])).is_ok());
    for digits in [[].as_slice(), &[0], &[0, 1], &[0x80], &[1; 33], &[0xff; 32]] {
        assert!(p256_to_der(&number(digits)).is_err(), "{digits:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text: String) {
        let _ = Signature::from_blob(&[MAGIC, &bytes].concat());
        let _ = Signature::from_armor(&text);
    }
}
