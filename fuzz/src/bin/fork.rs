//! A proof of a fork that is read holds nothing but what is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::fork::ForkProof;
use overt_record::json;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(proof) = ForkProof::parse(bytes) else { return };
    let spelled = proof.to_json().expect("what was read can be written");
    let again = ForkProof::parse(&spelled).expect("what was written can be read");
    assert_eq!((again.log(), again.notes()), (proof.log(), proof.notes()));
    assert_eq!(again.verify(), proof.verify());
    let mut value = json::parse(bytes, bytes.len()).expect("it was read");
    // No leaf has two spellings.
    if let Some(fields) = value.as_object_mut().filter(|fields| fields.get("leaf") == Some(&Value::Null)) {
        fields.remove("leaf");
    }
    assert_eq!(json::to_canonical(&value), Ok(spelled));
});
