use overt_record::VerifierKey;
use overt_record::add_checkpoint::{AddCheckpoint, AddCheckpointError, MAX_ADD_CHECKPOINT_BYTES};
use overt_record::checkpoint::Checkpoint;
use overt_record::merkle::{ConsistencyProof, MemoryTree};
use overt_record::note::NoteError;
use proptest::prelude::*;

use crate::keys::{log, signed};
use crate::vectors::{Vectors, leaf};

#[test]
fn the_requests_of_our_vectors_are_read_written_and_hold() {
    let Some(v) = Vectors::load() else { return };
    let log = VerifierKey::parse(&v.vkeys.log_ed25519).unwrap();
    let tree: MemoryTree = (0..600).map(leaf).collect();
    assert_eq!(v.add_checkpoint.len(), 12);
    for vector in &v.add_checkpoint {
        assert_eq!(vector.expect, 200);
        let request = AddCheckpoint::parse(vector.body.as_bytes()).unwrap();
        assert_eq!((request.to_string(), request.old()), (vector.body.clone(), vector.old));
        request.note().verify([&log]).unwrap();
        let head = Checkpoint::parse(request.note().text()).unwrap().head();
        if vector.old == 0 {
            assert!(request.consistency().hashes().is_empty());
        } else {
            request.consistency().verify(tree.head_at(vector.old).unwrap(), head).unwrap();
        }
    }
}

fn request(old: u64, new: u64) -> AddCheckpoint {
    let tree: MemoryTree = (0..new).map(leaf).collect();
    let note = signed(tree.head(), &[(&log(), 0)]);
    AddCheckpoint::new(old, tree.prove_consistency(old, new).unwrap(), note).unwrap()
}

#[test]
fn malformed_requests_are_refused_with_the_reason() {
    let good = request(1, 2).to_string();
    let hash = leaf(1).to_base64();
    let hash_line = format!("{hash}\n\n");
    assert!(good.contains(&hash_line));
    let changed = |from: &str, to: &str| good.replacen(from, to, 1);
    let lines = |count| format!("{}\n", format!("{hash}\n").repeat(count));
    let table = [
        (String::new(), AddCheckpointError::Old),
        ("\n".into(), AddCheckpointError::Old),
        ("old 1".into(), AddCheckpointError::Old),
        (changed("old 1", "old 01"), AddCheckpointError::Old),
        (changed("old 1", "old -1"), AddCheckpointError::Old),
        (changed("old 1", "old  1"), AddCheckpointError::Old),
        (changed("old 1", "old 1 "), AddCheckpointError::Old),
        (changed("old 1", "Old 1"), AddCheckpointError::Old),
        (changed("old 1\n", "old 1\r\n"), AddCheckpointError::Old),
        (changed("old 1", "old 18446744073709551616"), AddCheckpointError::Old),
        ("old 1\n".into(), AddCheckpointError::Hashes),
        (changed(&hash_line, &hash), AddCheckpointError::Hashes),
        (changed(&hash_line, &format!("{hash}=\n\n")), AddCheckpointError::Hashes),
        (changed(&hash_line, &lines(64)), AddCheckpointError::Hashes),
        (format!("old 1\n{}", lines(100_000 / 45)), AddCheckpointError::Hashes),
        ("old 1\n\n".into(), AddCheckpointError::Note(NoteError::NoEmptyLine)),
        ("x".repeat(MAX_ADD_CHECKPOINT_BYTES + 1), AddCheckpointError::TooLarge),
    ];
    for (bad, error) in table {
        assert_eq!(AddCheckpoint::parse(bad.as_bytes()), Err(error), "{bad:.200}");
    }
    let most = changed(&hash_line, &lines(63));
    assert_eq!(AddCheckpoint::parse(most.as_bytes()).unwrap().to_string(), most);
    let long = ConsistencyProof::new(vec![leaf(0); 64]).unwrap();
    let note = request(1, 2).note().clone();
    assert_eq!(AddCheckpoint::new(1, long, note), Err(AddCheckpointError::Hashes));
    assert!(matches!(AddCheckpoint::parse(b"\xff"), Err(AddCheckpointError::Note(NoteError::NotUtf8))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_request_reads_back(new in 1_u64..200, at in any::<prop::sample::Index>()) {
        let request = request(1 + at.index(new as usize) as u64, new);
        prop_assert_eq!(AddCheckpoint::parse(request.to_string().as_bytes()), Ok(request));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(text in "(old [0-9]{0,3}\n)?([A-Za-z0-9+/]{43}=\n){0,2}\n?\\PC{0,9}") {
        if let Ok(request) = AddCheckpoint::parse(text.as_bytes()) {
            prop_assert_eq!(request.to_string(), text);
        }
    }
}
