//! `pymerkle` (PyPI): an oracle for roots and inclusion proofs. Its consistency proofs have a form of their own.

use overt_record::merkle::{MemoryTree, leaf_hash};
use serde_json::{Value, json};

use crate::judge::Judge;

#[test]
fn roots_and_inclusion_proofs_of_every_small_tree_are_the_same() {
    let Some(pymerkle) = Judge::python("pymerkle.py") else { return };
    let leaves: Vec<Vec<u8>> = (0..65_u8).map(|number| vec![number; number.into()]).collect();
    let tree: MemoryTree = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let roots: Vec<Value> =
        (1..=65).map(|size| tree.head_at(size).unwrap().root.to_string().into()).collect();
    let proof = |index, size| {
        let proof = tree.prove_inclusion(index, size).unwrap();
        json!(proof.hashes().iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let proofs: Vec<Value> =
        (1..=65).map(|size| (0..size).map(|index| proof(index, size)).collect()).collect();
    let leaves: Vec<String> = leaves.iter().map(hex::encode).collect();
    let answer = pymerkle.ask(&json!({ "leaves": leaves }));
    assert_eq!(answer["roots"], Value::Array(roots));
    assert_eq!(answer["inclusion"], Value::Array(proofs));
}
