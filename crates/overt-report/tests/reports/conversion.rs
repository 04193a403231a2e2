//! To the record and back.

use overt_record::record::{Intent, Precision};
use overt_record::{Hash, Record};
use overt_report::form::relevant;
use overt_report::{Draft, to_draft, to_incident};
use proptest::prelude::*;

use crate::answers::{CHANNEL, answer, begun, complete, fields, filled, header, incident, now, small};

#[test]
fn what_the_form_takes_the_record_takes() {
    for draft in [small(), complete(), filled(begun(false, false, "journalist"))] {
        let record = Record::new(header(), incident(&draft)).unwrap();
        let read = Record::from_payload(&record.to_payload().unwrap()).unwrap();
        assert_eq!(read, record);
    }
}

#[test]
fn every_public_answer_stands_in_the_record() {
    let draft = complete();
    let record = serde_json::to_string(&incident(&draft)).unwrap();
    for field in fields(&draft).into_iter().filter(|field| field.public) {
        // Addresses and time stamps are written in their own form.
        for value in field.values.iter().filter(|value| value.starts_with("Public")) {
            let value = serde_json::to_string(value).unwrap();
            assert!(record.contains(&value), "{} is not in the record", field.id);
        }
    }
    let details = incident(&draft).details.unwrap();
    assert_eq!(details.occurred_within, Some(Precision::Month));
    assert_eq!(details.intent, Some(Intent::Malicious));
}

#[test]
fn a_correction_begins_with_what_the_record_says() {
    for draft in [small(), complete()] {
        let first = incident(&draft);
        let digest = Hash::of("the first record");
        let mut correction = to_draft(&first, digest);
        assert!(correction.reporter.email.as_str().is_empty());
        correction.coordination = draft.coordination.clone();
        correction.reporter.email = draft.reporter.email.clone();
        let mut second = incident(&correction);
        assert_eq!(second.updates.take(), Some(digest));
        second.updates = first.updates;
        assert_eq!(second, first);
    }
}

#[test]
fn an_incomplete_draft_is_no_record_and_everything_missing_is_named() {
    let problems = to_incident(&Draft::default(), CHANNEL, now()).unwrap_err();
    assert!(problems.len() > 10);
    assert!(problems.iter().any(|problem| problem.field == "event.title"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any subset of right answers: either something is named as missing, or there is a record that its reader accepts.
    #[test]
    fn a_draft_without_problems_is_a_record(
        harm: bool, malicious: bool, relation in prop::sample::select(vec!["user", "developer", "employee"]),
        keep in prop::collection::vec(prop::bool::weighted(0.9), 160), marker in "[A-Za-z]{3,12}",
    ) {
        let mut draft = begun(harm, malicious, relation);
        for _ in 0..2 {
            for (field, keep) in fields(&draft).iter().zip(&keep) {
                if field.values.is_empty() && (*keep || field.needed) && field.id != "updates" {
                    let values = answer(field, &marker);
                    draft.set(&field.id, &values.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
                }
            }
        }
        match to_incident(&draft, CHANNEL, now()) {
            Ok(incident) => {
                let record = Record::new(header(), incident).unwrap();
                prop_assert!(Record::from_payload(&record.to_payload().unwrap()).is_ok());
            }
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
        prop_assert_eq!(relevant(&relevant(&draft, CHANNEL), CHANNEL), relevant(&draft, CHANNEL));
    }
}
