//! A proof of logging that is read is written with the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::merkle::leaf_hash;
use overt_record::tlog_proof::TlogProof;

fuzz_target!(|bytes: &[u8]| {
    let Ok(proof) = TlogProof::parse(bytes) else { return };
    assert_eq!(proof.to_string().as_bytes(), bytes);
    // The path leads to one root, and to no other for another leaf.
    for size in [1, 2, proof.index().saturating_add(1), u64::MAX] {
        let root = |entry| proof.inclusion().root(leaf_hash(entry), proof.index(), size);
        if let Ok(root_of_a) = root(b"a") {
            assert_ne!(root(b"b"), Ok(root_of_a));
        }
    }
});
