//! Sigstore's own readers: `sigstore` with its models and `in-toto-attestation` (PyPI), `@sigstore/verify` (npm).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use overt_record::PublicKey;
use overt_record::dsse::Envelope;
use overt_record::in_toto::{PAYLOAD_TYPE, Statement};
use overt_record::sigstore::Bundle;
use serde_json::{Value, json};

use crate::judge::Judge;
use crate::samples::{ALGORITHMS, key, payloads};

/// A bundle of each record by each kind of key, and the same with another payload under the signature.
fn bundles() -> Vec<(Value, bool)> {
    let mut bundles = Vec::new();
    for algorithm in ALGORITHMS {
        let key = key(algorithm, 11);
        let pem = key.public().to_pem().unwrap();
        for payload in payloads() {
            let envelope = Envelope::sign(PAYLOAD_TYPE, payload, &key).unwrap();
            let mut bundle = Bundle::new(envelope).to_value().unwrap();
            let hint = key.public().id().to_string();
            bundles.push((json!({ "bundle": bundle.to_string(), "pem": pem, "hint": hint }), true));
            bundle["dsseEnvelope"]["payload"] = STANDARD.encode("{}").into();
            bundles.push((json!({ "bundle": bundle.to_string(), "pem": pem, "hint": hint }), false));
        }
    }
    bundles
}

#[test]
fn sigstore_for_python_reads_the_bundles_and_statements_written_here() {
    let Some(sigstore) = Judge::python("sigstore.py") else { return };
    // It has no Ed25519 for envelopes, so of such a bundle it only reads the form: leave altered ones out.
    let bundles: Vec<_> = bundles()
        .into_iter()
        .filter(|(bundle, sound)| *sound || bundle["pem"].as_str().unwrap().len() > 150)
        .collect();
    let asked: Vec<&Value> = bundles.iter().map(|(bundle, _)| bundle).collect();
    let statements: Vec<String> =
        payloads().into_iter().map(|payload| String::from_utf8(payload).unwrap()).collect();
    let answer = sigstore.ask(&json!({ "bundles": asked, "statements": statements }));
    for (judged, (bundle, sound)) in answer["judged"].as_array().unwrap().iter().zip(&bundles) {
        assert_eq!(judged.is_null(), *sound, "{judged}: {bundle}");
    }
    assert!(bundles.iter().any(|(_, sound)| !sound));
    // Known: its model demands the empty list of log entries, and its command line a certificate.
    assert!(answer["model"].as_str().unwrap().contains("tlogEntries"), "{}", answer["model"]);
    assert!(answer["command_line"].as_str().unwrap().contains("cert"), "{}", answer["command_line"]);

    for (signed, text) in answer["signed"].as_array().unwrap().iter().zip(&statements) {
        let envelope = Envelope::parse(signed["envelope"].as_str().unwrap().as_bytes()).unwrap();
        let key = PublicKey::from_pem(signed["pem"].as_str().unwrap()).unwrap();
        let verified = envelope.verify(&key).unwrap();
        assert_eq!(verified.payload(), text.as_bytes());
        Statement::from_record(verified).unwrap();
    }
}

#[test]
fn sigstore_for_node_verifies_bundles_with_a_key_and_refuses_altered_ones() {
    let Some(sigstore) = Judge::node("sigstore.mjs") else { return };
    let bundles = bundles();
    let asked: Vec<&Value> = bundles.iter().map(|(bundle, _)| bundle).collect();
    let expected: Vec<Value> = bundles.iter().map(|(_, sound)| Value::Bool(*sound)).collect();
    assert_eq!(sigstore.ask(&json!(asked)), Value::Array(expected));
}
