//! An envelope that is read has one spelling, which reads as the same envelope and is canonical JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::dsse::Envelope;
use overt_record::json;

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = Envelope::parse(bytes) else { return };
    let spelled = envelope.to_json();
    assert_eq!(Envelope::parse(spelled.as_bytes()).as_ref(), Ok(&envelope));
    assert_eq!(json::to_canonical(&envelope.to_value()).as_deref(), Ok(spelled.as_bytes()));
});
