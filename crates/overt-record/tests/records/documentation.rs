//! `docs/records.md` shows the examples as they are.

use std::fmt::Write as _;

use overt_record::Record;
use overt_record::record::Body;
use serde_json::Value;

use crate::examples;

const PAGE: &str = "../../docs/records.md";

/// The example as the page shows it: the predicate without the header, and long hashes as they are.
fn shown(record: &Record) -> String {
    let statement: Value = serde_json::from_slice(&record.to_payload().unwrap()).unwrap();
    let mut predicate = statement["predicate"].as_object().unwrap().clone();
    predicate.retain(|field, _| field != "issuer" && field != "issuedAt");
    serde_json::to_string_pretty(&predicate).unwrap()
}

/// The page with the current examples: each stands in the first block of JSON after its type's heading.
fn with_examples(page: &str) -> String {
    let mut rest = page;
    let mut current = String::new();
    for record in examples::all() {
        let heading = format!("\n## `{}`\n", record.body().predicate_type().kind);
        let start =
            rest.find(&heading).unwrap_or_else(|| panic!("docs/records.md has no heading {heading:?}"));
        let start = start + rest[start..].find("```json\n").unwrap() + "```json\n".len();
        let end = start + rest[start..].find("```\n").unwrap();
        writeln!(current, "{}{}", &rest[..start], shown(&record)).unwrap();
        rest = &rest[end..];
    }
    current + rest
}

#[test]
fn the_page_shows_a_current_example_of_each_type() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let current = with_examples(&page);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, &current).unwrap();
    } else {
        assert!(page == current, "docs/records.md is out of date; run this test with UPDATE=1");
    }
}

#[test]
fn there_is_an_example_of_each_type() {
    let records = examples::all();
    assert_eq!(records.len(), overt_record::record::schemas().len());
    assert!(records.iter().all(|record| !matches!(record.body(), Body::Unknown(_))));
}
