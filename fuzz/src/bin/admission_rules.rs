//! Rules that are read let somebody in, hold their limits, and are not changed by a comment.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_log::admission::{AdmissionRules, MAX_SUBMISSION_BYTES};

fuzz_target!(|bytes: &[u8]| {
    let Ok(rules) = AdmissionRules::parse(bytes) else { return };
    assert!(rules.max_body_bytes() <= MAX_SUBMISSION_BYTES);
    for rate in [rules.key_rate(), rules.address_rate()].into_iter().flatten() {
        assert!(rate.events > 0 && !rate.per.is_zero());
    }
    assert_eq!(AdmissionRules::parse(&[b"# \n", bytes, b"\n#\n"].concat()), Ok(rules));
});
