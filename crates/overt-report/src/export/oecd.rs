//! The OECD's common reporting framework for AI incidents (AI Papers No. 34, 2025): 29 criteria, seven of them mandatory.

use overt_record::record::{HarmKind, Incident, IncidentDetails};
use serde_json::{Value, json as object};

use super::table::{cell, csv as csv_cell};
use super::{Lack, Source, system_line};
use crate::form::{Choices, Labels};
use crate::when;

/// One of the 29 criteria with its answer.
struct Criterion {
    number: u8,
    name: &'static str,
    answer: String,
    /// The field of the form that answers it.
    field: &'static str,
}

/// Those that every report answers.
const MANDATORY: [u8; 7] = [1, 2, 3, 4, 7, 10, 11];

impl Criterion {
    fn is_mandatory(&self) -> bool {
        MANDATORY.contains(&self.number)
    }

    fn is_open(&self) -> bool {
        self.answer.is_empty()
    }
}

pub(super) fn markdown(source: &Source<'_>) -> (String, Vec<Lack>) {
    let criteria = criteria(source);
    let open = open(&criteria);
    let mut text = format!(
        "# {}\n\nCriteria of the OECD's common reporting framework for AI incidents (AI Papers No. 34). ",
        cell(source.incident.title.as_str())
    );
    text += &format!("Record: sha256 {}, signed {}.\n\n", source.record, source.header.issued_at);
    text += "| No. | Criterion | Mandatory | Answer |\n|---:|---|---|---|\n";
    for criterion in &criteria {
        let answer = match (criterion.is_open(), criterion.is_mandatory()) {
            (true, true) => "**missing**".to_owned(),
            (true, false) => "not given".to_owned(),
            (false, _) => cell(&criterion.answer),
        };
        let mandatory = if criterion.is_mandatory() { "yes" } else { "no" };
        text += &format!("| {} | {} | {mandatory} | {answer} |\n", criterion.number, criterion.name);
    }
    if !open.is_empty() {
        text += "\nMandatory and missing:\n\n";
        for lack in &open {
            text += &format!("- {}: {}\n", lack.asked, lack.message);
        }
    }
    (text, open)
}

pub(super) fn csv(source: &Source<'_>) -> (String, Vec<Lack>) {
    let criteria = criteria(source);
    let mut text = "number,criterion,mandatory,answer\r\n".to_owned();
    for criterion in &criteria {
        let mandatory = if criterion.is_mandatory() { "yes" } else { "no" };
        let cells = [csv_cell(criterion.name), mandatory.to_owned(), csv_cell(&criterion.answer)];
        text += &format!("{},{}\r\n", criterion.number, cells.join(","));
    }
    (text, open(&criteria))
}

pub(super) fn json(source: &Source<'_>) -> (String, Vec<Lack>) {
    let criteria = criteria(source);
    let open = open(&criteria);
    let rows: Vec<Value> = criteria
        .iter()
        .map(|criterion| {
            object!({
                "number": criterion.number, "criterion": criterion.name, "mandatory": criterion.is_mandatory(),
                "answer": (!criterion.is_open()).then_some(&criterion.answer),
            })
        })
        .collect();
    let document = object!({
        "framework": "OECD common reporting framework for AI incidents (AI Papers No. 34, doi 10.1787/f326d4ac-en)",
        "record": source.record.to_string(),
        "criteria": rows,
        "missing": open.iter().map(|lack| object!({ "criterion": lack.asked, "message": lack.message })).collect::<Vec<_>>(),
    });
    (super::json(&document), open)
}

fn open(criteria: &[Criterion]) -> Vec<Lack> {
    let open = criteria.iter().filter(|criterion| criterion.is_mandatory() && criterion.is_open());
    let lack = |criterion: &Criterion| Lack {
        asked: format!("criterion {}, {}", criterion.number, criterion.name),
        message: format!("it is mandatory; answer {}", criterion.field),
    };
    open.map(lack).collect()
}

fn criteria(source: &Source<'_>) -> Vec<Criterion> {
    let incident = source.incident;
    let none = IncidentDetails::default();
    let details = incident.details.as_deref().unwrap_or(&none);
    let mut criteria = about(source, details);
    criteria.extend(harm(incident, details));
    criteria.extend(economy(details));
    criteria.extend(system(incident, details));
    criteria
}

fn criterion(number: u8, name: &'static str, answer: String, field: &'static str) -> Criterion {
    Criterion { number, name, answer, field }
}

fn words<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

fn list<T: ToString>(values: &[T]) -> String {
    values.iter().map(T::to_string).collect::<Vec<_>>().join("; ")
}

fn terms<T: serde::Serialize>(choices: Choices, values: &[T]) -> String {
    let labels = Labels::english();
    values.iter().map(|value| labels.term(choices, value)).collect::<Vec<_>>().join("; ")
}

