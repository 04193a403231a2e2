use ct_merkle::RootHash;
use overt_record::Hash;
use overt_record::merkle::{
    ConsistencyProof, Frontier, InclusionProof, MAX_PROOF_HASHES, MemoryTree, NotAFrontier, ProofError,
    ProofPlan, ProveError, Subtree, TreeHead, empty_root, leaf_hash, node_hash, root,
};
use proptest::prelude::*;
use serde::Deserialize;
use sha2::Sha256;

use crate::vectors::{self, Vectors, leaf};

#[test]
fn proofs_are_those_of_our_vectors() {
    let Some(vectors) = Vectors::load() else { return };
    let tree: MemoryTree = (0..70_001).map(leaf).collect();
    for checkpoint in &vectors.checkpoints {
        let head = vectors::head(checkpoint.size, &checkpoint.root);
        if head.size <= tree.size() {
            assert_eq!(tree.head_at(head.size).unwrap(), head);
            assert_eq!((0..head.size).map(leaf).collect::<Frontier>().head(), head);
        }
    }
    assert_eq!(vectors.inclusion.len(), 27);
    for v in &vectors.inclusion {
        let proof = InclusionProof::new(vectors::hashes(&v.proof)).unwrap();
        let leaf = vectors::hash(&v.leaf_hash);
        proof.verify(leaf, v.index, vectors::head(v.size, &v.root)).unwrap();
        assert_eq!(tree.prove_inclusion(v.index, v.size).unwrap(), proof);
    }
    assert_eq!(vectors.consistency.len(), 12);
    for v in &vectors.consistency {
        let proof = ConsistencyProof::new(vectors::hashes(&v.proof)).unwrap();
        let (old, new) = (vectors::head(v.old, &v.old_root), vectors::head(v.new, &v.new_root));
        assert_eq!(tree.prove_consistency(v.old, v.new).unwrap(), proof);
        proof.verify(old, new).unwrap();
    }
}

/// A case of transparency-dev/merkle.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
enum Case {
    #[serde(rename_all = "camelCase")]
    Inclusion {
        leaf_idx: u64,
        tree_size: u64,
        root: String,
        leaf_hash: String,
        proof: Option<Vec<String>>,
        want_err: bool,
    },
    #[serde(rename_all = "camelCase")]
    Consistency {
        size1: u64,
        size2: u64,
        root1: String,
        root2: String,
        proof: Option<Vec<String>>,
        want_err: bool,
    },
}

impl Case {
    fn wants_error(&self) -> bool {
        match self {
            Self::Inclusion { want_err, .. } | Self::Consistency { want_err, .. } => *want_err,
        }
    }

    fn holds(&self) -> bool {
        // Some texts are no hashes, which our types can't hold: another hash stands for each.
        let parse =
            |text: &String| Hash::from_base64(text).unwrap_or_else(|_| Hash::of(format!("no hash: {text}")));
        let parse_leaf = |text: &String| Hash::from_base64(text).unwrap_or(Hash::of("no leaf"));
        let path = |proof: &Option<Vec<String>>| proof.iter().flatten().map(parse).collect();
        match self {
            Self::Inclusion { leaf_idx, tree_size, root, leaf_hash, proof, .. } => {
                let tree = TreeHead { size: *tree_size, root: parse(root) };
                let proof = InclusionProof::new(path(proof)).unwrap();
                proof.verify(parse_leaf(leaf_hash), *leaf_idx, tree).is_ok()
            }
            Self::Consistency { size1, size2, root1, root2, proof, .. } => {
                let old = TreeHead { size: *size1, root: parse(root1) };
                let new = TreeHead { size: *size2, root: parse(root2) };
                ConsistencyProof::new(path(proof)).unwrap().verify(old, new).is_ok()
            }
        }
    }
}

#[test]
fn transparency_dev_agrees_on_every_case() {
    let folders = ["transparency-dev-merkle/inclusion", "transparency-dev-merkle/consistency"];
    let files: Vec<_> = folders.iter().flat_map(|folder| vectors::files(folder)).collect();
    for file in &files {
        let case: Case = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(case.holds(), !case.wants_error(), "{}", file.display());
    }
    assert!(files.is_empty() || files.len() > 150, "only {} cases", files.len());
}

#[test]
fn the_hashes_are_domain_separated() {
    assert_eq!(empty_root(), Hash::of(""));
    assert_eq!(leaf_hash(b"x"), Hash::of("\0x"));
    let (a, b) = (Hash::of("a"), Hash::of("b"));
    assert_eq!(node_hash(a, b), Hash::of([&[1], a.as_bytes().as_slice(), b.as_bytes()].concat()));
    assert_eq!(root(0, |_| Err::<Hash, _>("asked for nothing")), Ok(empty_root()));
}

