//! Measure 9.2 of the EU's code of practice for general-purpose AI (Safety and Security chapter, 2025): what a report of a
//! serious incident holds. Items (1) to (7) belong into the initial report, all of them into the final one (measure 9.3).

use overt_record::record::IncidentDetails;
use serde_json::{Value, json as object};

use super::table::cell;
use super::{Lack, Source, system_line};
use crate::deadline::NO_ADVICE;
use crate::form::{Choices, Labels};
use crate::when;

struct Item {
    number: u8,
    name: &'static str,
    answer: Vec<(&'static str, String)>,
    field: &'static str,
}

impl Item {
    fn is_initial(&self) -> bool {
        self.number <= 7
    }
}

pub(super) fn markdown(source: &Source<'_>) -> (String, Vec<Lack>) {
    let items = items(source);
    let open = open(&items);
    let mut text = format!(
        "# {}\n\nSerious incident, in the items of measure 9.2 of the Code of Practice for General-Purpose AI. ",
        cell(source.incident.title.as_str())
    );
    text += &format!(
        "Record: sha256 {}, signed {} by {}. {NO_ADVICE}\n",
        source.record,
        source.header.issued_at,
        cell(source.header.issuer.name.as_str())
    );
    for line in contact(source) {
        text += &format!("\n{}\n", cell(&line));
    }
    for item in &items {
        let stage = if item.is_initial() { "initial report" } else { "final report" };
        text += &format!("\n## ({}) {}\n\n", item.number, item.name);
        if item.answer.is_empty() {
            text += &format!("**missing** for the {stage}\n");
        }
        for (label, words) in &item.answer {
            text += &format!("{label}: {}\n\n", cell(words));
        }
    }
    (text, open)
}

pub(super) fn json(source: &Source<'_>) -> (String, Vec<Lack>) {
    let items = items(source);
    let open = open(&items);
    let rows: Vec<Value> = items
        .iter()
        .map(|item| {
            let answer: Vec<Value> =
                item.answer.iter().map(|(label, words)| object!({ "label": label, "text": words })).collect();
            object!({ "number": item.number, "item": item.name, "initial": item.is_initial(), "answer": answer })
        })
        .collect();
    let document = object!({
        "format": "Code of Practice for General-Purpose AI (2025), Safety and Security, measure 9.2",
        "title": source.incident.title.as_str(),
        "record": source.record.to_string(),
        "issuedAt": source.header.issued_at.to_string(),
        "issuer": source.header.issuer.name.as_str(),
        "contact": contact(source),
        "items": rows,
        "missing": open.iter().map(|lack| object!({ "item": lack.asked, "message": lack.message })).collect::<Vec<_>>(),
        "note": NO_ADVICE,
    });
    (super::json(&document), open)
}

fn contact(source: &Source<'_>) -> Vec<String> {
    let Some(shared) = source.shared else { return Vec::new() };
    let parts = [&shared.name, &shared.organisation, &shared.email];
    let parts: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
    if parts.is_empty() { Vec::new() } else { vec![format!("Contact: {}", parts.join(", "))] }
}

fn open(items: &[Item]) -> Vec<Lack> {
    let open = items.iter().filter(|item| item.answer.is_empty());
    let lack = |item: &Item| {
        let stage = if item.is_initial() { "the initial report" } else { "the final report" };
        Lack {
            asked: format!("measure 9.2({})", item.number),
            message: format!("{stage} needs it; answer {}", item.field),
        }
    };
    open.map(lack).collect()
}

/// Those parts that say something.
fn said(parts: impl IntoIterator<Item = (&'static str, String)>) -> Vec<(&'static str, String)> {
    parts.into_iter().filter(|(_, words)| !words.is_empty()).collect()
}

fn list<T: ToString>(values: &[T]) -> String {
    values.iter().map(T::to_string).collect::<Vec<_>>().join("; ")
}

fn words<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

fn items(source: &Source<'_>) -> Vec<Item> {
    let none = IncidentDetails::default();
    let details = source.incident.details.as_deref().unwrap_or(&none);
    let mut items = initial(source, details);
    items.extend(last(details));
    items
}

fn initial(source: &Source<'_>, details: &IncidentDetails) -> Vec<Item> {
    let incident = source.incident;
    let labels = Labels::english();
    let within = details.occurred_within;
    let harms: Vec<String> = incident.harms.iter().map(|harm| labels.term(Choices::Harm, harm)).collect();
    let who: Vec<String> =
        incident.stakeholders.iter().map(|who| labels.term(Choices::Stakeholder, who)).collect();
    let serious: Vec<String> =
        incident.serious.iter().map(|case| labels.term(Choices::Serious, case)).collect();
    let systems: Vec<String> = incident.systems.iter().map(system_line).collect();
    let item = |number, name, answer, field| Item { number, name, answer, field };
    vec![
        item(
            1,
            "Start and end",
            said([
                ("Start", incident.occurred_at.map(|time| when::write(time, within)).unwrap_or_default()),
                ("End", words(incident.ended_at.as_ref())),
            ]),
            "event.occurredAt",
        ),
        item(
            2,
            "Harm, and the victim or affected group",
            said([
                ("Description", words(Some(&incident.description))),
                ("Harm", list(&harms)),
                ("Cases of Article 3(49)", list(&serious)),
                ("Quantity", words(details.harm_quantity.as_ref())),
                ("Affected", list(&who)),
                ("Harmed parties", list(&details.harmed_parties)),
                ("Rights", list(&details.rights)),
            ]),
            "impact.harms",
        ),
        item(
            3,
            "Chain of events",
            said([("Events", words(details.chain_of_events.as_ref()))]),
            "event.chainOfEvents",
        ),
        item(
            4,
            "Model involved",
            said([("Systems", list(&systems)), ("Model", words(details.model.as_ref()))]),
            "systems",
        ),
        item(5, "Material available on the model's involvement", material(source), "event.relationToHarm"),
        item(
            6,
            "Response, done or intended",
            said([("Response", words(incident.response.as_ref()))]),
            "response.actions",
        ),
        item(
            7,
            "Recommendations to the AI Office and national authorities",
            said([("Recommendations", words(details.recommendations.as_ref()))]),
            "response.recommendations",
        ),
    ]
}

fn material(source: &Source<'_>) -> Vec<(&'static str, String)> {
    let incident = source.incident;
    let shown = incident.evidence.iter().map(|evidence| {
        let uri = evidence.uri.as_ref().map(|uri| format!(" {uri}")).unwrap_or_default();
        let digest = evidence.sha256.map(|sha256| format!(" sha256 {sha256}")).unwrap_or_default();
        format!("{}{uri}{digest}", evidence.title)
    });
    let shown: Vec<String> = shown.collect();
    let records: Vec<String> = incident.records.iter().map(|record| format!("sha256 {record}")).collect();
    said([
        ("Relation to the harm", words(incident.relation_to_harm.as_ref())),
        ("Evidence", list(&shown)),
        ("Records of evaluations", list(&records)),
    ])
}

fn last(details: &IncidentDetails) -> Vec<Item> {
    let root = details.root_cause.clone().unwrap_or_default();
    vec![
        Item {
            number: 8,
            name: "Root cause",
            answer: said([
                ("Outputs", words(root.outputs.as_ref())),
                ("Contributing factors", words(root.factors.as_ref())),
                ("Inputs", words(root.inputs.as_ref())),
                ("Failures or circumventions of mitigations", words(root.mitigation_failures.as_ref())),
            ]),
            field: "cause.outputs",
        },
        Item {
            number: 9,
            name: "Patterns from post-market monitoring, near misses among them",
            answer: said([("Patterns", words(details.monitoring.as_ref()))]),
            field: "cause.monitoring",
        },
    ]
}
