//! OpenVEX 0.2.0: which versions of a product have a flaw, and in which it is repaired.
//!
//! A reporter doesn't know whether a product is affected until somebody who does has looked: until then the status is
//! `under_investigation`. A vulnerability is named by its CVE if it has one, else by the record's digest.

use overt_record::record::{ImplicatedSystem, IncidentKind, IncidentStatus};
use serde_json::{Value, json};

use super::{Lacks, NoExport, Source, system_line};

pub(super) fn document(source: &Source<'_>) -> Result<Value, NoExport> {
    let incident = source.incident;
    let mut lacks = Lacks::default();
    let exploitable = matches!(incident.kind, IncidentKind::Flaw | IncidentKind::Vulnerability);
    lacks.unless(
        exploitable,
        "vulnerability",
        "OpenVEX is about flaws and vulnerabilities of products (classification.kind)",
    );
    let withdrawn = incident.status == IncidentStatus::Withdrawn;
    lacks.unless(!withdrawn, "status", "a withdrawn report says nothing of a product (response.status)");
    for (index, system) in incident.systems.iter().enumerate() {
        let named = system.purl.is_some() || system.sha256.is_some();
        let asked = format!("products.{index}");
        lacks.unless(
            named,
            &asked,
            format!("give a package URL or a digest (systems.{index}.purl or .sha256)"),
        );
    }
    if incident.status == IncidentStatus::Accepted {
        let told = incident.response.is_some();
        lacks.unless(told, "action_statement", "say what users can do instead (response.actions)");
    }
    let unrepaired: Vec<&ImplicatedSystem> =
        incident.systems.iter().filter(|system| !has_fix(source, system)).collect();
    let repaired: Vec<&ImplicatedSystem> =
        incident.systems.iter().filter(|system| has_fix(source, system)).collect();
    if incident.status == IncidentStatus::Fixed {
        let fixed = !repaired.is_empty();
        lacks.unless(fixed, "status fixed", "say in which version it is repaired (systems.0.fixedIn)");
    }
    let mut statements = Vec::new();
    if !unrepaired.is_empty() {
        statements.push(statement(source, status(incident.status), &unrepaired, product));
    }
    if !repaired.is_empty() {
        statements.push(statement(source, "affected", &repaired, product));
        statements.push(statement(source, "fixed", &repaired, fixed_product));
    }
    let document = json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": source.uri(),
        "author": source.header.issuer.name.as_str(),
        "timestamp": source.header.issued_at.to_string(),
        "version": 1,
        "tooling": "overt",
        "statements": statements,
    });
    lacks.or(document)
}

fn has_fix(source: &Source<'_>, system: &ImplicatedSystem) -> bool {
    source.incident.status == IncidentStatus::Fixed && system.fixed_in.is_some()
}

fn status(status: IncidentStatus) -> &'static str {
    match status {
        IncidentStatus::Accepted => "affected",
        _ => "under_investigation",
    }
}

fn statement(
    source: &Source<'_>,
    status: &str,
    systems: &[&ImplicatedSystem],
    product: fn(&ImplicatedSystem) -> Value,
) -> Value {
    let mut products: Vec<Value> = Vec::new();
    for product in systems.iter().map(|system| product(system)) {
        if !products.contains(&product) {
            products.push(product);
        }
    }
    let names: Vec<String> = systems.iter().map(|system| system_line(system)).collect();
    let mut statement = json!({
        "vulnerability": vulnerability(source),
        "timestamp": source.header.issued_at.to_string(),
        "products": products,
        "status": status,
        "status_notes": format!("{}; reported status: {}", names.join("; "), crate::word::word(&source.incident.status)),
    });
    if status == "affected" {
        let updates = systems
            .iter()
            .filter_map(|system| system.fixed_in.as_ref())
            .map(|version| format!("Update to {version}."));
        let told = source.incident.response.iter().map(ToString::to_string);
        let actions: Vec<String> = updates.chain(told).collect();
        statement["action_statement"] = actions.join("\n").into();
    }
    statement
}

fn vulnerability(source: &Source<'_>) -> Value {
    let known: Vec<String> = ["cve", "avid", "ghsa", "aiid"]
        .iter()
        .flat_map(|scheme| source.entries(scheme).map(move |id| name(scheme, id)))
        .collect();
    let record = format!("sha256:{}", source.record);
    let (name, mut aliases) = match known.split_first() {
        Some((first, rest)) => (first.clone(), rest.iter().cloned().chain([record]).collect::<Vec<_>>()),
        None => (record, Vec::new()),
    };
    aliases.dedup();
    let mut vulnerability = json!({ "name": name, "description": source.incident.title.as_str() });
    if !aliases.is_empty() {
        vulnerability["aliases"] = json!(aliases);
    }
    vulnerability
}

fn name(scheme: &str, id: &str) -> String {
    let prefix = format!("{}-", scheme.to_ascii_uppercase());
    let id = id.to_ascii_uppercase();
    if id.starts_with(&prefix) { id } else { prefix + &id }
}

/// A package URL is an IRI; a digest stands among the hashes.
fn product(system: &ImplicatedSystem) -> Value {
    let mut product = json!({});
    if let Some(purl) = &system.purl {
        product["@id"] = purl.as_str().into();
        product["identifiers"] = json!({ "purl": purl.as_str() });
    }
    if let Some(sha256) = &system.sha256 {
        product["hashes"] = json!({ "sha-256": sha256.to_string() });
    }
    product
}

/// The repaired version: the package without the old version and with the new one; its digest is another, and not known.
fn fixed_product(system: &ImplicatedSystem) -> Value {
    let version = system.fixed_in.as_ref().map(|version| escaped(version.as_str())).unwrap_or_default();
    let package = match &system.purl {
        Some(purl) => {
            let end = purl.as_str().find(['?', '#']).unwrap_or(purl.as_str().len());
            let bare = &purl.as_str()[..end];
            bare.split_once('@').map_or(bare, |(package, _)| package).to_owned()
        }
        None => format!("pkg:generic/{}", escaped(system.name.as_str())),
    };
    let purl = format!("{package}@{version}");
    json!({ "@id": purl, "identifiers": { "purl": purl } })
}

/// As package URLs write what is not a letter, a digit or one of `.-_~`.
fn escaped(words: &str) -> String {
    let mut escaped = String::new();
    for byte in words.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
