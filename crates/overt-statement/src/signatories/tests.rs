#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod laws;

use overt_record::record::{
    Authority, Capacity, Endorsement, ListedName, Listing, ListingSource, Redaction, RedactionReason, Scope,
    Signatory, Verification,
};
use overt_record::{Name, Timestamp};

use super::*;

fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

fn key(label: &str) -> KeyId {
    Hash::of(label).into()
}

fn statement() -> Hash {
    Hash::of("the statement")
}

/// The site vouches, the office may take down, the club's key was found at its domain, a friend's key is known.
fn trust() -> Trust {
    Trust {
        vouching: [key("site")].into(),
        authorities: [key("office")].into(),
        domain_keys: [(key("club"), name("club.example"))].into(),
        known_keys: [key("friend")].into(),
    }
}

fn at(index: u64, digest: &str, by: &str, said: Said) -> LoggedRecord {
    let time = Timestamp::from_unix(1_000_000 + 10 * index).unwrap();
    LoggedRecord { index, time, digest: Some(Hash::of(digest)), key: key(by), said }
}

fn person(shown: &str) -> Endorsement {
    Endorsement {
        of: statement(),
        signatory: Signatory {
            capacity: Capacity::Person,
            name: Some(name(shown)),
            role: None,
            affiliation: None,
            country: None,
        },
        verified: Verification::Nothing,
        domain: None,
        email_commitment: None,
    }
}

/// Somebody who answered a mail, known by the address.
fn by_mail(shown: &str, domain: &str, address: &str) -> Endorsement {
    Endorsement {
        verified: Verification::EmailDomain,
        domain: Some(name(domain)),
        email_commitment: Some(Hash::of(address)),
        ..person(shown)
    }
}

fn nameless(domain: &str, address: Option<&str>) -> Endorsement {
    let mut endorsement = by_mail("x", domain, "x");
    endorsement.signatory.name = None;
    Endorsement { email_commitment: address.map(Hash::of), ..endorsement }
}

fn signs(index: u64, digest: &str, by: &str, endorsement: Endorsement) -> LoggedRecord {
    at(index, digest, by, Said::Endorsement(Box::new(endorsement)))
}

fn redacts(
    index: u64,
    by: &str,
    target: &str,
    reason: RedactionReason,
    instead: Option<&str>,
) -> LoggedRecord {
    let redaction = Redaction {
        target: Hash::of(target),
        scope: Scope::Record {},
        reason,
        explanation: None,
        authority: Authority { name: name("The signatory"), reference: None, uri: None },
        corrected_by: instead.map(Hash::of),
    };
    at(index, &format!("redaction {index}"), by, Said::Redaction(Box::new(redaction)))
}

fn withdraws(index: u64, by: &str, target: &str) -> LoggedRecord {
    redacts(index, by, target, RedactionReason::Withdrawn, None)
}

fn lists(index: u64, digest: &str, by: &str, names: &[&str], stated_total: Option<u64>) -> LoggedRecord {
    let names = names.iter().map(|one| ListedName { name: name(one), affiliation: None }).collect();
    let source = ListingSource { title: name("A letter"), sha256: Hash::of("letter"), uri: None };
    at(index, digest, by, Said::Listing(Box::new(Listing { of: statement(), source, stated_total, names })))
}

fn fold(records: &[LoggedRecord]) -> Signatories {
    Signatories::fold(statement(), key("author"), &trust(), records.to_vec())
}

fn statuses(list: &Signatories) -> Vec<Status> {
    list.entries().iter().map(|entry| entry.status.clone()).collect()
}

/// Place of the log and number of signatures.
fn history(list: &Signatories) -> Vec<(u64, u64)> {
    list.history().iter().map(|point| (point.index, point.standing)).collect()
}

fn replaced(by: &str) -> Status {
    Status::Replaced { by: Hash::of(by) }
}