#[test]
fn a_subtree_that_cannot_be_counted_does_not_exist() {
    for (level, index) in [(64, 0), (255, 0), (63, 1), (0, u64::MAX), (1, u64::MAX / 2)] {
        assert_eq!(Subtree::new(level, index), None, "{level} {index}");
    }
    let largest = Subtree::new(63, 0).unwrap();
    assert_eq!((largest.first_leaf(), largest.leaves()), (0, 1 << 63));
    assert_eq!(Subtree::new(0, 7).unwrap().halves(), None);
    assert_eq!(largest.halves().unwrap()[1], Subtree::new(62, 1).unwrap());
}

#[test]
fn impossible_proofs_are_refused_with_the_reason() {
    let some = InclusionProof::default();
    let tree = |size| TreeHead { size, root: Hash::of("") };
    assert_eq!(some.verify(leaf(0), 0, tree(0)), Err(ProofError::NoSuchLeaf { index: 0, size: 0 }));
    assert_eq!(some.verify(leaf(0), 0, tree(2)), Err(ProofError::Length { expected: 1, found: 0 }));
    let last = some.verify(leaf(0), u64::MAX - 1, tree(u64::MAX));
    assert_eq!(last, Err(ProofError::Length { expected: 63, found: 0 }));
    let first = some.verify(leaf(0), 0, tree(u64::MAX));
    assert_eq!(first, Err(ProofError::Length { expected: 64, found: 0 }));
    let long = vec![leaf(0); MAX_PROOF_HASHES + 1];
    assert_eq!(InclusionProof::new(long.clone()), Err(ProofError::TooLong(65)));
    assert_eq!(ConsistencyProof::new(long), Err(ProofError::TooLong(65)));

    let none = ConsistencyProof::default();
    assert_eq!(none.verify(tree(0), tree(0)), Err(ProofError::FromNothing));
    assert_eq!(none.verify(tree(0), tree(9)), Err(ProofError::FromNothing));
    assert_eq!(none.verify(tree(3), tree(2)), Err(ProofError::Shrunk { old: 3, new: 2 }));
    let odd = none.verify(tree(1), tree(u64::MAX));
    assert_eq!(odd, Err(ProofError::Length { expected: 64, found: 0 }));
    assert!(ProofPlan::inclusion(5, 5).is_err() && ProofPlan::consistency(0, 5).is_err());
}

#[test]
fn proofs_of_the_largest_trees_have_at_most_64_hashes() {
    for index in [0, 1, u64::MAX / 2, u64::MAX - 2, u64::MAX - 1] {
        let proof = InclusionProof::prove(index, u64::MAX, |_| Ok::<_, ()>(leaf(0))).unwrap();
        assert!(proof.hashes().len() <= MAX_PROOF_HASHES);
        proof.root(leaf(0), index, u64::MAX).unwrap();
    }
    for old in [1, 2, 3, u64::MAX / 4, u64::MAX / 2 - 1, u64::MAX / 2] {
        let proof = ConsistencyProof::prove(old, u64::MAX / 2, |_| Ok::<_, ()>(leaf(0))).unwrap();
        assert!(proof.hashes().len() <= MAX_PROOF_HASHES, "{old}");
    }
    // The one way to need more: it is refused before anything is fetched, and no such proof is read.
    let longer = ConsistencyProof::prove(3, u64::MAX, |_| Err::<Hash, _>("fetched"));
    assert_eq!(longer, Err(ProveError::Impossible(ProofError::TooLong(65))));
}

#[test]
fn a_source_that_fails_is_named_as_the_cause() {
    let failed = InclusionProof::prove(0, 9, |_| Err("disk"));
    assert_eq!(failed, Err(ProveError::Fetch("disk")));
    let small: MemoryTree = (0..4).map(leaf).collect();
    assert!(matches!(small.prove_inclusion(0, 5), Err(ProveError::Fetch(_))));
    assert!(small.head_at(5).is_err());
}

#[test]
fn a_frontier_has_one_hash_for_each_bit_of_its_size() {
    assert_eq!(Frontier::from_hashes(0, vec![]), Ok(Frontier::new()));
    let wrong = Frontier::from_hashes(3, vec![leaf(0)]);
    assert_eq!(wrong, Err(NotAFrontier::Length { size: 3, found: 1 }));
    assert_eq!(Frontier::from_hashes(u64::MAX, vec![]), Err(NotAFrontier::TooLarge(u64::MAX)));
}

/// A second way to a root, straight from RFC 6962's definition.
fn rfc_6962_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(""),
        [one] => *one,
        many => {
            let mut k = 1;
            while k * 2 < many.len() {
                k *= 2;
            }
            node_hash(rfc_6962_root(&many[..k]), rfc_6962_root(&many[k..]))
        }
    }
}

