//! A verifier key that is read is written with the same text, and its parts make the same key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::VerifierKey;

fuzz_target!(|text: &str| {
    let Ok(key) = VerifierKey::parse(text) else { return };
    assert_eq!(key.to_string(), text);
    let again = VerifierKey::new(key.name().clone(), key.signature_type(), key.public_key());
    assert_eq!(again.as_ref(), Ok(&key));
    assert!(key.verify("text\n", &[0; 72]).is_err(), "a signature of zeros");
});
