//! A private key that is read without a passphrase is written and read as the same key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::PrivateKey;

fuzz_target!(|text: &str| {
    let Ok(key) = PrivateKey::from_pem(text, None) else { return };
    let pem = key.to_pem().expect("every key can be written");
    let again = PrivateKey::from_pem(&pem, None).expect("what was written can be read");
    assert_eq!(again.public(), key.public());
    assert_eq!(key.public().verify(b"message", &again.sign(b"message")), Ok(()));
});
