//! What is kept so that pages are quick: against the same, counted or looked through.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use overt_record::record::{
    Capacity, Endorsement, PublicStatement, Signatory, Verification, email_commitment,
};
use overt_record::{Hash, Timestamp};
use overt_site::index::{PageSize, Seek, Signed};
use overt_site::language::Language;
use overt_site::mail::{Doing, Mail, MailError, Mailer};
use overt_site::signing::MailboxIs;

use crate::world::{HOUR, Mailboxes, World, address, form, name, secret, site_key, someones_key, statement};

fn endorsement(of: Hash, who: &str) -> Endorsement {
    Endorsement {
        of,
        signatory: Signatory {
            capacity: Capacity::Person,
            name: Some(name(who)),
            role: None,
            affiliation: None,
            country: None,
        },
        verified: Verification::EmailDomain,
        domain: Some(name("example.edu")),
        email_commitment: Some(email_commitment(&[1; 32], &format!("{who}@example.edu"))),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_list_has_its_ends_and_what_lies_between_at_even_distances() {
    let world = World::new();
    let site = world.site();
    let of = world.statement(&site).await;
    assert_eq!(site.index().history(&of, 8).unwrap(), []);
    for number in 1..=30 {
        world.clock.advance(HOUR);
        world.log(endorsement(of, &format!("Reader {number}")), &site_key()).await;
        if number == 1 {
            site.follow().await.unwrap();
            assert_eq!(site.index().history(&of, 8).unwrap().len(), 1);
        }
    }
    // Signed again, a name keeps no place: number 3 is gone, and number 31 is new.
    world.log(endorsement(of, "Reader 3"), &site_key()).await;
    site.follow().await.unwrap();
    let all = site.index().signatories(&of, Seek::Start, PageSize::clamped(100)).unwrap().items;
    let times: Vec<(u64, Timestamp)> = all.iter().map(|one| (one.number, one.time)).collect();
    assert_eq!(times.len(), 30);
    for points in [2, 3, 8, 30, 31, 1000] {
        let found = site.index().history(&of, points).unwrap();
        let numbers: Vec<u64> = found.iter().map(|one| one.number).collect();
        assert_eq!((numbers[0], *numbers.last().unwrap()), (1, 31), "{points}: {numbers:?}");
        assert!(numbers.is_sorted() && numbers.len() as u64 <= points, "{points}: {numbers:?}");
        assert!(found.iter().all(|Signed { number, time }| times.contains(&(*number, *time))));
        let widest = numbers.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(widest <= 30 / (points.min(31) - 1) + 2, "{points}: {numbers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_entries_point_to_a_record_is_known_and_not_counted() {
    let world = World::new();
    let site = world.site();
    let of = world.statement(&site).await;
    let referrers = || site.index().record(&of).unwrap().unwrap().referrers;
    assert_eq!(referrers(), 0);
    for number in 0..5 {
        world.log(endorsement(of, &format!("Reader {number}")), &someones_key(number + 3)).await;
    }
    site.follow().await.unwrap();
    let listed = site.index().referrers(&of, None, Seek::Start, PageSize::clamped(100)).unwrap();
    assert_eq!((referrers(), listed.items.len()), (5, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn translations_are_those_of_the_same_issuer_that_stand() {
    let world = World::new();
    let site = world.site();
    let first = world.statement(&site).await;
    let wording = |language: &str, translates, replaces| PublicStatement {
        language: name(language),
        translates,
        replaces,
        ..statement()
    };
    let (german, _) = world.log(wording("de", Some(first), None), &site_key()).await;
    let (french, _) = world.log(wording("fr", Some(first), None), &site_key()).await;
    let (newer, _) = world.log(wording("fr-CA", Some(first), Some(french)), &site_key()).await;
    world.log(wording("xx", Some(first), None), &someones_key(5)).await;
    // Somebody else's word that the German one is replaced.
    world.log(wording("yy", None, Some(german)), &someones_key(5)).await;
    site.follow().await.unwrap();
    let others = |of: &Hash| {
        let statement = site.index().statement(of).unwrap().unwrap();
        let found = site.index().translations(&statement).unwrap();
        found.into_iter().map(|other| (other.record, other.language)).collect::<Vec<_>>()
    };
    let (english, german_one, newer_one) =
        ((first, "en".to_owned()), (german, "de".to_owned()), (newer, "fr-CA".to_owned()));
    assert_eq!(others(&first), [german_one.clone(), newer_one.clone()]);
    assert_eq!(others(&german), [english.clone(), newer_one]);
    assert_eq!(others(&newer), [english, german_one]);
}

/// A server far away: it answers when four are talking to it, or after a while.
#[derive(Default)]
struct FarAway {
    talking: AtomicUsize,
    most: AtomicUsize,
}

impl Mailer for FarAway {
    fn send<'a>(&'a self, _: &'a Mail) -> Doing<'a, Result<(), MailError>> {
        Box::pin(async move {
            let now = self.talking.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.talking.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_handed_over_several_at_a_time_and_each_once() {
    let world = World::new();
    let site = world.site();
    let of = world.statement(&site).await;
    for number in 0..40 {
        let who = format!("a@d{number}.example");
        site.signing().request_withdrawal(&of, &address(&who), Language::English, None).await.unwrap();
    }
    assert_eq!(site.outbox().waiting().unwrap(), 40);
    let server = FarAway::default();
    assert_eq!(site.outbox().send_due(&server).await.unwrap().sent, 40);
    let most = server.most.load(Ordering::SeqCst);
    assert!((2..=16).contains(&most), "{most} at a time");
    assert_eq!(site.outbox().waiting().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_confirm_at_once_and_each_is_in_the_list_when_it_is_answered() {
    let world = World::new();
    let site = world.site();
    let of = world.statement(&site).await;
    for number in 0..60_u8 {
        let letter = |at: u8| char::from(b'a' + at % 26);
        let who = format!("Reader {}{}", letter(number / 26), letter(number));
        let at = format!("a@d{number}.example");
        site.signing().request(&form(of, &who, &at), None).await.unwrap();
    }
    let mails = Mailboxes::default().fetch(&site).await;
    let confirming = mails.iter().map(|mail| {
        let (site, link) = (site.clone(), secret(mail));
        tokio::spawn(async move {
            let confirmed = site.signing().confirm(&link, MailboxIs::Own).await.unwrap();
            let overt_site::signing::Confirmed::Published { record, .. } = confirmed else {
                panic!("{confirmed:?}")
            };
            assert!(site.index().signatory(&record).unwrap().is_some());
        })
    });
    for one in confirming.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    assert_eq!(site.unfinished().unwrap(), []);
    assert_eq!(site.index().signature_counts(&of).unwrap()[0].signatures, 60);
}
