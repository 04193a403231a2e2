//! Reading statements.

use axum::http::StatusCode;
use overt_record::record::{ListedName, Listing, ListingSource};
use overt_record::{Algorithm, Hash, PrivateKey, Text};
use overt_statement::Letter;

use crate::world::{name, site_key, statement, world};

const FILE: &str = "../../../shared/data/statement/joint-statement-on-ai-safety-and-openness.txt";

fn listing(of: Hash, names: &[(&str, Option<&str>)], stated_total: Option<u64>) -> Listing {
    let listed = |(who, affiliation): &(&str, Option<&str>)| ListedName {
        name: name(who),
        affiliation: affiliation.map(name),
    };
    Listing {
        of,
        source: ListingSource {
            title: name("A source"),
            sha256: Hash::of("the file"),
            uri: Some("https://source.example.org/letter".parse().unwrap()),
        },
        stated_total,
        names: names.iter().map(listed).collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_joint_statement_is_read_with_its_82_listed_names_apart_from_signatures() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let Ok(file) = std::fs::read(&path) else {
        eprintln!("SKIPPED: {} is not there", path.display());
        return;
    };
    let letter = Letter::read(&file).unwrap();
    let world = world().await;
    let text: Text = letter.text.clone();
    let body = overt_record::record::PublicStatement {
        title: letter.title.clone(),
        ..statement("x", text.as_str())
    };
    let record = world.log(body, &site_key()).await;
    let names: Vec<(&str, Option<&str>)> = letter
        .names
        .iter()
        .map(|one| (one.name.as_str(), one.affiliation.as_ref().map(overt_record::Name::as_str)))
        .collect();
    world.log(listing(record, &names, letter.stated_total), &site_key()).await;

    let mut browser = world.browser();
    let page = browser.page(&format!("/statements/{record}?lang=en")).await;
    assert_eq!(page.matches("<span class=\"name\">").count(), 82);
    for words in [
        "Camille François",
        "Columbia University",
        "As listed by the source, not verified here",
        "1\u{202f}821",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("0 signatures") && page.contains(&Hash::of("the file").to_string()));
    let first = browser.page("/statements").await;
    assert!(
        first.contains("Joint Statement on AI Safety and Openness")
            && first.contains("82 names listed elsewhere")
    );
    let found = browser.page(&format!("/statements/{record}/signatures?q=francois&lang=en")).await;
    assert!(found.contains("Camille François") && !found.contains("Maria Ressa"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_in_the_language_that_is_asked_for_and_texts_in_their_own() {
    let world = world().await;
    let record = world.statement().await;
    let mut browser = world.browser();
    for (asked, tag, words) in [("de", "de", "Unterschreiben"), ("fr", "fr", "Signer"), ("en", "en", "Sign")]
    {
        let page = browser.page(&format!("/statements/{record}/sign?lang={asked}")).await;
        assert!(
            page.contains(&format!("<html lang=\"{tag}\">")) && page.contains(&format!("<h1>{words}</h1>")),
            "{page}"
        );
        let page = browser.page(&format!("/statements/{record}?lang={asked}")).await;
        assert!(page.contains("lang=\"en\" dir=\"auto\""), "the text says that it is English\n{page}");
        for path in ["/statements", "/withdraw"] {
            browser.page(&format!("{path}?lang={asked}")).await;
        }
    }
    browser.headers.push(("accept-language", "fr-CA, en;q=0.5".into()));
    let reply = browser.ask(&format!("/statements/{record}")).await;
    assert_eq!(reply.header("content-language"), "fr");
    assert!(
        reply.header("vary").contains("accept-language")
            || reply.headers.get_all("vary").iter().any(|v| v == "accept-language")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_can_be_signed_here_is_offered_to_be_signed() {
    let world = world().await;
    let own = world.statement().await;
    let stranger = PrivateKey::generate(Algorithm::Ed25519, &[3; 32]);
    let strange = world.log(statement("Sign here", "Your name, please.\n"), &stranger).await;
    let mut browser = world.browser();
    for (record, offered) in [(own, true), (strange, false)] {
        for path in ["/".to_owned(), format!("/statements/{record}"), format!("/statements/{record}/widget")]
        {
            let page = browser.page(&format!("{path}?lang=en")).await;
            let there =
                ["\"", "?lang=en\""].map(|end| page.contains(&format!("/statements/{record}/sign{end}")));
            assert_eq!(there.contains(&true), offered, "{path}\n{page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wordings_and_translations_lead_to_each_other() {
    let world = world().await;
    let first = world.statement().await;
    let newer = overt_record::record::PublicStatement {
        version: name("2"),
        replaces: Some(first),
        ..statement(
            "Evidence for evaluations",
            "We ask for evidence.\n\n# First\n\n### Third\n\n[a](javascript:alert(1)) <b>x</b>\n",
        )
    };
    let second = world.log(newer, &site_key()).await;
    let german = overt_record::record::PublicStatement {
        language: name("de"),
        translates: Some(second),
        ..statement("Belege für Evaluationen", "Wir bitten um Belege.\n")
    };
    let third = world.log(german, &site_key()).await;
    let mut browser = world.browser();
    let page = browser.page(&format!("/statements/{first}?lang=en")).await;
    assert!(page.contains("newer wording") && page.contains(&format!("/statements/{second}")));
    let page = browser.page(&format!("/statements/{second}?lang=en")).await;
    assert!(
        page.contains(&format!("/statements/{first}")) && page.contains(&format!("/statements/{third}")),
        "{page}"
    );
    assert!(!page.contains("href=\"javascript:") && !page.contains("<b>x"), "{page}");
    let page = browser.page(&format!("/statements/{third}?lang=en")).await;
    assert!(page.contains("This is a translation") && page.contains(&format!("/statements/{second}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_widget_may_stand_in_a_frame_and_the_badge_has_the_count() {
    let world = world().await;
    let record = world.statement().await;
    let mut browser = world.browser();
    let widget = browser.ask(&format!("/statements/{record}/widget?lang=en")).await;
    assert!(widget.header("content-security-policy").ends_with("frame-ancestors *"));
    assert_eq!(widget.header("x-frame-options"), "");
    crate::browser::sound(&widget, "widget");
    assert!(widget.text().contains("0 signatures"));
    let badge = browser.ask(&format!("/statements/{record}/badge.svg")).await;
    assert_eq!(badge.header("content-type"), "image/svg+xml");
    assert!(
        badge.text().contains(">0 signatures<")
            && badge.text().contains(&format!("https://site.example.org/statements/{record}"))
    );
    for path in ["", "/sign", "/signatures"] {
        let reply = browser.ask(&format!("/statements/{record}{path}")).await;
        assert!(reply.header("content-security-policy").ends_with("frame-ancestors 'none'"), "{path}");
        assert_eq!(reply.header("x-frame-options"), "DENY");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let world = world().await;
    let record = world.statement().await;
    let mut browser = world.browser();
    let none = Hash::of("nothing");
    for path in [
        format!("/statements/{none}"),
        format!("/statements/{none}/sign"),
        "/statements/x".into(),
        format!("/statements/{record}/signatures/{none}"),
        format!("/statements/{record}/signatures/x"),
        format!("/incidents/{record}"),
        format!("/incidents/{none}/export/avid"),
        format!("/complaint/{none}"),
        "/report/0".into(),
    ] {
        assert_eq!(browser.ask(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
