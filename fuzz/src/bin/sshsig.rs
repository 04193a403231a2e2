//! A signature of ssh-keygen that is read holds for one message and one namespace at most.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::ssh::Signature;

/// `message` of the tests' data: DSSE's encoding of `hello world`.
const SIGNED: &[u8] = include_bytes!("../../../crates/overt-record/tests/data/ssh/message");

fuzz_target!(|bytes: &[u8]| {
    let armored = str::from_utf8(bytes).ok().and_then(|text| Signature::from_armor(text).ok());
    let blob = Signature::from_blob(bytes).ok();
    assert!(blob.as_ref().is_none_or(|signature| signature.blob() == bytes));
    for signature in [armored, blob].into_iter().flatten() {
        assert_eq!(Signature::from_blob(signature.blob()).as_ref(), Ok(&signature));
        let verify = |namespace, message| signature.verify(signature.key(), namespace, message);
        assert!(verify(signature.namespace(), b"nobody signed this").is_err());
        assert!(signature.namespace() == "other" || verify("other", SIGNED).is_err());
    }
});
