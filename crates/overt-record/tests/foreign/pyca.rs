//! pyca's `cryptography` (PyPI, over OpenSSL): signature lines of types 0x01, 0x04 and 0x06, the last with ML-DSA-44.

use overt_record::merkle::{MemoryTree, leaf_hash};
use overt_record::note::Note;
use overt_record::{SignatureType, VerifierKey};
use serde_json::{Value, json};

use crate::judge::Judge;
use crate::samples::{checkpoint, signer};

const ORIGIN: &str = "log.example.org/2026";
const TIMES: [u64; 4] = [0, 1, 1_795_536_060, u64::MAX >> 1];

fn tree() -> MemoryTree {
    (0..300_u32).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

#[test]
fn cosignatures_of_both_kinds_hold_on_both_sides() {
    let Some(pyca) = Judge::python("pyca.py") else { return };
    let tree = tree();
    let (mut asked, mut expected) = (Vec::new(), Vec::new());
    let types =
        [SignatureType::Ed25519, SignatureType::CosignatureEd25519, SignatureType::CosignatureMlDsa44];
    for (kind, time) in types.into_iter().flat_map(|kind| TIMES.map(|time| (kind, time))) {
        for size in [0, 1, 2, 255, 256, 300] {
            let signer = signer("witness.example.net/é", kind, size as u8);
            let mut note = checkpoint(ORIGIN, &tree, size);
            signer.sign_note(&mut note, time).unwrap();
            let vkey = signer.vkey().to_string();
            asked.push(json!({ "note": note.to_string(), "vkey": vkey }));
            expected.push(Value::Bool(true));
            let other = note.to_string().replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
            asked.push(json!({ "note": other, "vkey": vkey }));
            expected.push(Value::Bool(false));
        }
    }
    let text = checkpoint(ORIGIN, &tree, 300).text().to_owned();
    let sign: Vec<Value> = TIMES
        .into_iter()
        .map(|time| json!({ "seed": hex::encode([9; 32]), "name": "w.example", "time": time, "text": text }))
        .collect();
    let answer = pyca.ask(&json!({ "notes": asked, "sign": sign }));
    assert_eq!(answer["judged"], Value::Array(expected));

    let ours = signer("w.example", SignatureType::CosignatureMlDsa44, 9);
    for (signed, time) in answer["signed"].as_array().unwrap().iter().zip(TIMES) {
        let bytes = |field: &str| hex::decode(signed[field].as_str().unwrap()).unwrap();
        let key =
            VerifierKey::new(ours.vkey().name().clone(), SignatureType::CosignatureMlDsa44, &bytes("public"))
                .unwrap();
        assert_eq!(&key, ours.vkey(), "the same seed gives the same key");
        assert_eq!(key.verify(&text, &bytes("signature")).unwrap(), Some(time));
        assert!(key.verify(Note::new("another\n").unwrap().text(), &bytes("signature")).is_err());
    }
}
