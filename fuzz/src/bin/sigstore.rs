//! A Sigstore bundle that is read is written again, and read as the same one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::sigstore::Bundle;

fuzz_target!(|bytes: &[u8]| {
    let Ok(bundle) = Bundle::parse(bytes) else { return };
    assert_eq!(bundle.envelope().is_ok(), bundle.to_json().is_ok());
    if let Ok(spelled) = bundle.to_json() {
        assert_eq!(Bundle::parse(&spelled), Ok(bundle));
    }
});
