//! The rules between fields: each is broken once.

use overt_record::json::to_canonical;
use overt_record::record::{BadRecord, Body, Evaluation, Possession};
use overt_record::{Algorithm, Hash, PrivateKey, Record};
use serde_json::{Value, json};

use crate::examples;

/// Reads the example of a type after a change of its predicate, with the subjects that follow from it.
fn broken(kind: &str, change: impl FnOnce(&mut Value)) -> String {
    let record = examples::all()
        .into_iter()
        .find(|record| record.body().predicate_type().kind.as_str() == kind)
        .unwrap();
    let mut statement: Value = serde_json::from_slice(&record.to_payload().unwrap()).unwrap();
    change(&mut statement["predicate"]);
    match Record::from_payload(&to_canonical(&statement).unwrap()) {
        Err(BadRecord::Rule(rule)) => rule.to_string(),
        Err(error @ BadRecord::TooManyRefs(_)) => error.to_string(),
        other => panic!("{kind}: {other:?}"),
    }
}

#[test]
fn an_evaluation_adds_up() {
    let task = |field: &'static str, value: Value| {
        broken("evaluation", |predicate| predicate["tasks"][0][field] = value)
    };
    assert!(task("planned", json!(5)).contains("outcomes add up"));
    assert!(task("planned", json!(3)).contains("outcomes add up"));
    assert!(task("outcomes", json!({ "ok": 3, "timeout": 2 })).contains("outcomes add up"));
    for (change, rule) in [
        (("/samples/count", json!(3)), "a leaf for each sample"),
        (("/samples/withheld", json!(5)), "no more samples are withheld"),
        (("/run/finished", json!("2026-11-24T15:02:02Z")), "a run ends after it began"),
        (("/tasks/0/metrics/0/interval/low", json!("0.94")), "low end"),
        (("/tasks/0/metrics/0/interval/level", json!("1")), "between 0 and 1"),
        (("/tasks/0/metrics/0/bounds/0", json!("0.76")), "lower bound"),
        (("/files", json!({})), "samples.parquet"),
        (("/plan/number", json!(1)), "numbered from 1"),
        (("/plan/number", json!(3)), "numbered from 1"),
    ] {
        let ((place, value), rule) = (change, rule);
        let found = broken("evaluation", |predicate| *predicate.pointer_mut(place).unwrap() = value);
        assert!(found.contains(rule), "{place}: {found}");
    }
    assert!(
        broken("evaluation", |p| {
            p["tasks"] = json!([]);
            p["samples"]["count"] = json!(0);
            p["samples"]["withheld"] = json!(0);
        })
        .contains("at least one task")
    );
}

#[test]
fn a_task_that_stopped_may_have_asked_less_than_planned() {
    let Body::Evaluation(evaluation) = examples::all().remove(0).body().clone() else {
        panic!("the first is one")
    };
    let mut evaluation: Evaluation = *evaluation;
    evaluation.tasks[0].planned = 100;
    evaluation.tasks[0].stopped = Some(examples::text("precise enough: 4 of 100 samples were asked"));
    assert!(Record::new(examples::header(), evaluation).is_ok());
}

