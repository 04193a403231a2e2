//! An expression has one value for a sample, and one truth.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overt_schema::Expression;
use serde_json::{Map, Value, json};

static FIELDS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let fields = json!({
        "q": "What?\n", "n": 3, "x": -0.5, "big": u64::MAX, "flag": true, "none": null,
        "list": ["a", "b", ["c"]], "deep": { "key": { "key": "value" } }, "empty": ""
    });
    fields.as_object().cloned().unwrap_or_default()
});

fuzz_target!(|source: &str| {
    let Ok(expression) = Expression::new(source) else { return };
    assert_eq!(expression.source(), source);
    let Ok(value) = expression.evaluate(&FIELDS) else { return };
    let is_true = expression.is_true(&FIELDS).expect("it has a value");
    match value {
        Value::Bool(truth) => assert_eq!(is_true, truth),
        Value::String(text) => assert_eq!(is_true, !text.is_empty()),
        _ => {}
    }
});
