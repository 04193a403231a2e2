//! Logging in, deciding, taking down, and what the audit trail says of it.

use axum::http::StatusCode;
use overt_site::accounts::Role;
use overt_site::audit::Whole;

use crate::form::Form;
use crate::world::world;

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_that_is_good_logs_in_and_a_revoked_one_ends_its_session() {
    let world = world().await;
    let mut browser = world.browser();
    let page = browser.page("/login").await;
    for token in ["", "x", "overt-site-0", &"a".repeat(200)] {
        let reply = browser.post(&Form::of(&page, "/login").set("token", token)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.text().contains("This token is not good."));
    }
    for path in ["/moderation", "/moderation/reports/1", "/tokens"] {
        assert_eq!(browser.ask(path).await.header("location"), "/login", "{path}");
    }
    let mut moderator = world.logged_in(Role::Moderator).await;
    assert_eq!(moderator.ask("/tokens").await.status, StatusCode::FORBIDDEN);
    let mut administrator = world.logged_in(Role::Administrator).await;
    let page = administrator.page("/tokens").await;
    assert!(page.contains("A Moderator") && !page.contains("overt-site-"), "{page}");
    let revoke = Form::of(&page, "/tokens").set("holder", "A Moderator").set("reason", "left");
    assert_eq!(administrator.post(&revoke).await.status, StatusCode::SEE_OTHER);
    assert_eq!(moderator.ask("/moderation").await.header("location"), "/login");
    let page = administrator.page("/moderation").await;
    assert_eq!(administrator.post(&Form::of(&page, "/logout")).await.header("location"), "/");
    assert_eq!(administrator.ask("/moderation").await.header("location"), "/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_waits_for_a_decision_with_a_reason_that_is_noted() {
    let world = world().await;
    let statement = world.statement().await;
    for (who, capacity) in [("Example Institute", "organisation"), ("Example Library", "organisation")] {
        let mut browser = world.browser();
        let page = browser.page(&format!("/statements/{statement}/sign?lang=en")).await;
        let at = format!("desk@{}.example", who.rsplit(' ').next().unwrap().to_lowercase());
        let form = Form::of(&page, "/statements/").set("name", who).set("capacity", capacity);
        browser.post(&form.set("address", &at).set("agreed", "yes")).await;
        let page = browser.page(&world.link().await).await;
        let done = browser.post(&Form::of(&page, "/confirm/")).await.text();
        assert!(done.contains("Somebody will look at it"), "{done}");
    }
    let mut moderator = world.logged_in(Role::Moderator).await;
    let queue = moderator.page("/moderation").await;
    assert!(queue.contains("Example Institute") && queue.contains("an organisation signs"), "{queue}");
    let first = Form::of(&queue, "/moderation/items/1");
    let without = moderator.post(&first.clone().set("decision", "publish")).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "no reason, no decision");
    let publish = first.set("reason-1", "called them").set("decision", "publish");
    assert_eq!(moderator.post(&publish).await.status, StatusCode::SEE_OTHER);
    assert_eq!(moderator.post(&publish).await.status, StatusCode::UNPROCESSABLE_ENTITY, "it is decided");
    let refuse =
        Form::of(&queue, "/moderation/items/2").set("reason-2", "not theirs").set("decision", "refuse");
    assert_eq!(moderator.post(&refuse).await.status, StatusCode::SEE_OTHER);

    let mut reader = world.browser();
    let list = reader.page(&format!("/statements/{statement}/signatures?lang=en")).await;
    assert!(list.contains("Example Institute") && !list.contains("Example Library"), "{list}");
    let trail = reader.page("/audit").await;
    assert!(
        trail.contains("publish held signature")
            && trail.contains("refuse held signature")
            && trail.contains("moderator")
    );
    // Why a signature was refused is about a person, and not public.
    assert!(!trail.contains("not theirs") && !trail.contains("A Moderator"), "{trail}");
    let Whole::Yes { hash, .. } = world.site.audit().check().unwrap() else { panic!("the trail is broken") };
    assert!(trail.contains(&hash.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_leads_to_a_record_that_is_taken_down_in_public() {
    let world = world().await;
    let statement = world.statement().await;
    let mut reader = world.browser();
    let page = reader.page(&format!("/complaint/{statement}")).await;
    let empty = reader.post(&Form::of(&page, "/complaint/")).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = Form::of(&page, "/complaint/").set("words", "It shows <b>my</b> address.");
    assert_eq!(reader.post(&form).await.status, StatusCode::OK);

    let mut moderator = world.logged_in(Role::Moderator).await;
    let queue = moderator.page(&format!("/moderation?record={statement}")).await;
    assert!(queue.contains("It shows &lt;b&gt;my&lt;/b&gt; address."), "{queue}");
    let form = Form::of(&queue, "/moderation/take-down");
    assert_eq!(form.get("record"), statement.to_string());
    assert_eq!(moderator.post(&form).await.status, StatusCode::UNPROCESSABLE_ENTITY, "it has no explanation");
    let form = form.set("explanation", "It showed an address.").set("authority", "The person concerned");
    assert_eq!(moderator.post(&form).await.status, StatusCode::SEE_OTHER);

    assert_eq!(reader.ask(&format!("/statements/{statement}")).await.status, StatusCode::GONE);
    let trail = reader.page("/audit").await;
    assert!(trail.contains("take down record") && trail.contains("It showed an address."), "{trail}");
    assert!(trail.contains(&format!("/records/{statement}")));
    assert!(moderator.page("/moderation").await.contains("0 wait"), "the complaint is settled with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_signatures_is_held() {
    let world = world().await;
    let statement = world.statement().await;
    let mut held = 0;
    for number in 0..40_u8 {
        let mut browser = world.browser();
        let page = browser.page(&format!("/statements/{statement}/sign?lang=en")).await;
        let letter = char::from(b'a' + number % 26);
        let name = format!("Reader {}", letter.to_string().repeat(usize::from(number / 26) + 2));
        let form = Form::of(&page, "/statements/")
            .set("name", &name)
            .set("address", &format!("r{number}@example.edu"));
        browser.post(&form.set("agreed", "yes")).await;
        let page = browser.page(&world.link().await).await;
        held += usize::from(
            browser.post(&Form::of(&page, "/confirm/")).await.text().contains("Somebody will look at it"),
        );
    }
    assert!(held > 0, "forty people of one domain in a minute");
    let mut moderator = world.logged_in(Role::Moderator).await;
    let queue = moderator.page("/moderation").await;
    assert!(queue.contains("signatures came in") && queue.contains("from <bdi>example.edu</bdi>"), "{queue}");
}
