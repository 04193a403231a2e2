//! The index: against the rules of signatures computed another way, made anew, and asked for everything that pages ask for.

use std::collections::BTreeSet;
use std::path::Path;

use overt_log::Reader;
use overt_log::admission::{FoundBody, Submission, body_of};
use overt_record::record::{
    Authority, Capacity, Country, Endorsement, Evaluation, Incident, Kind, ListedName, Listing,
    ListingSource, Redaction, RedactionReason, Scope, Severity, Signatory, Verification, email_commitment,
};
use overt_record::{Hash, LogEntry, Name, PrivateKey};
use overt_site::index::{Believed, EntryState, IncidentFilter, Index, PageSize, Recent, Seek, Standing};
use overt_site::{AtDoor, Publish as _};
use overt_statement::{LoggedRecord, Signatories, Trust};

use crate::world::{HOUR, World, name, signed, site_key, someones_key, statement};

const MANY: u16 = PageSize::MOST;

pub(crate) fn endorsement(of: Hash, who: Option<&str>, domain: &str, address: Option<&str>) -> Endorsement {
    Endorsement {
        of,
        signatory: Signatory {
            capacity: Capacity::Person,
            name: who.map(name),
            role: None,
            affiliation: None,
            country: Some(Country::try_from("KE".to_owned()).unwrap()),
        },
        verified: Verification::EmailDomain,
        domain: Some(name(domain)),
        email_commitment: address.map(|address| email_commitment(&[1; 32], address)),
    }
}

fn redaction(target: Hash) -> Redaction {
    Redaction {
        target,
        scope: Scope::Record {},
        reason: RedactionReason::Withdrawn,
        explanation: None,
        authority: Authority { name: name("The signatory"), reference: None, uri: None },
        corrected_by: None,
    }
}

/// Everything that a page can see of the signatures under a statement.
fn seen(index: &Index, statement: &Hash) -> String {
    let signatories = index.signatories(statement, Seek::Start, PageSize::clamped(MANY)).unwrap();
    let counts = index.signature_counts(statement).unwrap();
    let entries = index.entries(None, Seek::Start, PageSize::clamped(MANY)).unwrap();
    format!(
        "{signatories:#?}{counts:#?}{entries:#?}{:?}{:?}",
        index.growth().unwrap(),
        index.position().unwrap()
    )
}

/// An index that is made from nothing.
async fn made_anew(world: &World, authorities: &[&PrivateKey]) -> (Index, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let own = site_key().public().id();
    let believed = Believed {
        vouching: BTreeSet::from([own]),
        authorities: authorities.iter().map(|key| key.public().id()).chain([own]).collect(),
    };
    let index = Index::open(&directory.path().join("index.sqlite"), believed).unwrap();
    let size = AtDoor(world.door.clone()).size();
    index.follow(&Reader::new(world.store.clone()), &world.store, size).await.unwrap();
    (index, directory)
}

/// The records of the log as a reader who trusts nobody's index finds them.
fn records(world: &World) -> Vec<LoggedRecord> {
    let size = AtDoor(world.door.clone()).size();
    let reader = Reader::new(world.store.clone());
    let record = |index| {
        let entry = LogEntry::parse(&reader.entry(index, size).unwrap()).unwrap();
        let FoundBody::Here(body) = body_of(world.store.as_ref(), index, &entry.commit).unwrap() else {
            return None;
        };
        LoggedRecord::new(index, entry.time, &Submission::parse(&body).unwrap().verify().unwrap())
    };
    (0..size).filter_map(record).collect()
}

