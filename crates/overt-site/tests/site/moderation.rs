//! What waits for a person.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use overt_log::Key;
use overt_log::admission::{AdmissionRules, Door, FoundBody, body_of};
use overt_log::files::{self, FileList, FilesError};
use overt_record::record::{Authority, Capacity, PublicStatement, Redaction, RedactionReason, Scope};
use overt_record::{Hash, LogEntry, Text};
use overt_site::accounts::{Holder, Role};
use overt_site::audit::Whole;
use overt_site::index::{EntryState, PageSize, Seek};
use overt_site::moderation::{Decision, Item, ItemState, ModerationError, TakeDown};
use overt_site::signing::{Confirmed, HoldReason, MailboxIs, SigningForm};

use overt_site::mail::Doing;
use overt_site::{AtDoor, Publish, PublishError, Site};

use crate::world::{HOUR, World, ask, form, name, someones_key, statement};

fn moderator() -> Holder {
    Holder { name: "A Moderator".into(), role: Role::Moderator }
}

async fn hold(site: &Site, form: &SigningForm) -> Vec<HoldReason> {
    let link = ask(site, form).await;
    let confirmed = site.signing().confirm(&link, MailboxIs::Own).await.unwrap();
    assert_eq!(confirmed, Confirmed::Held);
    match site.moderation().queue(0).unwrap().pop().unwrap().item {
        Item::Signature { reasons, .. } => reasons,
        other @ Item::Content { .. } => panic!("{other:?}"),
    }
}

