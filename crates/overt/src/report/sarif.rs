//! SARIF 2.1.0, which code hosts show as alerts: a rule for each requirement, a result for each sample against it.

use overt_schema::Digest;
use serde_json::{Value, json};

use super::{Finding, Verdict};

/// Results that are written for each rule; code hosts refuse files with many thousands.
const MOST: usize = 1000;

/// The verdict as a SARIF log.
pub(crate) fn sarif(verdict: &Verdict<'_>) -> String {
    let missed: Vec<_> = verdict.findings.missed(verdict.run).collect();
    let rules: Vec<Value> = missed
        .iter()
        .map(|(result, _)| {
            json!({
                "id": result.expression,
                "shortDescription": { "text": format!("Required: {}", result.expression) },
                "fullDescription": { "text": result.reason },
                "defaultConfiguration": { "level": "error" },
            })
        })
        .collect();
    let mut results = Vec::new();
    for (index, (result, samples)) in missed.iter().enumerate() {
        // A requirement on pairs or bins has no sample of its own at fault; it is one result itself.
        if samples.is_empty() {
            results.push(alert(verdict, index, &result.expression, &result.reason, None));
        }
        for sample in samples.iter().take(MOST) {
            let text = format!("{}: {}", sample.id, sample.excerpt);
            results.push(alert(verdict, index, &result.expression, &text, Some(sample)));
        }
    }
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "overt",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": { "id": format!("overt/{}", verdict.run.system.name) },
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn alert(
    verdict: &Verdict<'_>,
    rule: usize,
    requirement: &str,
    text: &str,
    sample: Option<&Finding>,
) -> Value {
    let identity = format!("{}\n{requirement}\n{}", verdict.run.system.name, sample.map_or("", |s| &s.id));
    let file = verdict.path.join(if sample.is_some() { "samples.parquet" } else { "run.json" });
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": file.to_string_lossy().replace('\\', "/") },
            "region": { "startLine": 1 },
        },
    });
    let mut message = text.to_owned();
    if let Some(sample) = sample {
        location["logicalLocations"] = json!([{ "name": sample.id, "kind": "sample" }]);
        message = format!("{text}\n{}", verdict.show(sample));
    }
    json!({
        "ruleId": requirement,
        "ruleIndex": rule,
        "level": "error",
        "message": { "text": message },
        "locations": [location],
        "partialFingerprints": { "overtSample/v1": Digest::of(&identity).to_string() },
    })
}
