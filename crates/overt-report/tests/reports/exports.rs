//! Each format: its shape, its words, and what it refuses.

use overt_record::record::{Header, Incident};
use overt_record::{Hash, Link};
use overt_report::{Draft, Export, Format, NoExport, Source, export};
use serde_json::{Value, json};

use crate::answers::{complete, header, incident, small, source};

fn written(draft: &Draft, format: Format) -> Result<Export, NoExport> {
    let (incident, header) = (incident(draft), header());
    export(format, &source(&incident, &header))
}

fn value(draft: &Draft, format: Format) -> Value {
    serde_json::from_str(&written(draft, format).unwrap().text).unwrap()
}

fn lacks(draft: &Draft, format: Format) -> Vec<String> {
    match written(draft, format) {
        Err(NoExport::Lacks(lacks)) => lacks.into_iter().map(|lack| lack.asked).collect(),
        other => panic!("{other:?}"),
    }
}

fn at_address(incident: &Incident, header: &Header) -> Value {
    let address: Link = "https://example.org/incidents/1".parse().unwrap();
    let source =
        Source { incident, header, record: Hash::of("the record"), address: Some(&address), shared: None };
    serde_json::from_str(&export(Format::Aiid, &source).unwrap().text).unwrap()
}

/// A flaw with a package and a version.
fn packaged(status: &str) -> Draft {
    let mut draft = small();
    draft.set("systems.0.purl", &["pkg:huggingface/example/model@0a1b2c?x=y"]).unwrap();
    draft.set("response.status", &[status]).unwrap();
    draft.set("response.actions", &["Use the older version."]).unwrap();
    draft
}

#[test]
fn every_format_has_a_name_and_a_file() {
    for &format in Format::ALL {
        assert_eq!(Format::from_slug(format.slug()), Some(format));
    }
    assert_eq!(Format::from_slug("../avid"), None);
    let export = written(&small(), Format::FlareAi).unwrap();
    assert_eq!(export.name, format!("incident-{}.flare.jsonld", Hash::of("the record").short()));
}

#[test]
fn flare_ai_has_its_context_and_its_words() {
    let report = value(&complete(), Format::FlareAi);
    assert_eq!(report["@type"], "flare:AIFlawReport");
    assert_eq!(report["@context"][1]["flare"], "https://ai-reports.org/schema/");
    assert_eq!(report["severity"], "Not sure");
    assert_eq!(report["reportType"], json!(["Malicious Use", "Incident"]));
    assert_eq!(report["flare:classification"]["flare:realWorldHarm"], true);
    assert_eq!(report["flare:classification"]["flare:csamInvolved"], false);
    assert_eq!(report["flare:specificHarmTypes"][4], "Rights Violations");
    assert_eq!(report["impacts"], json!(["documented"]));
    assert_eq!(report.get("author"), None);
    assert!(report["@id"].as_str().unwrap().starts_with("nih:sha-256;"));
    assert!(
        report["flare:securityAspect"]["flare:attackerResources"].as_str().unwrap().contains("black box")
    );
    assert_eq!(value(&small(), Format::FlareAi)["reportType"], json!(["General Report"]));
}

#[test]
fn flare_ai_wants_a_model_and_an_evaluation_stands_for_steps() {
    let mut draft = small();
    draft.set("systems.0.version", &[]).unwrap();
    assert_eq!(lacks(&draft, Format::FlareAi), ["model"]);
    let mut draft = small();
    draft.set("evidence.stepsToReproduce", &[]).unwrap();
    draft.set("evidence.records", &[&"ab".repeat(32)]).unwrap();
    let report = value(&draft, Format::FlareAi);
    assert!(report["flare:evidence"]["flare:stepsToReproduce"].as_str().unwrap().contains("abab"));
}