fn count(site: &Site, statement: &Hash) -> usize {
    site.index().signatories(statement, Seek::Start, PageSize::default()).unwrap().items.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_worth_a_look_is_held_with_the_reason() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let mut organisation = form(statement, "Example University", "office@example.edu");
    organisation.capacity = Capacity::Organisation;
    assert_eq!(hold(&site, &organisation).await, [HoldReason::Organisation]);
    let odd = hold(&site, &form(statement, "www.example.com 12345", "odd@example.net")).await;
    assert_eq!(odd.len(), 2, "{odd:?}");

    let with_affiliation = |who: &str, at: &str| {
        let mut form = form(statement, who, at);
        form.affiliation = Some(name("Example Library"));
        form
    };
    let link = ask(&site, &with_affiliation("Renée Reader", "a@example.org")).await;
    let Confirmed::Published { record, .. } = site.signing().confirm(&link, MailboxIs::Own).await.unwrap()
    else {
        panic!("held")
    };
    let reasons = hold(&site, &with_affiliation("RENEE READER", "b@example.com")).await;
    assert_eq!(reasons, [HoldReason::SameName { record }]);
    // Who signs again from the same address is not their own namesake.
    world.clock.advance(HOUR);
    let link = ask(&site, &with_affiliation("Renée Reader", "a@example.org")).await;
    assert!(matches!(
        site.signing().confirm(&link, MailboxIs::Own).await.unwrap(),
        Confirmed::Published { .. }
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_signature_is_published_or_deleted_once_with_a_line_in_the_audit_trail() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    for who in ["Reader 123", "Reader 456"] {
        hold(&site, &form(statement, who, &format!("{}@example.edu", &who[7..]))).await;
    }
    let moderation = site.moderation();
    assert!(matches!(
        moderation.decide_signature(&moderator(), 1, Decision::Publish, " \n").await,
        Err(ModerationError::NoReason)
    ));
    let decided =
        moderation.decide_signature(&moderator(), 1, Decision::Publish, "a real name").await.unwrap();
    assert!(decided.index.is_some());
    moderation.decide_signature(&moderator(), 2, Decision::Refuse, "not a name").await.unwrap();
    for id in [1, 2] {
        let again = moderation.decide_signature(&moderator(), id, Decision::Publish, "again").await;
        assert!(matches!(again, Err(ModerationError::Decided(_))));
    }
    assert!(matches!(
        moderation.decide_signature(&moderator(), 3, Decision::Publish, "x").await,
        Err(ModerationError::NoItem(3))
    ));
    assert_eq!(count(&site, &statement), 1);
    let refused = moderation.item(2).unwrap();
    assert_eq!((refused.state, refused.decision.as_deref()), (ItemState::Refused, Some("not a name")));
    assert!(matches!(refused.item, Item::Signature { signature: None, .. }));
    assert_eq!(moderation.waiting().unwrap(), 0);
    let lines = site.audit().lines(None, 10).unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[0].who.as_str(), lines[0].reason.as_str()), ("A Moderator", "not a name"));
    assert!(matches!(site.audit().check().unwrap(), Whole::Yes { lines: 2, .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn reported_content_is_taken_down_with_a_redaction_or_left() {
    let world = World::new();
    let site = world.site();
    let (record, index) = world.log(statement(), &someones_key(3)).await;
    site.follow().await.unwrap();
    let size = AtDoor(world.door.clone()).size();
    let leaf = LogEntry::parse(&world.door.log().reader().entry(index, size).unwrap()).unwrap();
    let mut list = FileList::default();
    list.add("run.json", b"{}").unwrap();
    files::lay(world.store.as_ref(), &leaf.commit, &list, |_| Ok::<_, FilesError>(b"{}".to_vec())).unwrap();
    let beside = Key::new(format!("files/{}", Hash::of("{}"))).unwrap();
    assert!(world.store.get(&beside).unwrap().is_some());
    let complaint = Text::new("It names me.").unwrap();
    let moderation = site.moderation();
    moderation.report_content(&record, &complaint, None).await.unwrap();
    moderation.report_content(&record, &complaint, None).await.unwrap();
    assert!(matches!(
        moderation.report_content(&Hash::of("nothing"), &complaint, None).await,
        Err(ModerationError::NoRecord(_))
    ));
    moderation.dismiss(&moderator(), 1, "it does not").await.unwrap();
    let what = TakeDown {
        record,
        reason: RedactionReason::PersonalData,
        explanation: Text::new("It named somebody.").unwrap(),
        authority: Authority { name: name("The person concerned"), reference: None, uri: None },
    };
    let decided = moderation.take_down(&moderator(), what.clone()).await.unwrap();
    let redaction = decided.index.unwrap();
    let entry = site.index().entry(index).unwrap().unwrap();
    assert_eq!((entry.state, entry.redaction), (EntryState::TakenDown, Some(redaction)));
    assert!(site.index().statement(&record).unwrap().is_none());
    assert!(site.unfinished().unwrap().is_empty());
    assert_eq!(world.store.get(&beside).unwrap(), None, "what lies beside the record goes with it");
    let body = body_of(world.store.as_ref(), index, &leaf.commit).unwrap();
    assert_eq!(body, FoundBody::Erased { redaction: Some(redaction) });
    assert_eq!(moderation.waiting().unwrap(), 0);
    assert!(matches!(moderation.take_down(&moderator(), what).await, Err(ModerationError::NoRecord(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_issuer_takes_back_goes_without_a_moderator() {
    let world = World::new();
    let site = world.site();
    let take_back_of = |target, scope| Redaction {
        target,
        scope,
        reason: RedactionReason::Withdrawn,
        explanation: None,
        authority: Authority { name: name("The issuer"), reference: None, uri: None },
        corrected_by: None,
    };
    let take_back = |target| take_back_of(target, Scope::Record {});
    let there = |index: u64| {
        let size = AtDoor(world.door.clone()).size();
        let leaf = LogEntry::parse(&world.door.log().reader().entry(index, size).unwrap()).unwrap();
        matches!(body_of(world.store.as_ref(), index, &leaf.commit).unwrap(), FoundBody::Here(_))
    };
    let (owner, stranger) = (someones_key(3), someones_key(4));
    let (record, first) = world.log(statement(), &owner).await;
    world.log(take_back(record), &stranger).await;
    site.follow().await.unwrap();
    site.carry_out().await.unwrap();
    assert!(there(first), "a stranger takes nothing down");
    world.log(take_back(record), &owner).await;
    site.follow().await.unwrap();
    site.carry_out().await.unwrap();
    assert!(!there(first));
    // Another record, later: the site goes on from where it was, and after a stop from the beginning.
    let other = PublicStatement { version: name("2"), ..statement() };
    let (other, second) = world.log(other, &owner).await;
    world.log(take_back(other), &owner).await;
    site.follow().await.unwrap();
    drop(site);
    let site = world.site();
    site.carry_out().await.unwrap();
    assert!(!there(second));
    site.carry_out().await.unwrap();
    // Of a part: the files go, the record stays.
    let third = PublicStatement { version: name("3"), ..statement() };
    let (third, index) = world.log(third, &owner).await;
    let size = AtDoor(world.door.clone()).size();
    let leaf = LogEntry::parse(&world.door.log().reader().entry(index, size).unwrap()).unwrap();
    let (store, mut list) = (world.store.as_ref(), FileList::default());
    list.add("run.json", b"{}").unwrap();
    files::lay(store, &leaf.commit, &list, |_| Ok::<_, FilesError>(b"{}".to_vec())).unwrap();
    let file = Key::new(format!("files/{}", Hash::of("{}"))).unwrap();
    let part = || Scope::Samples { indexes: vec![0] };
    for (by, stays) in [(&stranger, true), (&owner, false)] {
        world.log(take_back_of(third, part()), by).await;
        site.follow().await.unwrap();
        site.carry_out().await.unwrap();
        assert_eq!(store.get(&file).unwrap().is_some(), stays);
        assert!(there(index));
    }
}

/// A log that can't take one thing away, for as long as it is stuck.
struct Stuck {
    door: AtDoor,
    at: AtomicU64,
    asked: AtomicU64,
}

const NOTHING: u64 = u64::MAX;

impl Publish for Stuck {
    fn submit(&self, submission: Vec<u8>) -> Doing<'_, Result<u64, PublishError>> {
        self.door.submit(submission)
    }

    fn erase(&self, index: u64, redaction: u64) -> Doing<'_, Result<(), PublishError>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.at.load(Ordering::Relaxed) == index {
            return Box::pin(async { Err(PublishError::Later("on purpose".into())) });
        }
        self.door.erase(index, redaction)
    }

    fn size(&self) -> u64 {
        self.door.size()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_away_now_keeps_nothing_up_and_is_tried_again() {
    let world = World::new();
    let (door, at, asked) = (AtDoor(world.door.clone()), AtomicU64::new(NOTHING), AtomicU64::new(0));
    let log = Arc::new(Stuck { door, at, asked });
    let site = world.site_in(&world.directory.path().join("site"), log.clone());
    let there = |index: u64| {
        let leaf = world.door.log().reader().entry(index, log.size()).unwrap();
        let commit = LogEntry::parse(&leaf).unwrap().commit;
        matches!(body_of(world.store.as_ref(), index, &commit).unwrap(), FoundBody::Here(_))
    };
    let (owner, mut places) = (someones_key(3), Vec::new());
    for version in ["2", "3", "4"] {
        let (record, index) =
            world.log(PublicStatement { version: name(version), ..statement() }, &owner).await;
        let take_back = Redaction {
            target: record,
            scope: Scope::Record {},
            reason: RedactionReason::Withdrawn,
            explanation: None,
            authority: Authority { name: name("The issuer"), reference: None, uri: None },
            corrected_by: None,
        };
        world.log(take_back, &owner).await;
        places.push(index);
    }
    site.follow().await.unwrap();
    log.at.store(places[1], Ordering::Relaxed);
    site.carry_out().await.unwrap();
    assert_eq!([there(places[0]), there(places[1]), there(places[2])], [false, true, false]);
    log.at.store(NOTHING, Ordering::Relaxed);
    site.carry_out().await.unwrap();
    assert!(!there(places[1]));
    // Then it goes on from the end.
    let before = log.asked.load(Ordering::Relaxed);
    site.carry_out().await.unwrap();
    assert_eq!(log.asked.load(Ordering::Relaxed) - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_does_not_know_the_site_as_an_authority_is_noticed() {
    let world = World::new();
    let log = world.door.log().clone();
    let strict =
        Door::new(log, world.store.clone(), world.clock.clone(), AdmissionRules::everyone()).unwrap();
    let directory = world.directory.path().join("site");
    let site = world.site_in(&directory, Arc::new(AtDoor(Arc::new(strict))));
    let (record, _) = world.log(statement(), &someones_key(3)).await;
    site.follow().await.unwrap();
    let what = TakeDown {
        record,
        reason: RedactionReason::LegalOrder,
        explanation: Text::new("A court has said so.").unwrap(),
        authority: Authority { name: name("A court"), reference: None, uri: None },
    };
    assert_eq!(site.moderation().take_down(&moderator(), what).await.unwrap().index, None);
    let unfinished = site.unfinished().unwrap();
    assert!(unfinished[0].trouble.as_deref().unwrap().contains("authorities"), "{unfinished:?}");
    assert!(unfinished[0].index.is_some());
}