#[test]
fn signatures_are_counted_by_what_was_checked() {
    let club = Endorsement {
        verified: Verification::DomainKey,
        domain: Some(name("club.example")),
        signatory: Signatory { capacity: Capacity::Organisation, ..person("Example Club").signatory },
        ..person("Example Club")
    };
    let list = fold(&[
        signs(1, "a", "site", by_mail("A", "example.edu", "a@")),
        signs(2, "b", "site", by_mail("B", "example.edu", "b@")),
        signs(3, "c", "site", nameless("example.org", Some("c@"))),
        signs(4, "d", "club", club),
        signs(5, "e", "friend", person("E")),
        signs(6, "f", "stranger", person("F")),
        signs(
            7,
            "other",
            "site",
            Endorsement { of: Hash::of("another"), ..by_mail("G", "example.edu", "g@") },
        ),
    ]);
    let counts = list.counts();
    assert_eq!((counts.standing, counts.people, counts.organisations), (6, 5, 1));
    assert_eq!((counts.named, counts.nameless), (5, 1));
    assert_eq!(counts.email_domain, [(name("example.edu"), 2), (name("example.org"), 1)].into());
    assert_eq!((counts.domain_key, counts.key, counts.nothing), (1, 1, 1));
    assert_eq!(counts.ignored, Ignored::default());
    assert_eq!(history(&list), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)]);
}

#[test]
fn what_a_stranger_says_was_checked_is_not_believed() {
    let list = fold(&[
        signs(1, "a", "stranger", by_mail("A", "example.edu", "a@")),
        signs(
            2,
            "b",
            "club",
            Endorsement {
                verified: Verification::DomainKey,
                domain: Some(name("another.example")),
                ..person("B")
            },
        ),
        signs(3, "c", "another", Endorsement { verified: Verification::Key, ..person("C") }),
    ]);
    let checked: Vec<_> =
        list.standing().map(|entry| entry.signed.as_ref().unwrap().checked.clone()).collect();
    assert_eq!(checked, [Checked::Nothing, Checked::Nothing, Checked::Nothing]);
    assert_eq!(list.counts().email_domain, BTreeMap::new());
}

#[test]
fn who_withdraws_does_not_count_and_is_not_shown() {
    let list = fold(&[
        signs(1, "a", "site", by_mail("A", "example.edu", "a@")),
        signs(2, "b", "site", by_mail("B", "example.edu", "b@")),
        withdraws(3, "site", "a"),
    ]);
    assert_eq!(statuses(&list), [Status::Withdrawn, Status::Stands]);
    assert_eq!(list.entries()[0].signed, None);
    assert_eq!((list.counts().standing, list.counts().withdrawn), (1, 1));
    assert_eq!(history(&list), [(1, 1), (2, 2), (3, 1)]);
    assert_eq!(list.history()[2].time, Timestamp::from_unix(1_000_030).unwrap());
}

#[test]
fn a_redaction_by_somebody_else_changes_nothing_and_is_counted() {
    let mut of_a_part = withdraws(4, "site", "a");
    if let Said::Redaction(redaction) = &mut of_a_part.said {
        redaction.scope = Scope::Samples { indexes: vec![1] };
    }
    let list = fold(&[
        signs(1, "a", "site", by_mail("A", "example.edu", "a@")),
        withdraws(2, "stranger", "a"),
        withdraws(3, "author", "a"),
        of_a_part,
        withdraws(5, "stranger", "something else"),
    ]);
    assert_eq!(statuses(&list), [Status::Stands]);
    let expected = Ignored { redactions_by_others: 2, redactions_of_parts: 1, ..Ignored::default() };
    assert_eq!(list.counts().ignored, expected);
}

#[test]
fn an_authority_takes_down_what_others_signed() {
    let list = fold(&[
        signs(1, "a", "stranger", person("A slur")),
        redacts(2, "office", "a", RedactionReason::LegalOrder, None),
        withdraws(3, "stranger", "a"),
    ]);
    let by_office = Status::TakenDown { reason: Some(RedactionReason::LegalOrder), by: Some(key("office")) };
    assert_eq!(statuses(&list), [by_office], "the first in the log decides");
    assert_eq!(list.counts().taken_down, 1);
}

