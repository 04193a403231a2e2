//! The signatures under a statement, of any records: their order does not matter, the numbers add up, the history ends at
//! the present, strangers change nothing, and records about other statements neither.
//!
//! Each record is six bytes: what it says, whose key signed it, its digest, whom it names, what it is about, its place.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use libfuzzer_sys::fuzz_target;
use overt_record::record::{
    Authority, Capacity, Endorsement, ListedName, Listing, ListingSource, Redaction, RedactionReason, Scope,
    Signatory, Verification,
};
use overt_record::{Hash, KeyId, Name, Timestamp};
use overt_statement::signatories::{Entry, FirstNames, Status};
use overt_statement::{LoggedRecord, Said, Signatories, Trust};

const KEYS: [&str; 6] = ["site", "office", "club", "friend", "author", "stranger"];
const REASONS: [RedactionReason; 3] =
    [RedactionReason::Withdrawn, RedactionReason::PersonalData, RedactionReason::Error];

fn key(label: &str) -> KeyId {
    Hash::of(label).into()
}

fn name(words: &str) -> Name {
    Name::new(words).expect("a name")
}

fn statement() -> Hash {
    Hash::of("the statement")
}

fn trust() -> Trust {
    Trust {
        vouching: [key("site")].into(),
        authorities: [key("office")].into(),
        domain_keys: [(key("club"), name("club.example"))].into(),
        known_keys: [key("friend")].into(),
    }
}

fn endorsement(of: Hash, who: u8) -> Endorsement {
    let domain = ["example.edu", "club.example"][usize::from(who / 8 % 2)];
    let (verified, commitment) = match who / 16 % 4 {
        0 => (Verification::Nothing, None),
        1 => (Verification::DomainKey, None),
        2 => (Verification::Key, None),
        _ => (Verification::EmailDomain, Some(Hash::of(format!("address {}", who % 4)))),
    };
    Endorsement {
        of,
        signatory: Signatory {
            capacity: if who < 128 { Capacity::Person } else { Capacity::Organisation },
            name: (who % 8 != 7).then(|| name(&format!("P. {}", who % 4))),
            role: None,
            affiliation: (who % 8 > 3).then(|| name(domain)),
            country: None,
        },
        verified,
        domain: Some(name(domain)),
        email_commitment: commitment,
    }
}

fn record(bytes: [u8; 6]) -> LoggedRecord {
    let [kind, by, digest, who, about, place] = bytes;
    let digest_of = |label: u8| Hash::of(format!("record {}", label % 24));
    let of = if about < 240 { statement() } else { Hash::of("another statement") };
    let said = match kind % 8 {
        0..=3 => Said::Endorsement(Box::new(endorsement(of, who))),
        4 => Said::Listing(Box::new(Listing {
            of,
            source: ListingSource { title: name("A letter"), sha256: Hash::of("letter"), uri: None },
            stated_total: (who > 99).then(|| who.into()),
            names: (0..=who % 3)
                .map(|n| ListedName { name: name(&format!("L{n}")), affiliation: None })
                .collect(),
        })),
        5 => Said::Erased { of, redaction: about.into() },
        _ => Said::Redaction(Box::new(Redaction {
            target: digest_of(about),
            scope: if who % 16 == 15 { Scope::Samples { indexes: vec![1] } } else { Scope::Record {} },
            reason: REASONS[usize::from(who) % 3],
            explanation: None,
            authority: Authority { name: name("Somebody"), reference: None, uri: None },
            corrected_by: (who > 127).then(|| digest_of(who)),
        })),
    };
    let digest = match &said {
        Said::Erased { .. } => None,
        Said::Redaction(_) => Some(Hash::of(bytes)),
        _ => Some(digest_of(digest)),
    };
    let time = Timestamp::from_unix(1_000_000 + u64::from(place)).expect("a time");
    LoggedRecord { index: place.into(), time, digest, key: key(KEYS[usize::from(by) % KEYS.len()]), said }
}

