//! Documents: the OECD's criteria, the code's items, and the page that explains them.

use std::collections::BTreeSet;

use overt_record::record::Regime;
use overt_report::deadline::{Clock, Consequence};
use overt_report::form::{Channel, Form, Labels};
use overt_report::{Draft, Format, export};
use serde_json::Value;

use crate::answers::{begun, complete, fields, header, incident, now, small, source};

fn written(draft: &Draft, format: Format) -> (String, Vec<String>) {
    let (incident, header) = (incident(draft), header());
    let export = export(format, &source(&incident, &header)).unwrap();
    (export.text, export.open.into_iter().map(|lack| lack.asked).collect())
}

#[test]
fn the_oecd_has_29_criteria_in_order_and_names_the_mandatory_ones_that_are_missing() {
    let (text, open) = written(&small(), Format::OecdJson);
    let document: Value = serde_json::from_str(&text).unwrap();
    let criteria = document["criteria"].as_array().unwrap();
    let numbers: Vec<u64> = criteria.iter().map(|criterion| criterion["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=29).collect::<Vec<_>>());
    let mandatory = criteria.iter().filter(|criterion| criterion["mandatory"] == true);
    assert_eq!(mandatory.map(|c| c["number"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 7, 10, 11]);
    let expected = [
        "criterion 3, How the AI system relates to the incident",
        "criterion 7, Supporting materials",
        "criterion 10, Severity",
    ];
    assert_eq!(open, expected);
    assert_eq!(document["missing"].as_array().unwrap().len(), 3);
    let (_, open) = written(&complete(), Format::OecdJson);
    assert_eq!(open, Vec::<String>::new());
}

#[test]
fn a_complete_report_answers_every_criterion() {
    let (text, _) = written(&complete(), Format::OecdJson);
    let document: Value = serde_json::from_str(&text).unwrap();
    let open: Vec<&Value> =
        document["criteria"].as_array().unwrap().iter().filter(|c| c["answer"].is_null()).collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn tables_hold_no_markup_and_no_formulas_of_others() {
    let mut draft = small();
    draft
        .set("event.title", &["=HYPERLINK(\"https://example.org\") | <script>alert(1)</script> [x](y)"])
        .unwrap();
    draft.set("event.description", &["a | b\n# heading\n<img src=x>"]).unwrap();
    let (markdown, _) = written(&draft, Format::OecdMarkdown);
    assert!(!markdown.contains("<script>") && !markdown.contains("<img") && !markdown.contains("[x](y)"));
    let rows: Vec<&str> = markdown.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), 30, "a header and 29 rows");
    assert!(rows.iter().all(|row| row.replace("\\|", "").matches('|').count() == 5));
    let (csv, _) = written(&draft, Format::OecdCsv);
    assert!(csv.contains("\"'=HYPERLINK(\"\"https://example.org\"\")"));
    assert!(csv.starts_with("number,criterion,mandatory,answer\r\n1,"));
    let (document, _) = written(&draft, Format::GpaiMarkdown);
    assert!(!document.contains("<script>") && !document.contains("\n# heading"));
}

#[test]
fn the_code_has_nine_items_of_which_seven_come_first() {
    let (text, open) = written(&complete(), Format::GpaiJson);
    assert_eq!(open, Vec::<String>::new());
    let document: Value = serde_json::from_str(&text).unwrap();
    let items = document["items"].as_array().unwrap();
    assert_eq!(items.len(), 9);
    assert_eq!(items.iter().filter(|item| item["initial"] == true).count(), 7);
    assert!(document["note"].as_str().unwrap().contains("no legal advice"));
    let (text, open) = written(&small(), Format::GpaiMarkdown);
    assert_eq!(open, ["1", "3", "5", "6", "7", "8", "9"].map(|number| format!("measure 9.2({number})")));
    assert_eq!(text.matches("**missing**").count(), 7);
}

/// The id of a field whatever the number of its entry.
fn pattern(id: &str) -> String {
    let words = id.split('.').map(|word| if word.parse::<usize>().is_ok() { "*" } else { word });
    words.collect::<Vec<_>>().join(".")
}

#[test]
fn the_page_names_every_field_format_and_citation() {
    let page = std::fs::read_to_string("../../docs/reports.md").unwrap();
    let mut withheld = begun(true, false, "user");
    withheld.set("classification.csam", &["yes"]).unwrap();
    let mut public = complete();
    public.set("coordination.disclosure", &["already"]).unwrap();
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for draft in [complete(), public, small(), withheld] {
        ids.extend(fields(&draft).into_iter().map(|field| pattern(&field.id)));
    }
    let missing: Vec<_> = ids.iter().filter(|id| !page.contains(&format!("`{id}`"))).collect();
    assert!(missing.is_empty(), "docs/reports.md lacks {missing:?}");
    for format in Format::ALL {
        assert!(page.contains(&format!("`{}`", format.slug())), "docs/reports.md lacks {}", format.slug());
    }
    let mut clock = Clock {
        aware_at: now(),
        consequences: Vec::new(),
        initial_sent: None,
        last_sent: None,
        resolved: None,
    };
    for regime in [Regime::AiAct73, Regime::GpaiCode, Regime::CaliforniaSb53, Regime::NewYorkRaise] {
        for resolved in [None, Some(now())] {
            for &consequence in Consequence::ALL {
                (clock.consequences, clock.resolved) = (vec![consequence], resolved);
                for due in clock.dues(regime).unwrap() {
                    assert!(page.contains(due.citation), "docs/reports.md lacks {}", due.citation);
                }
            }
        }
    }
}

#[test]
fn the_form_asks_the_same_of_everyone_in_the_same_order() {
    let of = |labels: &Labels| {
        let form = Form::of(&small(), Channel::Site, now(), labels);
        form.steps.into_iter().flat_map(|step| step.fields).map(|field| field.id).collect::<Vec<_>>()
    };
    let other = Labels::english().translated([("event.title".to_owned(), "Titel".to_owned(), String::new())]);
    assert_eq!(of(&Labels::english()), of(&other));
}