#[test]
fn who_signs_again_is_counted_once_at_every_moment() {
    // First the new endorsement, then the redaction of the old one, as a site does it.
    let first = signs(1, "a", "site", by_mail("Jane D.", "example.edu", "jane@"));
    let second = signs(2, "b", "site", by_mail("Jane Doe", "example.edu", "jane@"));
    let redaction = redacts(3, "site", "a", RedactionReason::Withdrawn, Some("b"));
    // The site may stop between the two.
    for records in [vec![first.clone(), second.clone()], vec![first, second, redaction]] {
        let list = fold(&records);
        assert_eq!(statuses(&list), [replaced("b"), Status::Stands]);
        assert_eq!(list.counts().standing, 1);
        assert_eq!(history(&list), [(1, 1)]);
    }
}

#[test]
fn who_signs_again_and_withdraws_has_withdrawn() {
    let list = fold(&[
        signs(1, "a", "site", by_mail("Jane D.", "example.edu", "jane@")),
        signs(2, "b", "site", by_mail("Jane Doe", "example.edu", "jane@")),
        withdraws(3, "site", "b"),
    ]);
    assert_eq!(statuses(&list), [replaced("b"), Status::Withdrawn]);
    assert_eq!(history(&list), [(1, 1), (3, 0)]);
}

#[test]
fn another_address_in_the_place_of_the_first_is_one_signatory() {
    let list = fold(&[
        signs(1, "a", "site", by_mail("Jane Doe", "old.example", "jane@old")),
        signs(2, "b", "site", by_mail("Jane Doe", "new.example", "jane@new")),
        redacts(3, "site", "a", RedactionReason::Withdrawn, Some("b")),
    ]);
    assert_eq!(statuses(&list), [replaced("b"), Status::Stands]);
    assert_eq!(history(&list), [(1, 1)], "known now, applied to the past");
}

#[test]
fn a_replacement_that_is_not_under_the_statement_is_none() {
    let list = fold(&[
        signs(1, "a", "site", by_mail("A", "example.edu", "a@")),
        redacts(2, "site", "a", RedactionReason::Withdrawn, Some("elsewhere")),
        signs(3, "b", "site", by_mail("B", "example.edu", "b@")),
        redacts(4, "site", "b", RedactionReason::Error, Some("elsewhere")),
    ]);
    let by_site = Status::TakenDown { reason: Some(RedactionReason::Error), by: Some(key("site")) };
    assert_eq!(statuses(&list), [Status::Withdrawn, by_site]);
}

#[test]
fn what_was_taken_back_before_it_was_logged_never_stood() {
    let list = fold(&[
        signs(1, "a", "site", by_mail("Jane D.", "example.edu", "jane@")),
        withdraws(2, "site", "b"),
        signs(3, "b", "site", by_mail("Jane Doe", "example.edu", "jane@")),
    ]);
    assert_eq!(statuses(&list), [Status::Stands, Status::Withdrawn]);
    assert_eq!(history(&list), [(1, 1)]);
}

#[test]
fn a_record_that_is_logged_twice_counts_once() {
    let one = signs(1, "a", "site", nameless("example.edu", None));
    let again = LoggedRecord { index: 5, ..one.clone() };
    let list = fold(&[one, again]);
    assert_eq!((list.counts().standing, list.counts().ignored.repeated), (1, 1));
    assert_eq!(list.entries()[0].index, 1);
}

#[test]
fn what_nothing_tells_apart_is_one_signatory() {
    let affiliated = |shown: &str, affiliation: &str| {
        let mut endorsement = Endorsement { verified: Verification::Key, ..person(shown) };
        endorsement.signatory.affiliation = Some(name(affiliation));
        endorsement
    };
    let list = fold(&[
        // A key of one's own: one signatory, whatever names it gives itself.
        signs(1, "a", "stranger", person("A")),
        signs(2, "b", "stranger", person("B")),
        // The site without an address: names, with affiliations.
        signs(3, "c", "site", affiliated("John Example", "One")),
        signs(4, "d", "site", affiliated("JOHN EXAMPLE", "one")),
        signs(5, "e", "site", affiliated("John Example", "Two")),
        // Without a name: domains.
        signs(6, "f", "site", nameless("example.edu", None)),
        signs(7, "g", "site", nameless("example.edu", None)),
        signs(8, "h", "site", nameless("example.org", None)),
    ]);
    let stands = Status::Stands;
    assert_eq!(
        statuses(&list),
        [
            replaced("b"),
            stands.clone(),
            replaced("d"),
            stands.clone(),
            stands.clone(),
            replaced("g"),
            stands.clone(),
            stands
        ]
    );
}

