//! From the form over the mail to the list, and out of it again.

use axum::http::StatusCode;
use overt_record::policy::{Freshness, Policy};
use overt_record::{Hash, Verifier};

use crate::browser::{Browser, Reply};
use crate::form::Form;
use crate::world::{HOUR, World, world};

/// Fills in the form, and sends it.
async fn ask(browser: &mut Browser, statement: &Hash, who: &str, at: &str) -> Reply {
    let page = browser.page(&format!("/statements/{statement}/sign?lang=en")).await;
    let form = Form::of(&page, "/statements/").set("name", who).set("address", at).set("agreed", "yes");
    browser.post(&form).await
}

/// Opens the link of the one mail, and presses the button.
async fn confirm(world: &World, browser: &mut Browser, shared: bool) -> String {
    let link = world.link().await;
    let page = browser.page(&link).await;
    let mut form = Form::of(&page, "/confirm/");
    if shared {
        form = form.set("shared", "yes");
    }
    let reply = browser.post(&form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.text()
}

async fn sign(world: &World, statement: &Hash, who: &str, at: &str) -> String {
    let mut browser = world.browser();
    assert_eq!(ask(&mut browser, statement, who, at).await.status, StatusCode::OK);
    confirm(world, &mut browser, false).await
}

fn listed(page: &str) -> Vec<String> {
    let parts = page.split("<span class=\"name\">").skip(1);
    parts.map(|part| part.split("</bdi>").next().unwrap().replace("<bdi>", "")).collect()
}

async fn names(world: &World, statement: &Hash) -> Vec<String> {
    listed(&world.browser().page(&format!("/statements/{statement}/signatures")).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_by_mail_is_listed_with_a_proof_that_verifies() {
    let world = world().await;
    let statement = world.statement().await;
    let mut browser = world.browser();
    let sent = ask(&mut browser, &statement, "A Reader", "reader@example.edu").await;
    assert!(sent.text().contains("Nothing is signed yet"));
    assert!(!sent.text().contains("reader@example.edu"));
    assert!(names(&world, &statement).await.is_empty());

    let link = world.link().await;
    let page = browser.page(&link).await;
    assert!(
        page.contains("A Reader (address at example.edu confirmed)") && page.contains("We ask for it."),
        "{page}"
    );
    let done = browser.post(&Form::of(&page, "/confirm/")).await.text();
    assert!(done.contains("You have signed"), "{done}");

    let letter = browser.page(&format!("/statements/{statement}")).await;
    assert!(
        letter.contains("1 signature") && letter.contains("address at example.edu confirmed"),
        "{letter}"
    );
    let one = letter.split("<a class=\"proof\" href=\"").nth(1).unwrap().split(['?', '"']).next().unwrap();
    let proof = browser.page(one).await;
    let record = one.rsplit('/').next().unwrap();
    assert!(proof.contains(&format!("/records/{record}.overt.json")), "{proof}");
    let bundle = browser.ask(&format!("/records/{record}.overt.json")).await;
    let policy = Policy::parse(world.policy.as_bytes()).unwrap();
    let report = Verifier::default().with_policy(&policy, Freshness::AnyAge).verify(&bundle.bytes);
    assert!(report.passed() && report.logged.is_some(), "{:?}", report.checks);
    assert_eq!(report.record.unwrap().digest.to_string(), record);
}

#[tokio::test(flavor = "multi_thread")]
async fn scanners_that_open_the_link_sign_nothing() {
    let world = world().await;
    let statement = world.statement().await;
    ask(&mut world.browser(), &statement, "A Reader", "reader@example.edu").await;
    let link = world.link().await;
    for _ in 0..20 {
        world.browser().page(&link).await;
    }
    assert!(names(&world, &statement).await.is_empty());
    // Nor does a press of the button that no page of this site offered.
    let forged = Form { action: link.clone(), fields: Vec::new() };
    assert_eq!(world.browser().post(&forged).await.status, StatusCode::FORBIDDEN);
    let mut browser = world.browser();
    let page = browser.page(&link).await;
    browser.post(&Form::of(&page, "/confirm/")).await;
    assert_eq!(names(&world, &statement).await, ["A Reader"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_the_same_whether_the_address_is_known_or_not() {
    let world = world().await;
    let statement = world.statement().await;
    sign(&world, &statement, "A Reader", "known@example.edu").await;
    let mut answers = Vec::new();
    for at in ["known@example.edu", "other@example.edu"] {
        let reply = ask(&mut world.browser(), &statement, "A Reader", at).await;
        answers.push((reply.status, reply.text()));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_an_expired_and_a_forged_link_sign_nothing() {
    let world = world().await;
    let statement = world.statement().await;
    let mut browser = world.browser();
    ask(&mut browser, &statement, "A Reader", "a@example.edu").await;
    let link = world.link().await;
    let form = Form::of(&browser.page(&link).await, "/confirm/");
    browser.post(&form).await;
    // A second press says the same, and signs nothing more.
    assert!(browser.post(&form).await.text().contains("You have signed"));
    assert!(browser.page(&link).await.contains("You have signed"));
    assert_eq!(names(&world, &statement).await.len(), 1);

    ask(&mut browser, &statement, "B Reader", "b@example.edu").await;
    let link = world.link().await;
    let form = Form::of(&browser.page(&link).await, "/confirm/");
    world.clock.advance(48 * HOUR);
    assert_eq!(browser.post(&form).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.ask(&link).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for forged in
        ["/confirm/0", "/confirm/%00", "/confirm/' OR 1=1", &format!("/confirm/{}", "f".repeat(3000))]
    {
        assert_eq!(
            browser.ask(&forged.replace(' ', "%20")).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{forged}"
        );
    }
    assert_eq!(names(&world, &statement).await, ["A Reader"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_again_is_corrected_and_two_in_one_mailbox_both_stand() {
    let world = world().await;
    let statement = world.statement().await;
    sign(&world, &statement, "A Reader", "family@example.net").await;
    world.clock.advance(HOUR);
    sign(&world, &statement, "Anna Reader", "family+x@example.net").await;
    assert_eq!(names(&world, &statement).await, ["Anna Reader"]);
    let mut browser = world.browser();
    ask(&mut browser, &statement, "B Reader", "family@example.net").await;
    let link = world.link().await;
    let page = browser.page(&link).await;
    assert!(page.contains("there is a signature already") && page.contains("Anna Reader"), "{page}");
    browser.post(&Form::of(&page, "/confirm/").set("shared", "yes")).await;
    assert_eq!(names(&world, &statement).await, ["Anna Reader", "B Reader"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_withdrawn_by_mail_and_by_its_own_address_alone() {
    let world = world().await;
    let statement = world.statement().await;
    sign(&world, &statement, "A Reader", "a@example.edu").await;
    let proof = {
        let page = world.browser().page(&format!("/statements/{statement}")).await;
        page.split("<a class=\"proof\" href=\"").nth(1).unwrap().split(['?', '"']).next().unwrap().to_owned()
    };
    let mut browser = world.browser();
    for (at, may) in [("c@example.edu", false), ("a@example.edu", true)] {
        let page = browser.page(&format!("/withdraw?statement={statement}")).await;
        let reply = browser.post(&Form::of(&page, "/withdraw").set("address", at)).await;
        assert!(reply.text().contains("Nothing is withdrawn yet"), "{}", reply.text());
        let link = world.link().await;
        let page = browser.page(&link).await;
        assert_eq!(page.contains("A Reader"), may, "{page}");
        if may {
            let reply = browser.post(&Form::of(&page, "/confirm/")).await;
            assert!(reply.text().contains("The signature is taken back"), "{}", reply.text());
        }
    }
    assert!(names(&world, &statement).await.is_empty());
    assert_eq!(browser.ask(&proof).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_the_form_is_said_beside_the_field_and_nothing_is_lost() {
    let world = world().await;
    let statement = world.statement().await;
    let mut browser = world.browser();
    let page = browser.page(&format!("/statements/{statement}/sign?lang=en")).await;
    let wrong = Form::of(&page, "/statements/")
        .set("name", "A\u{202e}Reader")
        .set("role", "<script>alert(1)</script>")
        .set("address", "nobody")
        .set("country", "Utopia");
    let reply = browser.post(&wrong).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = reply.text();
    for field in ["name", "address", "country", "agreed"] {
        assert!(page.contains(&format!("href=\"#{field}\"")), "{field}\n{page}");
        assert!(page.contains(&format!("id=\"{field}-wrong\"")), "{field}\n{page}");
    }
    assert!(!page.contains("<script>alert"));
    assert_eq!(Form::of(&page, "/statements/").get("role"), "<script>alert(1)</script>");
    assert!(world.mails().await.is_empty());
    // Who hides the name needs an address that says something.
    let nameless = wrong
        .set("name", "A Reader")
        .set("role", "")
        .set("country", "fr")
        .set("agreed", "yes")
        .set("shown", "domain");
    let reply = browser.post(&nameless.clone().set("address", "a@gmail.com")).await;
    assert!(reply.text().contains("href=\"#shown\""), "{}", reply.text());
    assert_eq!(browser.post(&nameless.set("address", "a@example.edu")).await.status, StatusCode::OK);
    confirm(&world, &mut browser, false).await;
    let list = browser.page(&format!("/statements/{statement}/signatures?lang=en")).await;
    assert!(list.contains("A person at example.edu") && !list.contains("A Reader"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_words_are_words() {
    let world = world().await;
    let statement = world.statement().await;
    let mut browser = world.browser();
    let hostile = "\"><img src=x onerror=alert(1)>&<!--";
    let page = browser.page(&format!("/statements/{statement}/sign")).await;
    let form = Form::of(&page, "/statements/")
        .set("name", "O'Reader <b>")
        .set("role", hostile)
        .set("affiliation", "'; DROP TABLE endorsement; --")
        .set("address", "a@example.edu")
        .set("agreed", "yes");
    browser.post(&form).await;
    confirm(&world, &mut browser, false).await;
    for path in ["", "/signatures", "/signatures?q=drop+table", "/signatures?q=%22%3E%3Cscript%3E"] {
        let page = browser.page(&format!("/statements/{statement}{path}")).await;
        assert!(
            !page.contains("<img") && !page.contains("<b>") && !page.contains("<script>alert"),
            "{path}\n{page}"
        );
    }
    assert_eq!(names(&world, &statement).await, ["O'Reader &lt;b&gt;"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_five_mails_a_day_and_the_answer_does_not_tell() {
    let world = world().await;
    let statement = world.statement().await;
    let mut browser = world.browser();
    let mut answers = Vec::new();
    for number in 0..7 {
        let reply = ask(&mut browser, &statement, "A Reader", &format!("reader+{number}@example.edu")).await;
        answers.push((reply.status, reply.text()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]) && answers[0].0 == StatusCode::OK);
    assert_eq!(world.mails().await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_asks_too_often_is_told_so_and_others_are_served() {
    let world = world().await;
    let statement = world.statement().await;
    let mut browser = world.browser();
    browser.from = Some("192.0.2.7:4711".parse().unwrap());
    let page = browser.page(&format!("/statements/{statement}/sign")).await;
    let form = Form::of(&page, "/statements/").set("name", "A Reader").set("agreed", "yes");
    let mut refused = 0;
    for number in 0..70 {
        let reply = browser.post(&form.clone().set("address", &format!("r{number}@example.edu"))).await;
        refused += usize::from(reply.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 10);
    browser.from = Some("198.51.100.7:4711".parse().unwrap());
    assert_eq!(browser.post(&form.set("address", "other@example.edu")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letter_shows_how_the_list_grew_when_it_did_over_days() {
    let world = world().await;
    let statement = world.statement().await;
    sign(&world, &statement, "A Reader", "a@example.edu").await;
    let letter = format!("/statements/{statement}?lang=en");
    assert!(!world.browser().page(&letter).await.contains("polyline"));
    for (who, at) in [("B Reader", "b@example.edu"), ("C Reader", "c@example.edu")] {
        world.clock.advance(36 * HOUR);
        sign(&world, &statement, who, at).await;
    }
    let page = world.browser().page(&letter).await;
    assert!(page.contains("From 2026-01-01 to 2026-01-04") && page.contains("polyline"), "{page}");
}
