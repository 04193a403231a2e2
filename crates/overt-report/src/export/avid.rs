//! AVID: a report as its `avidtools` 0.3 reads it.
//!
//! The number of the report is AVID's to give, so there is none. Entries of its taxonomy come from the schemes `avid-sep`
//! (`E0301`) and `avid-lifecycle` (`L06`) alone; nothing is guessed from the kinds of harm.

use overt_record::record::{Discovery, ImplicatedSystem, MeasuredPrevalence};
use serde_json::{Map, Value, json};

use super::avid_terms::{lifecycle, risk_domain, sep};
use super::{Lacks, NoExport, Source};
use crate::{cvss, when};

pub(super) fn report(source: &Source<'_>) -> Result<Value, NoExport> {
    let incident = source.incident;
    let mut lacks = Lacks::default();
    let makers =
        incident.systems.iter().any(|system| !system.developers.is_empty() || !system.deployers.is_empty());
    lacks.unless(makers, "affects.developer", "name who made or runs the system (systems.0.developers)");
    for code in source.entries("avid-sep").filter(|code| sep(code).is_none()) {
        lacks.unless(
            false,
            "impact.avid.sep_view",
            format!("there is no entry {code} in AVID's SEP view (impact.taxonomies)"),
        );
    }
    for code in source.entries("avid-lifecycle").filter(|code| lifecycle(code).is_none()) {
        lacks.unless(
            false,
            "impact.avid.lifecycle_view",
            format!("there is no stage {code} in AVID's lifecycle view (impact.taxonomies)"),
        );
    }
    let (class, kind) = class(source);
    let names = |of: fn(&ImplicatedSystem) -> &Vec<overt_record::Name>| {
        let mut names: Vec<&str> =
            incident.systems.iter().flat_map(of).map(overt_record::Name::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let mut report = json!({
        "data_type": "AVID",
        "affects": {
            "developer": names(|system| &system.developers),
            "deployer": names(|system| &system.deployers),
            "artifacts": artifacts(source),
        },
        "problemtype": {
            "classof": class,
            "type": kind,
            "description": words(source, incident.title.as_str()),
        },
        "references": references(source),
        "description": words(source, incident.description.as_str()),
        "credit": [{ "lang": "eng", "value": source.author() }],
        "reported_date": when::day(source.header.issued_at),
    });
    let impact = impact(source);
    if !impact.is_empty() {
        report["impact"] = Value::Object(impact);
    }
    if let Some(measured) =
        incident.details.as_deref().and_then(|details| details.measured_prevalence.as_ref())
    {
        report["metrics"] = json!([metric(measured)]);
    }
    lacks.or(report)
}

/// AVID writes English as ISO 639-3 does; other languages stay as the record has them.
fn words(source: &Source<'_>, words: &str) -> Value {
    let language = source.incident.language.as_str();
    let english = language.eq_ignore_ascii_case("en") || language.to_ascii_lowercase().starts_with("en-");
    json!({ "lang": if english { "eng" } else { language }, "value": words })
}

fn class(source: &Source<'_>) -> (&'static str, &'static str) {
    let incident = source.incident;
    let tested = matches!(incident.discovery, None | Some(Discovery::Testing | Discovery::AutomatedAnalysis));
    if incident.details.as_deref().is_some_and(|details| details.measured_prevalence.is_some()) {
        ("LLM Evaluation", "Measurement")
    } else if !incident.records.is_empty() && tested {
        ("LLM Evaluation", "Issue")
    } else if source.entries("cve").next().is_some() {
        ("CVE Entry", "Issue")
    } else if source.entries("aiid").next().is_some() {
        ("AIID Incident", "Issue")
    } else {
        ("Third-party Report", "Issue")
    }
}

fn artifacts(source: &Source<'_>) -> Vec<Value> {
    let artifacts = source.incident.systems.iter().flat_map(|system| {
        let versioned = |name: &overt_record::Name| match &system.version {
            Some(version) => format!("{name} {version}"),
            None => name.to_string(),
        };
        let model = system.model.as_ref().map(|model| json!({ "type": "Model", "name": model.as_str() }));
        [Some(json!({ "type": "System", "name": versioned(&system.name) })), model].into_iter().flatten()
    });
    artifacts.collect()
}

fn references(source: &Source<'_>) -> Vec<Value> {
    let evidence = source.incident.evidence.iter().filter_map(|evidence| {
        let uri = evidence.uri.as_ref()?;
        Some(json!({ "type": "source", "label": evidence.title.as_str(), "url": uri.as_str() }))
    });
    let record = json!({ "type": "source", "label": "overt incident record", "url": source.uri() });
    std::iter::once(record).chain(evidence).collect()
}

/// An interval holds the shares that a significance test at its level does not reject, so that is the method.
fn metric(measured: &MeasuredPrevalence) -> Value {
    let MeasuredPrevalence { count, of, interval, record, task, metric } = measured;
    json!({
        "name": format!("{task}: {metric}"),
        "detection_method": { "type": "Significance Test", "name": format!("{} interval, level {}", interval.method, interval.level) },
        "results": {
            "count": count, "of": of, "share": *count as f64 / *of as f64,
            "low": interval.low.to_f64(), "high": interval.high.to_f64(), "level": interval.level.to_f64(),
            "record": format!("sha256:{record}"),
        },
    })
}

fn impact(source: &Source<'_>) -> Map<String, Value> {
    let mut impact = Map::new();
    let views: Vec<&str> = source.entries("avid-sep").filter_map(sep).collect();
    let stages: Vec<&str> = source.entries("avid-lifecycle").filter_map(lifecycle).collect();
    if !views.is_empty() || !stages.is_empty() {
        let mut domains: Vec<&str> = views.iter().filter_map(|view| risk_domain(view)).collect();
        domains.dedup();
        let taxonomy = json!({
            "risk_domain": domains, "sep_view": views, "lifecycle_view": stages, "taxonomy_version": "0.2",
        });
        impact.insert("avid".to_owned(), taxonomy);
    }
    let atlas: Vec<Value> = source.entries("atlas").map(|id| json!({ "technique": id })).collect();
    if !atlas.is_empty() {
        impact.insert("atlas".to_owned(), Value::Array(atlas));
    }
    let cwe: Vec<Value> =
        source.entries("cwe").map(|id| json!({ "cweId": cwe_id(id), "lang": "eng" })).collect();
    if !cwe.is_empty() {
        impact.insert("cwe".to_owned(), Value::Array(cwe));
    }
    let vector = source.incident.details.as_deref().and_then(|details| details.cvss.as_ref());
    if let Some((vector, score)) = vector.and_then(|vector| Some((vector, cvss::score(vector)?))) {
        let version = vector.as_str().get(5..8).unwrap_or_default();
        let scores = json!({
            "version": version, "vectorString": vector.as_str(), "baseScore": score.base, "baseSeverity": score.severity,
        });
        impact.insert("cvss".to_owned(), scores);
    }
    impact
}

fn cwe_id(id: &str) -> String {
    let id = id.to_ascii_uppercase();
    if id.starts_with("CWE-") { id } else { format!("CWE-{id}") }
}
