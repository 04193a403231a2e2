//! A list of files that is signed and read says what was signed, in one spelling, and names nothing that could leave a folder.
//! On a payload, in which `KEY` stands for the key that signs it; and on bytes as they come, which nobody signed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overt_log::files::{OFFER_TYPE, Offer};
use overt_record::dsse::Envelope;
use overt_record::{Algorithm, PrivateKey};

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(Algorithm::Ed25519, &[1; 32]));

fuzz_target!(|bytes: &[u8]| {
    assert!(Offer::verify(bytes).is_err(), "nobody signed this");
    let Ok(text) = str::from_utf8(bytes) else { return };
    let payload = text.replace("KEY", &KEY.public().to_base64()).into_bytes();
    let Ok(envelope) = Envelope::sign(OFFER_TYPE, payload.clone(), &KEY) else { return };
    let Ok(offer) = Offer::verify(envelope.to_json().as_bytes()) else { return };
    assert_eq!(offer.key, KEY.public(), "a list of somebody else's");
    let again = offer.sign(&KEY).expect("it is of this key");
    assert_eq!(again.unverified_payload(), payload);
    for (name, _) in offer.list().iter() {
        assert!(!name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']), "{name:?}");
    }
});