#[test]
fn avid_takes_what_is_classified_and_guesses_nothing() {
    let report = value(&complete(), Format::Avid);
    assert_eq!(report["problemtype"]["classof"], "LLM Evaluation");
    assert_eq!(report["problemtype"]["type"], "Measurement");
    assert_eq!(report["metrics"][0]["results"]["count"], 18);
    assert_eq!(report["metrics"][0]["results"]["share"], 0.3);
    assert_eq!(report["impact"]["avid"]["sep_view"], json!(["E0301: Toxicity"]));
    assert_eq!(report["impact"]["avid"]["risk_domain"], json!(["Ethics"]));
    assert_eq!(report["impact"]["avid"]["lifecycle_view"], json!(["L06: Deployment"]));
    assert_eq!(report["impact"]["atlas"], json!([{ "technique": "AML.T0051" }]));
    assert_eq!(report["impact"]["cwe"][0]["cweId"], "CWE-77");
    assert_eq!(report["impact"]["cvss"]["baseScore"], 9.1 - 1.6);
    assert_eq!(report["impact"]["cvss"]["baseSeverity"], "HIGH");
    assert_eq!(report["reported_date"], "2026-11-24");
    assert_eq!(report["description"]["lang"], "eng");
    let mut bare = small();
    bare.set("systems.0.developers", &["A laboratory"]).unwrap();
    let report = value(&bare, Format::Avid);
    assert_eq!(report["problemtype"]["classof"], "Third-party Report");
    assert_eq!((report.get("impact"), report.get("metrics"), report.get("metadata")), (None, None, None));
}

#[test]
fn avid_refuses_codes_that_it_has_not_and_a_system_of_nobody() {
    let mut draft = small();
    draft.set("impact.taxonomies.0.scheme", &["avid-sep"]).unwrap();
    draft.set("impact.taxonomies.0.id", &["E9999"]).unwrap();
    assert_eq!(lacks(&draft, Format::Avid), ["affects.developer", "impact.avid.sep_view"]);
}

#[test]
fn avids_own_schema_takes_the_report() {
    let path = std::path::Path::new("../../../shared/reference/schemas/avid/report.schema.json");
    let Ok(schema) = std::fs::read(path) else {
        eprintln!("SKIPPED: AVID's schema is tried where shared/reference lies beside the repository");
        return;
    };
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let report = value(&complete(), Format::Avid);
    // The saved schema wants a number, which AVID gives.
    let mut report = report;
    report["impact"]["avid"]["vuln_id"] = Value::Null;
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    report["affects"]["artifacts"][0]["type"] = json!("Thing");
    assert!(!validator.is_valid(&report));
}

#[test]
fn aiid_takes_an_incident_within_its_limits() {
    let mut draft = complete();
    draft.set("event.occurredAt", &["2026-10-05"]).unwrap();
    draft.set("event.description", &[&"An answer that does harm. ".repeat(60)]).unwrap();
    let (incident, header) = (incident(&draft), header());
    let submission = at_address(&incident, &header);
    assert_eq!(submission["incident_date"], "2026-10-05");
    assert_eq!(submission["date_published"], "2026-11-24");
    assert_eq!(submission["url"], "https://example.org/incidents/1");
    assert_eq!(submission["authors"], json!(["Example Site"]));
    assert_eq!(submission.get("submitters"), None);
    let description = submission["description"].as_str().unwrap();
    assert!(description.encode_utf16().count() <= 500 && description.ends_with('…'));
    assert_eq!(submission["incident_title"], submission["title"]);
}

#[test]
fn aiid_names_everything_that_it_lacks() {
    let mut draft = small();
    draft.set("event.title", &["Short"]).unwrap();
    draft.set("event.description", &["Too short."]).unwrap();
    let expected = ["title", "text", "url", "incident_date", "developers", "deployers"];
    assert_eq!(lacks(&draft, Format::Aiid), expected);
    let mut coarse = complete();
    coarse.set("event.occurredAt", &["2026-10"]).unwrap();
    assert!(lacks(&coarse, Format::Aiid).contains(&"incident_date".to_owned()));
    // A report of an incident that it has needs no incident of its own.
    let mut known = small();
    known.set("impact.taxonomies.0.scheme", &["aiid"]).unwrap();
    known.set("impact.taxonomies.0.id", &["617"]).unwrap();
    let (incident, header) = (incident(&known), header());
    let submission = at_address(&incident, &header);
    assert_eq!(submission["incident_ids"], json!([617]));
    assert_eq!(submission.get("incident_date"), None);
}

