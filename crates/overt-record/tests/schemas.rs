//! The committed JSON Schemas of records: current, and true to what the reader accepts.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(dead_code, reason = "the examples have more than is needed here")]

#[path = "records/examples.rs"]
mod examples;

use std::path::Path;

use serde_json::{Value, json};

const FOLDER: &str = "../../docs/schemas";

fn schema(kind: &str) -> Value {
    let file = format!("record-{kind}.schema.json");
    overt_record::record::schemas().into_iter().find(|(name, _)| *name == file).unwrap().1
}

/// The predicate of an example.
fn predicate(record: &overt_record::Record) -> Value {
    let statement: Value = serde_json::from_slice(&record.to_payload().unwrap()).unwrap();
    statement["predicate"].clone()
}

fn errors(schema: &Value, instance: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_committed_schemas_are_current() {
    let update = std::env::var_os("UPDATE").is_some();
    for (file, schema) in overt_record::record::schemas() {
        let path = Path::new(FOLDER).join(file);
        let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if update {
            std::fs::write(&path, &current).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == current, "{} is out of date; run this test with UPDATE=1", path.display());
    }
}

#[test]
fn the_schemas_accept_what_the_reader_accepts() {
    for record in examples::all() {
        let kind = record.body().predicate_type().kind;
        assert_eq!(errors(&schema(kind.as_str()), &predicate(&record)), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn the_schemas_refuse_unknown_missing_and_malformed_fields() {
    for record in examples::all() {
        let kind = record.body().predicate_type().kind;
        let schema = schema(kind.as_str());
        let refuses = |change: &dyn Fn(&mut Value)| {
            let mut changed = predicate(&record);
            change(&mut changed);
            assert!(!errors(&schema, &changed).is_empty(), "{kind}: {changed}");
        };
        refuses(&|predicate| predicate["surprise"] = json!(1));
        refuses(&|predicate| predicate["issuer"]["surprise"] = json!(1));
        refuses(&|predicate| drop(predicate.as_object_mut().unwrap().remove("issuer")));
        refuses(&|predicate| drop(predicate.as_object_mut().unwrap().remove("issuedAt")));
        refuses(&|predicate| predicate["issuedAt"] = json!("2026-11-24"));
        refuses(&|predicate| predicate["issuer"]["name"] = json!(""));
        refuses(&|predicate| predicate["issuer"]["uri"] = json!("javascript:alert(1)"));
        for field in predicate(&record).as_object().unwrap().keys() {
            refuses(&|predicate| predicate[field] = json!(3.5));
        }
    }
}
