//! Forms that no page of this site sent.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::form::Form;
use crate::world::world;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_elsewhere_is_refused_whatever_it_carries() {
    let world = world().await;
    let statement = world.statement().await;
    let mut browser = world.browser();
    let page = browser.page(&format!("/statements/{statement}/sign")).await;
    let form = Form::of(&page, "/statements/")
        .set("name", "A Reader")
        .set("address", "a@example.edu")
        .set("agreed", "yes");
    let path = form.action.clone();
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let with = |headers: &[(&str, &str)], form: &Form| {
        let mut request = Request::post(&path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from(form.body())).unwrap()
    };
    // Another site's page, with the visitor's cookie and even the right token.
    for headers in [
        [kind, ("sec-fetch-site", "cross-site")],
        [kind, ("sec-fetch-site", "same-site")],
        [kind, ("origin", "https://evil.example")],
        [kind, ("origin", "null")],
    ] {
        assert_eq!(browser.send(with(&headers, &form)).await.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    // No token, another form's token, a token of another visitor.
    let other = Form::of(&browser.page("/withdraw").await, "/withdraw").get("form-token").to_owned();
    let stranger = {
        let page = world.browser().page(&format!("/statements/{statement}/sign")).await;
        Form::of(&page, "/statements/").get("form-token").to_owned()
    };
    for token in ["", "0", &other, &stranger, &"f".repeat(64)] {
        let forged = form.clone().set("form-token", token);
        assert_eq!(browser.send(with(&[kind], &forged)).await.status, StatusCode::FORBIDDEN, "{token}");
    }
    // Another kind of body.
    let plain = with(&[("content-type", "text/plain")], &form);
    assert_eq!(browser.send(plain).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Too much of it.
    let large = form.clone().set("role", &"x".repeat(300 << 10));
    assert_eq!(browser.send(with(&[kind], &large)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(world.mails().await.is_empty());
    // A browser that says nothing of where it is, and has the token.
    assert_eq!(browser.send(with(&[kind], &form)).await.status, StatusCode::OK);
    assert_eq!(world.mails().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_that_are_no_cookies_of_ours_are_not_read() {
    let world = world().await;
    let mut browser = world.browser();
    browser.headers.push(("cookie", "__Host-overt-form=<script>; __Host-overt=../../x".into()));
    let reply = browser.ask("/withdraw").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(
        reply.header("set-cookie").starts_with("__Host-overt-form=")
            && !reply.header("set-cookie").contains('<')
    );
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(browser.ask("/moderation").await.header("location"), "/login");
}
