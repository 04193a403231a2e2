//! A leaf of the log that is read is written with the same bytes; so is an opening.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::{LogEntry, LogOpening};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = LogEntry::parse(bytes) {
        assert_eq!(entry.to_bytes().as_deref(), Ok(bytes));
    }
    if let Ok(opening) = LogOpening::parse(bytes) {
        assert_eq!(opening.to_bytes().as_deref(), Ok(bytes));
        let leaf = opening.leaf.to_bytes().expect("what was read can be written");
        assert_eq!(LogEntry::parse(&leaf), Ok(opening.leaf));
    }
});
