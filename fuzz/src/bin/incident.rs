//! A record of an incident, whoever made it: every exporter writes it or names what is lacking, and a correction of it can
//! be begun, drawn, stored and read.
#![no_main]

#[path = "../exports.rs"]
mod exports;

use libfuzzer_sys::fuzz_target;
use overt_record::record::Body;
use overt_record::{Hash, Record};
use overt_report::form::{Channel, Form, Labels};
use overt_report::{Draft, to_draft, to_incident};

fuzz_target!(|payload: &[u8]| {
    let Ok(record) = Record::from_payload(payload) else { return };
    let Body::Incident(incident) = record.body() else { return };
    let digest = Hash::of(payload);
    exports::of(incident, record.header(), digest, |_| None);

    let draft = to_draft(incident, digest);
    assert_eq!(Draft::from_json(draft.to_json().as_bytes()).as_ref(), Ok(&draft));
    let now = record.header().issued_at;
    Form::of(&draft, Channel::Signed, now, &Labels::english());
    if let Ok(corrected) = to_incident(&draft, Channel::Signed, now) {
        assert_eq!(corrected.updates, Some(digest));
        let words = (&corrected.title, &corrected.description, &corrected.systems, &corrected.severity);
        assert_eq!(words, (&incident.title, &incident.description, &incident.systems, &incident.severity));
        assert!(Record::new(record.header().clone(), corrected).is_ok());
    }
});
