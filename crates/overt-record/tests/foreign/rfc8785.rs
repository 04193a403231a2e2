//! `rfc8785` (PyPI, Trail of Bits): canonical JSON.

use overt_record::json::to_canonical;
use serde_json::{Value, json};

use crate::judge::Judge;
use crate::samples::payloads;

/// Strings and keys whose order or escapes a writer could get wrong.
fn hard() -> Value {
    let texts = [
        "",
        "\u{0}\u{1f}\u{7f}",
        "\"\\/",
        "\u{2028}\u{feff}",
        "é",
        "e\u{301}",
        "\u{1f600}",
        "\u{ffee}",
        "€",
        "a",
        "A",
        "10",
        "9",
    ];
    let object = texts.iter().map(|text| ((*text).to_owned(), json!(text))).collect();
    json!([
        Value::Object(object),
        texts,
        [0, -1, 1, 9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64],
        {},
        [],
        null,
        true
    ])
}

#[test]
fn every_record_and_every_hard_text_is_written_alike() {
    let Some(rfc8785) = Judge::python("rfc8785.py") else { return };
    let mut asked: Vec<String> =
        payloads().into_iter().map(|payload| String::from_utf8(payload).unwrap()).collect();
    let mut expected = asked.clone();
    asked.push(serde_json::to_string_pretty(&hard()).unwrap());
    expected.push(String::from_utf8(to_canonical(&hard()).unwrap()).unwrap());
    assert_eq!(rfc8785.ask(&json!(asked)), json!(expected));
}
