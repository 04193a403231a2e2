//! The AI Incident Database: the fields of a submission, with the limits of its form.
//!
//! A report of an incident that the database has (scheme `aiid`, id its number) needs no description of the incident
//! itself. The text was published, and is taken, when the record was signed.

use overt_record::record::Precision;
use serde_json::{Value, json};

use super::{Lacks, NoExport, Source, system_line};
use crate::form::{Choices, Labels};
use crate::when;

const NAME: std::ops::RangeInclusive<usize> = 3..=200;
const TITLE: std::ops::RangeInclusive<usize> = 6..=500;
const TEXT: std::ops::RangeInclusive<usize> = 80..=50_000;
const MAX_DESCRIPTION: usize = 500;

pub(super) fn submission(source: &Source<'_>) -> Result<Value, NoExport> {
    let incident = source.incident;
    let mut lacks = Lacks::default();
    let title = incident.title.as_str();
    lacks.unless(TITLE.contains(&length(title)), "title", "it has 6 to 500 characters (event.title)");
    let text = text(source);
    lacks.unless(TEXT.contains(&length(&text)), "text", "it has 80 to 50000 characters (event.description)");
    lacks.unless(source.address.is_some(), "url", "give the address at which the record can be read");
    let authors = vec![source.author().to_owned()];
    let day = when::day(source.header.issued_at);
    let mut submission = json!({
        "title": title,
        "text": text,
        "authors": checked(&mut lacks, "authors", authors),
        "date_published": day,
        "date_downloaded": day,
        "url": source.address.map(overt_record::Link::as_str),
        "language": incident.language.as_str(),
        "tags": incident.taxonomies.iter().map(|entry| format!("{}:{}", entry.scheme, entry.id)).collect::<Vec<_>>(),
        "editor_notes": format!("overt incident record, sha256 {}", source.record),
    });
    if let Some(name) = source.shared_name() {
        let names = checked(&mut lacks, "submitters", vec![name.to_owned()]);
        submission["submitters"] = json!(names);
    }
    let known: Vec<u64> =
        source.entries("aiid").filter_map(|id| id.parse().ok().filter(|id| *id > 0)).collect();
    if known.is_empty() {
        new_incident(source, &mut submission, &mut lacks);
    } else {
        submission["incident_ids"] = json!(known);
    }
    lacks.or(submission)
}

fn new_incident(source: &Source<'_>, submission: &mut Value, lacks: &mut Lacks) {
    let incident = source.incident;
    let details = incident.details.as_deref();
    let within = details.and_then(|details| details.occurred_within);
    let dated = incident.occurred_at.filter(|_| matches!(within, None | Some(Precision::Day)));
    lacks.unless(dated.is_some(), "incident_date", "say on which day it happened (event.occurredAt)");
    let names = |of: fn(&overt_record::record::ImplicatedSystem) -> &Vec<overt_record::Name>| -> Vec<String> {
        incident.systems.iter().flat_map(of).map(ToString::to_string).collect()
    };
    let (developers, deployers) = (names(|system| &system.developers), names(|system| &system.deployers));
    lacks.unless(!developers.is_empty(), "developers", "name who made the system (systems.0.developers)");
    lacks.unless(!deployers.is_empty(), "deployers", "name who runs the system (systems.0.deployers)");
    let parties = harmed(source);
    let harmed = "say who was or could be harmed (impact.harmedParties or impact.stakeholders)";
    lacks.unless(!parties.is_empty(), "harmed_parties", harmed);
    let fields = [
        ("incident_title", json!(incident.title.as_str())),
        ("incident_date", json!(dated.map(when::day))),
        ("description", json!(shortened(incident.description.as_str()))),
        ("developers", json!(checked(lacks, "developers", developers))),
        ("deployers", json!(checked(lacks, "deployers", deployers))),
        ("harmed_parties", json!(checked(lacks, "harmed_parties", parties))),
        (
            "implicated_systems",
            json!(checked(lacks, "implicated_systems", incident.systems.iter().map(system_line).collect())),
        ),
    ];
    for (name, value) in fields {
        submission[name] = value;
    }
}

/// Who was harmed by name, or else which groups could be.
fn harmed(source: &Source<'_>) -> Vec<String> {
    let named = source.incident.details.iter().flat_map(|details| &details.harmed_parties);
    let named: Vec<String> = named.map(ToString::to_string).collect();
    if !named.is_empty() {
        return named;
    }
    let labels = Labels::english();
    source.incident.stakeholders.iter().map(|who| labels.term(Choices::Stakeholder, who)).collect()
}

fn checked(lacks: &mut Lacks, asked: &str, mut names: Vec<String>) -> Vec<String> {
    names.dedup();
    for name in &names {
        lacks.unless(NAME.contains(&length(name)), asked, "each name has 3 to 200 characters");
    }
    names
}

fn text(source: &Source<'_>) -> String {
    let incident = source.incident;
    let details = incident.details.as_deref();
    let parts = [
        Some(incident.description.to_string()),
        details.and_then(|details| details.expected.as_ref()).map(|words| format!("Expected: {words}")),
        details.and_then(|details| details.actual.as_ref()).map(|words| format!("Actual: {words}")),
        incident.relation_to_harm.as_ref().map(ToString::to_string),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// JavaScript counts UTF-16 code units, and so does the form.
fn length(words: &str) -> usize {
    words.encode_utf16().count()
}

/// One line of at most 500 characters; what is cut ends with `…`.
fn shortened(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if length(&line) <= MAX_DESCRIPTION {
        return line;
    }
    let mut short = String::new();
    let mut units = 1;
    for character in line.chars() {
        units += character.len_utf16();
        if units > MAX_DESCRIPTION {
            break;
        }
        short.push(character);
    }
    short + "…"
}
