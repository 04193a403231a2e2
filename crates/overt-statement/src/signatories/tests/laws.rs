//! What holds of any records.

use proptest::prelude::*;

use super::*;

const KEYS: [&str; 5] = ["site", "office", "club", "author", "stranger"];

/// A record with a few digests, keys and signatories, so that they meet.
fn record() -> impl Strategy<Value = LoggedRecord> {
    let index = 0..30_u64;
    let digest = || (0..12_u8).prop_map(|digest| digest.to_string());
    let key = prop::sample::select(KEYS.to_vec());
    let kind = 0..10_u8;
    let person = 0..4_u8;
    (index, digest(), key, kind, person, digest(), prop::option::of(digest())).prop_map(
        |(index, digest, key, kind, person, target, instead)| match kind {
            0..=4 => {
                let endorsement = by_mail(&format!("P{person}"), "example.edu", &format!("p{person}@"));
                signs(index, &digest, key, endorsement)
            }
            5 => lists(index, &format!("list {digest}"), key, &["A", "B"], Some(3)),
            6 => LoggedRecord {
                digest: None,
                ..at(index, "", key, Said::Erased { of: statement(), redaction: index + u64::from(person) })
            },
            7 => redacts(index, key, &target, RedactionReason::PersonalData, None),
            _ => redacts(index, key, &target, RedactionReason::Withdrawn, instead.as_deref()),
        },
    )
}

/// Records of a log: one at each place, and of one digest always the same body.
fn log() -> impl Strategy<Value = Vec<LoggedRecord>> {
    prop::collection::vec(record(), 0..25).prop_map(|records| {
        let mut bodies = BTreeMap::new();
        let placed: BTreeMap<u64, LoggedRecord> =
            records.into_iter().map(|record| (record.index, record)).collect();
        let one_body = |record: LoggedRecord| match record.digest {
            Some(digest) => {
                let (key, said) = bodies.entry(digest).or_insert((record.key, record.said.clone())).clone();
                LoggedRecord { key, said, ..record }
            }
            None => record,
        };
        placed.into_values().map(one_body).collect()
    })
}

/// A record that is about something else.
fn unrelated(index: u64) -> LoggedRecord {
    let other = Endorsement { of: Hash::of("another statement"), ..by_mail("P1", "example.edu", "p1@") };
    match index % 3 {
        0 => signs(index, &format!("unrelated {index}"), "site", other),
        1 => withdraws(index, "site", &format!("unrelated {}", index - 1)),
        _ => redacts(index, "office", "nothing here", RedactionReason::Error, Some("0")),
    }
}

proptest! {
    #[test]
    fn the_order_in_which_records_come_does_not_matter(
        (records, shuffled) in log().prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
    ) {
        prop_assert_eq!(fold(&records), fold(&shuffled));
    }

    #[test]
    fn records_about_something_else_change_nothing(records in log(), at in 0..100_u64) {
        // Between any two records of the list there is room for one.
        let spread: Vec<_> = records
            .into_iter()
            .map(|record| match record.said {
                Said::Erased { of, redaction } => {
                    LoggedRecord { index: record.index * 3, said: Said::Erased { of, redaction: redaction * 3 }, ..record }
                }
                _ => LoggedRecord { index: record.index * 3, ..record },
            })
            .collect();
        let alone = fold(&spread);
        let mut among = spread;
        among.extend((0..30).map(|step| unrelated(step * 3 + 1 + at % 2)));
        prop_assert_eq!(fold(&among), alone);
    }

    #[test]
    fn the_numbers_add_up(records in log()) {
        let list = fold(&records);
        let counts = list.counts();
        let of_domains: u64 = counts.email_domain.values().sum();
        prop_assert_eq!(counts.standing, list.standing().count() as u64);
        prop_assert_eq!(counts.people + counts.organisations, counts.standing);
        prop_assert_eq!(counts.named + counts.nameless, counts.standing);
        prop_assert_eq!(of_domains + counts.domain_key + counts.key + counts.nothing, counts.standing);
        let all = counts.standing + counts.withdrawn + counts.replaced + counts.taken_down;
        prop_assert_eq!(all, list.entries().len() as u64);
        prop_assert!(list.entries().iter().all(|entry| entry.signed.is_some() == (entry.status == Status::Stands)));
    }

    #[test]
    fn the_history_ends_at_the_present_and_never_counts_anybody_twice(records in log()) {
        let list = fold(&records);
        let history = list.history();
        prop_assert!(history.is_sorted_by(|a, b| a.index < b.index));
        prop_assert_eq!(history.last().map_or(0, |point| point.standing), list.counts().standing);
        let mut standing = 0;
        for point in &history {
            standing = standing + point.joined - point.left;
            prop_assert_eq!(point.standing, standing);
        }
        // At most one for each address that the site saw, one for each other key, and the erased.
        let erased = records.iter().filter(|record| matches!(record.said, Said::Erased { .. })).count();
        let most = 4 + KEYS.len() - 1 + erased;
        prop_assert!(history.iter().all(|point| point.standing <= most as u64));
    }

    /// Without corrections, nothing that comes later changes what was counted before.
    #[test]
    fn the_history_is_what_was_counted_at_the_time(records in log(), until in 0..30_u64) {
        let plain: Vec<_> = records
            .into_iter()
            .filter(|record| !matches!(record.said, Said::Erased { .. }))
            .map(|mut record| {
                if let Said::Redaction(redaction) = &mut record.said {
                    redaction.corrected_by = None;
                }
                record
            })
            .collect();
        let then: Vec<_> = plain.iter().filter(|record| record.index < until).cloned().collect();
        let now = fold(&plain).history();
        let told = now.iter().rev().find(|point| point.index < until).map_or(0, |point| point.standing);
        prop_assert_eq!(told, fold(&then).counts().standing);
    }
}
