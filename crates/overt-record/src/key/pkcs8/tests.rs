use proptest::prelude::*;

use super::*;
use crate::Algorithm;

/// An EncryptedPrivateKeyInfo that asks for these parameters.
fn asking_for(kdf: Kdf) -> Vec<u8> {
    use pkcs8::der::Encode as _;
    use pkcs8::der::asn1::OctetStringRef;

    let parameters = Parameters { kdf, encryption: Cipher::Aes256Cbc { iv: [0; 16] } };
    EncryptedPrivateKeyInfoRef {
        encryption_algorithm: parameters.into(),
        encrypted_data: OctetStringRef::new(&[0; 64]).unwrap(),
    }
    .to_der()
    .unwrap()
}

fn scrypt(cost_parameter: u64, block_size: u16, parallelization: u16) -> Vec<u8> {
    let salt = Salt::new([0; 16]).unwrap();
    asking_for(Kdf::Scrypt(ScryptParams {
        salt,
        cost_parameter,
        block_size,
        parallelization,
        key_length: None,
    }))
}

#[test]
fn a_file_cannot_ask_for_all_memory_or_for_an_hour() {
    for (n, r, p) in
        [(1 << 20, 8, 1), (1 << 63, 8, 1), (1 << 14, u16::MAX, 1), (1 << 14, 8, u16::MAX), (1 << 19, 1, 9)]
    {
        let error = decrypt(&scrypt(n, r, p), b"x").unwrap_err();
        assert!(matches!(error, KeyError::TooCostly(_)), "{n} {r} {p}: {error}");
    }
    let salt = Salt::new([0; 16]).unwrap();
    let rounds = pkcs5::pbes2::Pbkdf2Params {
        salt,
        iteration_count: MAX_PBKDF2_ROUNDS + 1,
        key_length: None,
        prf: pkcs5::pbes2::Pbkdf2Prf::HmacWithSha256,
    };
    assert!(matches!(decrypt(&asking_for(Kdf::Pbkdf2(rounds)), b"x"), Err(KeyError::TooCostly(_))));
}

#[test]
fn parameters_that_are_not_scrypts_are_refused() {
    for (n, r, p) in [(0, 8, 1), (1, 8, 1), (3, 8, 1), (u64::MAX, 8, 1), (16, 0, 1), (16, 8, 0)] {
        let error = decrypt(&scrypt(n, r, p), b"x").unwrap_err();
        assert!(matches!(error, KeyError::NotAPrivateKey(_)), "{n} {r} {p}: {error}");
    }
}

#[test]
fn the_public_half_in_the_file_must_be_the_keys() {
    let key = PrivateKey::generate(Algorithm::Ed25519, &[1; 32]);
    let other = PrivateKey::generate(Algorithm::Ed25519, &[2; 32]);
    // Version 2 (RFC 8410, section 7), as some programs write it.
    let with_public = |public: &PrivateKey| {
        let crate::PublicKey::Ed25519(public) = public.public() else { panic!("asked for Ed25519") };
        let mut der = to_der(&key).unwrap().to_vec();
        (der[1], der[4]) = (0x51, 0x01);
        der.extend(b"\x81\x21\x00");
        der.extend(public.as_bytes());
        der
    };
    assert_eq!(read(&with_public(&key)).unwrap().public(), key.public());
    assert!(read(&with_public(&other)).unwrap_err().to_string().contains("another key's"));
}

#[test]
fn a_key_that_is_cut_off_is_refused() {
    for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
        let der = to_der(&PrivateKey::generate(algorithm, &[1; 32])).unwrap();
        assert!(read(&der).is_ok());
        for end in 0..der.len() {
            assert!(read(&der[..end]).is_err(), "{algorithm} {end}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let _ = decrypt(&bytes, b"x");
    }

    #[test]
    fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), byte: u8) {
        let mut der = scrypt(16, 8, 1);
        let at = at.index(der.len());
        der[at] = byte;
        let _ = decrypt(&der, b"x");
    }
}