/// Records as a log can have them: one at each place, and of one digest always the same.
fn log(bytes: &[u8]) -> Vec<LoggedRecord> {
    let records = bytes.as_chunks::<6>().0.iter().take(96).map(|bytes| record(*bytes));
    let placed: BTreeMap<u64, LoggedRecord> = records.map(|record| (record.index, record)).collect();
    let mut bodies: BTreeMap<Hash, (KeyId, Said)> = BTreeMap::new();
    let one_body = |record: LoggedRecord| match record.digest {
        Some(digest) => {
            let (key, said) = bodies.entry(digest).or_insert((record.key, record.said.clone())).clone();
            LoggedRecord { key, said, ..record }
        }
        None => record,
    };
    placed.into_values().map(one_body).collect()
}

fn fold(records: impl IntoIterator<Item = LoggedRecord>) -> Signatories {
    Signatories::fold(statement(), key("author"), &trust(), records)
}

/// Signatories that nothing tells apart stand once.
fn nobody_stands_twice(list: &Signatories) {
    let mut seen = BTreeSet::new();
    for entry in list.standing() {
        let signed = entry.signed.as_ref().expect("what stands is shown");
        let seat = match (entry.key == key("site"), signed.endorsement.email_commitment) {
            (false, _) => format!("{:?}", entry.key),
            (true, Some(commitment)) => commitment.to_string(),
            (true, None) => continue,
        };
        assert!(seen.insert(seat), "somebody counts twice");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let records = log(bytes);
    let list = fold(records.clone());
    assert_eq!(fold(records.iter().rev().cloned()), list, "the order in which they come matters");

    let counts = list.counts();
    let checked = counts.email_domain.values().sum::<u64>() + counts.domain_key + counts.key + counts.nothing;
    assert_eq!(counts.standing, list.standing().count() as u64);
    assert_eq!(
        [counts.people + counts.organisations, counts.named + counts.nameless, checked],
        [counts.standing; 3]
    );
    let all = counts.standing + counts.withdrawn + counts.replaced + counts.taken_down;
    assert_eq!(all, list.entries().len() as u64);
    assert!(list.entries().iter().all(|entry| entry.signed.is_some() == (entry.status == Status::Stands)));
    assert!(list.entries().is_sorted_by(|one, next| one.index < next.index));
    nobody_stands_twice(&list);

    let history = list.history();
    assert!(history.is_sorted_by(|one, next| one.index < next.index));
    assert_eq!(history.last().map_or(0, |point| point.standing), counts.standing);
    let first = FirstNames {
        listed: list.listings().iter().map(|shown| (shown.digest, 1)).collect(),
        endorsements: list.entries().iter().rev().filter_map(|entry| entry.digest).collect(),
    };
    let arranged = list.arranged(&first);
    assert_eq!(
        (arranged.signatures.len(), arranged.listed.len()),
        (list.standing().count(), counts.listed as usize)
    );

    let elsewhere = |record: &&LoggedRecord| match &record.said {
        Said::Endorsement(endorsement) => endorsement.of != statement(),
        Said::Listing(listing) => listing.of != statement(),
        _ => false,
    };
    let others: BTreeSet<u64> = records.iter().filter(elsewhere).map(|record| record.index).collect();
    let without = fold(records.iter().filter(|record| !others.contains(&record.index)).cloned());
    assert_eq!((without.entries(), without.listings()), (list.entries(), list.listings()));
    // A stranger takes nothing down but what is their own. By whose word a body was erased is for the log to say.
    let theirs =
        |record: &LoggedRecord| record.key == key("stranger") && matches!(record.said, Said::Redaction(_));
    let may = |entry: &Entry| entry.key == key("stranger") || entry.digest.is_none();
    let without = fold(records.iter().filter(|record| !theirs(record)).cloned());
    assert!(without.entries().iter().zip(list.entries()).all(|(one, other)| may(one) || one == other));
});
