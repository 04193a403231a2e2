//! Drafts to test with: every field is answered with words that can be told apart.

use overt_record::record::{Header, Incident, Interval, Issuer, MeasuredPrevalence};
use overt_record::{Algorithm, Decimal, Hash, PrivateKey, Timestamp};
use overt_report::form::{Channel, Field, Form, Input, Labels};
use overt_report::{Draft, Source, to_incident};

pub(crate) const CHANNEL: Channel = Channel::Site;

pub(crate) fn now() -> Timestamp {
    "2026-11-24T16:00:00Z".parse().unwrap()
}

pub(crate) fn form(draft: &Draft) -> Form {
    Form::of(draft, CHANNEL, now(), &Labels::english())
}

pub(crate) fn fields(draft: &Draft) -> Vec<Field> {
    form(draft).steps.into_iter().flat_map(|step| step.fields).collect()
}

/// The first questions, answered.
pub(crate) fn begun(harm: bool, malicious: bool, relation: &str) -> Draft {
    let word = |yes: bool| if yes { "yes" } else { "no" };
    let mut draft = Draft::default();
    for (field, answer) in [
        ("classification.realWorldHarm", word(harm)),
        ("classification.maliciousUse", word(malicious)),
        ("classification.csam", "no"),
        ("classification.kind", if harm { "incident" } else { "vulnerability" }),
        ("reporter.relation", relation),
    ] {
        draft.set(field, &[answer]).unwrap();
    }
    draft
}

/// A right answer that contains the marker, where the kind of answer has room for words, or follows from it.
pub(crate) fn answer(field: &Field, marker: &str) -> Vec<String> {
    let digest = || Hash::of(format!("{marker}{}", field.id)).to_string();
    let one = match field.input {
        Input::YesNo => "yes".to_owned(),
        Input::Line | Input::Lines | Input::PlainName | Input::PlainNames => marker.to_owned(),
        Input::Prose => format!("{marker}.\nSecond line."),
        Input::Time => "2026-10".to_owned(),
        Input::Moment if field.public => "2026-11-20T09:30:00Z".to_owned(),
        // Private moments are told apart from public ones by their second.
        Input::Moment => "2026-11-21T07:08:09Z".to_owned(),
        Input::One(_) => field.choices[0].value.clone(),
        Input::Several(_) => return field.choices.iter().map(|choice| choice.value.clone()).collect(),
        Input::Countries => "BR".to_owned(),
        Input::Country => "KE".to_owned(),
        Input::Language => "en".to_owned(),
        Input::Link => format!("https://example.org/{}", marker.replace(' ', "-")),
        Input::Email => format!("{}@example.org", marker.replace(' ', "-")),
        Input::Digest | Input::Digests => digest(),
        Input::Industries => "8610".to_owned(),
        Input::Cvss => "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N".to_owned(),
        Input::Purl => "pkg:huggingface/example/model@0a1b2c".to_owned(),
        Input::MediaType => format!("image/{}", marker.replace(' ', "-")),
        Input::Bytes => "4711".to_owned(),
        Input::Measured => return Vec::new(),
    };
    vec![one]
}

/// Answers every field that is still open with a marker of its own; answers open questions, so it is done to the end.
pub(crate) fn filled(mut draft: Draft) -> Draft {
    loop {
        let open = fields(&draft).into_iter().filter(|field| field.values.is_empty());
        let open: Vec<_> =
            open.filter(|field| field.input != Input::Measured && field.id != "updates").collect();
        if open.is_empty() {
            break;
        }
        for (index, field) in open.iter().enumerate() {
            let reach = if field.public { "Public" } else { "Private" };
            let values = answer(field, &format!("{reach} words {index} of {}", field.id.replace('.', " ")));
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            draft.set(&field.id, &values).unwrap();
        }
    }
    let record = draft.evidence.records[0].parse().unwrap();
    draft.evidence.measured_prevalence = Some(measured(record));
    draft.impact.taxonomies.clear();
    for (index, (scheme, id)) in
        [("cwe", "CWE-77"), ("avid-sep", "E0301"), ("avid-lifecycle", "L06"), ("atlas", "AML.T0051")]
            .iter()
            .enumerate()
    {
        draft.set(&format!("impact.taxonomies.{index}.scheme"), &[scheme]).unwrap();
        draft.set(&format!("impact.taxonomies.{index}.id"), &[id]).unwrap();
    }
    draft.coordination.consent.clear();
    draft
}

/// A report that answers everything: harm was done, on purpose, and its maker reports it.
pub(crate) fn complete() -> Draft {
    filled(begun(true, true, "developer"))
}

/// A flaw that a researcher reports, with what is needed and no more.
pub(crate) fn small() -> Draft {
    let mut draft = begun(false, false, "researcher");
    for (field, answer) in [
        ("classification.kind", "flaw"),
        ("systems.0.name", "Example Assistant"),
        ("systems.0.version", "2026-11"),
        ("event.title", "Wrong dose of a common painkiller"),
        (
            "event.description",
            "Asked in Portuguese for the dose for a child, the assistant names the dose for an adult.",
        ),
        ("event.language", "en"),
        ("evidence.stepsToReproduce", "Ask for the dose for a child, in Portuguese."),
        ("impact.severity", "high"),
        ("impact.prevalence", "common"),
        ("impact.harms", "physical"),
        ("impact.stakeholders", "end_users"),
        ("response.status", "reported"),
        ("reporter.email", "reader@example.org"),
        ("coordination.disclosure", "undecided"),
        ("coordination.recipients.0.name", "A laboratory"),
    ] {
        draft.set(field, &[answer]).unwrap();
    }
    draft
}

pub(crate) fn measured(record: Hash) -> MeasuredPrevalence {
    let decimal = |value| Decimal::new(value).unwrap();
    MeasuredPrevalence {
        count: 18,
        of: 60,
        interval: Interval {
            low: decimal(0.199),
            high: decimal(0.4251),
            level: decimal(0.95),
            method: "wilson".parse().unwrap(),
        },
        record,
        task: "doses".parse().unwrap(),
        metric: "wrong-dose".parse().unwrap(),
    }
}

pub(crate) fn header() -> Header {
    let key = PrivateKey::generate(Algorithm::Ed25519, &[7; 32]).public();
    Header { issuer: Issuer { name: "Example Site".parse().unwrap(), key, uri: None }, issued_at: now() }
}

pub(crate) fn incident(draft: &Draft) -> Incident {
    to_incident(draft, CHANNEL, now()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

pub(crate) fn source<'a>(incident: &'a Incident, header: &'a Header) -> Source<'a> {
    Source { incident, header, record: Hash::of("the record"), address: None, shared: None }
}
