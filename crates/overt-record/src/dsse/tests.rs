use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Algorithm;

const TYPE: &str = "application/vnd.in-toto+json";

fn key(algorithm: Algorithm, seed: u8) -> PrivateKey {
    PrivateKey::generate(algorithm, &[seed; 32])
}

fn envelope(algorithm: Algorithm) -> Envelope {
    Envelope::sign(TYPE, b"hello world".to_vec(), &key(algorithm, 1)).unwrap()
}

/// DSSE's protocol.md, "Test Vectors".
#[test]
fn the_encoding_is_that_of_the_protocol() {
    let encoded = pae("http://example.com/HelloWorld", b"hello world");
    assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    assert_eq!(pae("\u{e9}", b"\0"), b"DSSEv1 2 \xc3\xa9 1 \0");
}

/// The rest of that example: P-256 with RFC 6979. There the signature is r and s side by side, here it is their DER.
#[test]
fn the_signature_is_that_of_the_protocol() {
    let bytes = |hex: &str| <[u8; 32]>::try_from(hex::decode(hex).unwrap()).unwrap();
    let secret = "d73ec437fd6346e3619c5ebfdfff0f6916804955ad32ac9ac492b0ede1f6ffb7";
    let point = "0467cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d2380c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74";
    let (r, s) = (
        "03726ab101ad56c2763b6c6aac8e487275e2a79193a09dc5f859d9f8ef3c4a3b",
        "51eab0c06a369b64a7222537d4887a893dc200ae21060074d57825235b624864",
    );
    let key = PrivateKey::generate(Algorithm::P256, &bytes(secret));
    assert_eq!(key.public(), PublicKey::from_p256_point(&hex::decode(point).unwrap()).unwrap());
    let envelope = Envelope::sign("http://example.com/HelloWorld", b"hello world".to_vec(), &key).unwrap();
    let expected = p256::ecdsa::Signature::from_scalars(bytes(r), bytes(s)).unwrap();
    assert_eq!(envelope.signature(), expected.to_der().as_bytes());
    assert!(envelope.verify(&key.public()).is_ok());
}

#[test]
fn a_signed_envelope_holds_for_its_key_and_hands_on_what_was_signed() {
    for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
        let (envelope, public) = (envelope(algorithm), key(algorithm, 1).public());
        let verified = envelope.verify(&public).unwrap();
        assert_eq!((verified.payload(), verified.payload_type()), (b"hello world".as_slice(), TYPE));
        assert_eq!(verified.key(), &public);
        assert_eq!(envelope.key_id(), public.id().to_string());
        assert_eq!(envelope.verify(&key(algorithm, 2).public()), Err(BadSignature.into()));

        let other_type =
            Envelope::new("text/plain", b"hello world".to_vec(), "", envelope.signature().to_vec());
        assert_eq!(other_type.unwrap().verify(&public), Err(BadSignature.into()));
        let other_payload = Envelope::new(TYPE, b"hello World".to_vec(), "", envelope.signature().to_vec());
        assert_eq!(other_payload.unwrap().verify(&public), Err(BadSignature.into()));
    }
}

#[test]
fn a_signature_made_by_ssh_keygen_holds_for_its_key_only() {
    let public = ssh::parse_public(include_str!("../../tests/data/ssh/ed25519.pub")).unwrap();
    let armor = include_str!("../../tests/data/ssh/message.ed25519.sha512.sig");
    let blob = ssh::Signature::from_armor(armor).unwrap().blob().to_vec();
    let envelope =
        Envelope::new(TYPE, b"hello world".to_vec(), public.id().to_string(), blob.clone()).unwrap();
    assert_eq!(envelope.verify(&public).unwrap().payload(), b"hello world");

    let other = key(Algorithm::Ed25519, 1).public();
    assert!(matches!(envelope.verify(&other), Err(DsseError::Ssh(SshError::OtherKey { .. }))));
    let altered = Envelope::new(TYPE, b"hello".to_vec(), "", blob).unwrap();
    assert!(matches!(altered.verify(&public), Err(DsseError::Ssh(SshError::Signature(_)))));
    let cut = Envelope::new(TYPE, b"hello".to_vec(), "", b"SSHSIG".to_vec()).unwrap();
    assert!(matches!(cut.verify(&public), Err(DsseError::Ssh(SshError::Damaged(_)))));
}

#[test]
fn the_digest_is_that_of_the_canonical_json_and_covers_the_signature_and_the_key_id() {
    let envelope = envelope(Algorithm::P256);
    let json = envelope.to_json();
    assert_eq!(json.as_bytes(), json::to_canonical(&envelope.to_value()).unwrap());
    assert!(json::is_canonical(json.as_bytes()));
    assert_eq!(envelope.digest(), Hash::of(&json));
    assert_eq!(Envelope::parse(json.as_bytes()), Ok(envelope.clone()));

    let Envelope { payload_type, payload, key_id, mut signature } = envelope.clone();
    let renamed = Envelope::new(&payload_type, payload.clone(), "", signature.clone()).unwrap();
    assert_ne!(renamed.digest(), envelope.digest());
    signature[9] ^= 1;
    let resigned = Envelope::new(&payload_type, payload, key_id, signature).unwrap();
    assert_ne!(resigned.digest(), envelope.digest());
}

