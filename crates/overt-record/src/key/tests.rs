use super::*;

/// `tests/data/README.md` says how they were made.
macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../tests/data/", $name))
    };
}

const PASSPHRASE: &[u8] = b"test passphrase";
const MESSAGE: &[u8] = include_bytes!("../../tests/data/ssh/message");

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn ed25519(seed: u8) -> PrivateKey {
    PrivateKey::generate(Algorithm::Ed25519, &[seed; 32])
}

fn p256(seed: u8) -> PrivateKey {
    PrivateKey::generate(Algorithm::P256, &[seed; 32])
}

/// RFC 8032, section 7.1, tests 1 to 3.
#[test]
fn ed25519_signs_as_rfc_8032_lists() {
    for (secret, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        let key = PrivateKey::generate(Algorithm::Ed25519, &bytes(secret));
        assert_eq!(key.public(), PublicKey::from_ed25519_point(&hex::decode(public).unwrap()).unwrap());
        let message = hex::decode(message).unwrap();
        assert_eq!(hex::encode(key.sign(&message)), signature);
        assert_eq!(key.public().verify(&message, &key.sign(&message)), Ok(()));
    }
}

/// RFC 6979, appendix A.2.5, with SHA-256.
#[test]
fn p256_signs_as_rfc_6979_lists() {
    let secret = bytes("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    let key = PrivateKey::generate(Algorithm::P256, &secret);
    let point = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
                 7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    assert_eq!(key.public(), PublicKey::from_p256_point(&hex::decode(point).unwrap()).unwrap());
    for (message, r, s) in [
        (
            "sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
        (
            "test",
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
            "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
        ),
    ] {
        let expected = p256::ecdsa::Signature::from_scalars(bytes::<32>(r), bytes::<32>(s)).unwrap();
        let signature = key.sign(message.as_bytes());
        assert_eq!(signature, expected.to_der().as_bytes());
        assert_eq!(key.public().verify(message.as_bytes(), &signature), Ok(()));
    }
}

#[test]
fn entropy_that_is_no_scalar_is_hashed_until_it_is() {
    let (zero, too_large) = ([0; 32], [0xff; 32]);
    for entropy in [zero, too_large] {
        let key = PrivateKey::generate(Algorithm::P256, &entropy);
        let again = PrivateKey::generate(Algorithm::P256, Hash::of(entropy).as_bytes());
        assert_eq!(key.public(), again.public());
    }
}

#[test]
fn a_key_has_one_id_and_one_spelling() {
    for (key, length) in [(ed25519(1).public(), 44), (p256(1).public(), 91)] {
        let der = key.to_spki_der();
        assert_eq!(der.len(), length);
        assert_eq!(key.id(), KeyId::from(Hash::of(&der)));
        assert_eq!(key.id().to_string().parse(), Ok(key.id()));
        assert_eq!(PublicKey::from_spki_der(&der), Ok(key.clone()));
        assert_eq!(PublicKey::from_pem(&key.to_pem().unwrap()), Ok(key.clone()));
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key);

        let longer = [der.as_slice(), &[0]].concat();
        assert_eq!(PublicKey::from_spki_der(&longer), Err(KeyError::NotAPublicKey));
        for end in 0..der.len() {
            assert!(PublicKey::from_spki_der(&der[..end]).is_err(), "{end}");
        }
        assert!(PublicKey::from_base64(key.to_base64().trim_end_matches('=')).is_err() || length == 91);
    }
    assert!(PublicKey::from_base64(&"A".repeat(1 << 20)).is_err());
}

#[test]
fn keys_of_small_order_or_out_of_form_are_refused() {
    let y = |first: u8, middle: u8, last: u8| {
        let mut point = [middle; 32];
        (point[0], point[31]) = (first, last);
        point
    };
    // Order 1, 2, 4 and 4 again; then y = p and y = p + 1, which are 0 and 1 written another way.
    for point in
        [y(1, 0, 0), y(0xec, 0xff, 0x7f), y(0, 0, 0), y(0, 0, 0x80), y(0xed, 0xff, 0x7f), y(0xee, 0xff, 0x7f)]
    {
        assert_eq!(PublicKey::from_ed25519_point(&point), Err(KeyError::Weak), "{point:02x?}");
    }
    // y = p + 3, of large order: a second spelling of an honest key, or no point at all.
    for first in 0xee..=0xff {
        assert!(PublicKey::from_ed25519_point(&y(first, 0xff, 0x7f)).is_err());
    }
}

#[test]
fn a_point_is_reduced_if_it_is_written_again_as_it_was() {
    let random = |seed: u32| *Hash::of(seed.to_be_bytes()).as_bytes();
    let nearly = (0..=0xff).flat_map(|first| {
        let mut points = [[0xff; 32]; 4];
        for (point, last) in points.iter_mut().zip([0x7f, 0xff, 0x7e, 0xfe]) {
            (point[0], point[31]) = (first, last);
        }
        points
    });
    let mut seen = [0; 2];
    for point in nearly.chain((0..500).map(random)) {
        let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&point) else { continue };
        if !key.is_weak() {
            let same = key.to_edwards().compress().as_bytes() == &point;
            assert_eq!(is_reduced(&point), same, "{point:02x?}");
            seen[usize::from(same)] += 1;
        }
    }
    assert!(seen[0] > 4 && seen[1] > 400, "{seen:?}");
}

