//! Comments, empty lines and other logs change nothing in a policy. What follows a zero byte is a note that it judges.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::note::Note;
use overt_record::policy::{Freshness, Policy, Quorum};

fuzz_target!(|bytes: &[u8]| {
    let (policy, note) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[][..]),
    };
    let Ok(read) = Policy::parse(policy) else { return };
    let commented = [b"# \xff\n\n", policy, b" \t\n#\n"].concat();
    assert_eq!(Policy::parse(&commented).as_ref(), Ok(&read));
    assert!(read.witnesses().iter().all(|witness| witness.vkey.signature_type().is_cosignature()));

    let Ok(note) = Note::parse(note) else { return };
    let Ok(any_age) = read.assess(&note, Freshness::AnyAge) else { return };
    assert!(!any_age.log_keys.is_empty());
    let late = read.assess(&note, Freshness::AsOf(u64::MAX)).expect("age changes only the quorum");
    assert!(late.quorum != Quorum::Met || any_age.quorum == Quorum::Met, "time makes no quorum");
    let nobody = Policy::of_logs([]);
    assert!(nobody.assess(&note, Freshness::AnyAge).is_err(), "a policy without logs believed one");
});
