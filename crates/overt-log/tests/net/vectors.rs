//! Vectors that lie beside the repository, where they do.

use std::path::Path;
use std::sync::Arc;

use overt_log::store::MemoryStore;
use overt_log::witness::{Answer, Witness, WitnessedLog};
use overt_record::note::KeyName;
use overt_record::signer::NoteSigner;
use overt_record::{Hash, SignatureType, VerifierKey};
use serde_json::Value;

#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn vectors() -> Option<Value> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/vectors/overt-vectors.json");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("SKIPPED: there are no vectors at {}", path.display());
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn signer(vectors: &Value, kind: SignatureType, seed: &str) -> NoteSigner {
    let seed: Hash = vectors["seeds"][seed].as_str().unwrap().parse().unwrap();
    let name = KeyName::parse(vectors["witness"].as_str().unwrap()).unwrap();
    NoteSigner::from_seed(name, kind, seed.as_bytes()).unwrap()
}

#[test]
fn every_add_checkpoint_vector_gets_its_status_and_the_cosignatures_of_two_other_programs() {
    let Some(vectors) = vectors() else {
        eprintln!("SKIPPED: there are no vectors beside the repository");
        return;
    };
    let log = VerifierKey::parse(vectors["vkeys"]["log_ed25519"].as_str().unwrap()).unwrap();
    let now = vectors["timestamp"].as_u64().unwrap() * 1000;
    let checkpoint = |size: u64| {
        let all = vectors["checkpoints"].as_array().unwrap();
        all.iter().find(|checkpoint| checkpoint["size"] == size).unwrap()
    };
    let mut seen = 0;
    for vector in vectors["add_checkpoint"].as_array().unwrap() {
        let signers = vec![
            signer(&vectors, SignatureType::CosignatureEd25519, "witness_ed25519"),
            signer(&vectors, SignatureType::CosignatureMlDsa44, "witness_mldsa44"),
        ];
        let store = Arc::new(MemoryStore::new());
        Witness::create(store.as_ref(), &signers).unwrap();
        let witness = Witness::open(store, signers, vec![WitnessedLog::of_key(log.clone())]).unwrap();
        let old = vector["old"].as_u64().unwrap();
        if old > 0 {
            let first = format!("old 0\n\n{}", checkpoint(old)["note"].as_str().unwrap());
            assert_eq!(witness.handle(first.as_bytes(), now).status(), 200);
        }
        let body = vector["body"].as_str().unwrap();
        let answer = witness.handle(body.as_bytes(), now);
        assert_eq!(u64::from(answer.status()), vector["expect"].as_u64().unwrap(), "{body}");
        let Answer::Cosigned(signatures) = &answer else { panic!("{answer:?}") };
        let size: u64 = body.split("\n\n").nth(1).unwrap().lines().nth(1).unwrap().parse().unwrap();
        assert_eq!(signatures[0].to_string(), checkpoint(size)["cosig_ed25519_line"].as_str().unwrap());
        let mldsa = VerifierKey::parse(vectors["vkeys"]["witness_mldsa44"].as_str().unwrap()).unwrap();
        assert!(mldsa.made(&signatures[1]));
        seen += 1;
    }
    assert_eq!(seen, 12);
}
