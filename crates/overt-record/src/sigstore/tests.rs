use proptest::prelude::*;

use super::*;
use crate::in_toto::Statement;
use crate::model_signing::{GIT_PATHS, root_digest};
use crate::{Algorithm, PrivateKey, PublicKey};

fn envelope() -> Envelope {
    let key = PrivateKey::generate(Algorithm::P256, &[1; 32]);
    Envelope::sign("application/vnd.in-toto+json", b"{}".to_vec(), &key).unwrap()
}

fn value() -> Value {
    Bundle::new(envelope()).to_value().unwrap()
}

#[test]
fn a_bundle_is_written_as_v0_3_and_read_back() {
    let bundle = Bundle::new(envelope());
    let bytes = bundle.to_json().unwrap();
    assert_eq!(bytes, json::to_canonical(&bundle.to_value().unwrap()).unwrap());
    assert_eq!(Bundle::parse(&bytes), Ok(bundle.clone()));
    assert_eq!(bundle.key_hint(), Ok(envelope().key_id()));
    assert_eq!(bundle.envelope(), Ok(&envelope()));
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    assert_eq!(value["verificationMaterial"], json!({ "publicKey": { "hint": envelope().key_id() } }));
}

#[test]
fn all_versions_are_read() {
    for kind in MEDIA_TYPES {
        let mut value = value();
        value["mediaType"] = kind.into();
        assert!(Bundle::from_value(value).is_ok(), "{kind}");
    }
    for kind in ["", "application/json", "application/vnd.dev.sigstore.bundle.v0.4+json"] {
        let mut value = value();
        value["mediaType"] = kind.into();
        assert_eq!(Bundle::from_value(value), Err(BundleError::MediaType(kind.to_owned())));
    }
}

#[test]
fn material_that_is_not_known_is_kept_and_its_integers_become_texts() {
    let mut value = value();
    value["verificationMaterial"]["tlogEntries"] =
        json!([{ "logIndex": 18_446_744_073_709_551_615_u64, "integratedTime": "7" }]);
    value["verificationMaterial"]["timestampVerificationData"] =
        json!({ "rfc3161Timestamps": [{ "signedTimestamp": "AA==" }] });
    value["unknown"] = json!(0.5);
    let bundle = Bundle::from_value(value).unwrap();
    let entries = json!([{ "logIndex": "18446744073709551615", "integratedTime": "7" }]);
    assert_eq!(bundle.material()["tlogEntries"], entries);
    let again = Bundle::parse(&bundle.to_json().unwrap()).unwrap();
    assert_eq!(again, bundle);
    assert_eq!(
        again.material()["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"],
        "AA=="
    );
}

#[test]
fn the_two_names_of_the_key_agree_where_both_are_given() {
    let mut value = value();
    value["verificationMaterial"]["publicKey"]["hint"] = "another".into();
    assert!(matches!(Bundle::from_value(value.clone()), Err(BundleError::Hint { .. })));
    // Others write a hint and no key id.
    value["dsseEnvelope"]["signatures"][0]["keyid"] = "".into();
    assert_eq!(Bundle::from_value(value.clone()).unwrap().key_hint(), Ok("another"));
    value["verificationMaterial"]["publicKey"] = json!({});
    assert_eq!(Bundle::from_value(value).unwrap().key_hint(), Ok(""));
}

/// `tests/data/README.md` says how it was made.
#[test]
fn a_bundle_of_model_signing_is_read_and_holds() {
    let bundle = Bundle::parse(include_bytes!("../../tests/data/model_signing/model.sig")).unwrap();
    let key = PublicKey::from_pem(include_str!("../../tests/data/model_signing/key.pub.pem")).unwrap();
    let statement = Statement::from_foreign(bundle.envelope().unwrap().verify(&key).unwrap()).unwrap();
    assert_eq!(statement.predicate_type, "https://model_signing/signature/v1.0");
    let resources = statement.predicate["resources"].as_array().unwrap().iter();
    let files = resources
        .map(|file| (file["name"].as_str().unwrap(), file["digest"].as_str().unwrap().parse().unwrap()));
    let root = root_digest(files, &GIT_PATHS).unwrap();
    assert_eq!(statement.subject_with(&root).unwrap().name, "model");

    let other = PrivateKey::generate(Algorithm::P256, &[1; 32]).public();
    assert!(bundle.envelope().unwrap().verify(&other).is_err());
}

#[test]
fn a_bundle_with_a_certificate_is_read_and_has_no_key() {
    for material in [
        json!({ "certificate": { "rawBytes": "AA==" } }),
        json!({ "x509CertificateChain": { "certificates": [] } }),
        json!({ "certificate": { "rawBytes": "AA==" }, "publicKey": { "hint": "x" } }),
    ] {
        let mut value = value();
        value["verificationMaterial"] = material;
        let bundle = Bundle::from_value(value).unwrap();
        assert_eq!(bundle.key_hint(), Err(BundleError::Certificate));
        assert!(bundle.envelope().is_ok());
    }
}

#[test]
fn a_bundle_that_signs_a_file_is_read_and_has_no_envelope() {
    let bundle = Bundle::from_value(json!({
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": { "publicKey": { "hint": "x" } },
        "messageSignature": { "messageDigest": { "algorithm": "SHA2_256", "digest": "AA==" }, "signature": "AA==" },
    }))
    .unwrap();
    assert_eq!(bundle.envelope(), Err(BundleError::MessageSignature));
    assert_eq!(bundle.to_json(), Err(BundleError::MessageSignature));
}

#[test]
fn what_is_no_bundle_is_refused() {
    for (field, replacement) in [
        ("verificationMaterial", json!(null)),
        ("verificationMaterial", json!([])),
        ("verificationMaterial", json!({})),
        ("verificationMaterial", json!({ "publicKey": "x" })),
        ("verificationMaterial", json!({ "publicKey": { "hint": 1.5 } })),
        ("verificationMaterial", json!({ "publicKey": { "hint": ["x"] } })),
        ("verificationMaterial", json!({ "publicKey": { "hint": "" }, "tlogEntries": [0.5] })),
        ("dsseEnvelope", json!(null)),
        ("dsseEnvelope", json!("x")),
        ("dsseEnvelope", json!({})),
        ("messageSignature", json!({})),
        ("mediaType", json!(3)),
    ] {
        let mut value = value();
        value[field] = replacement;
        assert!(Bundle::from_value(value.clone()).is_err(), "{value}");
    }
    for text in ["", "{}", "[]", "null", r#"{"mediaType":"a","mediaType":"a"}"#] {
        assert!(Bundle::parse(text.as_bytes()).is_err(), "{text}");
    }
    let huge = vec![b' '; MAX_BUNDLE + 1];
    assert!(matches!(Bundle::parse(&huge), Err(BundleError::Json(JsonError::TooLarge { .. }))));
}

proptest! {
    #[test]
    fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = Bundle::new(envelope()).to_json().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Bundle::parse(&bytes);
    }
}
