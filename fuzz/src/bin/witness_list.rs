//! A list of logs that is read has each log once, and reads the same when it is written anew.
#![no_main]

use std::fmt::Write as _;

use libfuzzer_sys::fuzz_target;
use overt_log::witness::parse_list;

fuzz_target!(|bytes: &[u8]| {
    let Ok(logs) = parse_list(bytes) else { return };
    let mut written = "logs/v0\n".to_owned();
    for (number, log) in logs.iter().enumerate() {
        assert!(log.rate.events > 0 && !log.vkeys.is_empty());
        assert!(logs[..number].iter().all(|other| other.origin != log.origin));
        for vkey in &log.vkeys {
            writeln!(written, "vkey {vkey}\norigin {}", log.origin).expect("a String takes everything");
        }
    }
    let again = parse_list(written.as_bytes()).expect("what was written can be read");
    assert_eq!(again.len(), logs.len());
    assert!(again.iter().zip(&logs).all(|(a, b)| (&a.origin, &a.vkeys) == (&b.origin, &b.vkeys)));
});