#[test]
fn p256_points_are_on_the_curve_and_uncompressed() {
    let PublicKey::P256(key) = p256(1).public() else { panic!("asked for P-256") };
    let mut point = key.to_sec1_point(false).as_bytes().to_vec();
    assert!(PublicKey::from_p256_point(key.to_sec1_point(true).as_bytes()).is_err());
    assert!(PublicKey::from_p256_point(&[0]).is_err());
    point[64] ^= 1;
    assert!(PublicKey::from_p256_point(&point).is_err());
}

#[test]
fn a_signature_holds_for_its_key_and_message_only() {
    for (key, other) in
        [(ed25519(1), ed25519(2)), (p256(1), p256(2)), (ed25519(1), p256(1)), (p256(1), ed25519(1))]
    {
        let signature = key.sign(MESSAGE);
        assert_eq!(key.sign(MESSAGE), signature, "the same bytes every time");
        assert_eq!(key.public().verify(MESSAGE, &signature), Ok(()));
        assert_eq!(other.public().verify(MESSAGE, &signature), Err(BadSignature));
        assert_eq!(key.public().verify(b"another message", &signature), Err(BadSignature));
        for end in 0..signature.len() {
            assert_eq!(key.public().verify(MESSAGE, &signature[..end]), Err(BadSignature));
        }
        for at in 0..signature.len() * 8 {
            let mut changed = signature.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert_eq!(key.public().verify(MESSAGE, &changed), Err(BadSignature), "bit {at}");
        }
        assert!(key.public().verify(MESSAGE, &[signature.as_slice(), &[0]].concat()).is_err());
    }
}

#[test]
fn the_second_s_holds_for_p256_and_not_for_ed25519() {
    let key = p256(1);
    let signature = p256::ecdsa::Signature::from_der(&key.sign(MESSAGE)).unwrap();
    let (r, s) = signature.split_scalars();
    let second = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    assert_ne!(second, signature);
    assert_eq!(key.public().verify(MESSAGE, second.to_der().as_bytes()), Ok(()));

    // s + L, with L the order of the group (RFC 8032, section 5.1).
    let order: [u8; 32] = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut signature = ed25519(1).sign(MESSAGE);
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry as u8;
        carry >>= 8;
    }
    assert_eq!(ed25519(1).public().verify(MESSAGE, &signature), Err(BadSignature));
}

