//! A checkpoint that is read is written with the same bytes, also after its extensions are gone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::checkpoint::Checkpoint;

fuzz_target!(|text: &str| {
    let Ok(checkpoint) = Checkpoint::parse(text) else { return };
    assert_eq!(checkpoint.to_string(), text);
    let bare = Checkpoint::new(checkpoint.origin(), checkpoint.head()).expect("it was read");
    assert!(text.starts_with(&bare.to_string()));
    assert_eq!(Checkpoint::parse(&bare.to_string()), Ok(bare));
});
