//! A suite that is read is written as JSON, which is YAML, and read as the same suite.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_schema::{Suite, yaml_to_json};

fuzz_target!(|text: &str| {
    if let Ok(suite) = Suite::parse("fuzz.yaml", text) {
        let json = serde_json::to_string(&suite).expect("what was read can be written");
        assert_eq!(Suite::parse("fuzz.json", &json).as_ref(), Ok(&suite), "{json}");
    }
    if let Some(value) = yaml_to_json(text) {
        let json = serde_json::to_string(&value).expect("what was read can be written");
        assert_eq!(yaml_to_json(&json), Some(value), "{json}");
    }
});
