//! Honest bundles pass, and every way to cheat fails at the check that is there for it.

use overt_record::merkle::InclusionProof;
use overt_record::policy::{Freshness, Policy};
use overt_record::record::Kind;
use overt_record::ssh::AllowedSigners;
use overt_record::tlog_proof::TlogProof;
use overt_record::verify::{CheckId, Outcome, Report, TrustedKeys};
use overt_record::{Bundle, Hash, LogEntry, Record, Salt, Timestamp, Verifier, sigstore};
use serde_json::{Value, json};

use crate::examples::{self, name};
use crate::published::{self, LOGGED, ORIGIN};

fn trusted() -> TrustedKeys {
    TrustedKeys::none().with_key(name("the institute"), examples::key().public())
}

/// Verifies with everything that a reader can bring.
fn verify(file: &[u8]) -> Report {
    let (policy, trusted) = (published::policy(), trusted());
    Verifier::default().with_policy(&policy, Freshness::AnyAge).with_trusted(&trusted).verify(file)
}

fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report.checks.iter().filter(|check| check.outcome == Outcome::Failed);
    failed.map(|check| check.id.as_str()).collect()
}

/// An evaluation's bundle as JSON, changed.
fn changed(change: impl FnOnce(&mut Value)) -> Report {
    let mut value: Value = serde_json::from_slice(&published::evaluation().to_json().unwrap()).unwrap();
    change(&mut value);
    verify(&serde_json::to_vec(&value).unwrap())
}

#[test]
fn an_honest_bundle_of_each_type_passes_every_check() {
    for record in examples::all() {
        let kind = record.body().predicate_type().kind;
        let report = verify(&published::logged(&record).to_json().unwrap());
        assert!(report.passed(), "{kind}: {:?}", report.first_failure());
        assert_eq!(report.record.as_ref().unwrap().record, record);
        let logged = report.logged.as_ref().unwrap();
        assert_eq!((logged.origin.as_str(), logged.index, logged.size), (ORIGIN, 2, 5));
        assert_eq!(logged.time.to_unix(), LOGGED);
        for id in CheckId::ALL {
            let unasked = matches!(id, CheckId::Kind | CheckId::Samples);
            assert_eq!(
                report.outcome(id),
                if unasked { Outcome::NotChecked } else { Outcome::Passed },
                "{id:?}"
            );
        }
    }
}

#[test]
fn every_check_is_in_the_report_once_in_order_and_says_something() {
    for file in [&published::evaluation().to_json().unwrap(), b"".as_slice(), b"{}", b"null", b"\xff"] {
        let report = verify(file);
        let ids: Vec<CheckId> = report.checks.iter().map(|check| check.id).collect();
        assert_eq!(ids, CheckId::ALL);
        assert!(report.checks.iter().all(|check| !check.detail.is_empty()));
    }
}

#[test]
fn the_words_for_checks_are_the_same_in_json() {
    for id in CheckId::ALL {
        assert_eq!(serde_json::to_value(id).unwrap(), id.as_str());
    }
}

#[test]
fn revealed_samples_are_checked() {
    let report = verify(&published::evaluation().to_json().unwrap());
    assert!(report.passed());
    assert_eq!(report.outcome(CheckId::Samples), Outcome::Passed);
    assert_eq!(report.samples.len(), 2);
}

#[test]
fn what_nobody_asked_for_is_not_checked_and_says_why() {
    let report = Verifier::default().verify(&published::evaluation().to_json().unwrap());
    assert!(report.passed());
    assert_eq!(report.logged, None);
    for id in [CheckId::Kind, CheckId::Issuer, CheckId::Checkpoint, CheckId::Witnesses] {
        assert_eq!(report.outcome(id), Outcome::NotChecked);
    }
    assert_eq!(report.outcome(CheckId::Inclusion), Outcome::Passed);
}

#[test]
fn a_sigstore_bundle_is_verified_with_and_without_a_proof_beside_it() {
    let bundle = published::logged(&examples::all()[0]);
    let (file, proof) =
        (sigstore::Bundle::new(bundle.envelope).to_json().unwrap(), bundle.proof.unwrap().to_string());
    let alone = Verifier::default().verify(&file);
    assert!(alone.passed());
    assert_eq!(alone.outcome(CheckId::Inclusion), Outcome::NotChecked);
    let policy = published::policy();
    let verifier = Verifier::default().with_policy(&policy, Freshness::AnyAge);
    assert_eq!(failed(&verifier.verify(&file)), ["log-entry"]);
    assert!(verifier.verify_with_proof(&file, proof.as_bytes()).passed());
    assert_eq!(failed(&verifier.verify_with_proof(&file, b"")), ["format"]);
}

