use overt_record::Hash;
use overt_record::SignatureType;
use overt_record::checkpoint::Checkpoint;
use overt_record::fork::{Contradiction, ForkError, ForkProof, ForkedLeaf, LeafPath, MAX_FORK_BYTES};
use overt_record::merkle::{InclusionProof, MemoryTree, ProofError, TreeHead, leaf_hash};
use overt_record::note::{Note, NoteError};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::keys::{log, signed, signer};
use crate::vectors::leaf;

/// A tree of `size` leaves that are the log's up to `from`, and others after it.
fn forked(from: u64, size: u64) -> MemoryTree {
    (0..size).map(|i| if i < from { leaf(i) } else { leaf_hash(format!("forged {i}").as_bytes()) }).collect()
}

fn note(tree: &MemoryTree) -> Note {
    signed(tree.head(), &[(&log(), 0)])
}

fn path(tree: &MemoryTree, index: u64) -> LeafPath {
    LeafPath {
        hash: tree.hash(overt_record::merkle::Subtree::new(0, index).unwrap()).unwrap(),
        proof: tree.prove_inclusion(index, tree.size()).unwrap(),
    }
}

fn proof(trees: [&MemoryTree; 2], index: Option<u64>) -> ForkProof {
    let leaf = index.map(|index| ForkedLeaf { index, paths: trees.map(|tree| path(tree, index)) });
    ForkProof::new(log().vkey().clone(), trees.map(note), leaf)
}

#[test]
fn two_roots_of_one_size_are_a_fork() {
    let trees = [forked(9, 9), forked(4, 9)];
    let proof = proof([&trees[0], &trees[1]], None);
    let fork = proof.verify().unwrap();
    assert_eq!(fork.contradiction, Contradiction::Roots);
    assert_eq!(
        (fork.origin.as_str(), fork.heads),
        ("overt.example/test", [trees[0].head(), trees[1].head()])
    );
    assert_eq!(ForkProof::parse(&proof.to_json().unwrap()), Ok(proof));
}

#[test]
fn two_leaves_in_one_place_are_a_fork_whatever_the_sizes() {
    let trees = [forked(20, 20), forked(4, 9)];
    let proof = proof([&trees[0], &trees[1]], Some(5));
    let expected = Contradiction::Leaves { index: 5, hashes: [leaf(5), leaf_hash(b"forged 5")] };
    assert_eq!(proof.verify().unwrap().contradiction, expected);
    let bytes = proof.to_json().unwrap();
    assert_eq!(ForkProof::parse(&bytes).unwrap().verify(), proof.verify());
    let paths = trees.each_ref().map(|tree| path(tree, 5));
    let file = json!({
        "mediaType": "application/vnd.overt.fork.v1+json",
        "log": log().vkey().to_string(),
        "notes": trees.each_ref().map(|tree| note(tree).to_string()),
        "leaf": { "index": 5, "paths": paths.map(|path| json!({ "hash": path.hash, "proof": path.proof.hashes() })) },
    });
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), file);
}

#[test]
fn honest_logs_can_not_be_accused() {
    let (small, large, evil) = (forked(9, 9), forked(20, 20), forked(4, 9));
    let no_contradiction = |proof: ForkProof| matches!(proof.verify(), Err(ForkError::NoContradiction(_)));
    assert!(no_contradiction(proof([&small, &small], None)));
    assert!(no_contradiction(proof([&small, &large], None)));
    assert!(no_contradiction(proof([&small, &large], Some(5))));
    assert!(no_contradiction(proof([&small, &evil], Some(3))), "they differ, but not there");
    // A leaf that is in neither tree.
    let paths = [path(&small, 5), path(&evil, 5)];
    let leaf = ForkedLeaf { index: 5, paths };
    let accused = ForkProof::new(log().vkey().clone(), [note(&small), note(&large)], Some(leaf));
    assert!(matches!(accused.verify(), Err(ForkError::Inclusion(_))));
    let beyond = ForkedLeaf { index: 9, paths: [path(&small, 5), path(&evil, 5)] };
    let accused = ForkProof::new(log().vkey().clone(), [note(&small), note(&evil)], Some(beyond));
    assert_eq!(accused.verify(), Err(ForkError::Inclusion(ProofError::NoSuchLeaf { index: 9, size: 9 })));
    // Notes that the log did not sign, or that are of another log.
    let stranger = signer("overt.example/test", SignatureType::Ed25519, 77);
    let unsigned = signed(evil.head(), &[(&stranger, 0)]);
    let accused = ForkProof::new(log().vkey().clone(), [note(&small), unsigned], None);
    assert_eq!(accused.verify(), Err(ForkError::Note(NoteError::NotSigned)));
    let mut elsewhere = Note::new(Checkpoint::new("elsewhere", evil.head()).unwrap().to_string()).unwrap();
    log().sign_note(&mut elsewhere, 0).unwrap();
    let accused = ForkProof::new(log().vkey().clone(), [note(&small), elsewhere], None);
    assert!(matches!(accused.verify(), Err(ForkError::Origin { .. })));
    let mut prose = Note::new("I forked\n").unwrap();
    log().sign_note(&mut prose, 0).unwrap();
    let accused = ForkProof::new(log().vkey().clone(), [note(&small), prose], None);
    assert!(matches!(accused.verify(), Err(ForkError::Checkpoint(_))));
}

