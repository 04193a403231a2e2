//! Steps: what applies, what is missing, what is wrong.

use overt_report::Draft;
use overt_report::draft::{BadDraft, MAX_BYTES, MAX_ITEMS};
use overt_report::form::{Channel, Form, Labels, StepId, check, relevant};
use proptest::prelude::*;

use crate::answers::{CHANNEL, begun, complete, fields, form, now, small};

fn steps(draft: &Draft) -> Vec<StepId> {
    form(draft).steps.iter().map(|step| step.id).collect()
}

fn message(draft: &Draft, field: &str) -> Option<String> {
    check(draft, CHANNEL, now())
        .into_iter()
        .find(|problem| problem.field == field)
        .map(|problem| problem.message)
}

#[test]
fn an_empty_form_asks_the_first_questions_and_names_what_is_needed() {
    let form = form(&Draft::default());
    assert_eq!(form.steps[0].id, StepId::Kind);
    assert_eq!(form.problems[0].field, "classification.realWorldHarm");
    assert_eq!(form.progress.done, 0);
    assert!(form.problems.iter().any(|problem| problem.field == "systems.0.name"));
    assert!(form.problems.iter().any(|problem| problem.field == "coordination.recipients.0.name"));
}

#[test]
fn only_what_applies_is_asked() {
    let flaw = steps(&begun(false, false, "researcher"));
    assert!(
        !flaw.contains(&StepId::Harm) && !flaw.contains(&StepId::Duties) && !flaw.contains(&StepId::Withheld)
    );
    // A vulnerability can be exploited, though nobody is known to have done so.
    assert!(flaw.contains(&StepId::Attack));
    let mut plain = begun(false, false, "user");
    plain.set("classification.kind", &["flaw"]).unwrap();
    assert!(!steps(&plain).contains(&StepId::Attack));
    assert!(steps(&begun(true, false, "affected")).contains(&StepId::Harm));
    assert!(steps(&begun(true, false, "deployer")).contains(&StepId::Duties));
}

#[test]
fn a_complete_draft_is_complete() {
    for draft in [small(), complete()] {
        let form = form(&draft);
        assert_eq!(form.problems, Vec::new());
        assert_eq!(form.progress.done, form.progress.needed);
        assert!(form.steps.iter().all(|step| step.complete));
    }
}

#[test]
fn whoever_signs_alone_needs_no_address() {
    let mut draft = small();
    draft.set("reporter.email", &[]).unwrap();
    assert!(message(&draft, "reporter.email").is_some());
    assert_eq!(check(&draft, Channel::Signed, now()), Vec::new());
}

#[test]
fn an_evaluation_stands_for_the_steps_to_reproduce() {
    let mut draft = small();
    draft.set("evidence.stepsToReproduce", &[""]).unwrap();
    assert!(message(&draft, "evidence.stepsToReproduce").is_some());
    assert!(fields(&draft).iter().all(|field| field.id != "evidence.measuredPrevalence"));
    draft.set("evidence.records", &[&"ab".repeat(32)]).unwrap();
    assert_eq!(message(&draft, "evidence.stepsToReproduce"), None);
    assert!(fields(&draft).iter().any(|field| field.id == "evidence.measuredPrevalence"));
}

#[test]
fn wrong_answers_are_kept_and_named_with_their_field() {
    for (field, answer, said) in [
        ("event.title", "two\nlines", "the text has"),
        ("event.occurredAt", "yesterday", "a time is"),
        ("event.discoveredAt", "2026-12-01", "future"),
        ("event.endedAt", "2027-01-01", "future"),
        ("systems.0.sha256", "abc", "SHA-256"),
        ("systems.0.purl", "example", "package URL"),
        ("impact.industries", "hospital", "ISIC"),
        ("evidence.records", "abc", "SHA-256"),
        ("reporter.email", "reader", "mail address"),
        ("reporter.country", "Kenya", "capital letters"),
        ("event.policies.0.reason", "It is forbidden.", ""),
        ("evidence.items.0.title", "A video", ""),
    ] {
        let mut draft = small();
        draft.set(field, &[answer]).unwrap();
        let problems = check(&draft, CHANNEL, now());
        let found = problems.iter().find(|problem| {
            problem.field.split('.').take(2).eq(field.split('.').take(2)) && problem.message.contains(said)
        });
        assert!(found.is_some(), "{field}: {problems:?}");
        let kept = fields(&draft).into_iter().find(|kept| kept.id == field).unwrap();
        assert_eq!(kept.values, [answer]);
    }
}

