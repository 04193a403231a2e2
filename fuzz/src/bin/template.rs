//! A template renders in bounded time, the same each time, and names every field that it needs.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overt_schema::Template;
use serde_json::{Map, Value, json};

static FIELDS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let fields = json!({
        "q": "What is 1 < 2 & \"so\"?\n", "n": 3, "x": -0.5, "big": u64::MAX, "flag": true, "none": null,
        "list": ["a", "b", ["c"]], "deep": { "key": { "key": "value" } }, "empty": "", "ä": "ß"
    });
    fields.as_object().cloned().unwrap_or_default()
});

fuzz_target!(|source: &str| {
    let Ok(template) = Template::new(source) else { return };
    assert_eq!(template.source(), source);
    assert!(template.fields().is_sorted());
    let rendered = template.render(&FIELDS);
    let (named, other): (Map<_, _>, Map<_, _>) =
        FIELDS.clone().into_iter().partition(|(name, _)| template.fields().any(|field| field == name));
    if let Ok(text) = rendered {
        assert_eq!(template.render(&named), Ok(text), "the fields {other:?} are not named and change it");
    }
});
