//! A record that is read is written with the same bytes, and has a log entry, whatever its type.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::log_entry::MAX_ENTRY;
use overt_record::{Hash, LogEntry, Record, Salt};

fuzz_target!(|bytes: &[u8]| {
    let Ok(record) = Record::from_payload(bytes) else { return };
    assert_eq!(record.to_payload().as_deref(), Ok(bytes));
    let (digest, salt) = (Hash::of(bytes), Salt::from_bytes([7; 32]));
    let entry = LogEntry::of_record(&record, &digest, &salt, record.header().issued_at);
    let entry = entry.expect("every record can be logged");
    let leaf = entry.to_bytes().expect("every entry can be written");
    assert!(leaf.len() <= MAX_ENTRY);
    let read = LogEntry::parse(&leaf).expect("what was written can be read");
    assert_eq!(read.check(&record, &digest, &salt), Ok(()));
    assert!(read.check(&record, &Hash::of("another"), &salt).is_err());
});