#[test]
fn rules_between_answers_hold() {
    let mut draft = complete();
    draft.set("event.occurredAt", &["2026-11-22"]).unwrap();
    draft.set("event.endedAt", &["2026-11-21"]).unwrap();
    assert!(message(&draft, "event.endedAt").unwrap().contains("before it began"));
    let mut draft = small();
    draft.set("classification.realWorldHarm", &["yes"]).unwrap();
    assert!(message(&draft, "classification.kind").unwrap().contains("harmed"));
    let kinds = fields(&draft).into_iter().find(|field| field.id == "classification.kind").unwrap().choices;
    assert_eq!(kinds.iter().map(|kind| kind.value.as_str()).collect::<Vec<_>>(), ["incident"]);
    let mut draft = small();
    let records: Vec<String> = (0..8).map(|n| format!("{n:064x}")).collect();
    draft.set("evidence.records", &records.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    assert!(message(&draft, "evidence.records").unwrap().contains("seven"));
    let mut draft = complete();
    draft.evidence.measured_prevalence.as_mut().unwrap().count = 61;
    assert!(message(&draft, "evidence.measuredPrevalence").unwrap().contains("share"));
    let mut draft = complete();
    draft.set("evidence.records", &[&"ab".repeat(32)]).unwrap();
    assert!(message(&draft, "evidence.measuredPrevalence").unwrap().contains("records named"));
    let mut draft = complete();
    draft.set("attachments.0.name", &["../etc/passwd"]).unwrap();
    assert!(message(&draft, "attachments.0.name").unwrap().contains("no path"));
}

#[test]
fn answers_to_questions_that_no_longer_apply_are_left_out() {
    let mut draft = complete();
    draft.set("classification.maliciousUse", &["no"]).unwrap();
    draft.set("classification.realWorldHarm", &["no"]).unwrap();
    draft.set("classification.kind", &["flaw"]).unwrap();
    let relevant = relevant(&draft, CHANNEL);
    assert!(relevant.attack.resources.is_empty() && relevant.event.relation_to_harm.is_empty());
    assert!(!draft.event.relation_to_harm.is_empty(), "the draft itself keeps them");
    assert_eq!(check(&draft, CHANNEL, now()), Vec::new());
}

#[test]
fn what_cannot_be_answered_is_refused_and_changes_nothing() {
    let mut draft = small();
    let before = draft.clone();
    for (field, values) in [
        ("event.nothing", &["x"][..]),
        ("event", &["x"]),
        ("", &["x"]),
        ("systems.1x.name", &["x"]),
        ("systems.7.name", &["x"]),
        ("systems.99999999999999999999.name", &["x"]),
        ("systems.name", &["x"]),
        ("event.title.0", &["x"]),
        ("impact.severity", &["awful"]),
        ("impact.harms", &["physical", "awful"]),
        ("classification.csam", &["perhaps"]),
        ("event.title", &["a", "b"]),
        ("attachments.0.size", &["-1"]),
        ("evidence.measuredPrevalence", &["18/60"]),
    ] {
        let error = draft.set(field, values).unwrap_err();
        assert_eq!(error.field, field);
        assert_eq!(draft, before, "{field}");
    }
    assert!(draft.set("event.places", &["x"; 65]).is_err());
    draft.set("event.description", &["a\r\nb"]).unwrap();
    assert_eq!(draft.event.description, "a\nb");
}

#[test]
fn a_draft_survives_as_json_and_bad_json_is_one_clear_error() {
    let draft = complete();
    assert_eq!(Draft::from_json(draft.to_json().as_bytes()), Ok(draft.clone()));
    assert_eq!(Draft::from_json(b"{}"), Ok(Draft::default()));
    for bad in ["", "{", r#"{"secret":1}"#, r#"{"event":{"title":7}}"#, r#"{"impact":{"severity":"secret"}}"#]
    {
        let error = Draft::from_json(bad.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("line") && !error.contains("secret"), "{error}");
    }
    for list in ["[]", r#"["x"]"#, r#"{"event":["secret"]}"#, r#"{"systems":[["secret"]]}"#] {
        let error = Draft::from_json(list.as_bytes()).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    let deep = "[".repeat(100_000);
    assert!(Draft::from_json(deep.as_bytes()).is_err());
    let long = vec![b' '; MAX_BYTES + 1];
    assert_eq!(Draft::from_json(&long), Err(BadDraft::TooLong { found: MAX_BYTES + 1 }));
    let many = format!(r#"{{"systems":[{}]}}"#, vec!["{\"name\":\"x\"}"; 65].join(","));
    let draft = Draft::from_json(many.as_bytes()).unwrap();
    assert!(message(&draft, "systems").unwrap().contains("at most 64"));
}

#[test]
fn of_a_list_without_end_no_more_is_drawn_than_may_stand_in_it() {
    let many = format!(r#"{{"systems":[{}]}}"#, vec!["{}"; 50_000].join(","));
    let draft = Draft::from_json(many.as_bytes()).unwrap();
    let form = form(&draft);
    assert!(form.problems.iter().any(|problem| problem.field == "systems"));
    let names = form.steps.iter().flat_map(|step| &step.fields).map(|field| field.id.split('.'));
    let systems = names
        .filter(|path| path.clone().next() == Some("systems") && path.clone().next_back() == Some("name"));
    let systems = systems.count();
    assert!(systems <= MAX_ITEMS, "{systems} systems are drawn");
}

#[test]
fn the_form_is_data_that_a_page_can_draw() {
    let json = serde_json::to_value(Form::of(&small(), CHANNEL, now(), &Labels::english())).unwrap();
    let severity = json
        .pointer("/steps")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|s| s["fields"].as_array().unwrap());
    let severity = severity.into_iter().find(|field| field["id"] == "impact.severity").unwrap();
    assert_eq!(severity["choices"][4], serde_json::json!({ "value": "high", "label": "High" }));
    assert_eq!(severity["values"], serde_json::json!(["high"]));
    assert_eq!(severity["needed"], true);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_answer_makes_it_panic(which in any::<prop::sample::Index>(), answer in "\\PC{0,40}|.{0,40}", harm: bool, malicious: bool) {
        let mut draft = begun(harm, malicious, "deployer");
        let fields = fields(&draft);
        let field = &fields[which.index(fields.len())];
        if draft.set(&field.id, &[&answer]).is_ok() {
            let problems = form(&draft).problems;
            if answer.chars().count() > 8 {
                prop_assert!(problems.iter().all(|problem| !problem.message.contains(&answer)));
            }
            let _ = relevant(&draft, CHANNEL);
        }
    }

    #[test]
    fn no_field_name_makes_it_panic(field in "[a-z.*0-9]{0,20}|\\PC{0,20}") {
        let _ = Draft::default().set(&field, &["x"]);
    }
}