#[test]
fn openssl_and_overt_read_each_others_keys_and_signatures() {
    let signature = include_bytes!("../../tests/data/keys/ed25519.sig");
    check_openssl(data!("keys/ed25519.pem"), data!("keys/ed25519.pub.pem"), signature);
    let signature = include_bytes!("../../tests/data/keys/p256.sig");
    check_openssl(data!("keys/p256.pem"), data!("keys/p256.pub.pem"), signature);
}

fn check_openssl(private: &str, public: &str, signature: &[u8]) {
    let key = PrivateKey::from_pem(private, None).unwrap();
    assert_eq!(key.public().verify(MESSAGE, signature), Ok(()));
    assert_eq!(key.public(), PublicKey::from_pem(public).unwrap());
    assert_eq!(key.to_pem().unwrap().as_str(), private);
    assert_eq!(key.public().to_pem().unwrap(), public);
}

#[test]
fn protected_keys_of_openssl_open_with_their_passphrase_only() {
    for (plain, protected) in [
        (data!("keys/ed25519.pem"), data!("keys/ed25519.scrypt.pem")),
        (data!("keys/ed25519.pem"), data!("keys/ed25519.pbkdf2.pem")),
        (data!("keys/p256.pem"), data!("keys/p256.scrypt.pem")),
        (data!("keys/p256.pem"), data!("keys/p256.pbkdf2.pem")),
    ] {
        let key = PrivateKey::from_pem(plain, None).unwrap();
        assert_eq!(PrivateKey::from_pem(protected, Some(PASSPHRASE)).unwrap().public(), key.public());
        assert_eq!(PrivateKey::from_pem(protected, None).unwrap_err(), KeyError::NeedsPassphrase);
        for wrong in [b"".as_slice(), b"wrong", b"Test passphrase"] {
            assert_eq!(PrivateKey::from_pem(protected, Some(wrong)).unwrap_err(), KeyError::WrongPassphrase);
        }
    }
}

#[test]
fn a_key_comes_back_from_its_protected_file() {
    for key in [ed25519(7), p256(7)] {
        let pem = key.to_encrypted_pem(PASSPHRASE, &[3; 32]).unwrap();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        assert_eq!(pem, key.to_encrypted_pem(PASSPHRASE, &[3; 32]).unwrap());
        assert_eq!(PrivateKey::from_pem(&pem, Some(PASSPHRASE)).unwrap().public(), key.public());
        assert_eq!(PrivateKey::from_pem(&pem, Some(b"wrong")).unwrap_err(), KeyError::WrongPassphrase);
    }
}

#[test]
fn keys_that_are_not_read_are_refused_with_the_reason() {
    let read = |text: &str| PrivateKey::from_pem(text, Some(b"x")).unwrap_err().to_string();
    assert!(read(data!("keys/p384.pem")).contains("neither an Ed25519 nor an ECDSA P-256 key"));
    assert!(read(data!("keys/explicit.pem")).contains("neither an Ed25519 nor an ECDSA P-256 key"));
    assert!(read(data!("keys/p256.sec1.pem")).contains("openssl pkcs8 -topk8"));
    assert!(read(data!("keys/p256.pub.pem")).contains("the public half"));
    assert!(read(data!("keys/v1.pem")).contains("method of encryption"));
    assert!(read(data!("keys/des3.pem")).contains("method of encryption"));
    for text in [data!("keys/p384.pub.pem"), data!("keys/p256.compressed.pub.pem"), data!("keys/p256.pem")] {
        assert!(PublicKey::from_pem(text).is_err());
    }
    for text in ["", "-----BEGIN PRIVATE KEY-----", "MCowBQYDK2VwAyEA", &"-".repeat(MAX_KEY_FILE + 1)] {
        assert!(PrivateKey::from_pem(text, None).is_err() && PublicKey::from_pem(text).is_err());
    }
}

#[test]
fn the_debug_text_of_a_private_key_shows_its_public_half_only() {
    let key = ed25519(1);
    let text = format!("{key:?}");
    assert_eq!(text, format!("private key of Ed25519 key:{}", key.public().id()));
}
