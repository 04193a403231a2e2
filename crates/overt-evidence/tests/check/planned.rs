//! Whether a run asked about the samples that its plan chose.

use std::fs;

use overt_evidence::{
    Checked, Intention, PlanCheck, RunCheck, check_files, check_plan, plan as plan_record, selected,
};
use overt_record::dsse::Envelope;
use overt_record::in_toto::PAYLOAD_TYPE;
use overt_record::record::{Body, Evaluation, FollowedPlan, Header, Issuer};
use overt_record::verify::{Outcome, Verifier};
use overt_record::{Algorithm, Bundle, Name, PrivateKey, Record, Timestamp};
use overt_schema::{EarlyStopping, Run, Settings};
use overt_task::Catalogue;
use serde_json::{Value, json};

use crate::forged::{Forged, fails, passes};
use crate::made::{Made, PLAIN, Said, settings};

fn key() -> PrivateKey {
    PrivateKey::generate(Algorithm::Ed25519, &[3; 32])
}

fn signed(body: impl Into<Body>) -> Bundle {
    let issuer = Issuer { name: Name::new("A laboratory").unwrap(), key: key().public(), uri: None };
    let header = Header { issuer, issued_at: Timestamp::from_unix(1_000_000).unwrap() };
    let payload = Record::new(header, body).unwrap().to_payload().unwrap();
    Bundle::new(Envelope::sign(PAYLOAD_TYPE, payload, &key()).unwrap())
}

/// What a verifier says of a forged run under a plan of `ids`.
fn checks(forged: &Forged, ids: &[String]) -> Vec<RunCheck> {
    let path = forged.folder.join("run.json");
    let mut run: Run = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    run.plan = None;
    let plan = plan_record(&[run.clone()], &[selected(ids)], Intention::default()).unwrap();
    let plan = signed(Body::from(plan));
    let digest = plan.envelope.digest();
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["plan"] = json!({ "record": digest, "number": 1 });
    fs::write(&path, manifest.to_string()).unwrap();
    let followed = FollowedPlan {
        record: digest,
        origin: Name::new("log.example.org/t").unwrap(),
        index: 0,
        number: 1,
        other_runs: Vec::new(),
        deviations: Vec::new(),
    };
    let record = Evaluation { plan: Some(followed), ..forged.record() };
    let Checked { checks, came } = check_files(&record, &forged.folder).unwrap();
    passes(&checks, "sample-tree");
    passes(&checks, "metrics");
    let verifier = Verifier::default();
    let report = verifier.verify(&signed(Body::from(record.clone())).to_json().unwrap());
    let bundle = plan.to_json().unwrap();
    let at_hand =
        PlanCheck { bundle: Some(&bundle), files: &forged.folder, verifier: &verifier, report: &report };
    check_plan(&record, at_hand, came)
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("s{i}")).collect()
}

#[test]
fn a_run_of_the_samples_that_the_plan_chose_says_so_also_of_withheld_ones() {
    let made = Made::of(PLAIN, 8, Settings { epochs: Some(2), ..settings() }, |_| Said::Text("yes"));
    let checks = checks(&Forged::of(&made), &numbered(8));
    passes(&checks, "selection");
    let check = checks.iter().find(|check| check.id == "selection").unwrap();
    assert_eq!(check.detail, "by their ids, in order: 8 of t");
}

#[test]
fn other_samples_or_another_order_than_planned_are_found_though_all_are_withheld() {
    let made = Made::of(PLAIN, 8, settings(), |_| Said::Text("yes"));
    let hidden = || Forged::withholding(&made, |_| true);
    passes(&checks(&hidden(), &numbered(8)), "selection");
    let renamed = hidden().sample(3, |line| line["shown"]["id"] = "an-easier-one".into());
    fails(&checks(&renamed, &numbered(8)), "selection", "are others than the plan chose");
    let swapped = hidden().lines(|lines| {
        let first = lines[2]["shown"]["id"].take();
        lines[2]["shown"]["id"] = lines[5]["shown"]["id"].take();
        lines[5]["shown"]["id"] = first;
    });
    fails(&checks(&swapped, &numbered(8)), "selection", "are others than the plan chose");
    // A plan that chose more, and a run that says it is of the same samples.
    fails(&checks(&hidden(), &numbered(9)), "selection", "are others than the plan chose");
}

fn early() -> Settings {
    let early = EarlyStopping { half_width: Some(0.2), decide: Vec::new() };
    Settings { early: Some(early), ..settings() }
}

#[test]
fn where_a_run_stopped_early_and_its_data_is_elsewhere_the_choice_is_not_checked_and_said_so() {
    let made = Made::of(PLAIN, 300, early(), |_| Said::Text("yes"));
    let hidden = Forged::withholding(&made, |_| true);
    let checks = checks(&hidden, &numbered(300));
    let check = checks.iter().find(|check| check.id == "selection").unwrap();
    assert_eq!(check.outcome, Outcome::NotChecked, "{}", check.detail);
    assert!(
        check.detail.contains("stopped early") && check.detail.contains("not built in"),
        "{}",
        check.detail
    );
}

#[test]
fn where_a_run_of_a_built_in_task_stopped_early_its_samples_are_those_of_the_order() {
    let built_in = || {
        let mut found = Catalogue::new().resolve(&["over-refusal".to_owned()]).unwrap();
        found.tasks.remove(0)
    };
    let home = tempfile::tempdir().unwrap();
    let made = Made::of_task(home, built_in(), early(), |_| Said::Text("Of course."));
    let planned = |limit: Option<u64>| {
        let settings = Settings { limit, ..settings() };
        let plan = overt_eval::Plan::prepare(None, vec![built_in()], settings, made.home.path()).unwrap();
        plan.sample_ids().unwrap().remove(0)
    };
    let hidden = || Forged::withholding(&made, |_| true);
    let ids = planned(None);
    passes(&checks(&hidden(), &ids), "selection");
    let renamed = hidden().sample(3, |line| line["shown"]["id"] = "an-easier-one".into());
    fails(&checks(&renamed, &ids), "selection", "are others than the plan chose");
    let fewer = planned(Some(50));
    fails(&checks(&hidden(), &fewer), "selection", "the plan chose 50 samples, and it draws from others");
    let others: Vec<String> = ids.iter().rev().cloned().collect();
    fails(&checks(&hidden(), &others), "selection", "did not choose the samples of the dataset");
}
