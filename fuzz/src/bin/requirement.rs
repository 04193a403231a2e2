//! A requirement that is read is written and read as the same one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_schema::Requirement;

fuzz_target!(|text: &str| {
    let Ok(requirement) = Requirement::parse(text) else { return };
    assert!(requirement.bound.is_finite());
    assert_eq!(Requirement::parse(&requirement.to_string()), Ok(requirement));
});
