use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::dsse::Envelope;
use crate::{Algorithm, PrivateKey};

fn statement() -> Statement {
    Statement {
        subject: vec![
            Subject::sha256("run.json", Hash::of("run")),
            Subject::sha256("samples.parquet", Hash::of("samples")),
        ],
        predicate_type: "https://example.org/predicate/v1".to_owned(),
        predicate: Map::from_iter([("n".to_owned(), json!(3))]),
    }
}

#[test]
fn a_statement_is_written_canonically_and_read_back() {
    let payload = statement().to_payload().unwrap();
    let expected = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{"n":3}},"predicateType":"https://example.org/predicate/v1","subject":[{{"digest":{{"sha256":"{}"}},"name":"run.json"}},{{"digest":{{"sha256":"{}"}},"name":"samples.parquet"}}]}}"#,
        Hash::of("run"),
        Hash::of("samples"),
    );
    assert_eq!(String::from_utf8(payload.clone()).unwrap(), expected);
    assert_eq!(Statement::parse(&payload), Ok(statement()));
}

#[test]
fn a_record_is_read_from_verified_bytes_of_the_right_type() {
    let key = PrivateKey::generate(Algorithm::Ed25519, &[1; 32]);
    let payload = statement().to_payload().unwrap();
    let envelope = Envelope::sign(PAYLOAD_TYPE, payload.clone(), &key).unwrap();
    assert_eq!(Statement::from_record(envelope.verify(&key.public()).unwrap()), Ok(statement()));

    let envelope = Envelope::sign("application/json", payload, &key).unwrap();
    let error = Statement::from_record(envelope.verify(&key.public()).unwrap());
    assert_eq!(error, Err(StatementError::PayloadType("application/json".to_owned())));
}

#[test]
fn subjects_are_found_by_digest_and_not_by_name() {
    let statement = statement();
    assert_eq!(statement.subject_with(&Hash::of("samples")).unwrap().name, "samples.parquet");
    assert_eq!(statement.subject_with(&Hash::of("run.json")), None);
}

#[test]
fn what_would_not_be_read_is_not_written() {
    let decimals = Statement { predicate: Map::from_iter([("n".to_owned(), json!(0.5))]), ..statement() };
    assert!(matches!(decimals.to_payload(), Err(StatementError::Json(JsonError::Invalid(_)))));
    let nothing = Statement { subject: Vec::new(), ..statement() };
    assert_eq!(nothing.to_payload(), Err(StatementError::NoSubject));
    let mut large = statement();
    large.predicate.insert("text".to_owned(), "x".repeat(MAX_PAYLOAD).into());
    assert!(matches!(large.to_payload(), Err(StatementError::Json(JsonError::TooLarge { .. }))));
}

/// A statement that `model_signing` and others write: spaces, decimals, fields that are not known here.
#[test]
fn a_foreign_statement_is_read_and_unknown_fields_are_passed_over() {
    let text = r#"{ "_type": "https://in-toto.io/Statement/v1", "subject": [{ "digest": { "gitCommit": "abc", "dirHash1": "h1:AA+/=" },
        "annotations": { "a": 0.5 }, "uri": "pkg:x", "mediaType": "text/plain", "downloadLocation": "https://x" }],
        "predicateType": "https://model_signing/signature/v1.0", "later": true }"#;
    let statement = Statement::parse_foreign(text.as_bytes()).unwrap();
    assert_eq!(statement.subject[0].uri.as_deref(), Some("pkg:x"));
    assert_eq!(statement.subject[0].media_type.as_deref(), Some("text/plain"));
    assert_eq!((statement.subject[0].as_sha256(), statement.predicate.len()), (None, 0));
    assert!(Statement::parse(text.as_bytes()).is_err(), "not canonical");
}

#[test]
fn what_is_no_statement_is_refused() {
    let digest = Hash::of("").to_string();
    let valid = json!({
        "_type": STATEMENT_TYPE, "predicateType": "t", "predicate": {}, "subject": [{ "digest": { "sha256": digest } }],
    });
    assert!(Statement::parse_foreign(valid.to_string().as_bytes()).is_ok());
    for (field, value) in [
        ("_type", json!("https://in-toto.io/Statement/v0.1")),
        ("_type", json!(1)),
        ("predicateType", json!(null)),
        ("predicate", json!([])),
        ("predicate", json!(null)),
        ("subject", json!(null)),
        ("subject", json!([])),
        ("subject", json!([{}])),
        ("subject", json!([{ "digest": {} }])),
        ("subject", json!([["name", null, { "sha256": digest }]])),
        ("subject", json!([{ "name": 1, "digest": { "sha256": digest } }])),
        ("subject", json!([{ "digest": { "sha256": digest.to_uppercase() } }])),
        ("subject", json!([{ "digest": { "sha256": &digest[1..] } }])),
        ("subject", json!([{ "digest": { "sha512": "" } }])),
        ("subject", json!([{ "digest": { "sha512": "a b" } }])),
        ("subject", json!([{ "digest": { "": "ab" } }])),
    ] {
        let mut statement = valid.clone();
        statement[field] = value;
        assert!(Statement::parse_foreign(statement.to_string().as_bytes()).is_err(), "{statement}");
    }
    for text in ["", "[]", "null", "\"x\"", "{}"] {
        assert!(Statement::parse_foreign(text.as_bytes()).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Statement::parse(&bytes);
        let _ = Statement::parse_foreign(&bytes);
    }

    #[test]
    fn whatever_is_written_is_read_back(names in prop::collection::vec(".*", 1..4), predicate_type: String) {
        let subject = names.iter().map(|name| Subject::sha256(name, Hash::of(name))).collect();
        let statement = Statement { subject, predicate_type, predicate: Map::new() };
        prop_assert_eq!(Statement::parse(&statement.to_payload().unwrap()).unwrap(), statement);
    }
}
