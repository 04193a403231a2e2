//! Signatures of those whose domain publishes their key.

use std::collections::BTreeSet;

use overt_record::record::{Capacity, Verification};
use overt_site::Site;
use overt_site::domain_keys::{DomainKeys, LookedUp, Published};
use overt_site::index::{PageSize, Seek, Standing};
use overt_site::mail::Doing;

use crate::index::endorsement;
use crate::world::{World, site_key, someones_key};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_its_domain_publishes_counts_as_checked() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let (honest, liar) = (someones_key(3), someones_key(4));
    for key in [&honest, &liar] {
        let mut body = endorsement(statement, Some("Example University"), "example.edu", None);
        body.signatory.capacity = Capacity::Organisation;
        body.verified = Verification::DomainKey;
        world.log(body, key).await;
    }
    site.follow().await.unwrap();
    let standings = |site: &Site| {
        let page = site.index().signatories(&statement, Seek::Start, PageSize::default()).unwrap();
        page.items.into_iter().map(|signatory| (signatory.standing, signatory.checked)).collect::<Vec<_>>()
    };
    let unproven = (Standing::Own, Verification::Nothing);
    assert_eq!(standings(&site), [unproven, unproven]);
    let mut published = std::collections::BTreeMap::from([(
        "example.edu".to_owned(),
        BTreeSet::from([honest.public().id()]),
    )]);
    site.look_up_domains(&published).await.unwrap();
    assert_eq!(standings(&site), [(Standing::DomainFound, Verification::DomainKey), unproven]);
    let counts = site.index().signature_counts(&statement).unwrap();
    assert_eq!(
        counts.iter().map(|count| (count.standing, count.signatures)).collect::<Vec<_>>(),
        [(Standing::Own, 1), (Standing::DomainFound, 1)]
    );
    published.clear();
    // Every domain is asked once a day.
    assert_eq!(site.look_up_domains(&published).await.unwrap().domains, 0);
    world.clock.advance(25 * 3600);
    assert_eq!(site.look_up_domains(&published).await.unwrap().domains, 1);
    assert_eq!(standings(&site), [unproven, unproven]);
}

/// A domain that can't be asked.
struct Silent;

impl DomainKeys for Silent {
    fn keys<'a>(&'a self, _: &'a str) -> Doing<'a, Published> {
        let unanswered = vec!["no answer in time".to_owned()];
        Box::pin(async move { Published { keys: BTreeSet::new(), unanswered } })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_domain_published_counts_for_thirty_days_of_silence() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let mut body = endorsement(statement, Some("Example University"), "example.edu", None);
    body.signatory.capacity = Capacity::Organisation;
    body.verified = Verification::DomainKey;
    world.log(body, &someones_key(3)).await;
    site.follow().await.unwrap();
    let proven =
        |site: &Site| site.index().checked_signatories(&statement, PageSize::default()).unwrap().len();
    let key = BTreeSet::from([someones_key(3).public().id()]);
    let published = std::collections::BTreeMap::from([("example.edu".to_owned(), key)]);
    assert_eq!(site.look_up_domains(&Silent).await.unwrap(), LookedUp { domains: 1, unanswered: 1 });
    assert_eq!(proven(&site), 0);
    world.clock.advance(25 * 3600);
    site.look_up_domains(&published).await.unwrap();
    assert_eq!(proven(&site), 1);
    for (days, there) in [(2, 1), (20, 1), (9, 0)] {
        world.clock.advance(days * 24 * 3600);
        site.look_up_domains(&Silent).await.unwrap();
        assert_eq!(proven(&site), there, "after {days} days more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_checked_is_found_behind_any_number_of_strangers() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let signed = |name: &str| endorsement(statement, Some(name), "example.edu", None);
    for stranger in 3..9 {
        world.log(signed("A Stranger"), &someones_key(stranger)).await;
    }
    for name in ["First", "Second", "Third"] {
        world.log(signed(name), &site_key()).await;
    }
    site.follow().await.unwrap();
    let first = |size| {
        let found = site.index().checked_signatories(&statement, PageSize::clamped(size)).unwrap();
        found.into_iter().map(|one| (one.number, one.name.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(first(2), [(7, "First".to_owned()), (8, "Second".to_owned())]);
    assert_eq!(first(50).len(), 3);
    // A stranger whose domain publishes the key is one no longer, and stands where they signed.
    let key = BTreeSet::from([someones_key(5).public().id()]);
    site.look_up_domains(&std::collections::BTreeMap::from([("example.edu".to_owned(), key)])).await.unwrap();
    assert_eq!(first(2), [(3, "A Stranger".to_owned()), (7, "First".to_owned())]);
    assert_eq!(site.index().statement(&statement).unwrap().unwrap().checked_signatures(), 4);
}