#[test]
fn the_other_types_have_their_rules() {
    for (kind, place, value, rule) in [
        ("plan", "/tasks", json!([]), "at least one task"),
        ("plan", "/systems", json!([]), "at least one system"),
        ("plan", "/runs", json!(0), "at least one run"),
        ("plan", "/notAfter", json!("2026-11-24T15:59:59Z"), "last moment"),
        ("reproduction", "/comparisons", json!([]), "at least one metric"),
        ("reproduction", "/comparisons/0/verdict", json!("differ"), "does not agree"),
        ("reproduction", "/comparisons/0/test/p", json!("1.5"), "p-value"),
        ("reproduction", "/comparisons/0/interval/low", json!("1"), "low end"),
        (
            "reproduction",
            "/again/record",
            json!(Hash::of("the evaluation").to_string()),
            "its own reproduction",
        ),
        ("alarm", "/window/from", json!("2026-11-25T00:00:00Z"), "ends after it begins"),
        ("alarm", "/window/to", json!("2026-11-25T00:00:00Z"), "after what it saw"),
        ("alarm", "/records", json!(vec![Hash::of("x").to_string(); 9]), "at most 8"),
        ("incident", "/systems", json!([]), "at least one system"),
        ("incident", "/discoveredAt", json!("2026-11-25T00:00:00Z"), "after it happened"),
        ("incident", "/evidence/0", json!({ "title": "x" }), "address or a digest"),
        ("incident", "/records", json!([Hash::of("x").to_string()]), "one of the records named"),
        ("incident", "/details", json!({}), "say nothing"),
        ("incident", "/details", json!({ "occurredWithin": "day" }), "beginning of it"),
        ("incident", "/details", json!({ "rootCause": {} }), "root cause that says nothing"),
        ("incident", "/details/measuredPrevalence/of", json!(17), "some of its samples"),
        ("incident", "/details/measuredPrevalence/interval/high", json!("1.5"), "between 0 and 1"),
        ("statement", "/text", json!("Another text.\n"), "digest is that of its text"),
        ("statement", "/language", json!("english please"), "BCP 47"),
        ("statement", "/language", json!("e"), "BCP 47"),
        ("endorsement", "/verified", json!("nothing"), "names the domain"),
        ("endorsement", "/domain", json!("Example.edu"), "lower-case"),
        ("endorsement", "/domain", json!("edu"), "lower-case"),
        ("endorsement", "/domain", json!("-a.edu"), "lower-case"),
        ("listing", "/names", json!([]), "at least one name"),
        ("listing", "/statedTotal", json!(1), "at least as many"),
        ("redaction", "/scope/indexes", json!([]), "names what"),
        ("redaction", "/scope/indexes", json!([2, 1]), "ascending"),
        ("redaction", "/scope/indexes", json!([1, 1]), "ascending"),
        ("key", "/change/possession", json!("AAAA"), "proof of possession"),
        ("key", "/change/newKey", json!(examples::key().public().to_base64()), "to another key"),
        ("key", "/key", json!(examples::other_key().public().to_base64()), "signs itself"),
    ] {
        let found = broken(kind, |predicate| *predicate.pointer_mut(place).unwrap() = value.clone());
        assert!(found.contains(rule), "{kind} {place} = {value}: {found}");
    }
    for (kind, field, value, rule) in [
        (
            "endorsement",
            "signatory",
            json!({ "as": "organisation", "name": "X", "affiliation": "Y" }),
            "no affiliation",
        ),
        ("endorsement", "signatory", json!({ "as": "organisation" }), "only a person"),
        ("endorsement", "signatory", json!({ "as": "person", "role": "Nurse" }), "no role"),
        ("endorsement", "signatory", json!({ "as": "person", "affiliation": "Clinic" }), "no role"),
        ("redaction", "correctedBy", json!(Hash::of("the evaluation").to_string()), "correct itself"),
    ] {
        assert!(broken(kind, |predicate| predicate[field] = value).contains(rule), "{kind} {field}");
    }
    for verified in ["nothing", "key"] {
        let nameless = broken("endorsement", |predicate| {
            predicate["verified"] = json!(verified);
            predicate["signatory"] = json!({ "as": "person" });
            predicate.as_object_mut().unwrap().remove("domain");
        });
        assert!(nameless.contains("only a person whose domain was checked"), "{verified}: {nameless}");
    }
    let unexplained = broken("redaction", |predicate| {
        predicate["reason"] = json!("other");
        predicate.as_object_mut().unwrap().remove("explanation");
    });
    assert!(unexplained.contains("explains it"));
}

#[test]
fn a_time_known_to_the_month_is_the_beginning_of_one() {
    for (time, within) in
        [("2026-11-03T00:00:00Z", "month"), ("2026-11-03T00:00:01Z", "day"), ("2026-02-01T00:00:00Z", "year")]
    {
        let found = broken("incident", |predicate| {
            predicate["occurredAt"] = json!(time);
            predicate["details"]["occurredWithin"] = json!(within);
        });
        assert!(found.contains("beginning of it"), "{found}");
    }
}

#[test]
fn an_incident_points_to_eight_records_at_most() {
    let found = broken("incident", |predicate| {
        predicate.as_object_mut().unwrap().remove("details");
        predicate["records"] = json!(vec![Hash::of("x").to_string(); 9]);
    });
    assert!(found.contains("at most 8"), "{found}");
}

#[test]
fn nobody_introduces_a_strangers_key() {
    let stranger = PrivateKey::generate(Algorithm::Ed25519, &[3; 32]);
    let introduce = |possession: Option<Possession>| {
        let mut change = json!({ "action": "introduce", "holder": "Example Institute" });
        if let Some(proof) = possession {
            change["possession"] = serde_json::to_value(proof).unwrap();
        }
        move |predicate: &mut Value| {
            predicate["key"] = json!(stranger.public().to_base64());
            predicate["change"] = change;
        }
    };
    assert!(broken("key", introduce(None)).contains("consent"));
    let stranger = PrivateKey::generate(Algorithm::Ed25519, &[3; 32]);
    // A consent that was given to somebody else, and one that the issuer gave itself.
    let to_another = Possession::prove(&examples::other_key().public().id(), &stranger);
    let by_issuer = Possession::prove(&examples::key().public().id(), &examples::key());
    for proof in [to_another, by_issuer] {
        let change = json!({
            "action": "introduce", "holder": "Example Institute", "possession": serde_json::to_value(proof).unwrap(),
        });
        let found = broken("key", |predicate| {
            predicate["key"] = json!(stranger.public().to_base64());
            predicate["change"] = change;
        });
        assert!(found.contains("proof of possession"), "{found}");
    }
}
