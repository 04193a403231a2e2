//! The feed of a statement: what has happened to it, without a name in it.

use overt_record::record::{
    Authority, Capacity, Endorsement, ListedName, Listing, ListingSource, PublicStatement, Redaction,
    RedactionReason, Scope, Signatory, Verification,
};
use overt_record::{Algorithm, Hash, PrivateKey};
use serde_json::Value;

use crate::world::{HOUR, TEXT, World, name, site_key, statement, world};

fn endorsement(of: Hash, who: &str, verified: Verification) -> Endorsement {
    let signatory = Signatory {
        capacity: Capacity::Person,
        name: Some(name(who)),
        role: None,
        affiliation: None,
        country: None,
    };
    let domain = (verified == Verification::EmailDomain).then(|| name("example.edu"));
    Endorsement { of, signatory, verified, domain, email_commitment: None }
}

async fn sign(world: &World, of: Hash, who: &str) -> Hash {
    world.log(endorsement(of, who, Verification::EmailDomain), &site_key()).await
}

async fn take_away(world: &World, target: Hash, reason: RedactionReason, corrected_by: Option<Hash>) {
    let authority = Authority { name: name("Example Register"), reference: None, uri: None };
    let redaction =
        Redaction { target, scope: Scope::Record {}, reason, explanation: None, authority, corrected_by };
    world.log(redaction, &site_key()).await;
}

