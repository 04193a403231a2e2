//! An export of a site where people have signed: all of them can be found in it, and nobody else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use overt_record::Hash;
use overt_record::record::{
    Authority, Capacity, Endorsement, Redaction, RedactionReason, Scope, Signatory, Verification,
};
use overt_site::index::{PageSize, Seek};
use overt_web::site::export;
use serde_json::Value;

use crate::form::Form;
use crate::world::{World, name, site_key, world};

fn endorsement(of: Hash, who: Option<&str>, affiliation: Option<&str>) -> Endorsement {
    Endorsement {
        of,
        signatory: Signatory {
            capacity: Capacity::Person,
            name: who.map(name),
            role: None,
            affiliation: affiliation.map(name),
            country: None,
        },
        verified: Verification::EmailDomain,
        domain: Some(name("example.edu")),
        email_commitment: None,
    }
}

async fn withdraw(world: &World, target: Hash) {
    let redaction = Redaction {
        target,
        scope: Scope::Record {},
        reason: RedactionReason::Withdrawn,
        explanation: None,
        authority: Authority { name: name("Example Register"), uri: None, reference: None },
        corrected_by: None,
    };
    world.log(redaction, &site_key()).await;
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The items of an index, put together from its files.
fn items(folder: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    for path in files(folder) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() < 64 << 10, "{} has {} bytes", path.display(), bytes.len());
        let file: Value = serde_json::from_slice(&bytes).unwrap();
        found.extend(file["items"].as_array().into_iter().flatten().cloned());
    }
    found
}

const NAMES: [(&str, Option<&str>); 6] = [
    ("José O’Neill-Łuczak", Some("Universität Zürich")),
    ("<script>alert(1)</script>", Some("</script><img src=x onerror=alert(1)>")),
    ("../../../etc/passwd", None),
    ("山田 太郎", None),
    ("\"}],\"under\":[\"", Some("\\u0000")),
    ("A Reader", Some("Example Library")),
];

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_signed_is_found_in_an_export_and_nobody_else_is_in_it() {
    let world = world().await;
    let statement = world.statement().await;
    for (who, affiliation) in NAMES {
        world.log(endorsement(statement, Some(who), affiliation), &site_key()).await;
    }
    world.log(endorsement(statement, None, None), &site_key()).await;
    let gone = endorsement(statement, Some("Unmistakably Withdrawn"), Some("Vanished Institute"));
    let gone = world.log(gone, &site_key()).await;
    withdraw(&world, gone).await;
    // Somebody has asked to sign, and has not confirmed.
    let mut browser = world.browser();
    let page = browser.page(&format!("/statements/{statement}/sign?lang=en")).await;
    let form = Form::of(&page, "/statements/")
        .set("name", "Unmistakably Unconfirmed")
        .set("address", "unconfirmed@example.edu")
        .set("agreed", "yes");
    assert_eq!(browser.post(&form).await.status, 200);

    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    export(&world.pages, world.router.clone(), &out).await.unwrap();

    let found = items(&out.join(format!("search/statements/{statement}")));
    let page = world.site.index().signatories(&statement, Seek::Start, PageSize::clamped(500)).unwrap();
    // Who signed without a name has no words to be found by, here as on a server.
    assert_eq!(found.len(), NAMES.len());
    for signed in page.items.iter().filter(|signed| signed.name.is_some()) {
        let item = found.iter().find(|item| item[0] == signed.number).unwrap();
        assert_eq!(item[1], signed.name.as_deref().unwrap_or_default());
        assert_eq!(item[3], signed.affiliation.as_deref().unwrap_or_default());
        assert_eq!(item[7], signed.record.to_string());
        assert!(
            out.join(format!("statements/{statement}/signatures/{}/index.html", signed.record)).is_file()
        );
    }
    for path in files(&out) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for private in ["Unmistakably", "unconfirmed@", "Vanished Institute"] {
            assert!(!text.contains(private), "{} says {private}", path.display());
        }
        let is_page = path.extension().is_some_and(|ending| ending == "html");
        assert!(!is_page || !text.contains("<script>alert"), "{}", path.display());
    }
    let names: BTreeSet<PathBuf> = files(&out.join("search")).into_iter().collect();
    for path in &names {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name == "words.json" || name.starts_with('k'), "{name}");
    }
    let words: Value =
        serde_json::from_slice(&std::fs::read(out.join("search/words.json")).unwrap()).unwrap();
    for item in &found {
        assert_eq!(words["checked"][item[5].as_u64().unwrap() as usize], "address at {domain} confirmed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_long_list_of_signatures_is_exported() {
    let world = world().await;
    let statement = world.statement().await;
    for number in 0..130 {
        world.log(endorsement(statement, Some(&format!("Reader {number}")), None), &site_key()).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    export(&world.pages, world.router.clone(), &out).await.unwrap();
    let list = out.join(format!("statements/{statement}/signatures"));
    let feed = std::fs::read_to_string(out.join(format!("statements/{statement}/feed.atom"))).unwrap();
    assert!(
        feed.contains("130 signatures") && out.join(format!("statements/{statement}/feed.json")).is_file()
    );
    let first = std::fs::read_to_string(list.join("index.html")).unwrap();
    let further = std::fs::read_to_string(list.join("after-100/index.html")).unwrap();
    assert!(first.contains(&format!("data-index=\"../../../search/statements/{statement}/\"")), "{first}");
    assert!(first.contains("signatures/after-100/\"") && first.contains("Reader 99<"), "{first}");
    assert!(further.contains("Reader 129<") && !further.contains("data-index"), "{further}");
    assert!(!first.contains("?lang=de\" hreflang"), "one language alone is exported");
}