#[test]
fn either_alphabet_is_read_with_padding_or_without() {
    let payload = [0xfb, 0xff, 0xfe, 0x01];
    let read = |text: &str| {
        let envelope = json!({ "payload": text, "payloadType": TYPE, "signatures": [{ "sig": "AA==" }] });
        Envelope::from_value(&envelope)
    };
    for text in ["+//+AQ==", "+//+AQ", "-__-AQ==", "-__-AQ"] {
        assert_eq!(read(text).unwrap().unverified_payload(), payload, "{text}");
    }
    for text in ["+/_-AQ==", "+//+AR==", " +//+AQ==", "+//+\nAQ==", "=", "A"] {
        assert_eq!(read(text), Err(DsseError::Base64("payload")), "{text}");
    }
}

#[test]
fn what_is_no_envelope_with_one_signature_is_refused() {
    let signature = json!({ "keyid": "k", "sig": "AA==" });
    let valid = json!({ "payload": "AA==", "payloadType": TYPE, "signatures": [signature], "extra": 1.5 });
    assert!(Envelope::from_value(&valid).is_ok());
    for (field, value, error) in [
        ("payload", json!(null), DsseError::Field("payload")),
        ("payload", json!([65]), DsseError::Field("payload")),
        ("payloadType", json!(1), DsseError::Field("payloadType")),
        ("payloadType", json!(""), DsseError::NotPlain("payloadType")),
        ("payloadType", json!("a\"b"), DsseError::NotPlain("payloadType")),
        ("payloadType", json!("a\\b"), DsseError::NotPlain("payloadType")),
        ("payloadType", json!("a\nb"), DsseError::NotPlain("payloadType")),
        ("payloadType", json!("a".repeat(257)), DsseError::NotPlain("payloadType")),
        ("signatures", json!(null), DsseError::Field("signatures")),
        ("signatures", json!({}), DsseError::Field("signatures")),
        ("signatures", json!([]), DsseError::Signatures(0)),
        ("signatures", json!([signature, signature]), DsseError::Signatures(2)),
        ("signatures", json!(["AA=="]), DsseError::Field("sig")),
        ("signatures", json!([{ "keyid": 7, "sig": "AA==" }]), DsseError::Field("keyid")),
        ("signatures", json!([{ "keyid": "\u{e9}", "sig": "AA==" }]), DsseError::NotPlain("keyid")),
        ("signatures", json!([{ "sig": "A" }]), DsseError::Base64("sig")),
    ] {
        let mut envelope = valid.clone();
        envelope[field] = value;
        assert_eq!(Envelope::from_value(&envelope), Err(error), "{envelope}");
    }
    for text in ["", "{}", "[]", "null", "\"x\"", r#"{"payload":"AA==","payload":"AA=="}"#] {
        assert!(Envelope::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn the_size_of_a_payload_is_bounded() {
    let key = key(Algorithm::Ed25519, 1);
    let largest = Envelope::sign(TYPE, vec![0; MAX_PAYLOAD], &key).unwrap();
    assert_eq!(Envelope::parse(largest.to_json().as_bytes()), Ok(largest));
    let larger = Envelope::sign(TYPE, vec![0; MAX_PAYLOAD + 1], &key);
    assert_eq!(larger, Err(DsseError::TooLarge(MAX_PAYLOAD + 1)));
    let huge = vec![b' '; MAX_ENVELOPE + 1];
    assert!(matches!(Envelope::parse(&huge), Err(DsseError::Json(JsonError::TooLarge { .. }))));
}

proptest! {
    #[test]
    fn an_envelope_is_read_back_and_its_json_is_canonical(
        payload in prop::collection::vec(any::<u8>(), 0..100),
        payload_type in "[!#-\\[\\]-~ ]{1,40}",
        key_id in "[!#-\\[\\]-~ ]{0,40}",
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let envelope = Envelope::new(payload_type, payload, key_id, signature).unwrap();
        let json = envelope.to_json();
        prop_assert!(json::is_canonical(json.as_bytes()));
        prop_assert_eq!(Envelope::parse(json.as_bytes()).unwrap(), envelope);
    }

    #[test]
    fn two_payloads_never_have_the_same_encoding(
        a in (".{0,6}", prop::collection::vec(b' '..b':', 0..6)),
        b in (".{0,6}", prop::collection::vec(b' '..b':', 0..6)),
    ) {
        prop_assert_eq!(pae(&a.0, &a.1) == pae(&b.0, &b.1), a == b);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Envelope::parse(&bytes);
    }
}