/// Title, id, link, moment and summary of each entry.
fn entries(feed: &str) -> Vec<[String; 5]> {
    let feed = roxmltree::Document::parse(feed).unwrap();
    let entries = feed.descendants().filter(|node| node.tag_name().name() == "entry");
    let read = |entry: roxmltree::Node<'_, '_>| {
        let child = |tag: &str| entry.children().find(|child| child.tag_name().name() == tag).unwrap();
        let text = |tag: &str| child(tag).text().unwrap().to_owned();
        let link = child("link").attribute("href").unwrap().to_owned();
        [text("title"), text("id"), link, text("updated"), text("summary")]
    };
    entries.map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statements_feed_says_by_the_day_what_has_happened_to_it() {
    let world = world().await;
    let record = world.statement().await;
    let site = "https://site.example.org";
    world.clock.advance(24 * HOUR);
    let first = sign(&world, record, "Unmistakable One").await;
    let second = sign(&world, record, "Unmistakable Two").await;
    world.clock.advance(24 * HOUR);
    sign(&world, record, "Unmistakable Three").await;
    let stranger = PrivateKey::generate(Algorithm::Ed25519, &[3; 32]);
    world.log(endorsement(record, "Unmistakable Stranger", Verification::Nothing), &stranger).await;
    world.clock.advance(HOUR);
    take_away(&world, first, RedactionReason::Withdrawn, None).await;
    take_away(&world, second, RedactionReason::Error, Some(first)).await;
    world.clock.advance(24 * HOUR);
    let newer = PublicStatement { replaces: Some(record), ..statement("The same, shorter", TEXT) };
    let newer = world.log(newer, &site_key()).await;
    world.clock.advance(HOUR);
    let german = PublicStatement {
        translates: Some(record),
        language: name("de"),
        ..statement("Belege für Prüfungen", TEXT)
    };
    world.log(german, &site_key()).await;
    // Anybody can say that theirs is a newer wording.
    let claimed = PublicStatement { replaces: Some(record), ..statement("Unmistakably claimed", TEXT) };
    world.log(claimed, &stranger).await;
    world.clock.advance(HOUR);
    let source = ListingSource { title: name("A source"), sha256: Hash::of("file"), uri: None };
    let names = vec![ListedName { name: name("Unmistakable Listed"), affiliation: None }];
    world.log(Listing { of: record, source, stated_total: None, names }, &site_key()).await;

    let reply = world.browser().ask(&format!("/statements/{record}/feed.atom")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("content-type"), reply.header("cache-control")),
        (200, "application/atom+xml; charset=utf-8", "no-cache")
    );
    assert!(reply.header("etag").starts_with("W/\""));
    let text = reply.text();
    assert!(!text.contains("Unmistakabl"), "nobody is named, and strangers' words are not followed\n{text}");
    let found = entries(&text);
    let titles: Vec<&str> = found.iter().map(|[title, ..]| &**title).collect();
    assert_eq!(
        titles,
        [
            "1 name as listed by a source",
            "A translation (de): Belege für Prüfungen",
            "A newer wording: The same, shorter",
            "2 signatures less",
            "1 signature",
            "Published: Evidence for evaluations",
        ],
        "the day before both was emptied, so it has no signatures left\n{text}"
    );
    assert_eq!(found[2][2], format!("{site}/statements/{newer}"));
    assert_eq!(found[3][4], "1 withdrawn by who had signed, 1 replaced by a corrected one.");
    assert_eq!(
        found[4][4],
        "1 signature of which something was checked. 1 by keys that speak for themselves alone. Numbers 3 to 4."
    );
    assert_eq!(found[4][1], format!("{site}/statements/{record}#signed-2026-01-03"));
    assert_eq!(found[4][2], format!("{site}/statements/{record}/signatures?after=2"));
    assert!(found.windows(2).all(|pair| pair[0][3] >= pair[1][3]), "newest first");

    let json = world.browser().ask(&format!("/statements/{record}/feed.json")).await;
    assert_eq!(json.header("content-type"), "application/feed+json");
    let json: Value = serde_json::from_slice(&json.bytes).unwrap();
    assert_eq!(json["feed_url"], format!("{site}/statements/{record}/feed.json"));
    assert_eq!(json["home_page_url"], format!("{site}/statements/{record}"));
    let items = json["items"].as_array().unwrap();
    assert_eq!(items.len(), found.len());
    for (item, [title, id, link, time, summary]) in items.iter().zip(&found) {
        assert_eq!(
            [&item["title"], &item["id"], &item["url"], &item["date_published"], &item["content_text"]],
            [title, id, link, time, summary]
        );
    }
    let page = world.browser().page(&format!("/statements/{record}?lang=en")).await;
    for (kind, ending) in [("application/atom+xml", "atom"), ("application/feed+json", "json")] {
        let link =
            format!("<link rel=\"alternate\" type=\"{kind}\" href=\"/statements/{record}/feed.{ending}\"");
        assert!(page.contains(&link), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_of_many_days_has_the_newest_and_each_signature_once() {
    let world = world().await;
    let record = world.statement().await;
    let mut signed = 0;
    for day in 0..60_u64 {
        world.clock.advance(24 * HOUR);
        for one in 0..=day % 3 {
            sign(&world, record, &format!("Reader {day} {one}")).await;
            signed += 1;
        }
    }
    let index = world.site.index();
    let days = index.signed_days(&record, 1000).unwrap();
    assert_eq!(days.len(), 60);
    assert_eq!(days.iter().map(|day| day.checked).sum::<u64>(), signed);
    assert!(days.windows(2).all(|pair| pair[0].first == pair[1].last + 1 && pair[0].day > pair[1].day));
    assert_eq!((days[59].first, days[0].last), (1, signed));
    assert!(index.signed_days(&Hash::of("nothing"), 5).unwrap().is_empty());
    let text = world.browser().ask(&format!("/statements/{record}/feed.atom")).await.text();
    assert_eq!(entries(&text).len(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_title_harms_no_feed_and_what_is_gone_has_none() {
    let world = world().await;
    let title = "</title><script>alert(1)</script>]]>&amp;\"";
    let hostile = world.log(statement(title, TEXT), &site_key()).await;
    let path = format!("/statements/{hostile}/feed.atom");
    let found = entries(&world.browser().ask(&path).await.text());
    assert_eq!(found[0][0], format!("Published: {title}"));
    take_away(&world, hostile, RedactionReason::Error, None).await;
    let zeros = "0".repeat(64);
    for (path, status) in [
        (path, 410),
        (format!("/statements/{zeros}/feed.atom"), 404),
        (format!("/statements/{zeros}/feed.json"), 404),
        ("/statements/nothing/feed.json".into(), 404),
    ] {
        assert_eq!(world.browser().ask(&path).await.status.as_u16(), status, "{path}");
    }
}
