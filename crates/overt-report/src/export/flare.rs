//! FLARE-AI: the JSON-LD of its report (arXiv 2606.31567; the project `ai-flaw-reporting`).
//!
//! The words for severity, prevalence, harms and stakeholders are those of its form. Its identifier is a hash of 32 bits
//! of the time, which collides; here it is the record's digest.

use overt_record::record::{IncidentKind, Intent};
use serde_json::{Map, Value, json};

use super::{Lacks, NoExport, Source, system_line};
use crate::draft::DisclosureIntent;
use crate::form::{Choices, Labels};

pub(super) fn report(source: &Source<'_>) -> Result<Value, NoExport> {
    let incident = source.incident;
    let labels = Labels::english();
    let mut lacks = Lacks::default();
    let named = incident.systems.iter().any(|system| system.model.is_some() || system.version.is_some());
    lacks.unless(named, "model", "name the model or its version (systems.0.model)");
    lacks.unless(
        !incident.harms.is_empty(),
        "flare:specificHarmTypes",
        "name the kinds of harm (impact.harms)",
    );
    let affected = !incident.stakeholders.is_empty();
    lacks.unless(
        affected,
        "flare:impactedStakeholders",
        "say who is or could be harmed (impact.stakeholders)",
    );
    let steps = steps(source);
    lacks.unless(
        steps.is_some(),
        "flare:stepsToReproduce",
        "say how to see it again (evidence.stepsToReproduce)",
    );
    let mut report = json!({
        "@context": ["https://schema.org/", {
            "flare": "https://ai-reports.org/schema/",
            "aiSystem": "flare:aiSystem",
            "severity": "flare:severity",
            "prevalence": "flare:prevalence",
            "impacts": "flare:impacts",
            "reportType": "flare:reportType",
        }],
        "@type": "flare:AIFlawReport",
        "@id": source.uri(),
        "identifier": format!("sha256:{}", source.record),
        "name": format!("AI Flaw Report: {}", incident.title),
        "description": description(source),
        "dateCreated": source.header.issued_at.to_string(),
        "aiSystem": incident.systems.iter().map(system).collect::<Vec<_>>(),
        "severity": labels.term(Choices::Severity, &incident.severity),
        "prevalence": incident.prevalence.map(|prevalence| labels.term(Choices::Prevalence, &prevalence)),
        "impacts": novelty(source),
        "reportType": report_types(source),
        "flare:specificHarmTypes": incident.harms.iter().map(|harm| labels.term(Choices::Harm, harm)).collect::<Vec<_>>(),
        "flare:impactedStakeholders":
            incident.stakeholders.iter().map(|who| labels.term(Choices::Stakeholder, who)).collect::<Vec<_>>(),
        "flare:classification": {
            "@type": "flare:ThreatClassification",
            "flare:realWorldHarm": incident.kind == IncidentKind::Incident,
            "flare:maliciousUse": is_malicious(source),
            // No record is made of such a report.
            "flare:csamInvolved": false,
        },
        "flare:evidence": { "@type": "flare:Evidence", "flare:stepsToReproduce": steps },
        "flare:disclosure": disclosure(source),
        "flare:raw": { "format": "overt incident record, version 1", "sha256": source.record.to_string() },
    });
    if let Some(fields) = report.as_object_mut() {
        fields.extend(optional(source, &labels));
        fields.retain(|_, value| !value.is_null());
    }
    lacks.or(report)
}

fn optional(source: &Source<'_>, labels: &Labels) -> Map<String, Value> {
    let mut fields = Map::new();
    let Some(details) = source.incident.details.as_deref() else { return author(source, fields) };
    if !details.policies.is_empty() {
        let reasons: Vec<&str> = details
            .policies
            .iter()
            .filter_map(|p| p.reason.as_ref())
            .map(overt_record::Text::as_str)
            .collect();
        let uris: Vec<&str> = details.policies.iter().map(|policy| policy.uri.as_str()).collect();
        fields.insert("flare:policyViolation".to_owned(), reasons.join("\n").into());
        fields.insert("flare:policyViolationUrls".to_owned(), json!(uris));
    }
    let join = |words: Vec<String>| (!words.is_empty()).then(|| words.join(", "));
    let resources =
        details.attacker_resources.iter().map(|r| labels.term(Choices::AttackerResource, r)).collect();
    let objectives =
        details.attacker_objectives.iter().map(|o| labels.term(Choices::AttackerObjective, o)).collect();
    let discovery = source.incident.discovery.map(|discovery| labels.term(Choices::Discovery, &discovery));
    let aspects = [
        ("flare:substrateRelationship", Some(labels.term(Choices::Relation, &source.incident.reporter))),
        ("flare:attackerResources", join(resources)),
        ("flare:attackerObjectives", join(objectives)),
        ("flare:detectionMethod", discovery),
        ("flare:discoveryNarrative", details.recurrence.as_ref().map(ToString::to_string)),
    ];
    let mut security = json!({ "@type": "flare:SecurityIncident" });
    for (name, value) in aspects.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        security[name] = value.into();
    }
    fields.insert("flare:securityAspect".to_owned(), security);
    author(source, fields)
}

