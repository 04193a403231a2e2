//! Pages: sound, linked, and unharmed by what stands in records.

use std::collections::{BTreeSet, VecDeque};

use axum::http::StatusCode;
use overt_record::record::{Authority, Body, Redaction, RedactionReason, Scope};

use crate::examples;
use crate::html::look;
use crate::world::{World, full, name, record_by, world};

/// Where people take part: another router's.
const ELSEWHERE: [&str; 3] = ["/statements", "/incidents", "/report"];

/// Every page that links lead to, looked through.
async fn walk(world: &World) -> Vec<(String, String)> {
    let mut next: VecDeque<String> =
        ["/", "/find?q=smol", "/compare", "/tasks?page=2"].map(String::from).into();
    let mut seen: BTreeSet<String> = next.iter().cloned().collect();
    let mut pages = Vec::new();
    while let Some(path) = next.pop_front() {
        let reply = world.get(&path).await;
        let expected = match reply.status {
            // Redactions point to what is not here.
            StatusCode::GONE if path.starts_with("/records/") => StatusCode::GONE,
            _ if path == "/compare" => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        };
        assert_eq!(reply.status, expected, "{path}: {}", String::from_utf8_lossy(&reply.bytes));
        if !reply.header("content-type").starts_with("text/html") {
            continue;
        }
        assert!(reply.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        let text = reply.text();
        let looked = look(&text);
        assert!(looked.faults.is_empty(), "{path}: {:?}", looked.faults);
        for link in looked.links {
            let link = link.split('#').next().unwrap().to_owned();
            let is_here = link.starts_with('/') && !ELSEWHERE.iter().any(|root| link.starts_with(root));
            if is_here && seen.insert(link.clone()) {
                next.push_back(link);
            }
        }
        pages.push((path, text));
    }
    pages
}

#[tokio::test]
async fn every_page_is_sound_and_every_link_leads_somewhere() {
    let (world, logged) = full().await;
    let pages = walk(&world).await;
    let paths: BTreeSet<&str> = pages.iter().map(|(path, _)| path.as_str()).collect();
    for path in ["/evaluations", "/systems", "/tasks", "/tasks/over-refusal", "/log", "/log/0", "/about"] {
        assert!(paths.contains(path), "{path} is not reached: {paths:?}");
    }
    assert!(paths.contains(&*format!("/evaluations/{}", logged["evaluation"])));
    assert!(paths.iter().filter(|path| path.starts_with("/systems/")).count() == 1);
}

#[tokio::test]
async fn an_empty_site_has_pages_too() {
    let world = world().await;
    for path in [
        "/",
        "/evaluations",
        "/systems",
        "/tasks",
        "/about",
        "/find?q=x",
        "/feed.atom",
        "/feed.json",
        "/sitemap.xml",
    ] {
        let reply = world.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn an_evaluation_is_told_with_its_limits_its_plan_and_what_it_does_not_prove() {
    let (world, logged) = full().await;
    let page = world.get(&format!("/evaluations/{}", logged["evaluation"])).await.text();
    let text = look(&page).text;
    for words in [
        "“Example Institute” asked",
        "English only; one phrasing of each question.",
        "What this does not prove",
        "The first run was stopped when the disk was full.",
        "begun and not finished",
        "Refusal rate",
        "undecided",
        "The files of the run are not here",
    ] {
        assert!(text.contains(words), "{words:?} is missing: {text}");
    }
}

#[tokio::test]
async fn markup_in_every_field_stays_text() {
    let world = world().await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let mut records = Vec::new();
    for record in examples::all() {
        let mut body = record.body().clone();
        match &mut body {
            Body::Evaluation(evaluation) => {
                evaluation.system.name = name(evil);
                evaluation.system.model = name(evil);
                evaluation.tasks[0].name = name("../<b>&?#/%2e");
                evaluation.tasks[0].title = name(evil);
                evaluation.tasks[0].version = name("<i>");
                evaluation.tasks[0].metrics[0].title = name(evil);
                evaluation.evaluator.limitations =
                    Some(overt_record::Text::new(format!("{evil}\n{evil}")).unwrap());
            }
            Body::Incident(incident) => incident.title = name(evil),
            Body::PublicStatement(statement) => statement.title = name(evil),
            Body::Alarm(alarm) => alarm.quantity = name(evil),
            _ => {}
        }
        records.push(match body {
            Body::Evaluation(body) => record_by(evil, *body),
            Body::Incident(body) => record_by(evil, *body),
            Body::PublicStatement(body) => record_by(evil, *body),
            Body::Alarm(body) => record_by(evil, *body),
            _ => continue,
        });
    }
    for record in &records {
        world.log(record, &examples::key()).await;
    }
    let pages = walk(&world).await;
    assert!(
        pages.iter().any(|(path, _)| path.starts_with("/tasks/")),
        "the task with a hostile name has a page"
    );
    for (path, page) in pages {
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "{path}");
    }
    let feed = world.get("/feed.atom").await.text();
    assert_eq!(
        roxmltree::Document::parse(&feed)
            .unwrap()
            .descendants()
            .filter(|node| node.has_tag_name("script"))
            .count(),
        0
    );
    roxmltree::Document::parse(&world.get("/sitemap.xml").await.text()).unwrap();
}

#[tokio::test]
async fn what_is_not_there_is_a_page_with_a_way_on() {
    let (world, _) = full().await;
    let zeros = "0".repeat(64);
    let missing = [
        "/nothing".to_owned(),
        format!("/records/{zeros}"),
        "/records/xyz".into(),
        format!("/records/{zeros}.overt.json"),
        format!("/evaluations/{zeros}"),
        "/evaluations/%00".into(),
        format!("/evaluations/{zeros}/samples"),
        "/systems/1".into(),
        format!("/systems/{zeros}"),
        "/tasks/nothing".into(),
        "/log/99".into(),
        "/log/-1".into(),
        "/log/99999999999999999999999".into(),
        "/assets/overt.css".into(),
        format!("/systems/{zeros}/feed.atom"),
    ];
    for path in missing {
        let reply = world.get(&path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        let looked = look(&reply.text());
        assert!(looked.faults.is_empty() && looked.links.contains("/log"), "{path}: {:?}", looked.faults);
    }
    for path in [
        "/evaluations?after=18446744073709551615",
        "/evaluations?after=-1",
        "/log?after=0&kind=%3Cb%3E",
        "/tasks?page=18446744073709551615",
        "/log?after=99999999999999999999999",
    ] {
        assert_eq!(world.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn filters_leave_what_they_say() {
    let (world, logged) = full().await;
    let link = format!("/evaluations/{}", logged["evaluation"]);
    for (query, is_shown) in [
        ("system=SMOLLM2", true),
        ("system=other", false),
        ("task=over-refusal", true),
        ("task=over", false),
        ("issuer=institute", true),
        ("issuer=%25", false),
        ("plan=yes", true),
        ("plan=no", false),
        ("withheld=some", true),
        ("withheld=none", false),
        ("withheld=most", false),
        ("plan=yes&system=smol&withheld=some", true),
    ] {
        let page = world.get(&format!("/evaluations?{query}")).await.text();
        assert_eq!(look(&page).links.contains(&link), is_shown, "{query}");
    }
}

#[tokio::test]
async fn a_record_that_was_taken_down_says_why_and_shows_nothing_else() {
    let (world, logged) = full().await;
    let target = logged["evaluation"];
    let redaction = Redaction {
        target,
        scope: Scope::Record {},
        reason: RedactionReason::PersonalData,
        explanation: Some(overt_record::Text::new("It named a person.").unwrap()),
        authority: Authority { name: name("Somebody concerned"), reference: None, uri: None },
        corrected_by: None,
    };
    let before = world.get(&format!("/records/{target}")).await.text();
    assert!(before.contains("English only"));
    let (_, index) = world.log(&record_by("Example Institute", redaction), &examples::key()).await;
    let door = world.door.clone();
    tokio::task::spawn_blocking(move || door.erase(0, index).unwrap()).await.unwrap();
    for path in [format!("/records/{target}"), format!("/evaluations/{target}")] {
        let reply = world.get(&path).await;
        assert_eq!(reply.status, StatusCode::GONE, "{path}");
        let text = reply.text();
        assert!(
            text.contains("It named a person.")
                && text.contains("Somebody concerned")
                && !text.contains("English only"),
            "{text}"
        );
        assert!(look(&text).faults.is_empty());
    }
    for path in [
        format!("/records/{target}.overt.json"),
        format!("/evaluations/{target}/samples"),
        format!("/evaluations/{target}/files/run.json"),
    ] {
        assert_eq!(world.get(&path).await.status, StatusCode::GONE, "{path}");
    }
    let entry = world.get("/log/0").await.text();
    assert!(entry.contains("taken down") && entry.contains(&format!("/log/{index}")), "{entry}");
}

#[tokio::test]
async fn a_page_that_did_not_change_is_not_sent_again_and_what_is_sent_is_packed() {
    let (world, _) = full().await;
    let reply = world.get_with("/log", &[("accept-encoding", "gzip")]).await;
    assert_eq!((reply.header("content-encoding"), reply.header("vary")), ("gzip", "accept-encoding"));
    let tag = reply.header("etag").to_owned();
    let again = world.get_with("/log", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn a_digest_leads_to_what_it_is_of_and_words_to_what_has_them() {
    let (world, logged) = full().await;
    let reply = world.get(&format!("/find?q={}", logged["evaluation"])).await;
    assert_eq!(reply.header("location"), format!("/evaluations/{}", logged["evaluation"]));
    let page = look(&world.get("/find?q=REFUSING+harmless").await.text());
    assert!(page.links.contains("/tasks/over-refusal"), "{:?}", page.links);
    assert!(look(&world.get("/find?q=nowhere").await.text()).text.contains("Nothing here has that"));
}