#[test]
fn another_type_than_asked_for_fails() {
    let file = published::logged(&examples::all()[1]).to_json().unwrap();
    let [plan, evaluation] = ["plan", "evaluation"].map(|kind| kind.parse::<Kind>().unwrap());
    assert!(Verifier::default().with_kind(&plan).verify(&file).passed());
    assert_eq!(failed(&Verifier::default().with_kind(&evaluation).verify(&file)), ["kind"]);
}

#[test]
fn a_key_that_is_not_trusted_fails_whatever_name_it_gives_itself() {
    let file = published::logged(&examples::all()[0]).to_json().unwrap();
    let others = TrustedKeys::none().with_key(name("Example Institute"), examples::other_key().public());
    for trusted in [&others, &TrustedKeys::none()] {
        let report = Verifier::default().with_trusted(trusted).verify(&file);
        assert_eq!(failed(&report), ["issuer"]);
        assert!(!report.passed());
    }
}

#[test]
fn allowed_signers_are_asked_for_the_time_of_logging_where_it_is_proven() {
    let file = published::logged(&examples::all()[0]).to_json().unwrap();
    let key = overt_record::ssh::to_public_line(&examples::key().public());
    let policy = published::policy();
    // The record was issued at 16:00:00 and logged at 16:01:00.
    for (valid, by_claim, by_log) in [
        ("valid-before=\"20261124160030Z\"", true, false),
        ("valid-after=\"20261124160030Z\"", false, true),
        ("namespaces=\"overt-dsse-v1\"", true, true),
        ("namespaces=\"file\"", false, false),
    ] {
        let allowed = AllowedSigners::parse(&format!("institute@example.org {valid} {key}\n")).unwrap();
        let trusted = TrustedKeys::none().with_allowed_signers(allowed);
        let verifier = Verifier::default().with_trusted(&trusted);
        assert_eq!(verifier.verify(&file).passed(), by_claim, "{valid}");
        assert_eq!(
            verifier.with_policy(&policy, Freshness::AnyAge).verify(&file).passed(),
            by_log,
            "{valid}"
        );
    }
}

#[test]
fn a_record_signed_by_another_key_than_its_issuers_fails() {
    let record = &examples::all()[0];
    let file = Bundle::new(published::envelope(record, &examples::other_key())).to_json().unwrap();
    let report = Verifier::default().verify(&file);
    assert_eq!(failed(&report), ["signature"]);
    assert_eq!(report.record, None);
}

#[test]
fn another_key_id_beside_the_signature_fails() {
    for id in [examples::other_key().public().id().to_string(), String::new()] {
        let report = changed(|value| {
            value["bundle"]["dsseEnvelope"]["signatures"][0]["keyid"] = json!(id);
            value["bundle"]["verificationMaterial"]["publicKey"]["hint"] = json!(id);
        });
        assert_eq!(failed(&report), ["signature"]);
    }
}

#[test]
fn a_signature_over_another_payload_type_fails() {
    let record = &examples::all()[0];
    let payload = record.to_payload().unwrap();
    let envelope = overt_record::dsse::Envelope::sign("application/json", payload, &examples::key()).unwrap();
    let report = Verifier::default().verify(&Bundle::new(envelope).to_json().unwrap());
    assert_eq!(failed(&report), ["signature"]);
}

#[test]
fn a_payload_that_is_signed_but_not_canonical_fails() {
    let value: Value = serde_json::from_slice(&examples::all()[0].to_payload().unwrap()).unwrap();
    let payload = serde_json::to_vec_pretty(&value).unwrap();
    let envelope =
        overt_record::dsse::Envelope::sign(overt_record::in_toto::PAYLOAD_TYPE, payload, &examples::key())
            .unwrap();
    let report = Verifier::default().verify(&sigstore::Bundle::new(envelope).to_json().unwrap());
    assert_eq!(failed(&report), ["payload"]);
}

#[test]
fn a_record_that_is_signed_but_breaks_a_rule_fails() {
    for (change, check) in [("/predicate/samples/count", "schema"), ("/subject/0/name", "subjects")] {
        let mut value: Value = serde_json::from_slice(&examples::all()[0].to_payload().unwrap()).unwrap();
        *value.pointer_mut(change).unwrap() = if check == "schema" { json!(3) } else { json!("x") };
        let payload = overt_record::json::to_canonical(&value).unwrap();
        let envelope = overt_record::dsse::Envelope::sign(
            overt_record::in_toto::PAYLOAD_TYPE,
            payload,
            &examples::key(),
        )
        .unwrap();
        let report = Verifier::default().verify(&Bundle::new(envelope).to_json().unwrap());
        assert_eq!(failed(&report), [check]);
        assert_eq!(report.record, None);
    }
}

