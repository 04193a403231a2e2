//! Go's `golang.org/x/mod/sumdb` (Debian): signed notes, roots and proofs, as the Go checksum database has them.

use overt_record::merkle::{MemoryTree, TreeHead, leaf_hash};
use overt_record::note::Note;
use overt_record::{Hash, SignatureType, VerifierKey};
use serde_json::{Value, json};

use crate::judge::{Folder, Judge};
use crate::samples::{checkpoint, signer};

const LEAVES: u64 = 70;

fn leaves() -> Vec<Vec<u8>> {
    (0..LEAVES).map(|number| format!("leaf {number}").into_bytes()).collect()
}

fn tree() -> MemoryTree {
    leaves().iter().map(|leaf| leaf_hash(leaf)).collect()
}

fn texts(hashes: &[Hash]) -> Value {
    hashes.iter().map(|hash| Value::from(hash.to_string())).collect()
}

/// A question about nothing.
fn question() -> Value {
    json!({ "Notes": [], "Texts": [], "Leaves": [], "Proofs": [] })
}

#[test]
fn notes_are_signed_and_read_alike() {
    let folder = Folder::new();
    let Some(sumdb) = Judge::go("sumdb.go", folder.path()) else { return };
    let (tree, mut asked, mut expected) = (tree(), Vec::new(), Vec::new());
    for seed in 1..=20 {
        let log = signer(&format!("log{seed}.example.org/ü"), SignatureType::Ed25519, seed);
        let witness = signer("witness.example.net", SignatureType::CosignatureEd25519, seed + 100);
        let mut note = checkpoint(log.vkey().name().as_str(), &tree, seed.into());
        log.sign_note(&mut note, 0).unwrap();
        witness.sign_note(&mut note, 1_795_536_060).unwrap();
        asked.push(json!({ "Note": note.to_string(), "Vkey": log.vkey().to_string() }));
        expected.push(Value::Bool(true));
        let altered = note.to_string().replacen(".example.org", ".example.com", 1);
        asked.push(json!({ "Note": altered, "Vkey": log.vkey().to_string() }));
        expected.push(Value::Bool(false));
    }
    let mut question = question();
    question["Notes"] = Value::Array(asked);
    question["Texts"] = json!(["one line\n", "two\n\nparts\n", "\u{1f600}\n"]);
    let answer = sumdb.ask(&question);
    assert_eq!(answer["Accepted"], Value::Array(expected));

    for (signed, text) in
        answer["Signed"].as_array().unwrap().iter().zip(question["Texts"].as_array().unwrap())
    {
        let (note, vkey) = (signed["Note"].as_str().unwrap(), signed["Vkey"].as_str().unwrap());
        let (read, key) = (Note::parse(note.as_bytes()).unwrap(), VerifierKey::parse(vkey).unwrap());
        assert_eq!(read.text(), text.as_str().unwrap());
        read.verify([&key]).unwrap();
        assert_eq!((read.to_string().as_str(), key.to_string().as_str()), (note, vkey));
        let other = Note::parse(format!("more\n{note}").as_bytes()).unwrap();
        assert!(other.verify([&key]).is_err());
    }
}

#[test]
fn every_proof_in_every_small_tree_is_the_same() {
    let folder = Folder::new();
    let Some(sumdb) = Judge::go("sumdb.go", folder.path()) else { return };
    let mut question = question();
    question["Leaves"] = leaves().iter().map(hex::encode).collect();
    let (tree, answer) = (tree(), sumdb.ask(&question));
    for size in 1..=LEAVES {
        let place = size as usize - 1;
        assert_eq!(answer["Roots"][place], tree.head_at(size).unwrap().root.to_string());
        for index in 0..size {
            let inclusion = tree.prove_inclusion(index, size).unwrap();
            assert_eq!(answer["Inclusion"][place][index as usize], texts(inclusion.hashes()));
            let consistency = tree.prove_consistency(index + 1, size).unwrap();
            assert_eq!(answer["Consistency"][place][index as usize], texts(consistency.hashes()));
        }
    }
}

/// Proofs that are true, and the same with another hash, one more, one less, or other sizes.
#[test]
fn proofs_hold_there_exactly_if_they_hold_here() {
    let folder = Folder::new();
    let Some(sumdb) = Judge::go("sumdb.go", folder.path()) else { return };
    let (tree, mut proofs, mut expected) = (tree(), Vec::new(), Vec::new());
    for (old, size) in
        (1..=LEAVES).step_by(3).flat_map(|size| (1..=size).step_by(2).map(move |old| (old, size)))
    {
        let (before, now) = (tree.head_at(old).unwrap(), tree.head_at(size).unwrap());
        let leaf = leaf_hash(&leaves()[old as usize - 1]);
        let inclusion = tree.prove_inclusion(old - 1, size).unwrap().hashes().to_vec();
        let consistency = tree.prove_consistency(old, size).unwrap().hashes().to_vec();
        for proof in variants(inclusion) {
            for index in [old - 1, old] {
                proofs.push(json!({ "Proof": texts(&proof), "Old": index, "Size": size, "Root": now.root.to_string(), "Leaf": leaf.to_string() }));
                expected.push(holds_inclusion(proof.clone(), leaf, index, now));
            }
        }
        for proof in variants(consistency) {
            for old in [before, TreeHead { size: old + 1, ..before }] {
                proofs.push(json!({ "Proof": texts(&proof), "Old": old.size, "Size": size, "OldRoot": old.root.to_string(), "Root": now.root.to_string() }));
                expected.push(holds_consistency(proof.clone(), old, now));
            }
        }
    }
    let held = expected.iter().filter(|held| **held).count();
    assert!(held > 700 && expected.len() - held > 700, "{held} of {}", expected.len());
    let mut question = question();
    question["Proofs"] = Value::Array(proofs.clone());
    let answer = sumdb.ask(&question);
    let answers = answer["Held"].as_array().unwrap();
    assert_eq!(answers.len(), expected.len());
    for ((theirs, ours), proof) in answers.iter().zip(expected).zip(proofs) {
        assert_eq!(*theirs, Value::Bool(ours), "{proof}");
    }
}

fn variants(proof: Vec<Hash>) -> Vec<Vec<Hash>> {
    let longer = [proof.as_slice(), &[Hash::of("more")]].concat();
    let shorter = proof.get(1..).unwrap_or_default().to_vec();
    let mut other = proof.clone();
    if let Some(last) = other.last_mut() {
        *last = Hash::of("other");
    }
    vec![proof, longer, shorter, other]
}

fn holds_inclusion(proof: Vec<Hash>, leaf: Hash, index: u64, tree: TreeHead) -> bool {
    overt_record::merkle::InclusionProof::new(proof).unwrap().verify(leaf, index, tree).is_ok()
}

fn holds_consistency(proof: Vec<Hash>, old: TreeHead, new: TreeHead) -> bool {
    overt_record::merkle::ConsistencyProof::new(proof).unwrap().verify(old, new).is_ok()
}
