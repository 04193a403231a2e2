//! A bundle in which one byte was changed either fails, or proves exactly what it proved before.

use std::ops::Range;

use overt_record::Verifier;
use overt_record::policy::{Freshness, Policy};
use overt_record::verify::Report;
use proptest::prelude::*;

use crate::published;

/// What a reader relies on.
fn proven(report: &Report) -> impl PartialEq + std::fmt::Debug + use<> {
    (report.record.clone(), report.logged.clone(), report.samples.clone())
}

/// How many changes of one byte within `places` are harmless; each is proven to be.
fn harmless(bytes: &[u8], places: Range<usize>, verify: impl Fn(&[u8]) -> Report) -> usize {
    let honest = verify(bytes);
    assert!(honest.passed());
    let mut changed = bytes.to_vec();
    let mut harmless = 0;
    for place in places {
        // The lowest bit: another digit, another letter, another character of base64.
        changed[place] ^= 0x01;
        let report = verify(&changed);
        if report.passed() {
            assert_eq!(proven(&report), proven(&honest), "byte {place}");
            harmless += 1;
        }
        changed[place] ^= 0x01;
    }
    harmless
}

#[test]
fn every_changed_byte_of_a_bundle_is_noticed_under_a_policy_with_a_witness() {
    let policy = published::policy();
    let bytes = published::evaluation().to_json().unwrap();
    let verifier = Verifier::default().with_policy(&policy, Freshness::AnyAge);
    assert_eq!(harmless(&bytes, 0..bytes.len(), |file| verifier.verify(file)), 0);
}

#[test]
fn only_cosignatures_of_unknown_witnesses_can_be_changed_under_a_policy_without_witnesses() {
    let policy = Policy::of_logs([published::log_signer(published::ORIGIN).vkey().clone()]);
    let bundle = published::evaluation();
    let unknown = bundle.proof.as_ref().unwrap().note().signatures()[1].to_string().len();
    let bytes = bundle.to_json().unwrap();
    let proof = memmem(&bytes, b"\"proof\"")..memmem(&bytes, b"\"samples\"");
    let verifier = Verifier::default().with_policy(&policy, Freshness::AnyAge);
    let harmless = harmless(&bytes, proof, |file| verifier.verify(file));
    assert!(harmless > 0 && harmless <= unknown, "{harmless} of {unknown}");
}

fn memmem(bytes: &[u8], word: &[u8]) -> usize {
    bytes.windows(word.len()).position(|window| window == word).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn other_changes_of_a_bundle_are_noticed_too(at: prop::sample::Index, old in 0_usize..4, new: Vec<u8>) {
        let policy = published::policy();
        let bytes = published::evaluation().to_json().unwrap();
        let at = at.index(bytes.len());
        let mut changed = bytes.clone();
        changed.splice(at..(at + old).min(bytes.len()), new.into_iter().take(4));
        let verifier = Verifier::default().with_policy(&policy, Freshness::AnyAge);
        let report = verifier.verify(&changed);
        prop_assert!(!report.passed() || proven(&report) == proven(&verifier.verify(&bytes)));
    }
}

#[test]
fn a_bundle_that_is_cut_off_anywhere_fails() {
    let bytes = published::evaluation().to_json().unwrap();
    for length in 0..bytes.len() {
        assert!(!Verifier::default().verify(&bytes[..length]).passed());
    }
}