#[test]
fn malformed_files_are_refused() {
    let trees = [forked(20, 20), forked(4, 9)];
    let good: Value =
        serde_json::from_slice(&proof([&trees[0], &trees[1]], Some(5)).to_json().unwrap()).unwrap();
    let changed = |pointer: &str, value: Value| {
        let mut file = good.clone();
        *file.pointer_mut(pointer).unwrap() = value;
        ForkProof::parse(file.to_string().as_bytes())
    };
    assert!(ForkProof::parse(good.to_string().as_bytes()).is_ok());
    assert!(matches!(changed("/mediaType", json!("application/json")), Err(ForkError::MediaType(_))));
    assert!(matches!(changed("/log", json!("x")), Err(ForkError::Vkey(_))));
    assert!(matches!(changed("/notes/0", json!("x")), Err(ForkError::Note(_))));
    let note = good["notes"][0].clone();
    let forms = [
        ("/mediaType", json!(1)),
        ("/log", Value::Null),
        ("/notes", json!([])),
        ("/notes", json!([note])),
        ("/notes", json!([note, note, note])),
        ("/leaf", json!({})),
        ("/leaf/index", json!(-1)),
        ("/leaf/index", json!("5")),
        ("/leaf/paths", json!([])),
        ("/leaf/paths/0/hash", json!("00")),
        ("/leaf/paths/0/hash", json!(Hash::of("").to_base64())),
        ("/leaf/paths/0", json!({"hash": Hash::of(""), "proof": [], "x": 1})),
        ("/leaf/paths/0", json!([Hash::of(""), []])),
        ("/leaf", json!([good["leaf"]["index"], good["leaf"]["paths"]])),
        ("", json!([good["mediaType"], good["log"], good["notes"], good["leaf"]])),
    ];
    for (pointer, value) in forms {
        assert!(matches!(changed(pointer, value.clone()), Err(ForkError::Form(_))), "{pointer} {value}");
    }
    let long = vec![Hash::of(""); 65];
    assert_eq!(
        changed("/leaf/paths/0/proof", json!(long)),
        Err(ForkError::Inclusion(ProofError::TooLong(65)))
    );
    let twice = good.to_string().replacen('{', r#"{"log":"x","#, 1);
    for bad in ["", "{", "[]", "null", "{}", &twice, &"[".repeat(100_000), &" ".repeat(MAX_FORK_BYTES + 1)] {
        assert!(ForkProof::parse(bad.as_bytes()).is_err(), "{bad:.40}");
    }
    assert!(ForkProof::parse(b"\xff").is_err());
    let mut more = good.clone();
    more["more"] = json!(1);
    assert!(matches!(ForkProof::parse(more.to_string().as_bytes()), Err(ForkError::Form(_))));
    let far = ForkedLeaf { index: u64::MAX, paths: [path(&trees[0], 5), path(&trees[1], 5)] };
    let unwritable = ForkProof::new(log().vkey().clone(), [&trees[0], &trees[1]].map(self::note), Some(far));
    assert_eq!(unwritable.to_json(), Err(ForkError::LargeIndex(u64::MAX)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_fork_can_be_shown_and_reads_back(from in 0_u64..40, first in 1_u64..40, second in 1_u64..40) {
        let trees = [forked(first, first), forked(from, second)];
        let shared = first.min(second);
        let index = (from < shared).then_some(from);
        let proof = proof([&trees[0], &trees[1]], index);
        prop_assert_eq!(proof.verify().is_ok(), from < shared);
        prop_assert_eq!(ForkProof::parse(&proof.to_json().unwrap()), Ok(proof));
    }

    #[test]
    fn a_made_up_path_accuses_nobody(hash: [u8; 32], length in 0_usize..8, index in 0_u64..9) {
        let tree = forked(9, 9);
        let proof = InclusionProof::new(vec![hash.into(); length]).unwrap();
        let made_up = LeafPath { hash: hash.into(), proof };
        let leaf = ForkedLeaf { index, paths: [path(&tree, index), made_up] };
        let accused = ForkProof::new(log().vkey().clone(), [note(&tree), note(&tree)], Some(leaf));
        prop_assert!(accused.verify().is_err());
    }
}

#[test]
fn the_trees_of_the_verdict_are_those_of_the_notes() {
    let head = TreeHead { size: 0, root: Hash::of("") };
    let empty =
        ForkProof::new(log().vkey().clone(), [signed(head, &[(&log(), 0)]), note(&forked(1, 1))], None);
    assert!(
        matches!(empty.verify(), Err(ForkError::NoContradiction(_))),
        "nothing contradicts the empty tree"
    );
}
