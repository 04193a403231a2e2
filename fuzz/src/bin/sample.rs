//! A revealed sample that is read is written the same, and its path holds for no other part than that which is shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::merkle::TreeHead;
use overt_record::{RevealedSample, json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = json::parse(bytes, bytes.len()) else { return };
    let Ok(sample) = serde_json::from_value::<RevealedSample>(value) else { return };
    let written = serde_json::to_value(&sample).expect("what was read can be written");
    assert_eq!(serde_json::from_value::<RevealedSample>(written).ok().as_ref(), Some(&sample));

    let Ok(root) = sample.path.root(sample.leaf().hash(), sample.index, sample.count) else { return };
    let tree = TreeHead { size: sample.count, root };
    if sample.verify(&sample.record, tree).is_ok() {
        assert!(json::is_canonical(sample.shown.json.as_bytes()));
        let mut other = sample.clone();
        other.shown.json = "{}".to_owned();
        assert!(other == sample || other.verify(&sample.record, tree).is_err());
    }
});
