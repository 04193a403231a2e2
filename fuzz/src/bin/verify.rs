//! The whole verifier, on `policy 0 allowed_signers 0 file`: what it accepts, somebody with the key has said and logged.
//!
//! A fuzzer cannot sign. So a payload and a checkpoint that are accepted stand in the vectors, whatever is around them.
#![no_main]

use std::collections::HashSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overt_record::checkpoint::Checkpoint;
use overt_record::merkle::TreeHead;
use overt_record::policy::{Freshness, Policy};
use overt_record::ssh::AllowedSigners;
use overt_record::verify::{CheckId, Outcome, Report, TrustedKeys};
use overt_record::{Bundle, Verifier};
use serde_json::Value;

static VECTORS: LazyLock<(HashSet<Vec<u8>>, HashSet<TreeHead>)> = LazyLock::new(|| {
    let text = include_str!("../../../vectors/vectors.json");
    let vectors: Vec<Value> = serde_json::from_str(text).expect("the vectors are JSON");
    let files = vectors.iter().filter_map(|vector| match (&vector["file"], &vector["text"]) {
        (Value::Null, Value::String(text)) => Some(text.clone().into_bytes()),
        (file, Value::Null) => serde_json::to_vec(file).ok(),
        _ => None,
    });
    let (mut payloads, mut heads) = (HashSet::new(), HashSet::new());
    for bundle in files.filter_map(|file| Bundle::parse(&file).ok()) {
        payloads.insert(bundle.envelope.unverified_payload().to_vec());
        let checkpoint = bundle.proof.and_then(|proof| Checkpoint::parse(proof.note().text()).ok());
        heads.extend(checkpoint.map(|checkpoint| checkpoint.head()));
    }
    (payloads, heads)
});

fn check(report: &Report, file: &[u8], asked: &Verifier<'_>) {
    assert!(report.checks.iter().map(|check| check.id).eq(CheckId::ALL));
    assert_eq!(asked.verify(file), *report, "the same file is judged alike");
    if let Some(verified) = &report.record {
        let bundle = Bundle::parse(file).expect("it was read");
        assert_eq!(verified.digest, bundle.envelope.digest());
        let payload = verified.record.to_payload().expect("what was read can be written");
        assert_eq!(payload, bundle.envelope.unverified_payload());
        assert!(VECTORS.0.contains(&payload), "a forged record");
        let spelled = bundle.to_json().expect("what was read can be written");
        assert_eq!(asked.verify(&spelled), *report, "another spelling is judged alike");
    }
    if let Some(logged) = &report.logged {
        assert_eq!(report.outcome(CheckId::Checkpoint), Outcome::Passed);
        let head = TreeHead { size: logged.size, root: logged.root };
        assert!(VECTORS.1.contains(&head), "a forged checkpoint");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |byte| *byte == 0);
    let (Some(policy), Some(trust), Some(file)) = (parts.next(), parts.next(), parts.next()) else { return };
    let policy = Policy::parse(policy).ok();
    let trusted = str::from_utf8(trust).ok().and_then(|text| AllowedSigners::parse(text).ok());
    let trusted = trusted.map(|list| TrustedKeys::none().with_allowed_signers(list));

    let mut verifier = Verifier::default();
    let bare = verifier.verify(file);
    check(&bare, file, &verifier);
    assert_eq!(bare.logged, None, "nobody is believed");
    if let Some(policy) = &policy {
        verifier = verifier.with_policy(policy, Freshness::AnyAge);
    }
    if let Some(trusted) = &trusted {
        verifier = verifier.with_trusted(trusted);
    }
    let report = verifier.verify(file);
    check(&report, file, &verifier);
    assert!(bare.passed() || !report.passed(), "who asks for more accepts less");
});