#[test]
fn nobody_else_takes_a_signatorys_place() {
    // A commitment is public, so anybody can copy it.
    let list = fold(&[
        signs(1, "a", "site", by_mail("A", "example.edu", "a@")),
        signs(2, "b", "stranger", by_mail("A", "example.edu", "a@")),
    ]);
    assert_eq!(statuses(&list), [Status::Stands, Status::Stands]);
    assert_eq!((list.counts().email_domain[&name("example.edu")], list.counts().nothing), (1, 1));
}

#[test]
fn erased_signatures_are_taken_down_since_their_redaction() {
    let gone = |index, redaction| LoggedRecord {
        digest: None,
        ..at(index, "", "site", Said::Erased { of: statement(), redaction })
    };
    let list = fold(&[
        gone(1, 5),
        gone(2, 6),
        gone(3, 99),
        signs(4, "b", "site", by_mail("Jane Doe", "example.edu", "jane@")),
        redacts(5, "site", "its digest is known to nobody else", RedactionReason::PersonalData, None),
        redacts(6, "site", "neither is this", RedactionReason::Withdrawn, Some("b")),
    ]);
    let erased = Status::TakenDown { reason: Some(RedactionReason::PersonalData), by: Some(key("site")) };
    let unknown = Status::TakenDown { reason: None, by: None };
    assert_eq!(statuses(&list), [erased, replaced("b"), unknown, Status::Stands]);
    assert_eq!(history(&list), [(1, 1), (2, 2), (5, 1)]);
    assert_eq!(list.counts().taken_down, 2);
}

#[test]
fn listings_are_counted_apart_and_by_whoever_may() {
    let list = fold(&[
        lists(1, "l", "author", &["A", "B", "C"], Some(1821)),
        lists(2, "m", "site", &["D"], Some(5)),
        lists(3, "n", "stranger", &["X", "Y"], Some(1_000_000)),
        lists(4, "o", "site", &["Z"], None),
        withdraws(5, "site", "o"),
        signs(6, "a", "site", by_mail("A", "example.edu", "a@")),
    ]);
    let counts = list.counts();
    assert_eq!((counts.listed, counts.stated_total, counts.standing), (4, Some(1821), 1));
    assert_eq!(counts.ignored.listings_by_others, 1);
    assert_eq!(list.listings().iter().map(|shown| shown.index).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn names_that_people_know_come_first_and_nobody_twice() {
    let list = fold(&[
        lists(1, "l", "author", &["A", "B", "C"], None),
        lists(2, "m", "site", &["D"], None),
        signs(3, "a", "site", by_mail("A", "example.edu", "a@")),
        signs(4, "b", "site", by_mail("B", "example.edu", "b@")),
        signs(5, "c", "site", by_mail("C", "example.edu", "c@")),
        withdraws(6, "site", "a"),
    ]);
    let digest = |label: &str| Hash::of(label);
    let first = FirstNames {
        listed: vec![
            (digest("m"), 0),
            (digest("l"), 2),
            (digest("l"), 2),
            (digest("l"), 9),
            (digest("gone"), 0),
        ],
        endorsements: vec![digest("c"), digest("a"), digest("c"), digest("unknown")],
    };
    let arranged = list.arranged(&first);
    let listed: Vec<_> = arranged.listed.iter().map(|one| one.name.name.as_str()).collect();
    assert_eq!(listed, ["D", "C", "A", "B"]);
    assert_eq!(arranged.signatures.iter().map(|entry| entry.index).collect::<Vec<_>>(), [5, 4]);
    let plain = list.arranged(&FirstNames::default());
    assert_eq!(
        plain.listed.iter().map(|one| one.name.name.as_str()).collect::<Vec<_>>(),
        ["A", "B", "C", "D"]
    );
    assert_eq!(plain.signatures.iter().map(|entry| entry.index).collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn no_records_are_no_signatures() {
    let list = fold(&[]);
    assert_eq!(list.counts(), Counts::default());
    assert_eq!(list.history(), []);
}
