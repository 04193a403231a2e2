//! A public key that is read, in whatever form, is the same key in every other form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::{PublicKey, ssh};

fuzz_target!(|text: &str| {
    let keys =
        [ssh::parse_public(text).ok(), PublicKey::from_pem(text).ok(), PublicKey::from_base64(text).ok()];
    for key in keys.into_iter().flatten() {
        assert_eq!(ssh::parse_public(&ssh::to_public_line(&key)).as_ref(), Ok(&key));
        assert_eq!(PublicKey::from_spki_der(&key.to_spki_der()).as_ref(), Ok(&key));
        assert_eq!(PublicKey::from_base64(&key.to_base64()).as_ref(), Ok(&key));
        assert_eq!(PublicKey::from_pem(&key.to_pem().expect("every key can be written")).as_ref(), Ok(&key));
        assert!(key.verify(b"message", &[0; 64]).is_err(), "a signature of zeros");
    }
});
