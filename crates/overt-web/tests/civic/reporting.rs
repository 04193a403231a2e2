//! A report, from its first step to its exports.

use axum::http::StatusCode;
use overt_site::accounts::Role;

use crate::browser::{Browser, Reply};
use crate::form::Form;
use crate::world::{World, world};

/// Answers one step, and goes on.
async fn answer(browser: &mut Browser, page: &str, answers: &[(&str, &str)], go: &str) -> Reply {
    let form = Form::of(page, "/report");
    let form = answers.iter().fold(form, |form, (field, answer)| form.set(&format!("a.{field}"), answer));
    browser.post(&form.set("go", go)).await
}

/// The answers that a flaw needs, step by step.
fn flaw() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    vec![
        (
            "kind",
            vec![
                ("classification.realWorldHarm", "no"),
                ("classification.maliciousUse", "no"),
                ("classification.csam", "no"),
                ("classification.kind", "flaw"),
            ],
        ),
        (
            "system",
            vec![("systems.0.name", "Example Assistant"), ("systems.0.developers", "A laboratory\nAnother")],
        ),
        (
            "event",
            vec![
                ("event.title", "Wrong dose of a common painkiller"),
                (
                    "event.description",
                    "Asked in Portuguese,\r\nthe assistant names <b>the dose</b> for an adult.",
                ),
                ("event.language", "en"),
            ],
        ),
        ("evidence", vec![("evidence.stepsToReproduce", "Ask for the dose for a child, in Portuguese.")]),
        (
            "impact",
            vec![
                ("impact.severity", "high"),
                ("impact.prevalence", "common"),
                ("impact.harms", "physical"),
                ("impact.stakeholders", "end_users"),
            ],
        ),
        ("cause", vec![("response.status", "reported")]),
        (
            "reporter",
            vec![
                ("reporter.relation", "researcher"),
                ("reporter.name", "Unmistakable Reporter"),
                ("reporter.email", "reporter@example.edu"),
            ],
        ),
        (
            "disclosure",
            vec![
                ("coordination.disclosure", "undecided"),
                ("coordination.recipients.0.name", "A laboratory"),
            ],
        ),
    ]
}

/// Fills in everything, to the last look.
async fn filled_in(browser: &mut Browser) -> String {
    let mut page = browser.page("/report").await;
    for (step, answers) in flaw() {
        assert_eq!(Form::of(&page, "/report").get("step"), step);
        let reply = answer(browser, &page, &answers, "next").await;
        assert_eq!(reply.status, StatusCode::OK, "{step}: {}", reply.text());
        page = reply.text();
    }
    assert_eq!(Form::of(&page, "/report").get("step"), "review");
    page
}

