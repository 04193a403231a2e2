//! The committed JSON Schemas: current, and true to what the reader accepts.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::path::Path;

use serde_json::Value;

fn schema(name: &str) -> Value {
    overt_schema::schemas().into_iter().find(|(file, _)| *file == name).expect("the schema exists").1
}

#[test]
fn the_committed_schemas_are_current() {
    let folder = Path::new("../../docs/schemas");
    let update = std::env::var_os("UPDATE").is_some();
    for (file, schema) in overt_schema::schemas() {
        let path = folder.join(file);
        let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if update {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(&path, &current).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == current, "{} is out of date; run this test with UPDATE=1", path.display());
    }
}

fn errors(schema: &Value, instance: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("the schema is one");
    validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A task as its author writes it, without what the type adds.
fn written(text: &str) -> Value {
    let task = overt_schema::Task::parse("task.yaml", text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    serde_json::to_value(task).unwrap()
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    let schema = schema("task.schema.json");
    for text in [
        include_str!("tasks/everything.yaml"),
        include_str!("tasks/minimal.yaml"),
        include_str!("tasks/tools.yaml"),
        include_str!("tasks/made.yaml"),
    ] {
        let mut task = written(text);
        assert_eq!(errors(&schema, &task), Vec::<String>::new());
        // In a file a scorer may go without a name.
        task["scorers"][0].as_object_mut().unwrap().remove("name");
        assert_eq!(errors(&schema, &task), Vec::<String>::new());
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema = schema("task.schema.json");
    let task = written(include_str!("tasks/everything.yaml"));
    let broken = |pointer: &str, value: Value| {
        let mut task = task.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = task.pointer_mut(parent).expect("the place exists");
        match parent {
            Value::Object(map) => drop(map.insert(key.to_owned(), value)),
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            _ => panic!("not a container"),
        }
        let text = serde_json::to_string(&task).unwrap();
        assert!(overt_schema::Task::parse("t", &text).is_err(), "the reader accepts {pointer}");
        assert!(!errors(&schema, &task).is_empty(), "the schema accepts {pointer}");
    };
    broken("/surprise", 1.into());
    broken("/name", "Upper".into());
    broken("/epochs", 0.into());
    broken("/scorers/0/surprise", 1.into());
    broken("/scorers/0/kind", "exat".into());
    broken("/scorers/0/ignore_case", "yes".into());
    broken("/scorers/1/pattern", "x".into());
    broken("/metrics/0/surprise", 1.into());
    broken("/metrics/0/direction", "up".into());
    broken("/metrics/1/range", serde_json::json!([0]));
    broken("/metrics/5/bins", 1.into());
    broken("/metrics/6/reduce", "median".into());
    broken("/metrics/7/reduce", "majority".into());
    broken("/metrics/8/k", 0.into());
    broken("/scorers/11/measure", "rouge".into());
    broken("/dataset/sha256", "abc".into());
    broken("/prompt/turns/0/surprise", 1.into());
    broken("/generation/temperature", (-1).into());
    broken("/generation/logprobs", 21.into());
    broken("/scorers/12/by", "letter".into());
}
