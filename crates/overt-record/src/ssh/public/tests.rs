use proptest::prelude::*;

use super::*;
use crate::{Algorithm, PrivateKey};

const ED25519_LINE: &str = include_str!("../../../tests/data/ssh/ed25519.pub");
const P256_LINE: &str = include_str!("../../../tests/data/ssh/ecdsa.pub");

#[test]
fn the_lines_of_ssh_keygen_are_read_and_written() {
    for (line, algorithm) in [(ED25519_LINE, Algorithm::Ed25519), (P256_LINE, Algorithm::P256)] {
        let key = parse_public(line).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        assert!(line.starts_with(&format!("{} ", to_public_line(&key))));
    }
}

#[test]
fn other_kinds_of_keys_are_refused_by_name() {
    for (line, name) in [
        (include_str!("../../../tests/data/ssh/rsa.pub"), "ssh-rsa"),
        (include_str!("../../../tests/data/ssh/ecdsa384.pub"), "ecdsa-sha2-nistp384"),
        ("sk-ssh-ed25519@openssh.com AAAA", "sk-ssh-ed25519@openssh.com"),
    ] {
        assert_eq!(parse_public(line), Err(SshError::UnsupportedKey(name.to_owned())));
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let key = parse_public(ED25519_LINE).unwrap();
    let blob = to_blob(&key);
    for end in 0..blob.len() {
        assert!(from_blob(&blob[..end]).is_err(), "{end}");
    }
    assert!(from_blob(&[blob.as_slice(), &[0]].concat()).is_err());
    let huge_length = [&[0xff, 0xff, 0xff, 0xff], blob.as_slice()].concat();
    assert!(from_blob(&huge_length).is_err());

    let base64 = STANDARD.encode(&blob);
    let long = "A".repeat(2000);
    for line in ["", " ", "ssh-ed25519", "ssh-ed25519 !", &base64, &format!("ecdsa-sha2-nistp256 {base64}")] {
        assert!(parse_public(line).is_err(), "{line}");
    }
    assert!(parse_public(&format!("ssh-ed25519 {long}")).is_err());
}

#[test]
fn a_weak_key_is_refused_here_too() {
    let mut blob = Vec::new();
    put(&mut blob, b"ssh-ed25519");
    put(&mut blob, &[0; 32]);
    assert_eq!(from_blob(&blob), Err(SshError::Key(crate::KeyError::Weak)));
}

proptest! {
    #[test]
    fn every_key_comes_back(seed: [u8; 32]) {
        for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
            let key = PrivateKey::generate(algorithm, &seed).public();
            prop_assert_eq!(parse_public(&to_public_line(&key)).unwrap(), key);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..120), line: String) {
        let _ = from_blob(&bytes);
        let _ = parse_public(&line);
    }
}
