//! Every line of a list of allowed signers is used or skipped with its number, and its patterns match in bounded time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::Timestamp;
use overt_record::ssh::AllowedSigners;

fuzz_target!(|text: &str| {
    let Ok(list) = AllowedSigners::parse(text) else { return };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(list.signers().len() + list.skipped().len(), lines.count());
    assert!(list.skipped().is_sorted_by(|a, b| a.line < b.line));

    let time = Timestamp::from_unix(1_795_536_000).expect("it is a time");
    for signer in list.signers() {
        let allowed = signer.allows("overt-dsse-v1", time);
        let names = list.principals(signer.key(), "overt-dsse-v1", time);
        assert!(!allowed || names.count() >= signer.principals().len());
        for principal in signer.principals() {
            // A name without wildcards is about itself, unless the line says that it is not.
            let plain = !principal.contains(['*', '?', '!']);
            let denies = signer.principals().iter().any(|other| other.starts_with('!'));
            assert!(!plain || denies || signer.is_about(principal));
        }
    }
});