fn author(source: &Source<'_>, mut fields: Map<String, Value>) -> Map<String, Value> {
    let Some(shared) = source.shared else { return fields };
    let mut person = json!({ "@type": "schema:Person" });
    let parts = [("name", &shared.name), ("email", &shared.email), ("affiliation", &shared.organisation)];
    for (name, value) in parts.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))) {
        person[name] = value.into();
    }
    if person.as_object().is_some_and(|person| person.len() > 1) {
        fields.insert("author".to_owned(), person);
    }
    fields
}

/// Its form asks for them apart; its file has one description.
fn description(source: &Source<'_>) -> String {
    let details = source.incident.details.as_deref();
    let expected =
        details.and_then(|details| details.expected.as_ref()).map(|words| format!("Expected: {words}"));
    let actual = details.and_then(|details| details.actual.as_ref()).map(|words| format!("Actual: {words}"));
    let parts = [Some(source.incident.description.to_string()), expected, actual];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn system(system: &overt_record::record::ImplicatedSystem) -> Value {
    let version =
        system.model.iter().chain(&system.version).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut found = json!({
        "@type": "schema:SoftwareApplication",
        "name": system.name.as_str(),
        "version": version,
        "description": system_line(system),
    });
    if let Some(purl) = &system.purl {
        found["@id"] = purl.as_str().into();
    }
    found
}

fn novelty(source: &Source<'_>) -> Vec<String> {
    let novelty = source.incident.details.as_deref().and_then(|details| details.novelty);
    novelty.iter().map(crate::word::word).collect()
}

fn is_malicious(source: &Source<'_>) -> bool {
    source.incident.details.as_deref().and_then(|details| details.intent) == Some(Intent::Malicious)
}

fn report_types(source: &Source<'_>) -> Vec<&'static str> {
    let malicious = is_malicious(source).then_some("Malicious Use");
    let incident = (source.incident.kind == IncidentKind::Incident).then_some("Incident");
    let types: Vec<_> = malicious.into_iter().chain(incident).collect();
    if types.is_empty() { vec!["General Report"] } else { types }
}

/// The steps, or the evaluations that show it and can be run again.
fn steps(source: &Source<'_>) -> Option<String> {
    let incident = source.incident;
    if let Some(steps) = &incident.steps_to_reproduce {
        return Some(steps.to_string());
    }
    let records: Vec<String> = incident.records.iter().map(ToString::to_string).collect();
    (!records.is_empty())
        .then(|| format!("Reproduce the evaluation with the record sha256 {}.", records.join(", ")))
}

fn disclosure(source: &Source<'_>) -> Value {
    let mut plan = json!({ "@type": "flare:DisclosurePlan" });
    let Some(disclosure) = source.shared.and_then(|shared| shared.disclosure.as_ref()) else { return plan };
    let intent = disclosure.intent.map(|intent| match intent {
        DisclosureIntent::Yes => "Yes",
        DisclosureIntent::No => "No",
        DisclosureIntent::Undecided => "Undecided",
        DisclosureIntent::Already => "Already Public",
    });
    if let Some(intent) = intent {
        plan["flare:intent"] = intent.into();
    }
    for (name, words) in [("flare:timeline", &disclosure.when), ("flare:link", &disclosure.link)] {
        if !words.is_empty() {
            plan[name] = words.as_str().into();
        }
    }
    if !disclosure.recipients.is_empty() {
        plan["flare:channels"] = json!(disclosure.recipients);
    }
    plan
}
