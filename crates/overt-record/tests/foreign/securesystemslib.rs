//! `securesystemslib` (PyPI), the library under in-toto and TUF: DSSE envelopes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use overt_record::PublicKey;
use overt_record::dsse::Envelope;
use overt_record::in_toto::PAYLOAD_TYPE;
use serde_json::{Value, json};

use crate::judge::Judge;
use crate::samples::{ALGORITHMS, key, payloads};

#[test]
fn envelopes_are_read_and_checked_alike() {
    let Some(securesystemslib) = Judge::python("securesystemslib.py") else { return };
    let mut asked = Vec::new();
    let mut expected = Vec::new();
    for algorithm in ALGORITHMS {
        let key = key(algorithm, 9);
        let pem = key.public().to_pem().unwrap();
        for payload in payloads() {
            let envelope = Envelope::sign(PAYLOAD_TYPE, payload.clone(), &key).unwrap();
            asked.push(json!({ "envelope": envelope.to_value(), "pem": pem }));
            expected.push(Value::String(STANDARD.encode(&payload)));
            let mut altered = envelope.to_value();
            altered["payload"] = STANDARD.encode([payload.as_slice(), b" "].concat()).into();
            asked.push(json!({ "envelope": altered, "pem": pem }));
            expected.push(Value::Null);
            let mut retyped = envelope.to_value();
            retyped["payloadType"] = "application/json".into();
            asked.push(json!({ "envelope": retyped, "pem": pem }));
            expected.push(Value::Null);
        }
    }
    let texts = ["{}", "", "Ä\n\u{1f600}", "a b c"];
    let question = json!({ "envelopes": asked, "type": PAYLOAD_TYPE, "payloads": texts });
    let answer = securesystemslib.ask(&question);
    assert_eq!(answer["read"], Value::Array(expected));

    let signed = answer["signed"].as_array().unwrap();
    assert_eq!(signed.len(), 2 * texts.len());
    for (signed, text) in signed.iter().zip(texts.iter().cycle()) {
        let envelope = Envelope::parse(signed["envelope"].as_str().unwrap().as_bytes()).unwrap();
        let key = PublicKey::from_pem(signed["pem"].as_str().unwrap()).unwrap();
        assert_eq!(envelope.verify(&key).unwrap().payload(), text.as_bytes());
        let other =
            Envelope::new(PAYLOAD_TYPE, b"other".to_vec(), "", envelope.signature().to_vec()).unwrap();
        assert!(other.verify(&key).is_err());
    }
}
