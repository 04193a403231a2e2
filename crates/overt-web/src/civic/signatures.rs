//! Everybody who stands under a statement, with a search; and one signature with its proof.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};
use overt_site::index::{ListingView, PageSize, Seek, SignatoryView, StatementView};

use super::fault::Fault;
use super::language::{Says as _, Variable};
use super::names::{checked, signatory};
use super::statement::{count_words, digest, find, languages, line, trail};
use super::statements::seek;
use super::visit::Visit;
use crate::kit::link::Query;
use crate::kit::number::grouped;
use crate::kit::text::{inline, plain};
use crate::kit::{Definitions, Page, Tone, aside, digest_full, search_field};

/// How many names a page has.
const PAGE: u16 = 100;
/// The longest search, in bytes.
const LONGEST: usize = 200;

pub(super) async fn list(visit: Visit, Path(record): Path<String>) -> Response {
    visit
        .page(move |visit| {
            let statement = find(&visit.desk, &record)?;
            everybody(visit, &statement)
        })
        .await
}

fn everybody(visit: &Visit, statement: &StatementView) -> Result<Page, Fault> {
    let (language, index) = (visit.language, visit.desk.index());
    let base = format!("/statements/{}", statement.record);
    let path = format!("{base}/signatures");
    let words = visit.asked.get("q").unwrap_or_default().trim();
    let words = &words[..words.floor_char_boundary(LONGEST)];
    let query =
        Query::new().with("lang", language.tag()).with_some("q", (!words.is_empty()).then_some(words));
    let (seek, size) = (seek(visit), PageSize::clamped(PAGE));
    let found = match words {
        "" => index.signatories(&statement.record, seek, size)?,
        words => index.search_signatories(&statement.record, words, seek, size)?,
    };
    let title = language.say("statement-signatures");
    let content = html! {
        h1 { (title) }
        (languages(visit))
        p.lede lang=(statement.language) { (inline(&statement.title, 200)) }
        p { (count_words(language, statement.checked_signatures())) }
        form.filters method="get" action=(path) role="search" aria-label=(title) {
            input type="hidden" name="lang" value=(language.tag());
            (search_field("q", &language.say("statement-search"), words))
            button.button { (language.say("statement-search-button")) }
        }
        @if found.items.is_empty() {
            p { (language.say(if words.is_empty() { "statement-none-signed" } else { "statement-none-found" })) }
        }
        ol.signatories {
            @for one in &found.items { li value=(one.number) id={ "n" (one.number) } { (line(language, one, &base)) } }
        }
        (turn(visit, &path, &query, "after", found.next))
        @for listing in &statement.listings { (listed(visit, listing, words, &path, &query)?) }
    };
    let trail = trail(language, statement, Some(title.clone()));
    Ok(Page::new(format!("{title}: {}", plain(&statement.title, 80)), content)
        .trail(trail)
        .section("/statements"))
}

/// The way to the next names, and back to the first.
fn turn(visit: &Visit, path: &str, query: &Query, name: &'static str, next: Option<u64>) -> Markup {
    let behind = visit.asked.get(name).is_some();
    html! {
        @if behind || next.is_some() {
            nav.pager aria-label={ (visit.language.say("statement-pages")) " (" (name) ")" } {
                span { @if behind { a href=(query.on(path)) { (visit.language.say("statement-first")) } } }
                @if let Some(next) = next {
                    a rel="next" href=(query.clone().with(name, next.to_string()).on(path)) {
                        (visit.language.say("statement-more"))
                    }
                }
            }
        }
    }
}

/// The names of a listing that fit, apart from the signatures.
fn listed(
    visit: &Visit,
    listing: &ListingView,
    words: &str,
    path: &str,
    query: &Query,
) -> Result<Markup, Fault> {
    let language = visit.language;
    let from =
        visit.asked.get("listed").and_then(|place| place.parse().ok()).map_or(Seek::Start, Seek::Behind);
    let found = visit.desk.index().listed(listing.index, words, from, PageSize::clamped(PAGE))?;
    let id = format!("listing-{}", listing.index);
    Ok(html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (language.say("statement-listed")) }
            p.note {
                strong { (language.say("statement-listed-not-verified")) } " "
                (language.say_with("statement-listed-help", &[("shown", Variable::Words(&grouped(listing.names)))]))
            }
            @if found.items.is_empty() { p { (language.say("statement-none-found")) } }
            ol.signatories {
                @for name in &found.items {
                    li value=(name.place) {
                        span.name { (inline(&name.name, 120)) }
                        @if let Some(affiliation) = &name.affiliation { ", " (inline(affiliation, 160)) }
                    }
                }
            }
            (turn(visit, path, query, "listed", found.next))
        }
    })
}

pub(super) async fn one(visit: Visit, Path((record, endorsement)): Path<(String, String)>) -> Response {
    visit
        .page(move |visit| {
            let statement = find(&visit.desk, &record)?;
            let endorsement = digest(&endorsement)?;
            let found = visit.desk.index().signatory(&endorsement)?;
            let signed = found.ok_or(Fault::Missing("such signature; it may have been withdrawn"))?;
            // A signature stands under one statement; its page is found under no other.
            let here = visit.desk.index().signatories(
                &statement.record,
                Seek::Behind(signed.number.saturating_sub(1)),
                PageSize::clamped(1),
            )?;
            if here.items.first().is_none_or(|one| one.record != signed.record) {
                return Err(Fault::Missing("such signature under this statement"));
            }
            Ok(signature(visit, &statement, &signed))
        })
        .await
}

fn signature(visit: &Visit, statement: &StatementView, signed: &SignatoryView) -> Page {
    let language = visit.language;
    let number = grouped(signed.number);
    let title = language.say_with("statement-signature-number", &[("shown", Variable::Words(&number))]);
    let name = signed.record.to_string();
    let content = html! {
        h1 { (title) }
        (languages(visit))
        p.lede { (signatory(language, signed)) }
        (aside(Tone::Good, &html! { p { (checked(language, signed)) } }))
        (Definitions::new()
            .with(language.say("statement-under"), html! {
                a href={ "/statements/" (statement.record) } lang=(statement.language) { (inline(&statement.title, 200)) }
            })
            .with(language.say("statement-logged"), html! { time datetime=(signed.time) { (signed.time) } })
            .with(language.say("statement-place"), html! { a href={ "/log/" (signed.index) } { (grouped(signed.index)) } })
            .with(language.say("statement-record"), html! { (digest_full(&language.say("statement-record"), &name)) })
            .with(language.say("statement-key"), html! {
                (digest_full(&language.say("statement-key"), &signed.key.to_string()))
            })
            .render())
        h2 { (language.say("statement-verify")) }
        p { (language.say("statement-verify-signature")) }
        ul {
            li { a href={ "/records/" (name) } { (language.say("statement-verify-here")) } }
            li { a href={ "/records/" (name) ".overt.json" } download { (language.say("statement-download")) } }
            li { a href={ "/records/" (name) ".tlog-proof" } download { (language.say("statement-download-proof")) } }
        }
        p.note {
            a href={ "/withdraw?statement=" (statement.record) "&lang=" (language.tag()) } { (language.say("statement-withdraw")) }
            " · " a href={ "/complaint/" (name) } lang="en" { "Report this entry to the moderators" }
        }
    };
    let trail = trail(language, statement, Some(title.clone()));
    Page::new(title, content).trail(trail).section("/statements")
}
