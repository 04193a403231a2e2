//! What is private appears in no record, and in no export without consent.

use overt_record::record::Header;
use overt_record::{Hash, Link, Record};
use overt_report::form::{Field, Input};
use overt_report::{Draft, Format, NoExport, Source, Target, export};
use proptest::prelude::*;

use crate::answers::{begun, complete, fields, filled, header, incident};

/// The answers that are private and can be told from all others.
fn private(draft: &Draft) -> Vec<(String, String)> {
    let told_apart = |field: &Field| {
        !field.public
            && !matches!(field.input, Input::YesNo | Input::One(_) | Input::Several(_) | Input::Country)
    };
    let fields = fields(draft).into_iter().filter(told_apart);
    fields.flat_map(|field| field.values.into_iter().map(move |value| (field.id.clone(), value))).collect()
}

/// Every export that there is, with what is shared for its target.
fn exports(draft: &Draft, header: &Header) -> Vec<(Format, String)> {
    let incident = incident(draft);
    let address: Link = "https://example.org/incidents/1".parse().unwrap();
    let written = Format::ALL.iter().filter_map(|&format| {
        let shared = draft.shared_with(format.target());
        let source = Source {
            incident: &incident,
            header,
            record: Hash::of("the record"),
            address: Some(&address),
            shared: shared.as_ref(),
        };
        let export = export(format, &source).ok()?;
        Some((format, export.name + &export.text))
    });
    written.collect()
}

fn holds(text: &str, value: &str) -> bool {
    let escaped = serde_json::to_string(value).unwrap();
    let first_line = value.lines().next().unwrap();
    text.contains(value) || text.contains(&escaped) || text.contains(first_line)
}

#[test]
fn nothing_private_is_in_a_record_or_an_export() {
    // Every field is answered; the second one is of a kind that OpenVEX takes.
    let mut flaw = filled(begun(false, true, "deployer"));
    flaw.set("response.status", &["accepted"]).unwrap();
    for mut draft in [complete(), flaw] {
        draft.set("event.occurredAt", &["2026-10-05"]).unwrap();
        let private = private(&draft);
        assert!(private.len() > 15, "{private:?}");
        let record = Record::new(header(), incident(&draft)).unwrap();
        let payload = String::from_utf8(record.to_payload().unwrap()).unwrap();
        let exports = exports(&draft, &header());
        assert!(exports.len() >= 8, "{:?}", exports.iter().map(|(format, _)| format).collect::<Vec<_>>());
        for (field, value) in &private {
            assert!(!holds(&payload, value), "{field} is in the record");
            for (format, text) in &exports {
                assert!(!holds(text, value), "{field} is in {format:?}");
            }
        }
    }
}

#[test]
fn only_what_was_agreed_to_goes_out_and_only_to_whom() {
    for (target, part, field) in [
        ("flare_ai", "contact", "reporter.email"),
        ("flare_ai", "disclosure", "coordination.recipients.0.name"),
        ("avid", "name", "reporter.name"),
        ("oecd", "organisation", "reporter.organisation"),
        ("gpai_code", "contact", "reporter.email"),
        ("aiid", "name", "reporter.name"),
    ] {
        let mut draft = complete();
        draft.set("event.occurredAt", &["2026-10-05"]).unwrap();
        draft.set("coordination.consent.0.to", &[target]).unwrap();
        draft.set("coordination.consent.0.parts", &[part]).unwrap();
        let private = private(&draft);
        let (_, agreed) = private.iter().find(|(id, _)| id == field).unwrap();
        for (format, text) in exports(&draft, &header()) {
            let to = serde_json::to_value(format.target()).unwrap() == target;
            assert_eq!(holds(&text, agreed), to, "{field} and {format:?}");
            let others = private.iter().filter(|(id, value)| {
                let of_plan = part == "disclosure" && id.starts_with("coordination.");
                value != agreed && !(to && of_plan)
            });
            for (id, value) in others {
                assert!(!holds(&text, value), "{id} goes out in {format:?} with {part}");
            }
        }
    }
}

#[test]
fn what_is_shared_with_one_is_not_passed_on_to_another() {
    let mut draft = complete();
    draft.set("coordination.consent.0.to", &["avid"]).unwrap();
    draft.set("coordination.consent.0.parts", &["name"]).unwrap();
    let shared = draft.shared_with(Target::Avid).unwrap();
    let (incident, header) = (incident(&draft), header());
    let source = Source {
        incident: &incident,
        header: &header,
        record: Hash::of("r"),
        address: None,
        shared: Some(&shared),
    };
    assert!(matches!(export(Format::FlareAi, &source), Err(NoExport::OtherTarget)));
    assert!(export(Format::Avid, &source).is_ok());
}

#[test]
fn a_consent_to_nothing_and_one_without_an_answer_share_nothing() {
    let mut draft = complete();
    assert!(Target::ALL.iter().all(|&target| draft.shared_with(target).is_none()));
    draft.set("coordination.consent.0.to", &["avid"]).unwrap();
    assert_eq!(draft.shared_with(Target::Avid), None);
    draft.set("coordination.consent.0.parts", &["name"]).unwrap();
    draft.set("reporter.name", &[]).unwrap();
    assert_eq!(draft.shared_with(Target::Avid), None);
}

#[test]
fn private_words_do_not_show_in_debug_output() {
    let draft = complete();
    let shown = format!("{:?} {:?} {:?}", draft.reporter, draft.coordination, draft.attachments);
    assert!(!shown.contains("Private words 0 of"), "{shown}");
    let words = private(&draft).into_iter().filter(|(_, value)| value.starts_with("Private words"));
    // Links, digests, types and times of the private half are no words of a person.
    for (field, value) in words {
        assert!(!shown.contains(&value), "{field}: {shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn marked_words_of_any_private_field_stay_private(
        harm: bool, malicious: bool, relation in prop::sample::select(vec!["user", "developer", "affected"]),
        marker in "zq[a-z]{10}", pick in any::<prop::sample::Index>(),
    ) {
        let mut draft = filled(begun(harm, malicious, relation));
        let words: Vec<Field> = fields(&draft)
            .into_iter()
            .filter(|field| !field.public && matches!(field.input, Input::Line | Input::Prose))
            .collect();
        let field = &words[pick.index(words.len())];
        draft.set(&field.id, &[&marker]).unwrap();
        let record = Record::new(header(), incident(&draft)).unwrap();
        prop_assert!(!String::from_utf8(record.to_payload().unwrap()).unwrap().contains(&marker));
        for (format, text) in exports(&draft, &header()) {
            prop_assert!(!text.contains(&marker), "{} is in {:?}", field.id, format);
        }
    }
}