/// What OpenVEX 0.2.0 demands, from its specification: "Document Struct Fields", "Statement Fields", "Status Labels".
fn openvex_rules() -> Value {
    let iri = json!({ "type": "string", "pattern": "^[a-z][a-z0-9+.-]*:[!-~]+$" });
    let time = json!({ "type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$" });
    let product = json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "@id": iri,
            "identifiers": { "type": "object", "properties": { "purl": { "type": "string" } }, "additionalProperties": false },
            "hashes": { "type": "object", "properties": { "sha-256": { "pattern": "^[0-9a-f]{64}$" } }, "additionalProperties": false },
        },
        "anyOf": [{ "required": ["@id"] }, { "required": ["hashes"] }],
    });
    let statement = json!({
        "type": "object", "additionalProperties": false, "required": ["vulnerability", "status", "products"],
        "properties": {
            "vulnerability": {
                "type": "object", "required": ["name"], "additionalProperties": false,
                "properties": {
                    "name": { "type": "string", "minLength": 1 }, "description": { "type": "string" },
                    "aliases": { "type": "array", "items": { "type": "string" }, "uniqueItems": true },
                },
            },
            "timestamp": time,
            "products": { "type": "array", "minItems": 1, "uniqueItems": true, "items": product },
            "status": { "enum": ["not_affected", "affected", "fixed", "under_investigation"] },
            "status_notes": { "type": "string" },
            "action_statement": { "type": "string", "minLength": 1 },
        },
        "if": { "properties": { "status": { "const": "affected" } } },
        "then": { "required": ["action_statement"] },
    });
    json!({
        "type": "object", "additionalProperties": false,
        "required": ["@context", "@id", "author", "timestamp", "version", "statements"],
        "properties": {
            "@context": { "const": "https://openvex.dev/ns/v0.2.0" }, "@id": iri, "author": { "type": "string", "minLength": 1 },
            "timestamp": time, "version": { "type": "integer", "minimum": 1 }, "tooling": { "type": "string" },
            "statements": { "type": "array", "minItems": 1, "uniqueItems": true, "items": statement },
        },
    })
}

#[test]
fn openvex_says_what_is_known_of_each_version() {
    let rules = jsonschema::validator_for(&openvex_rules()).unwrap();
    let statuses = |draft: &Draft| {
        let document = value(draft, Format::OpenVex);
        let errors: Vec<String> = rules.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        let statements = document["statements"].as_array().unwrap().clone();
        (statements.iter().map(|s| s["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), statements)
    };
    for (status, expected) in
        [("reported", "under_investigation"), ("disputed", "under_investigation"), ("accepted", "affected")]
    {
        assert_eq!(statuses(&packaged(status)).0, [expected]);
    }
    let mut fixed = packaged("fixed");
    fixed.set("systems.0.fixedIn", &["2026-12 final"]).unwrap();
    fixed.set("impact.taxonomies.0.scheme", &["cve"]).unwrap();
    fixed.set("impact.taxonomies.0.id", &["2026-1234"]).unwrap();
    let (found, statements) = statuses(&fixed);
    assert_eq!(found, ["affected", "fixed"]);
    assert_eq!(statements[0]["action_statement"], "Update to 2026-12 final.\nUse the older version.");
    assert_eq!(statements[1]["products"][0]["@id"], "pkg:huggingface/example/model@2026-12%20final");
    assert_eq!(statements[0]["vulnerability"]["name"], "CVE-2026-1234");
}

#[test]
fn openvex_refuses_what_is_no_statement_about_a_product() {
    assert_eq!(lacks(&small(), Format::OpenVex), ["products.0"]);
    assert_eq!(lacks(&packaged("withdrawn"), Format::OpenVex), ["status"]);
    assert_eq!(lacks(&packaged("fixed"), Format::OpenVex), ["status fixed"]);
    assert_eq!(lacks(&complete(), Format::OpenVex), ["vulnerability"]);
}
