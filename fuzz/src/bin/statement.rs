//! A statement that is read is written again, and read as the same one; its own bytes are read by both readers alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::in_toto::Statement;

fuzz_target!(|bytes: &[u8]| {
    let foreign = Statement::parse_foreign(bytes);
    if let Ok(statement) = Statement::parse(bytes) {
        assert_eq!(foreign.as_ref(), Ok(&statement));
        let payload = statement.to_payload().expect("what was read can be written");
        assert_eq!(Statement::parse(&payload), Ok(statement));
    } else if let Ok(statement) = foreign
        && let Ok(payload) = statement.to_payload()
    {
        // Not the statement itself: 1.0 is written as 1.
        let again = Statement::parse(&payload).expect("what was written can be read");
        assert_eq!(again.to_payload(), Ok(payload));
    }
});