#[test]
fn ct_merkle_gives_the_same_roots_and_proofs() {
    let mut other = ct_merkle::mem_backed_tree::MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut ours = MemoryTree::new();
    for i in 0..300_u64 {
        let entry = format!("entry {i}\n").into_bytes();
        ours.push(leaf_hash(&entry));
        other.push(entry);
        let root: &RootHash<Sha256> = &other.root();
        assert_eq!(root.as_bytes().as_slice(), ours.head().root.as_bytes());
        for index in [0, i / 3, i / 2, i] {
            let proof = ours.prove_inclusion(index, i + 1).unwrap();
            assert_eq!(
                other.prove_inclusion(index as usize).as_bytes(),
                concat(proof.hashes()),
                "{index} {i}"
            );
        }
        for added in [1, i / 3, i / 2, i].into_iter().filter(|added| (1..=i).contains(added)) {
            let proof = ours.prove_consistency(i + 1 - added, i + 1).unwrap();
            assert_eq!(other.prove_consistency(added as usize).as_bytes(), concat(proof.hashes()));
        }
    }
}

fn concat(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn flip(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash::from(bytes)
}

/// Every way to change one bit of the hashes.
fn flipped(hashes: &[Hash]) -> impl Iterator<Item = Vec<Hash>> {
    (0..hashes.len() * 256).map(|bit| {
        let mut changed = hashes.to_vec();
        changed[bit / 256] = flip(changed[bit / 256], bit % 256);
        changed
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_root_is_that_of_the_definition(size in 0_u64..600) {
        let leaves: Vec<Hash> = (0..size).map(leaf).collect();
        let expected = rfc_6962_root(&leaves);
        let tree: MemoryTree = leaves.iter().copied().collect();
        let frontier: Frontier = leaves.iter().copied().collect();
        prop_assert_eq!(tree.head(), TreeHead { size, root: expected });
        prop_assert_eq!(frontier.head(), tree.head());
        let row: Vec<Hash> = Frontier::subtrees(size).into_iter().map(|s| tree.hash(s).unwrap()).collect();
        prop_assert_eq!(Frontier::from_hashes(size, row).unwrap(), frontier);
    }

    #[test]
    fn an_inclusion_proof_holds_and_no_changed_bit_passes(size in 1_u64..2000, at in any::<prop::sample::Index>()) {
        let index = at.index(size as usize) as u64;
        let tree: MemoryTree = (0..size).map(leaf).collect();
        let head = tree.head();
        let proof = tree.prove_inclusion(index, size).unwrap();
        prop_assert_eq!(proof.verify(leaf(index), index, head), Ok(()));
        for changed in flipped(proof.hashes()) {
            prop_assert!(InclusionProof::new(changed).unwrap().verify(leaf(index), index, head).is_err());
        }
        for bit in 0..256 {
            prop_assert!(proof.verify(flip(leaf(index), bit), index, head).is_err());
            let other = TreeHead { root: flip(head.root, bit), ..head };
            prop_assert!(proof.verify(leaf(index), index, other).is_err());
        }
        for bit in 0..64 {
            prop_assert!(proof.verify(leaf(index), index ^ (1 << bit), head).is_err());
        }
    }

    #[test]
    fn a_consistency_proof_holds_and_no_changed_bit_passes(new in 1_u64..2000, at in any::<prop::sample::Index>()) {
        let old = 1 + at.index(new as usize) as u64;
        let tree: MemoryTree = (0..new).map(leaf).collect();
        let (was, is) = (tree.head_at(old).unwrap(), tree.head());
        let proof = tree.prove_consistency(old, new).unwrap();
        prop_assert_eq!(proof.verify(was, is), Ok(()));
        for changed in flipped(proof.hashes()) {
            prop_assert!(ConsistencyProof::new(changed).unwrap().verify(was, is).is_err());
        }
        for bit in 0..256 {
            let other = |head: TreeHead| TreeHead { root: flip(head.root, bit), ..head };
            prop_assert!(proof.verify(other(was), is).is_err());
            prop_assert!(proof.verify(was, other(is)).is_err());
        }
    }

    #[test]
    fn nothing_panics_whatever_the_numbers(index: u64, old: u64, new: u64, length in 0_usize..=64) {
        let hashes = vec![leaf(1); length];
        let tree = |size| TreeHead { size, root: leaf(2) };
        let _ = InclusionProof::new(hashes.clone()).unwrap().verify(leaf(0), index, tree(new));
        let _ = ConsistencyProof::new(hashes).unwrap().verify(tree(old), tree(new));
        let _ = InclusionProof::prove(index, new, |_| Ok::<_, ()>(leaf(3)));
        let _ = ConsistencyProof::prove(old, new, |_| Ok::<_, ()>(leaf(3)));
    }

    #[test]
    fn a_proof_of_any_numbers_has_the_length_that_is_checked(a: u64, b: u64) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assume!(low != high && low != 0);
        let (low, high) = (low.div_ceil(2), high.div_ceil(2).max(low.div_ceil(2) + 1));
        let proof = InclusionProof::prove(low, high, |_| Ok::<_, ()>(leaf(3))).unwrap();
        prop_assert!(proof.root(leaf(0), low, high).is_ok());
        let proof = ConsistencyProof::prove(low, high, |_| Ok::<_, ()>(leaf(3))).unwrap();
        let head = |size| TreeHead { size, root: leaf(2) };
        let fails_at_root = matches!(proof.verify(head(low), head(high)), Err(ProofError::Root { .. }));
        prop_assert!(fails_at_root);
    }
}