#[test]
fn a_later_version_is_verified_and_logged_and_not_interpreted() {
    let mut value: Value = serde_json::from_slice(&examples::all()[1].to_payload().unwrap()).unwrap();
    value["predicateType"] = json!("https://github.com/overt-audit/overt/record/plan/v2");
    value["predicate"]["surprise"] = json!("x");
    let record = Record::from_payload(&overt_record::json::to_canonical(&value).unwrap()).unwrap();
    let report = verify(&published::logged(&record).to_json().unwrap());
    assert!(report.passed(), "{:?}", report.first_failure());
    assert_eq!(report.outcome(CheckId::Schema), Outcome::NotChecked);
    assert_eq!(report.outcome(CheckId::Subjects), Outcome::NotChecked);
    assert_eq!(report.outcome(CheckId::Witnesses), Outcome::Passed);
}

/// The bundle of an evaluation whose leaf was changed before it was logged.
fn with_leaf(change: impl FnOnce(&mut LogEntry)) -> Report {
    let record = &examples::all()[0];
    let bundle = published::logged(record);
    let mut leaf = published::entry(record, &bundle.envelope);
    change(&mut leaf);
    let proof = published::proof_of(&leaf, published::salt(), ORIGIN);
    verify(&Bundle { proof: Some(proof), ..bundle }.to_json().unwrap())
}

#[test]
fn a_leaf_that_says_something_else_of_the_record_fails() {
    assert!(with_leaf(|_| ()).passed());
    let kind: Kind = "plan".parse().unwrap();
    let refs = |refs: Vec<Hash>| {
        move |leaf: &mut LogEntry| {
            *leaf = LogEntry::new(leaf.kind.clone(), leaf.time, leaf.commit, leaf.key, refs).unwrap();
        }
    };
    for report in [
        with_leaf(|leaf| leaf.kind = kind),
        with_leaf(|leaf| leaf.key = examples::other_key().public().id()),
        with_leaf(|leaf| leaf.commit = Hash::of("x")),
        with_leaf(refs(vec![])),
        with_leaf(refs(vec![Hash::of("x")])),
        with_leaf(refs(vec![Hash::of("the plan"); 2])),
    ] {
        assert_eq!(failed(&report), ["log-entry"]);
        assert_eq!(report.logged, None);
    }
}

/// The bundle of an evaluation with another proof.
fn with_proof(proof: TlogProof) -> Report {
    verify(&Bundle { proof: Some(proof), ..published::logged(&examples::all()[0]) }.to_json().unwrap())
}

#[test]
fn another_records_proof_fails() {
    let other = published::logged(&examples::all()[1]).proof.unwrap();
    assert_eq!(failed(&with_proof(other)), ["log-entry"]);
}

#[test]
fn a_leaf_that_is_not_in_the_tree_fails() {
    let record = &examples::all()[0];
    let bundle = published::logged(record);
    let mut later = published::entry(record, &bundle.envelope);
    let proof = bundle.proof.unwrap();
    // Everything is right about this leaf, except that another time was logged.
    later.time = Timestamp::from_unix(LOGGED + 1).unwrap();
    let extra = overt_record::LogOpening { leaf: later, salt: published::salt() }.to_bytes().unwrap();
    assert_eq!(failed(&with_proof(proof.clone().with_extra(extra.clone()).unwrap())), ["inclusion"]);
    let elsewhere = TlogProof::new(3, proof.inclusion().clone(), proof.note().clone());
    let extra = proof.extra().unwrap().to_vec();
    assert_eq!(failed(&with_proof(elsewhere.with_extra(extra.clone()).unwrap())), ["inclusion"]);
    let outside = TlogProof::new(u64::MAX, proof.inclusion().clone(), proof.note().clone());
    assert_eq!(failed(&with_proof(outside.with_extra(extra.clone()).unwrap())), ["inclusion"]);
    let short = TlogProof::new(2, InclusionProof::default(), proof.note().clone());
    assert_eq!(failed(&with_proof(short.with_extra(extra).unwrap())), ["inclusion"]);
}

#[test]
fn a_proof_without_an_opening_or_with_a_wrong_one_fails() {
    let proof = published::logged(&examples::all()[0]).proof.unwrap();
    let bare = TlogProof::new(2, proof.inclusion().clone(), proof.note().clone());
    assert_eq!(failed(&with_proof(bare.clone())), ["log-entry"]);
    for extra in [b"{}".as_slice(), b"x", b"null", b"\xff", &[b'['; 1000]] {
        assert_eq!(failed(&with_proof(bare.clone().with_extra(extra.to_vec()).unwrap())), ["log-entry"]);
    }
    let mut opening = overt_record::LogOpening::parse(proof.extra().unwrap()).unwrap();
    opening.salt = Salt::from_bytes([7; 32]);
    let extra = opening.to_bytes().unwrap();
    assert_eq!(failed(&with_proof(bare.with_extra(extra).unwrap())), ["log-entry"]);
}

