//! Telling the moderators that a public record should not be there.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use overt_record::Text;

use super::controls::{Control, Needed, summary};
use super::fault::Fault;
use super::language::Language;
use super::posted::Posted;
use super::statement::digest;
use super::visit::Visit;
use crate::kit::{Crumb, Page};

pub(super) async fn form(mut visit: Visit, Path(record): Path<String>) -> Response {
    visit.language = Language::English;
    visit
        .answer(move |visit| {
            let page = page(visit, &record, "", None)?;
            Ok(visit.form_reply(StatusCode::OK, page))
        })
        .await
}

pub(super) async fn send(Path(record): Path<String>, posted: Posted) -> Response {
    let Posted { mut visit, fields } = posted;
    visit.language = Language::English;
    let made = take(&mut visit, &record, fields.get("words")).await;
    visit.end(made)
}

async fn take(visit: &mut Visit, record: &str, words: &str) -> Result<Response, Fault> {
    let named = digest(record)?;
    let Some(complaint) = Text::cleaned(words) else {
        let page = page(visit, record, words, Some("Say why: a sentence, at most 64 KiB."))?;
        return Ok(visit.form_reply(StatusCode::UNPROCESSABLE_ENTITY, page));
    };
    visit.desk.site().moderation().report_content(&named, &complaint, visit.from).await?;
    let content = html! {
        h1 { "Thank you" }
        p.lede { "A moderator is going to look at it. What they decide about public records stands in the " a href="/audit" { "audit trail" } "." }
    };
    Ok(visit.reply(Page::new("Thank you", content)))
}

fn page(visit: &mut Visit, record: &str, words: &str, wrong: Option<&str>) -> Result<Page, Fault> {
    let named = digest(record)?;
    let known = visit.desk.index().record(&named)?.is_some_and(|view| view.entry.is_some());
    if !known {
        return Err(Fault::Missing("such record that can be read"));
    }
    let path = format!("/complaint/{named}");
    let token = visit.token(&path)?;
    let wrong_list: Vec<(String, String)> =
        wrong.map(|message| ("words".to_owned(), message.to_owned())).into_iter().collect();
    let hint = "For example: it shows data about you, or it is an order of a court. The moderators see it, and nobody else; it is deleted when they have decided. If you want an answer, say how.";
    let content = html! {
        h1 { "Report an entry" }
        p.lede { "About " a href={ "/records/" (named) } { code { (named.to_string()[..12]) "…" } } }
        (summary("Something needs another look", &wrong_list))
        form.long method="post" action=(path) novalidate {
            (token)
            (Control { name: "words", label: "Why should it not be there?", hint, wrong, needed: Needed::Yes }.prose(words, 6))
            button.primary { "Send to the moderators" }
        }
    };
    Ok(Page::new("Report an entry", content)
        .trail(vec![Crumb::new("Home", "/"), Crumb::here("Report an entry")]))
}
