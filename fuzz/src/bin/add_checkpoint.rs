//! A request to a witness that is read is written with the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::Hash;
use overt_record::add_checkpoint::AddCheckpoint;
use overt_record::checkpoint::Checkpoint;
use overt_record::merkle::TreeHead;

fuzz_target!(|bytes: &[u8]| {
    let Ok(request) = AddCheckpoint::parse(bytes) else { return };
    assert_eq!(request.to_string().as_bytes(), bytes);
    let Ok(checkpoint) = Checkpoint::parse(request.note().text()) else { return };
    // Whatever the proof is, it does not lead from an old root that nobody knows.
    let old = TreeHead { size: request.old(), root: Hash::of("of no tree") };
    if old != checkpoint.head() {
        assert!(request.consistency().verify(old, checkpoint.head()).is_err());
    }
});
