//! What is read from a signed payload, and what is refused.

use overt_record::Record;
use overt_record::record::{BadRecord, Body};
use serde_json::{Value, json};

use crate::examples;

fn value(record: &Record) -> Value {
    serde_json::from_slice(&record.to_payload().unwrap()).unwrap()
}

fn read(value: &Value) -> Result<Record, BadRecord> {
    Record::from_payload(&overt_record::json::to_canonical(value).unwrap())
}

#[test]
fn every_type_survives_writing_and_reading() {
    for record in examples::all() {
        let payload = record.to_payload().unwrap();
        assert_eq!(Record::from_payload(&payload), Ok(record));
    }
}

#[test]
fn what_a_record_points_to_follows_from_its_body() {
    let refs: Vec<usize> = examples::all().iter().map(|record| record.body().refs().unwrap().len()).collect();
    assert_eq!(refs, [1, 0, 2, 2, 1, 0, 1, 1, 1, 0]);
    for record in examples::all() {
        assert!(record.body().subjects().iter().all(|subject| subject.as_sha256().is_some()));
    }
}

#[test]
fn a_payload_in_another_spelling_is_refused() {
    for record in examples::all() {
        let pretty = serde_json::to_vec_pretty(&value(&record)).unwrap();
        assert!(matches!(Record::from_payload(&pretty), Err(BadRecord::Statement(_))));
        let mut longer = record.to_payload().unwrap();
        longer.push(b'\n');
        assert!(Record::from_payload(&longer).is_err());
    }
}

#[test]
fn no_beginning_of_a_payload_is_a_record() {
    for record in examples::all() {
        let payload = record.to_payload().unwrap();
        for length in 0..payload.len() {
            assert!(Record::from_payload(&payload[..length]).is_err());
        }
    }
}

/// Every place in the JSON, as a pointer.
fn places(value: &Value, at: String, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (field, inner) in fields {
                places(inner, format!("{at}/{}", field.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        Value::Array(items) => {
            (0..).zip(items).for_each(|(i, inner)| places(inner, format!("{at}/{i}"), into));
        }
        _ => {}
    }
    into.push(at);
}

#[test]
fn a_wrong_type_anywhere_is_refused_and_nothing_panics() {
    for record in examples::all() {
        let honest = value(&record);
        let mut all = Vec::new();
        places(&honest, String::new(), &mut all);
        for place in &all {
            for wrong in
                [Value::Null, json!(true), json!(-1), json!([[]]), json!({ "x": {} }), json!("\u{202E}")]
            {
                let mut changed = honest.clone();
                *changed.pointer_mut(place).unwrap() = wrong.clone();
                // A reason that is `null` for a field that may be absent is the one spelling too many.
                assert!(read(&changed).is_err(), "{place} = {wrong}");
            }
        }
    }
}

#[test]
fn an_unknown_field_anywhere_is_refused() {
    for record in examples::all() {
        let honest = value(&record);
        let mut all = Vec::new();
        places(&honest, String::new(), &mut all);
        // Maps whose keys are free: names of settings, outcomes, files.
        let free = ["details", "generation", "outcomes", "files", "evidence"];
        for place in all.iter().filter(|place| !free.iter().any(|field| place.ends_with(field))) {
            let mut changed = honest.clone();
            if let Some(fields) = changed.pointer_mut(place).unwrap().as_object_mut() {
                fields.insert("surprise".to_owned(), json!("x"));
                assert!(read(&changed).is_err(), "{place}");
            }
        }
    }
}

#[test]
fn a_subject_that_does_not_follow_from_the_body_is_refused() {
    for record in examples::all() {
        let mut changed = value(&record);
        changed["subject"][0]["digest"]["sha256"] = json!(overt_record::Hash::of("other").to_string());
        assert_eq!(read(&changed), Err(BadRecord::Subjects));
        let mut changed = value(&record);
        changed["subject"][0]["name"] = json!("other");
        assert_eq!(read(&changed), Err(BadRecord::Subjects));
        let mut changed = value(&record);
        let twice = changed["subject"][0].clone();
        changed["subject"].as_array_mut().unwrap().push(twice);
        assert_eq!(read(&changed), Err(BadRecord::Subjects));
    }
}

#[test]
fn an_unknown_type_or_version_is_shown_and_not_interpreted() {
    for (predicate_type, kind, version) in [
        ("https://github.com/overt-audit/overt/record/evaluation/v2", "evaluation", 2),
        ("https://github.com/overt-audit/overt/record/weather-report/v1", "weather-report", 1),
    ] {
        let mut later = value(&examples::all()[0]);
        later["predicateType"] = json!(predicate_type);
        later["predicate"]["surprise"] = json!({ "anything": [1, "2", null] });
        let record = read(&later).unwrap();
        let Body::Unknown(body) = record.body() else { panic!("{kind} was interpreted") };
        assert_eq!(body.fields["surprise"]["anything"][1], "2");
        assert_eq!((body.predicate_type.kind.as_str(), body.predicate_type.version), (kind, version));
        assert_eq!(record.body().refs(), None);
        assert_eq!(value(&record), later);
    }
}

#[test]
fn a_statement_of_somebody_elses_type_is_no_record() {
    let mut foreign = value(&examples::all()[0]);
    foreign["predicateType"] = json!("https://slsa.dev/provenance/v1");
    assert!(matches!(read(&foreign), Err(BadRecord::PredicateType(_))));
}

#[test]
fn a_record_without_issuer_or_time_is_refused_whatever_its_type() {
    for predicate_type in ["evaluation/v1", "weather-report/v1"] {
        for field in ["issuer", "issuedAt"] {
            let mut changed = value(&examples::all()[0]);
            changed["predicateType"] =
                json!(format!("https://github.com/overt-audit/overt/record/{predicate_type}"));
            changed["predicate"].as_object_mut().unwrap().remove(field);
            assert!(matches!(read(&changed), Err(BadRecord::Header(_))), "{predicate_type} {field}");
        }
    }
}

#[test]
fn names_with_tricks_are_refused_where_they_stand() {
    for bad in ["", " x", "a\u{202E}b", "a\u{200B}b", "a\nb", "\u{1B}[31m", "x\u{E000}"] {
        let mut changed = value(&examples::all()[0]);
        changed["predicate"]["issuer"]["name"] = json!(bad);
        assert!(matches!(read(&changed), Err(BadRecord::Header(_))), "{bad:?}");
    }
}

#[test]
fn other_keys_than_the_one_spelling_of_a_good_one_are_refused() {
    let good = examples::key().public().to_base64();
    let weak = "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for bad in ["", "AAAA", good.trim_end_matches('='), &format!("{good}\n"), &good.replace('+', "-"), weak] {
        if bad == good {
            continue;
        }
        let mut changed = value(&examples::all()[0]);
        changed["predicate"]["issuer"]["key"] = json!(bad);
        assert!(matches!(read(&changed), Err(BadRecord::Header(_))), "{bad:?}");
    }
}
