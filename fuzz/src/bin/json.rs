//! Three readers of one text: whatever the strictest takes, the others take alike, and its spelling is the one that is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::json;

fuzz_target!(|bytes: &[u8]| {
    let limit = bytes.len();
    let foreign = json::parse_foreign(bytes, limit);
    if let Ok(value) = json::parse(bytes, limit) {
        assert_eq!(foreign.as_ref(), Ok(&value));
    }
    if let Ok(value) = json::parse_canonical(bytes, limit) {
        assert_eq!(json::to_canonical(&value).as_deref(), Ok(bytes));
    }
    if let Ok(value) = foreign {
        // Not the value itself: -0.0 is written as 0.
        let canonical = json::to_canonical(&value).expect("what was read can be written");
        assert!(json::is_canonical(&canonical));
        let again = json::parse_foreign(&canonical, canonical.len()).expect("what was written can be read");
        assert_eq!(json::to_canonical(&again), Ok(canonical));
    }
});