/// Numbers that look random and are the same every time (xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stands_follows_from_the_log_as_the_rules_of_signatures_say() {
    for seed in 1..=12 {
        let world = World::new();
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let (statement, _) = world.log(statement(), &site_key()).await;
        let keys = [site_key(), someones_key(3), someones_key(4)];
        let mut made: Vec<(Hash, Vec<u8>)> = Vec::new();
        // Some are made and logged only later, so that redactions come before what they redact.
        let mut kept_back: Vec<Vec<u8>> = Vec::new();
        for _ in 0..40 {
            world.clock.advance(60);
            let key = &keys[dice.roll(3) as usize];
            let now = world.clock.timestamp();
            let submission = match dice.roll(10) {
                0..=5 => {
                    let who = ["A Reader", "B Reader", "a reader"][dice.roll(3) as usize];
                    let address = ["a@example.edu", "b@example.edu"][dice.roll(2) as usize];
                    let nameless = dice.roll(5) == 0;
                    let with_address = dice.roll(3) > 0;
                    let body = endorsement(
                        statement,
                        (!nameless).then_some(who),
                        ["example.edu", "example.org"][dice.roll(2) as usize],
                        with_address.then_some(address),
                    );
                    let (digest, submission) = signed(body, key, now);
                    made.push((digest, submission.clone()));
                    if dice.roll(4) == 0 {
                        kept_back.push(submission);
                        continue;
                    }
                    submission
                }
                6..=7 if !made.is_empty() => {
                    let target = made[dice.roll(made.len() as u64) as usize].0;
                    signed(redaction(target), key, now).1
                }
                8 if !made.is_empty() => made[dice.roll(made.len() as u64) as usize].1.clone(),
                _ => match kept_back.pop() {
                    Some(submission) => submission,
                    None => continue,
                },
            };
            AtDoor(world.door.clone()).submit(submission).await.unwrap();
        }
        let authority = &keys[2];
        let (index, _directory) = made_anew(&world, &[authority]).await;
        let own = site_key().public().id();
        let trust = Trust {
            vouching: BTreeSet::from([own]),
            authorities: BTreeSet::from([own, authority.public().id()]),
            ..Trust::default()
        };
        let folded = Signatories::fold(statement, own, &trust, records(&world));
        let expected: Vec<(u64, Option<Hash>)> =
            folded.standing().map(|entry| (entry.index, entry.digest)).collect();
        let found = index.signatories(&statement, Seek::Start, PageSize::clamped(MANY)).unwrap().items;
        let found_places: Vec<_> =
            found.iter().map(|signatory| (signatory.index, Some(signatory.record))).collect();
        assert_eq!(found_places, expected, "seed {seed}");
        let vouched: u64 = folded.counts().email_domain.values().sum();
        let counted = |standing| {
            let counts = index.signature_counts(&statement).unwrap();
            counts
                .iter()
                .filter(|count| count.standing == standing)
                .map(|count| count.signatures)
                .sum::<u64>()
        };
        assert_eq!((counted(Standing::Vouched), counted(Standing::Own)), (vouched, folded.counts().nothing));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_made_anew_is_the_same_also_when_bodies_are_gone() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let door = AtDoor(world.door.clone());
    for key in [3, 4] {
        let key = someones_key(key);
        let (_, _) = world.log(endorsement(statement, Some("Own Key"), "example.org", None), &key).await;
        world.clock.advance(HOUR);
        let (second, index) =
            world.log(endorsement(statement, Some("Own Key"), "example.net", None), &key).await;
        let (_, redaction) = world.log(redaction(second), &key).await;
        site.follow().await.unwrap();
        door.erase(index, redaction).await.unwrap();
    }
    for (who, at) in
        [("A Reader", "a@example.edu"), ("B Reader", "b@example.edu"), ("Anna Reader", "a@example.edu")]
    {
        world.clock.advance(HOUR);
        let link = crate::world::ask(&site, &crate::world::form(statement, who, at)).await;
        site.signing().confirm(&link, overt_site::signing::MailboxIs::Own).await.unwrap();
    }
    let (index, _directory) = made_anew(&world, &[]).await;
    assert_eq!(seen(&index, &statement), seen(site.index(), &statement));
    assert_eq!(index.signatories(&statement, Seek::Start, PageSize::default()).unwrap().items.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_record_is_counted_and_passed_over() {
    let world = World::new();
    let site = world.site();
    // Past the door: entries without bodies, and one that is none.
    let log = world.door.log();
    let entry = LogEntry::new(
        "statement".parse().unwrap(),
        world.clock.timestamp(),
        Hash::of("nothing"),
        site_key().public().id(),
        vec![Hash::of("x")],
    );
    log.add(entry.unwrap().to_bytes().unwrap()).await.unwrap();
    log.add(b"noise".to_vec()).await.unwrap();
    let statement = world.statement(&site).await;
    let position = site.index().position().unwrap();
    assert_eq!((position.next, position.unreadable), (3, 2));
    assert_eq!(site.index().entry(0).unwrap().unwrap().state, EntryState::Unreadable);
    assert!(site.index().entry(1).unwrap().is_none());
    assert!(site.index().statement(&statement).unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_has_followed_another_log_says_so() {
    let world = World::new();
    let site = world.site();
    world.statement(&site).await;
    let found = site.index().follow(&Reader::new(world.store.clone()), &world.store, 0).await;
    assert!(found.unwrap_err().to_string().contains("another log"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_another_version_is_made_anew() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    drop(site);
    let index = world.directory.path().join("site/derived/index.sqlite");
    let connection = rusqlite::Connection::open(&index).unwrap();
    connection.execute_batch("DROP TABLE tally; PRAGMA user_version=1").unwrap();
    drop(connection);
    let site = world.site();
    site.follow().await.unwrap();
    assert!(site.index().statement(&statement).unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn signatories_are_found_by_their_words_and_by_their_number() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let key = site_key();
    let people = [
        "Renée O’Hara",
        "Łukasz Nowak",
        "Åsa Öberg",
        "José Álvarez",
        "Anna Nováková",
        "Константинопольская-Преображенская Ия",
    ];
    for (number, who) in people.iter().enumerate() {
        let mut body =
            endorsement(statement, Some(who), "example.edu", Some(&format!("{number}@example.edu")));
        body.signatory.affiliation =
            Some(name(if number % 2 == 0 { "Université de Test" } else { "Example Library" }));
        world.log(body, &key).await;
    }
    site.follow().await.unwrap();
    let search = |text: &str, seek| {
        let page = site.index().search_signatories(&statement, text, seek, PageSize::clamped(2)).unwrap();
        let names: Vec<_> = page.items.into_iter().filter_map(|signatory| signatory.name).collect();
        (names.join("; "), page.next)
    };
    for (text, found) in [
        ("renee", "Renée O’Hara"),
        ("OHARA ren", "Renée O’Hara"),
        ("lukasz", "Łukasz Nowak"),
        ("oberg a", "Åsa Öberg"),
        ("alva", "José Álvarez"),
        ("nowak libr", "Łukasz Nowak"),
        ("константинопольская", "Константинопольская-Преображенская Ия"),
        ("константинопольская преображенс", "Константинопольская-Преображенская Ия"),
        ("КОНСТАНТИНОПОЛ", "Константинопольская-Преображенская Ия"),
        ("к", "Константинопольская-Преображенская Ия"),
        ("константинович", ""),
        ("nobody", ""),
        ("\" OR 1 --", ""),
        ("*", ""),
        ("", ""),
    ] {
        assert_eq!(search(text, Seek::Start).0, found, "{text}");
    }
    assert_eq!(search("universite", Seek::Start), ("Renée O’Hara; Åsa Öberg".into(), Some(3)));
    assert_eq!(search("universite", Seek::Behind(3)), ("Anna Nováková".into(), None));
    let page = site.index().signatories(&statement, Seek::Behind(3), PageSize::clamped(1)).unwrap();
    assert_eq!((page.items[0].number, page.next), (4, Some(4)));
    assert!(
        site.index()
            .signatories(&statement, Seek::Behind(u64::MAX), PageSize::default())
            .unwrap()
            .items
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_shown_if_its_issuer_has_a_say_and_is_never_counted() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let listing = |source: &str| Listing {
        of: statement,
        source: ListingSource { title: name(source), sha256: Hash::of(source), uri: None },
        stated_total: Some(40),
        names: vec![
            ListedName { name: name("Example Institute"), affiliation: None },
            ListedName { name: name("Anna Nováková"), affiliation: Some(name("Example Library")) },
        ],
    };
    world.log(listing("The letter"), &site_key()).await;
    world.log(listing("A forged letter"), &someones_key(3)).await;
    site.follow().await.unwrap();
    let view = site.index().statement(&statement).unwrap().unwrap();
    assert_eq!(view.listings.len(), 1);
    assert!(view.signatures.is_empty());
    let listed = |text: &str| {
        let page =
            site.index().listed(view.listings[0].index, text, Seek::Start, PageSize::default()).unwrap();
        page.items.into_iter().map(|listed| listed.place).collect::<Vec<_>>()
    };
    assert_eq!((listed(""), listed("novak"), listed("ovak")), (vec![1, 2], vec![2], vec![]));
}

/// The example of a type in docs/records.md.
fn example<T: serde::de::DeserializeOwned>(kind: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/records.md");
    let text = std::fs::read_to_string(path).unwrap();
    let section = text.split_once(&format!("\n## `{kind}`")).unwrap().1;
    let json = section.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
    let mut value: serde_json::Value = serde_json::from_str(json).unwrap();
    for field in ["issuer", "issuedAt"] {
        value.as_object_mut().unwrap().remove(field);
    }
    serde_json::from_value(value).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn evaluations_are_listed_by_system_and_by_task_and_unlike_results_stay_apart() {
    let world = World::new();
    let site = world.site();
    let key = someones_key(3);
    let mut first: Evaluation = example("evaluation");
    first.plan = None;
    first.corrects = None;
    let (record, index) = world.log(first.clone(), &key).await;
    world.clock.advance(HOUR);
    // Other replies, the same system; and the same task on other samples.
    let mut second = first.clone();
    second.system.identity_sha256 = Hash::of("another day");
    second.tasks[0].dataset.samples_sha256 = Hash::of("other samples");
    world.log(second, &key).await;
    let mut third = first.clone();
    third.corrects = Some(record);
    let (correction, _) = world.log(third.clone(), &key).await;
    third.run.id = name("a rival's");
    world.log(third, &someones_key(4)).await;
    site.follow().await.unwrap();

    let systems = site.index().systems(Seek::Start, PageSize::default()).unwrap().items;
    assert_eq!((systems.len(), systems[0].evaluations), (1, 4));
    let history = site.index().system(&systems[0].id).unwrap().unwrap();
    assert_eq!(history.evaluations.len(), 4);
    let view = site.index().evaluation(&record).unwrap().unwrap();
    assert_eq!(view.corrected_by, Some(correction), "what a rival says does not count");
    let results = site.index().results(index).unwrap();
    assert_eq!(results.len(), first.tasks.iter().map(|task| task.metrics.len()).sum::<usize>());
    assert_eq!(results[0].value, first.tasks[0].metrics[0].value);
    assert!(results[0].headline);

    let task = site.index().task(first.tasks[0].name.as_str()).unwrap().unwrap();
    assert_eq!((task.task.evaluations, task.groups.len()), (4, 2));
    assert!(task.groups.iter().all(|group| group.results.iter().all(|result| result.alike == group.alike)));
    assert!(site.index().task("nothing").unwrap().is_none());
    let referrers = site.index().referrers(&record, None, Seek::Start, PageSize::default()).unwrap();
    assert_eq!(referrers.items.len(), 2);
    assert_eq!(site.index().recent(Recent::Evaluations, PageSize::clamped(3)).unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn incidents_are_filtered_and_only_their_issuer_carries_them_on() {
    let world = World::new();
    let site = world.site();
    let key = someones_key(3);
    let mut incident: Incident = example("incident");
    incident.updates = None;
    (incident.occurred_at, incident.ended_at, incident.discovered_at) = (None, None, None);
    let (record, _) = world.log(incident.clone(), &key).await;
    let mut update = incident.clone();
    update.updates = Some(record);
    update.title = Name::new("A rival's view").unwrap();
    world.log(update.clone(), &someones_key(4)).await;
    site.follow().await.unwrap();
    let all = |filter: &IncidentFilter| {
        let page = site.index().incidents(filter, Seek::Start, PageSize::default()).unwrap();
        page.items.into_iter().map(|incident| incident.title).collect::<Vec<_>>()
    };
    let title = incident.title.to_string();
    assert_eq!(all(&IncidentFilter::default()), ["A rival's view", &title]);
    update.title = Name::new("The newest report").unwrap();
    world.log(update, &key).await;
    site.follow().await.unwrap();
    assert_eq!(all(&IncidentFilter::default()), ["The newest report", "A rival's view"]);
    let system: String = incident.systems[0].name.as_str().chars().take(4).collect::<String>().to_uppercase();
    let matching = IncidentFilter {
        kind: Some(incident.kind),
        severity: Some(incident.severity),
        status: Some(incident.status),
        harm: incident.harms.first().copied(),
        country: incident.countries.first().copied(),
        system: Some(system),
    };
    assert_eq!(all(&matching).len(), 2);
    let other = if incident.severity == Severity::Low { Severity::High } else { Severity::Low };
    assert!(all(&IncidentFilter { severity: Some(other), ..matching.clone() }).is_empty());
    assert!(all(&IncidentFilter { system: Some("%_no such".into()), ..matching }).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_come_in_pages_newest_first() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    for number in 0..6 {
        let body =
            endorsement(statement, Some("A Reader"), "example.edu", Some(&format!("{number}@example.edu")));
        world.log(body, &site_key()).await;
    }
    site.follow().await.unwrap();
    let kind: Kind = "endorsement".parse().unwrap();
    let mut seek = Seek::Start;
    let mut found = Vec::new();
    loop {
        let page = site.index().entries(Some(&kind), seek, PageSize::clamped(4)).unwrap();
        found.extend(page.items.iter().map(|entry| entry.index));
        let Some(next) = page.next else { break };
        seek = Seek::Behind(next);
    }
    assert_eq!(found, [6, 5, 4, 3, 2, 1]);
    assert_eq!(site.index().entries(None, Seek::Start, PageSize::default()).unwrap().items.len(), 7);
    let growth = site.index().growth().unwrap();
    assert_eq!(growth.iter().map(|day| day.entries).sum::<u64>(), 7);
}