/// Lines of what is there.
fn lines(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn about(source: &Source<'_>, details: &IncidentDetails) -> Vec<Criterion> {
    let incident = source.incident;
    let within = details.occurred_within;
    let shared = source.shared;
    let submitter = lines([
        Some(terms(Choices::Relation, &[incident.reporter])),
        shared.and_then(|shared| shared.name.clone()),
        shared.and_then(|shared| shared.organisation.clone()),
        shared.and_then(|shared| shared.email.clone()),
        Some(format!("Signed by {}", source.header.issuer.name)),
    ]);
    let materials = incident.evidence.iter().map(|evidence| {
        let uri = evidence.uri.as_ref().map(|uri| format!(" {uri}")).unwrap_or_default();
        let digest = evidence.sha256.map(|sha256| format!(" sha256 {sha256}")).unwrap_or_default();
        Some(format!("{}{uri}{digest}", evidence.title))
    });
    let records = incident.records.iter().map(|record| Some(format!("evaluation record sha256 {record}")));
    vec![
        criterion(1, "Title", incident.title.to_string(), "event.title"),
        criterion(2, "Description", incident.description.to_string(), "event.description"),
        criterion(
            3,
            "How the AI system relates to the incident",
            words(incident.relation_to_harm.as_ref()),
            "event.relationToHarm",
        ),
        criterion(4, "Submitter", submitter, "reporter.relation"),
        criterion(
            5,
            "Date of first known occurrence",
            incident.occurred_at.map(|time| when::write(time, within)).unwrap_or_default(),
            "event.occurredAt",
        ),
        criterion(
            6,
            "Countries",
            lines([Some(list(&incident.countries)), Some(list(&details.places))]),
            "event.countries",
        ),
        criterion(
            7,
            "Supporting materials",
            lines(materials.chain(records)),
            "evidence.items or evidence.records",
        ),
        criterion(
            8,
            "System or product, with its version",
            incident.systems.iter().map(system_line).collect::<Vec<_>>().join("\n"),
            "systems",
        ),
        criterion(9, "Developers and deployers", makers(incident), "systems.0.developers"),
    ]
}

fn makers(incident: &Incident) -> String {
    let line = |system: &overt_record::record::ImplicatedSystem| {
        let made = (!system.developers.is_empty()).then(|| format!("made by {}", list(&system.developers)));
        let run = (!system.deployers.is_empty()).then(|| format!("run by {}", list(&system.deployers)));
        let both: Vec<String> = made.into_iter().chain(run).collect();
        (!both.is_empty()).then(|| format!("{}: {}", system.name, both.join(", ")))
    };
    lines(incident.systems.iter().map(line))
}

fn harm(incident: &Incident, details: &IncidentDetails) -> Vec<Criterion> {
    let severity =
        incident.oecd_severity.map(|severity| terms(Choices::OecdSeverity, &[severity])).unwrap_or_default();
    let measured = details.measured_prevalence.as_ref().map(|measured| {
        let interval = &measured.interval;
        format!(
            "{} of {} samples; {} interval {} to {}, level {}; evaluation record sha256 {}",
            measured.count,
            measured.of,
            interval.method,
            interval.low,
            interval.high,
            interval.level,
            measured.record
        )
    });
    let intent = details.intent.map(|intent| terms(Choices::Intent, &[intent])).unwrap_or_default();
    let stakeholders = lines([
        Some(terms(Choices::Stakeholder, &incident.stakeholders)),
        Some(list(&details.harmed_parties)),
    ]);
    let harms: &[HarmKind] = &incident.harms;
    let rights = lines([Some(list(&details.rights)), Some(terms(Choices::Serious, &incident.serious))]);
    vec![
        criterion(10, "Severity", severity, "impact.oecdSeverity"),
        criterion(11, "Type of harm", terms(Choices::Harm, harms), "impact.harms"),
        criterion(
            12,
            "Quantification of harm",
            lines([details.harm_quantity.as_ref().map(ToString::to_string), measured]),
            "impact.harmQuantity",
        ),
        criterion(13, "Unintended or wrongful use", intent, "event.intent"),
        criterion(14, "Affected stakeholders", stakeholders, "impact.stakeholders"),
        criterion(15, "Impact on human and fundamental rights", rights, "impact.rights"),
        criterion(16, "AI Principles", terms(Choices::Principle, &details.principles), "impact.principles"),
    ]
}

fn economy(details: &IncidentDetails) -> Vec<Criterion> {
    vec![
        criterion(17, "Industries (ISIC)", list(&details.industries), "impact.industries"),
        criterion(18, "Business functions", list(&details.business_functions), "impact.businessFunctions"),
        criterion(
            19,
            "Critical functions and infrastructure",
            list(&details.critical_infrastructure),
            "impact.criticalInfrastructure",
        ),
        criterion(
            20,
            "Breadth of deployment",
            details.breadth.map(|breadth| terms(Choices::Breadth, &[breadth])).unwrap_or_default(),
            "impact.breadth",
        ),
    ]
}

fn system(incident: &Incident, details: &IncidentDetails) -> Vec<Criterion> {
    let further = lines([
        details.expected.as_ref().map(|words| format!("Expected: {words}")),
        details.actual.as_ref().map(|words| format!("Actual: {words}")),
        details.recurrence.as_ref().map(ToString::to_string),
        details.additional.as_ref().map(ToString::to_string),
    ]);
    vec![
        criterion(21, "Link to training data", words(details.training_data.as_ref()), "cause.trainingData"),
        criterion(22, "Link to the AI model", words(details.model.as_ref()), "cause.model"),
        criterion(23, "Usage rights", words(details.usage_rights.as_ref()), "cause.usageRights"),
        criterion(
            24,
            "Interaction of several AI systems",
            words(details.interaction.as_ref()),
            "cause.interaction",
        ),
        criterion(25, "Tasks of the AI system", terms(Choices::SystemTask, &details.tasks), "impact.tasks"),
        criterion(
            26,
            "Level of autonomy",
            details.autonomy.map(|autonomy| terms(Choices::Autonomy, &[autonomy])).unwrap_or_default(),
            "impact.autonomy",
        ),
        criterion(27, "Actions taken", words(incident.response.as_ref()), "response.actions"),
        criterion(
            28,
            "Steps to reproduce",
            words(incident.steps_to_reproduce.as_ref()),
            "evidence.stepsToReproduce",
        ),
        criterion(29, "Additional information", further, "response.additional"),
    ]
}
