//! All statements.

use axum::response::Response;
use maud::html;
use overt_site::index::{PageSize, Seek};

use super::language::{Says as _, Variable};
use super::letter::beginning;
use super::statement::{count_words, languages};
use super::visit::Visit;
use crate::kit::number::grouped;
use crate::kit::text::{inline, plain};
use crate::kit::{Crumb, Page};

/// How many statements a page has.
const PAGE: u16 = 20;

pub(super) async fn list(visit: Visit) -> Response {
    visit
        .page(|visit| {
            let language = visit.language;
            let seek = seek(visit);
            let found = visit.desk.index().statements(seek, PageSize::clamped(PAGE))?;
            let title = language.say("statements-title");
            let content = html! {
                h1 { (title) }
                (languages(visit))
                p.lede { (language.say("statements-lede")) }
                @if found.items.is_empty() { p { (language.say("statements-none")) } }
                ul.entries {
                    @for statement in &found.items {
                        li {
                            h2.entry lang=(statement.language) {
                                a href={ "/statements/" (statement.record) } { (inline(&statement.title, 200)) }
                            }
                            p.note {
                                (language.say_with("statement-by", &[
                                    ("issuer", Variable::Words(&plain(&statement.issuer, 100))),
                                    ("date", Variable::Words(&statement.time.to_string()[..10])),
                                    ("version", Variable::Words(&plain(&statement.version, 40))),
                                ]))
                                " · " (count_words(language, statement.checked_signatures()))
                                @for listing in &statement.listings {
                                    " · "
                                    (language.say_with("statements-listed", &[
                                        ("shown", Variable::Words(&grouped(listing.names))),
                                        ("n", Variable::Number(listing.names)),
                                    ]))
                                }
                            }
                            p lang=(statement.language) { (beginning(statement, 280)) }
                        }
                    }
                }
                @if let Some(next) = found.next {
                    nav.pager aria-label=(language.say("statement-pages")) {
                        span {}
                        a rel="next" href={ "/statements?after=" (next) "&lang=" (language.tag()) } {
                            (language.say("statement-more"))
                        }
                    }
                }
            };
            let feed = html! {
                link rel="alternate" type="application/atom+xml" href="/feed.atom" title=(title);
            };
            let trail = vec![Crumb::new(language.say("statement-home"), "/"), Crumb::here(title.clone())];
            Ok(Page::new(title, content).trail(trail).section("/statements").head(feed))
        })
        .await
}

/// Where a list begins, from the address.
pub(super) fn seek(visit: &Visit) -> Seek {
    visit.asked.get("after").and_then(|after| after.parse().ok()).map_or(Seek::Start, Seek::Behind)
}
