//! An overt bundle that is read holds nothing but what is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::{Bundle, bundle, json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(read) = Bundle::parse(bytes) else { return };
    let spelled = read.to_json().expect("what was read can be written");
    assert_eq!(Bundle::parse(&spelled).as_ref(), Ok(&read));
    let value = json::parse_foreign(bytes, bytes.len()).expect("it was read");
    if value["mediaType"] == bundle::MEDIA_TYPE {
        assert_eq!(json::to_canonical(&value), Ok(spelled));
    }
});
