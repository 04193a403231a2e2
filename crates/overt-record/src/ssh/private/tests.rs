use proptest::prelude::*;

use super::super::wire::put;
use super::*;
use crate::ssh::parse_public;

/// `tests/data/README.md` says how they were made.
macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/ssh/", $name))
    };
}

const PASSPHRASE: &[u8] = b"test passphrase";

#[test]
fn the_keys_of_ssh_keygen_are_read() {
    for (private, public) in [(data!("ed25519"), data!("ed25519.pub")), (data!("ecdsa"), data!("ecdsa.pub"))]
    {
        let key = PrivateKey::from_pem(private, None).unwrap();
        assert_eq!(key.public(), parse_public(public).unwrap());
    }
}

#[test]
fn protected_keys_open_with_their_passphrase_only() {
    for (private, public) in [
        (data!("ed25519_protected"), data!("ed25519_protected.pub")),
        (data!("ecdsa_protected"), data!("ecdsa_protected.pub")),
        (data!("ed25519_cbc"), data!("ed25519_cbc.pub")),
    ] {
        let key = PrivateKey::from_pem(private, Some(PASSPHRASE)).unwrap();
        assert_eq!(key.public(), parse_public(public).unwrap());
        assert_eq!(PrivateKey::from_pem(private, None).unwrap_err(), KeyError::NeedsPassphrase);
        for wrong in [b"".as_slice(), b"wrong"] {
            assert_eq!(PrivateKey::from_pem(private, Some(wrong)).unwrap_err(), KeyError::WrongPassphrase);
        }
    }
}

#[test]
fn keys_and_ciphers_that_are_not_read_are_refused_by_name() {
    let read = |text| PrivateKey::from_pem(text, Some(PASSPHRASE)).unwrap_err().to_string();
    assert!(read(data!("rsa")).contains("ssh-rsa"));
    assert!(read(data!("ecdsa384")).contains("ecdsa-sha2-nistp384"));
    assert!(read(data!("ed25519_chacha")).contains("chacha20-poly1305@openssh.com"));
}

fn contents(pem: &str) -> Vec<u8> {
    crate::armor::read(pem).unwrap().1.to_vec()
}

/// A file of which only the outer structure is right.
fn file(cipher: &str, kdf: &str, rounds: u32, secret: &[u8]) -> Vec<u8> {
    let mut options = Vec::new();
    put(&mut options, &[7; 16]);
    options.extend(rounds.to_be_bytes());
    let mut bytes = MAGIC.to_vec();
    put(&mut bytes, cipher.as_bytes());
    put(&mut bytes, kdf.as_bytes());
    put(&mut bytes, &options);
    bytes.extend(1_u32.to_be_bytes());
    put(&mut bytes, b"");
    put(&mut bytes, secret);
    bytes
}

#[test]
fn a_file_cannot_ask_for_an_hour() {
    let error = parse(&file("aes256-ctr", "bcrypt", u32::MAX, &[0; 64]), Some(b"x")).unwrap_err();
    assert_eq!(error, KeyError::TooCostly("bcrypt with 4294967295 rounds".to_owned()));
}

#[test]
fn a_damaged_file_is_refused() {
    for (cipher, kdf, rounds, secret) in [
        ("none", "none", 1, [].as_slice()),
        ("none", "none", 1, &[0; 8]),
        ("aes256-ctr", "none", 1, &[0; 16]),
        ("aes256-ctr", "bcrypt", 0, &[0; 16]),
        ("aes256-ctr", "bcrypt", 1, &[]),
        ("aes256-cbc", "bcrypt", 1, &[0; 15]),
    ] {
        assert!(parse(&file(cipher, kdf, rounds, secret), Some(b"x")).is_err(), "{cipher} {kdf} {rounds}");
    }
    let whole = file("none", "none", 1, &[0; 64]);
    for end in 0..whole.len() {
        assert!(parse(&whole[..end], None).is_err());
    }
}

#[test]
fn the_private_half_must_fit_the_public_half() {
    let mine = contents(data!("ed25519"));
    let public = to_blob(&parse_public(data!("ed25519.pub")).unwrap());
    let other = to_blob(&parse_public(data!("ed25519_cbc.pub")).unwrap());
    let at = mine.windows(public.len()).position(|window| window == public).unwrap();
    let mut mixed = mine.clone();
    mixed[at..at + public.len()].copy_from_slice(&other);
    assert!(parse(&mine, None).is_ok());
    assert!(parse(&mixed, None).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&[MAGIC, &bytes].concat(), None);
    }

    #[test]
    fn a_changed_byte_never_panics_nor_gives_another_key(at in any::<prop::sample::Index>(), byte: u8) {
        let mut contents = contents(data!("ecdsa"));
        let whole = parse(&contents, None).unwrap();
        let at = at.index(contents.len());
        contents[at] = byte;
        if let Ok(key) = parse(&contents, None) {
            prop_assert_eq!(key.public(), whole.public());
        }
    }
}
