//! Nothing of what must not be kept slips through.

use overt_record::Hash;
use overt_report::form::{StepId, check, relevant};
use overt_report::{Draft, Target, to_incident};
use proptest::prelude::*;

use crate::answers::{CHANNEL, complete, fields, form, now};

fn withheld() -> Draft {
    let mut draft = Draft::default();
    for (field, answer) in [
        ("classification.realWorldHarm", "yes"),
        ("classification.maliciousUse", "no"),
        ("classification.csam", "yes"),
        ("classification.kind", "incident"),
        ("classification.csamAcknowledged", "yes"),
        ("systems.0.name", "Example Images"),
        ("systems.0.model", "example-3"),
        ("withheld.reportedTo", "NCMEC"),
        ("reporter.relation", "user"),
        ("reporter.email", "reader@example.org"),
    ] {
        draft.set(field, &[answer]).unwrap();
    }
    draft.withheld.hashes = vec![Hash::of("a file").to_string()];
    draft
}

#[test]
fn the_form_says_where_to_turn_and_asks_for_no_words() {
    let draft = withheld();
    let form = form(&draft);
    let ids: Vec<StepId> = form.steps.iter().map(|step| step.id).collect();
    assert_eq!(ids, [StepId::Kind, StepId::Withheld, StepId::System, StepId::Event, StepId::Reporter]);
    assert!(form.steps[1].help.contains("https://report.cybertip.org"));
    assert_eq!(relevant(&draft, CHANNEL).withheld, draft.withheld);
    let asked = fields(&draft);
    for field in [
        "event.title",
        "event.description",
        "evidence.stepsToReproduce",
        "attachments.0.name",
        "reporter.name",
    ] {
        assert!(asked.iter().all(|asked| asked.id != field), "{field}");
    }
}

#[test]
fn a_kind_is_not_needed_and_the_acknowledgement_is() {
    let mut draft = withheld();
    draft.set("classification.kind", &[]).unwrap();
    assert_eq!(check(&draft, CHANNEL, now()), Vec::new());
    draft.set("classification.csamAcknowledged", &["no"]).unwrap();
    assert_eq!(check(&draft, CHANNEL, now())[0].field, "classification.csamAcknowledged");
}

#[test]
fn no_record_and_no_consent_comes_of_it() {
    let mut draft = withheld();
    draft.set("classification.kind", &[]).unwrap();
    let problems = to_incident(&draft, CHANNEL, now()).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("no record"));
    let mut draft = complete();
    draft.set("coordination.consent.0.to", &["avid"]).unwrap();
    draft.set("coordination.consent.0.parts", &["name", "contact"]).unwrap();
    assert!(draft.shared_with(Target::Avid).is_some());
    draft.set("classification.csam", &["yes"]).unwrap();
    assert_eq!(draft.shared_with(Target::Avid), None);
}

#[test]
fn content_in_any_field_is_refused_and_what_is_left_holds_none() {
    let mut draft = everything();
    draft.set("classification.csam", &["yes"]).unwrap();
    draft.set("classification.csamAcknowledged", &["yes"]).unwrap();
    draft.set("reporter.email", &["reader@example.org"]).unwrap();
    let problems = check(&draft, CHANNEL, now());
    for field in [
        "event.title",
        "event.description",
        "evidence.stepsToReproduce",
        "evidence.items.0.uri",
        "coordination.proofOfConcept",
        "attachments.0.name",
        "attachments.0.sha256",
        "event.policies.0.uri",
        "reporter.name",
        "systems.0.name",
    ] {
        assert!(problems.iter().any(|problem| problem.field == field), "{field} is let through");
    }
    let left = relevant(&draft, CHANNEL).to_json();
    assert!(!left.contains("words"), "{left}");
    assert!(!left.contains("4711"), "{left}");
}

/// Every field that holds words, those too that no single form asks together.
fn everything() -> Draft {
    let mut draft = complete();
    draft.set("coordination.disclosureLink", &["https://example.org/words"]).unwrap();
    draft.set("updates", &[&"ab".repeat(32)]).unwrap();
    draft.set("coordination.consent.0.to", &["avid"]).unwrap();
    draft
}

/// Every string in a draft becomes the same words, but for the terms of enumerations, which have no room for any.
fn everywhere(value: &mut serde_json::Value, words: &str) {
    match value {
        serde_json::Value::String(string) if !is_term(string) => words.clone_into(string),
        serde_json::Value::Array(list) => list.iter_mut().for_each(|value| everywhere(value, words)),
        serde_json::Value::Object(fields) => {
            let typed = fields.iter_mut().filter(|(name, _)| name.as_str() != "measuredPrevalence");
            typed.for_each(|(_, value)| everywhere(value, words));
        }
        _ => {}
    }
}

fn is_term(string: &str) -> bool {
    !string.is_empty()
        && string.len() < 32
        && string.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
        && !string.starts_with(|c: char| c.is_ascii_digit())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn content_put_into_every_string_is_gone_from_what_is_kept(
        content in "https://[a-z]{8}\\.example/[a-z0-9]{12}|[a-z]{3} [a-z]{4}, [a-z]{5}: [a-z ]{20}|[A-Za-z0-9+/]{64}={1,2}|data:image/png;base64,[A-Za-z0-9]{20}"
    ) {
        let mut value: serde_json::Value = serde_json::from_str(&everything().to_json()).unwrap();
        everywhere(&mut value, &content);
        let mut draft = Draft::from_json(value.to_string().as_bytes()).unwrap();
        prop_assert!(draft.to_json().matches(&content).count() > 40, "the words are everywhere");
        draft.set("classification.csam", &["yes"]).unwrap();
        draft.withheld.hashes = vec![content.clone()];
        draft.withheld.reported_to = vec![content.clone()];
        let left = relevant(&draft, CHANNEL).to_json();
        prop_assert!(!left.contains(&content), "{}", left);
        for problem in check(&draft, CHANNEL, now()) {
            prop_assert!(!problem.to_string().contains(&content));
        }
    }
}