/// Hands in a report and confirms it; the path of its link.
async fn handed_in(world: &World) -> String {
    let mut browser = world.browser();
    let page = filled_in(&mut browser).await;
    let reply = answer(&mut browser, &page, &[], "send").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert!(reply.text().contains("This is report 1"), "{}", reply.text());
    let link = world.link().await;
    let page = browser.page(&link).await;
    assert!(page.contains("not confirmed yet"));
    let reply = browser.post(&Form::of(&page, "/report/").set("act", "confirm")).await;
    assert_eq!(reply.header("location"), link);
    assert!(browser.page(&link).await.contains("waiting for a moderator"));
    link
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flaw_is_reported_published_filtered_and_exported_to_avid() {
    let world = world().await;
    let link = handed_in(&world).await;
    let mut moderator = world.logged_in(Role::Moderator).await;
    let queue = moderator.page("/moderation").await;
    assert!(queue.contains("/moderation/reports/1"), "{queue}");
    let page = moderator.page("/moderation/reports/1").await;
    assert!(page.contains("Unmistakable Reporter") && page.contains("(private)"), "{page}");
    let form =
        Form::of(&page, "/moderation/reports/1").set("reason", "well founded").set("decision", "publish");
    assert_eq!(moderator.post(&form).await.status, StatusCode::SEE_OTHER);

    let mut reader = world.browser();
    let status = reader.page(&link).await;
    let record = status.split("/incidents/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let list = reader.page("/incidents?kind=flaw&severity=high&system=example+ass").await;
    assert!(list.contains(&record) && list.contains("Wrong dose"), "{list}");
    assert!(!reader.page("/incidents?severity=low").await.contains(&record));
    let page = reader.page(&format!("/incidents/{record}")).await;
    for words in [
        "Example Assistant",
        "<bdi>A laboratory</bdi>, <bdi>Another</bdi>",
        "Ask for the dose for a child",
        "Physical",
        "Studies it",
        "&lt;b&gt;the dose",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    for private in ["Unmistakable", "reporter@example.edu"] {
        assert!(!page.contains(private), "{private}");
    }
    let avid = reader.ask(&format!("/incidents/{record}/export/avid")).await;
    assert_eq!((avid.status, avid.header("content-type")), (StatusCode::OK, "application/json"));
    assert!(avid.header("content-disposition").starts_with("attachment; filename=\"incident-"));
    let avid: serde_json::Value = serde_json::from_slice(&avid.bytes).unwrap();
    assert_eq!(avid["data_type"], "AVID");
    assert!(avid.to_string().contains("Example Assistant") && !avid.to_string().contains("Unmistakable"));
    assert_eq!(
        reader.ask(&format!("/incidents/{record}/export/nonsense")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_decide_which_steps_follow_and_a_step_that_is_not_right_stays() {
    let world = world().await;
    let mut browser = world.browser();
    let page = browser.page("/report").await;
    let reply = answer(&mut browser, &page, &[("classification.realWorldHarm", "yes")], "next").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = reply.text();
    assert!(
        page.contains("href=\"#a.classification.csam\"") && page.contains("this answer is needed"),
        "{page}"
    );
    assert_eq!(Form::of(&page, "/report").get("a.classification.realWorldHarm"), "yes", "nothing is lost");
    let harm = [
        ("classification.maliciousUse", "yes"),
        ("classification.csam", "no"),
        ("classification.kind", "incident"),
    ];
    let page = answer(&mut browser, &page, &harm, "next").await.text();
    let reply = answer(&mut browser, &page, &[("systems.0.name", "Example Assistant")], "next").await;
    // Both what harm was done and who could exploit it are asked now.
    let page = answer(&mut browser, &reply.text(), &[], "edit:harm").await.text();
    assert_eq!(Form::of(&page, "/report").get("step"), "harm");
    let page = answer(&mut browser, &page, &[("event.relationToHarm", "So.")], "edit:attack").await.text();
    assert_eq!(Form::of(&page, "/report").get("step"), "attack");
    // Another answer at the beginning, and they are not.
    let page = answer(&mut browser, &page, &[], "edit:kind").await.text();
    let no_harm = [
        ("classification.realWorldHarm", "no"),
        ("classification.maliciousUse", "no"),
        ("classification.kind", "flaw"),
    ];
    let page = answer(&mut browser, &page, &no_harm, "edit:harm").await.text();
    assert_ne!(Form::of(&page, "/report").get("step"), "harm");
    assert!(!Form::of(&page, "/report").get("draft").contains("relationToHarm"));
    // A choice that there is not.
    let page = answer(&mut browser, &page, &[], "edit:impact").await.text();
    let reply = answer(&mut browser, &page, &[("impact.severity", "no such grade")], "next").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_entry_is_added_and_one_without_words_goes() {
    let world = world().await;
    let mut browser = world.browser();
    let page = browser.page("/report").await;
    let page = answer(&mut browser, &page, &flaw()[0].1, "next").await.text();
    let page = answer(&mut browser, &page, &[("systems.0.name", "First")], "more:systems").await.text();
    assert!(page.contains("a.systems.1.name"), "{page}");
    let more = [("systems.1.name", "Second")];
    let page = answer(&mut browser, &page, &more, "more:systems").await.text();
    assert!(page.contains("a.systems.2.name"));
    let page = answer(&mut browser, &page, &[], "next").await.text();
    let draft = Form::of(&page, "/report").get("draft").to_owned();
    let draft: serde_json::Value = serde_json::from_str(&draft).unwrap();
    assert_eq!(draft["systems"].as_array().unwrap().len(), 2, "{draft}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_was_altered_on_its_way_is_refused_and_nothing_is_kept_before_it_is_handed_in() {
    let world = world().await;
    let mut browser = world.browser();
    let page = filled_in(&mut browser).await;
    let form = Form::of(&page, "/report").set("go", "send");
    let altered = form.get("draft").replace("\"no\"", "\"yes\"").replace("Wrong dose", "Right dose");
    for forged in [
        form.clone().set("draft", &altered),
        form.clone().set("seal", ""),
        form.clone().set("seal", form.get("form-token")),
        form.clone().set("draft", "{}"),
        form.clone().set("draft", "[[[[[[[[["),
    ] {
        assert_eq!(browser.post(&forged).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(world.site.outbox().waiting().unwrap(), 0);
    assert_eq!(browser.post(&form).await.status, StatusCode::OK);
    assert_eq!(world.site.outbox().waiting().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_about_sexual_abuse_of_children_keeps_no_content_and_says_where_to_turn() {
    let world = world().await;
    let mut browser = world.browser();
    let page = filled_in(&mut browser).await;
    let page = answer(&mut browser, &page, &[], "edit:kind").await.text();
    let page = answer(&mut browser, &page, &[("classification.csam", "yes")], "next").await.text();
    let form = Form::of(&page, "/report");
    assert_eq!(form.get("step"), "withheld");
    assert!(
        page.contains("report.cybertip.org") && page.contains("a.classification.csamAcknowledged"),
        "{page}"
    );
    for words in ["painkiller", "Ask for the dose", "the dose"] {
        assert!(!form.get("draft").contains(words), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_taken_back_by_its_link() {
    let world = world().await;
    let link = handed_in(&world).await;
    let mut browser = world.browser();
    let page = browser.page(&link).await;
    browser.post(&Form::of(&page, "/report/").set("act", "take-back")).await;
    assert!(browser.page(&link).await.contains("taken back"));
    let mut moderator = world.logged_in(Role::Moderator).await;
    assert!(!moderator.page("/moderation").await.contains("/moderation/reports/1"));
}