#[test]
fn a_checkpoint_of_another_log_fails() {
    let record = &examples::all()[0];
    let leaf = published::entry(record, &published::logged(record).envelope);
    let report = with_proof(published::proof_of(&leaf, published::salt(), "evil.example.org"));
    assert_eq!(failed(&report), ["checkpoint"]);
    assert_eq!(report.logged, None);
}

#[test]
fn too_few_witnesses_fail_and_a_policy_without_a_quorum_says_so() {
    let file = published::logged(&examples::all()[0]).to_json().unwrap();
    let (log, absent) = (published::log_signer(ORIGIN), published::absent_witness());
    let text = format!("log {}\nwitness w {}\nquorum w\n", log.vkey(), absent.vkey());
    let strict = Policy::parse(text.as_bytes()).unwrap();
    let report = Verifier::default().with_policy(&strict, Freshness::AnyAge).verify(&file);
    assert_eq!(failed(&report), ["witnesses"]);
    assert_eq!(report.logged, None);
    let lax = Policy::of_logs([log.vkey().clone()]);
    let report = Verifier::default().with_policy(&lax, Freshness::AnyAge).verify(&file);
    assert!(report.passed());
    assert_eq!(report.outcome(CheckId::Witnesses), Outcome::NotChecked);
}

#[test]
fn samples_that_are_not_the_records_fail() {
    let honest = published::evaluation();
    let mut swapped = honest.clone();
    swapped.samples.reverse();
    let mut twice = honest.clone();
    twice.samples[1] = twice.samples[0].clone();
    let mut others = honest.clone();
    others.samples[0].record = Hash::of("other");
    let mut edited = honest.clone();
    edited.samples[0].shown.json = r#"{"index":0,"outcome":"ok","scores":[0]}"#.to_owned();
    let mut misplaced = honest.clone();
    misplaced.envelope = published::logged(&examples::all()[1]).envelope;
    misplaced.proof = published::logged(&examples::all()[1]).proof;
    for bundle in [swapped, twice, others, edited, misplaced] {
        let report = verify(&bundle.to_json().unwrap());
        assert_eq!(failed(&report), ["samples"]);
        assert!(report.samples.is_empty());
    }
}

#[test]
fn files_that_are_no_bundles_fail_at_the_first_check() {
    let honest = published::evaluation().to_json().unwrap();
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let huge = vec![b' '; overt_record::bundle::MAX_BUNDLE + 1];
    for file in [
        b"".as_slice(),
        b"{}",
        b"[]",
        b"null",
        b"\"x\"",
        b"\xff\xfe",
        &honest[..honest.len() / 2],
        &deep,
        &huge,
    ] {
        let report = verify(file);
        assert_eq!(failed(&report), ["format"]);
        assert!(!report.passed());
    }
    let twice = [br#"{"mediaType":"x","#.as_slice(), &honest[1..]].concat();
    assert_eq!(failed(&verify(&twice)), ["format"]);
}

#[test]
fn an_overt_bundle_holds_nothing_but_what_is_read() {
    for (place, value) in [
        ("/surprise", json!(1)),
        ("/proof", json!(null)),
        ("/proof", json!("")),
        ("/proof", json!({})),
        ("/samples", json!([])),
        ("/samples", json!(null)),
        ("/samples", json!([1])),
        ("/mediaType", json!("application/vnd.overt.bundle.v2+json")),
        ("/bundle/surprise", json!(1)),
        ("/bundle/mediaType", json!("application/vnd.dev.sigstore.bundle+json;version=0.1")),
        ("/bundle/dsseEnvelope/surprise", json!(1)),
        ("/bundle/dsseEnvelope/signatures", json!([])),
        ("/bundle/verificationMaterial", json!({})),
        ("/bundle", json!(null)),
    ] {
        let report = changed(|bundle| {
            let (parent, field) = place.rsplit_once('/').unwrap();
            bundle.pointer_mut(parent).unwrap()[field] = value.clone();
        });
        assert_eq!(failed(&report), ["format"], "{place} = {value}");
    }
}

#[test]
fn white_space_and_the_order_of_keys_are_free() {
    let value: Value = serde_json::from_slice(&published::evaluation().to_json().unwrap()).unwrap();
    assert!(verify(&serde_json::to_vec_pretty(&value).unwrap()).passed());
}
