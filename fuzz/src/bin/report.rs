//! A draft of a report that is read is written and read as the same one; what the form finds nothing wrong with is a record
//! that its readers take and every exporter writes, from which the same record comes again, and nothing private is in any
//! of them.
#![no_main]

#[path = "../exports.rs"]
mod exports;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overt_record::record::{Header, Issuer};
use overt_record::{Algorithm, Hash, PrivateKey, Record, Timestamp};
use overt_report::draft::Private;
use overt_report::form::{Channel, Form, Labels, check, relevant};
use overt_report::{Draft, to_draft, to_incident};

/// Private words that stand nowhere else.
const SECRET: &str = "c5f1e0aa";

static NOW: LazyLock<Timestamp> = LazyLock::new(|| "2026-11-24T16:00:00Z".parse().expect("a time"));
static LABELS: LazyLock<Labels> = LazyLock::new(Labels::english);
static HEADER: LazyLock<Header> = LazyLock::new(|| {
    let key = PrivateKey::generate(Algorithm::Ed25519, &[7; 32]).public();
    Header {
        issuer: Issuer { name: "Example Site".parse().expect("a name"), key, uri: None },
        issued_at: *NOW,
    }
});

/// Puts the secret where private words stand.
fn with_secrets(mut draft: Draft) -> Draft {
    let fill = |words: &mut Private| {
        if !words.as_str().is_empty() {
            *words = Private::from(SECRET.to_owned());
        }
    };
    let Draft { reporter, coordination, attachments, .. } = &mut draft;
    [&mut reporter.name, &mut reporter.organisation].into_iter().for_each(fill);
    [&mut coordination.embargo_details, &mut coordination.proof_of_concept].into_iter().for_each(fill);
    coordination.recipients.iter_mut().flat_map(|one| [&mut one.name, &mut one.contact]).for_each(fill);
    coordination.timeline.iter_mut().for_each(|step| fill(&mut step.what));
    coordination.acknowledgements.iter_mut().for_each(|one| fill(&mut one.by));
    attachments.iter_mut().for_each(|file| fill(&mut file.name));
    draft
}

fn recorded(draft: &Draft, channel: Channel) {
    let Ok(incident) = to_incident(draft, channel, *NOW) else { return };
    let record = Record::new(HEADER.clone(), incident.clone()).expect("what the form takes the record takes");
    let payload = record.to_payload().expect("and it can be written");
    assert_eq!(Record::from_payload(&payload), Ok(record));
    assert!(!String::from_utf8_lossy(&payload).contains(SECRET), "something private is in the record");
    let digest = Hash::of(&payload);
    for (format, text) in exports::of(&incident, &HEADER, digest, |_| None) {
        assert!(!text.contains(SECRET), "something private is in {format:?}");
    }
    exports::of(&incident, &HEADER, digest, |format| draft.shared_with(format.target()));

    let mut correction = to_draft(&incident, digest);
    correction.coordination = draft.coordination.clone();
    correction.reporter = draft.reporter.clone();
    let again = to_incident(&correction, channel, *NOW).map(|mut again| {
        assert_eq!(again.updates.take(), Some(digest));
        again.updates = incident.updates;
        again
    });
    assert_eq!(again, Ok(incident), "a correction begins with what the record says");
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(draft) = Draft::from_json(bytes) else { return };
    let json = draft.to_json();
    assert_eq!(Draft::from_json(json.as_bytes()).as_ref(), Ok(&draft));
    for channel in [Channel::Site, Channel::Signed] {
        let form = Form::of(&draft, channel, *NOW, &LABELS);
        assert_eq!(form.problems, check(&draft, channel, *NOW));
        assert!(form.progress.done <= form.progress.needed);
        let kept = relevant(&draft, channel);
        assert_eq!(relevant(&kept, channel), kept);
        if draft.classification.csam == Some(true) {
            assert!(to_incident(&draft, channel, *NOW).is_err(), "no record is made of that");
            assert!(
                kept.event.description.is_empty()
                    && kept.evidence.items.is_empty()
                    && kept.systems.is_empty()
            );
        }
        if !json.contains(SECRET) {
            recorded(&with_secrets(draft.clone()), channel);
        }
    }
});
