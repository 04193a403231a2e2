//! A note that is read is written with the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::note::Note;

fuzz_target!(|bytes: &[u8]| {
    let Ok(note) = Note::parse(bytes) else { return };
    assert_eq!(note.to_string().as_bytes(), bytes);
    let mut again = Note::new(note.text()).expect("the text of a note makes a note");
    for signature in note.signatures() {
        again.add(signature.clone()).expect("there is room for what was read");
    }
    assert!(again.signatures().iter().all(|signature| note.signatures().contains(signature)));
});
