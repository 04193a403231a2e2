//! A statement, to be read like a letter: the words, then who stands under them.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};
use overt_record::Hash;
use overt_site::index::{ListingView, PageSize, Seek, SignatoryView, StatementView};

use super::desk::Desk;
use super::fault::Fault;
use super::history::history;
use super::language::{Language, Says as _, Variable};
use super::letter::{beginning, letter};
use super::names::{checked, counted, signatory};
use super::visit::Visit;
use crate::kit::number::grouped;
use crate::kit::text::{inline, plain};
use crate::kit::{Crumb, Definitions, Page, Tone, aside, digest_full, growth};

/// How many signatures stand on the letter itself; the others are a link away.
const ON_THE_LETTER: u16 = 60;
/// How many listed names do.
const LISTED: u16 = 200;

pub(super) async fn show(visit: Visit, Path(record): Path<String>) -> Response {
    visit
        .page(move |visit| {
            let statement = find(&visit.desk, &record)?;
            page(visit, &statement)
        })
        .await
}

/// The statement that an address names.
pub(super) fn find(desk: &Desk, record: &str) -> Result<StatementView, Fault> {
    let record = digest(record)?;
    if let Some(statement) = desk.index().statement(&record)? {
        return Ok(statement);
    }
    let taken_down = desk.index().record(&record)?.is_some_and(|view| !view.redactions.is_empty());
    Err(if taken_down { Fault::Gone } else { Fault::Missing("such statement") })
}

/// The digest in an address.
pub(super) fn digest(text: &str) -> Result<Hash, Fault> {
    text.parse().map_err(|_| Fault::Missing("such record (a record is named by 64 hexadecimal digits)"))
}

/// The way to a page of a statement.
pub(super) fn trail(language: Language, statement: &StatementView, here: Option<String>) -> Vec<Crumb> {
    let title = plain(&statement.title, 60);
    let mut trail = vec![
        Crumb::new(language.say("statement-home"), "/"),
        Crumb::new(language.say("statements-title"), "/statements"),
    ];
    match here {
        None => trail.push(Crumb::here(title)),
        Some(here) => {
            trail.push(Crumb::new(title, format!("/statements/{}", statement.record)));
            trail.push(Crumb::here(here));
        }
    }
    trail
}

/// The same page in other languages.
pub(super) fn languages(visit: &Visit) -> Markup {
    html! {
        nav.languages aria-label=(visit.language.say("statement-languages")) {
            ul {
                @for language in Language::ALL {
                    li {
                        a href={ "?lang=" (language.tag()) } hreflang=(language.tag()) lang=(language.tag())
                            aria-current=[(language == visit.language).then_some("true")] { (language.name()) }
                    }
                }
            }
        }
    }
}

/// "12 signatures", in words.
pub(super) fn count_words(language: Language, number: u64) -> String {
    language.say_with(
        "statement-count",
        &[("n", Variable::Number(number)), ("shown", Variable::Words(&grouped(number)))],
    )
}

fn page(visit: &Visit, statement: &StatementView) -> Result<Page, Fault> {
    let language = visit.language;
    let index = visit.desk.index();
    let base = format!("/statements/{}", statement.record);
    // Who signs with a key of their own stands in the whole list: anybody can have a thousand keys.
    let signed = index.checked_signatories(&statement.record, PageSize::clamped(ON_THE_LETTER))?;
    let number = statement.checked_signatures();
    let content = html! {
        h1 lang=(statement.language) { (inline(&statement.title, 250)) }
        (languages(visit))
        p.lede {
            (language.say_with("statement-by", &[
                ("issuer", Variable::Words(&plain(&statement.issuer, 100))),
                ("date", Variable::Words(&statement.time.to_string()[..10])),
                ("version", Variable::Words(&plain(&statement.version, 40))),
            ]))
        }
        (wordings(language, statement))
        (letter(statement))
        p.act {
            @if index.believes(statement.key) {
                a.button href={ (base) "/sign?lang=" (language.tag()) } { (language.say("statement-sign")) }
            }
            " " (count_words(language, number))
        }
        @for listing in &statement.listings { (listed(visit, listing, &base)?) }
        h2 id="signatures" { (language.say("statement-signatures")) }
        (signatures(language, statement, &signed, &base))
        (counts(language, statement))
        (growth_of(visit, statement)?)
        (words(visit, statement)?)
    };
    let title = plain(&statement.title, 120);
    let head = html! {
        meta name="description" content=(beginning(statement, 200));
        link rel="alternate" type="application/atom+xml" href={ (base) "/feed.atom" } title=(title);
        link rel="alternate" type="application/feed+json" href={ (base) "/feed.json" } title=(title);
        @for other in Language::ALL {
            link rel="alternate" hreflang=(other.tag()) href={ (visit.desk.address(&base)) "?lang=" (other.tag()) };
        }
    };
    Ok(Page::new(title, content).trail(trail(language, statement, None)).section("/statements").head(head))
}

/// Which wording this is, if there are others.
fn wordings(language: Language, statement: &StatementView) -> Markup {
    let link = |record: &Hash, id: &str| html! { a href={ "/statements/" (record) } { (language.say(id)) } };
    html! {
        @if let Some(newer) = &statement.replaced_by {
            (aside(Tone::Mark, &html! { p { (language.say("statement-replaced")) " " (link(newer, "statement-newer")) } }))
        }
        @if let Some(earlier) = &statement.replaces {
            p.note { (language.say("statement-replaces")) " " (link(earlier, "statement-earlier")) }
        }
        @if let Some(original) = &statement.translates {
            p.note { (language.say("statement-translates")) " " (link(original, "statement-original")) }
        }
    }
}

/// The names that a source lists: apart from the signatures, and said not to be checked.
fn listed(visit: &Visit, listing: &ListingView, base: &str) -> Result<Markup, Fault> {
    let language = visit.language;
    let found = visit.desk.index().listed(listing.index, "", Seek::Start, PageSize::clamped(LISTED))?;
    let id = format!("listing-{}", listing.index);
    Ok(html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (language.say("statement-listed")) }
            (aside(Tone::Open, &html! {
                p {
                    strong { (language.say("statement-listed-not-verified")) } " "
                    (language.say_with("statement-listed-help", &[("shown", Variable::Words(&grouped(listing.names)))]))
                }
            }))
            ol.signatories {
                @for name in &found.items {
                    li {
                        span.name { (inline(&name.name, 120)) }
                        @if let Some(affiliation) = &name.affiliation { ", " (inline(affiliation, 160)) }
                    }
                }
            }
            @if found.next.is_some() {
                p { a href={ (base) "/signatures" } { (language.say("statement-listed-all")) } }
            }
            (Definitions::new()
                .with(language.say("statement-source"), html! {
                    (inline(&listing.source, 200))
                    @if let Some(uri) = &listing.uri {
                        br; a href=(uri) rel="nofollow noopener noreferrer" { (plain(uri, 120)) }
                    }
                })
                .with_some(language.say("statement-stated-total"), listing.stated_total.map(|total| html! { (grouped(total)) }))
                .with(language.say("statement-listed-names"), html! { (grouped(listing.names)) })
                .with(language.say("statement-source-digest"), html! {
                    (digest_full(&language.say("statement-source-digest"), &listing.source_sha256.to_string()))
                })
                .with(language.say("statement-brought-by"), html! { "“" (inline(&listing.issuer, 100)) "”" })
                .with(language.say("statement-record"), html! {
                    a href={ "/records/" (listing.record) } { (language.say("statement-proof")) }
                })
                .render())
        }
    })
}

/// The signatures that were given here, in their order.
fn signatures(language: Language, statement: &StatementView, signed: &[SignatoryView], base: &str) -> Markup {
    let number: u64 = statement.signatures.iter().map(|count| count.signatures).sum();
    html! {
        @if signed.is_empty() {
            p { (language.say("statement-none-signed")) }
        } @else {
            ol.signatories {
                @for one in signed {
                    li value=(one.number) { (line(language, one, base)) }
                }
            }
        }
        @if number > 0 {
            p {
                a href={ (base) "/signatures?lang=" (language.tag()) } {
                    (language.say_with("statement-see-all", &[
                        ("n", Variable::Number(number)), ("shown", Variable::Words(&grouped(number))),
                    ]))
                }
            }
        }
    }
}

/// One signature of a list, with the way to its proof.
pub(super) fn line(language: Language, signed: &SignatoryView, base: &str) -> Markup {
    html! {
        (signatory(language, signed))
        " " span.faint { "(" (checked(language, signed)) ")" }
        " " a.proof href={ (base) "/signatures/" (signed.record) "?lang=" (language.tag()) }
            aria-label={ (language.say("statement-proof")) " " (signed.number) } { (language.say("statement-proof")) }
    }
}

fn counts(language: Language, statement: &StatementView) -> Markup {
    html! {
        @if !statement.signatures.is_empty() {
            h3 { (language.say("statement-counts")) }
            (Definitions::new().with_all(statement.signatures.iter().map(|count| {
                (counted(language, count), html! { (grouped(count.signatures)) })
            })).render())
        }
    }
}

fn growth_of(visit: &Visit, statement: &StatementView) -> Result<Markup, Fault> {
    let language = visit.language;
    let history = history(visit.desk.index(), &statement.record)?;
    // A line within one day says nothing.
    let Some([first, last]) = history.ends.as_ref().filter(|[first, last]| first != last) else {
        return Ok(html! {});
    };
    let title = language.say("statement-history");
    let chart = growth(&title, &history.points, [first, last]);
    Ok(html! {
        h3 { (title) }
        p.note {
            (language.say_with("statement-history-help", &[
                ("first", Variable::Words(first)), ("last", Variable::Words(last)),
            ]))
        }
        figure { (chart) }
    })
}

/// What exactly is signed, and how anybody checks it.
fn words(visit: &Visit, statement: &StatementView) -> Result<Markup, Fault> {
    let language = visit.language;
    let text = Hash::of(&statement.text).to_string();
    let others = visit.desk.index().translations(statement)?;
    let name = statement.record.to_string();
    Ok(html! {
        h2 { (language.say("statement-words")) }
        p { (language.say("statement-words-help")) }
        (Definitions::new()
            .with(language.say("statement-record"), html! {
                (digest_full(&language.say("statement-record"), &name))
            })
            .with(language.say("statement-text-digest"), html! {
                (digest_full(&language.say("statement-text-digest"), &text))
            })
            .with(language.say("statement-version"), html! { (inline(&statement.version, 60)) })
            .with(language.say("statement-place"), html! { a href={ "/log/" (statement.index) } { (grouped(statement.index)) } })
            .with(language.say("statement-language"), html! { (inline(&statement.language, 60)) })
            .with_some(language.say("statement-translations"), (!others.is_empty()).then(|| html! {
                @for (at, other) in others.iter().enumerate() {
                    @if at > 0 { ", " }
                    a href={ "/statements/" (other.record) } hreflang=(other.language) { (inline(&other.language, 20)) }
                }
            }))
            .render())
        h3 { (language.say("statement-verify")) }
        p { (language.say("statement-verify-help")) }
        pre tabindex="0" { "overt verify statement.overt.json --policy policy" }
        ul {
            li { a href={ "/records/" (name) } { (language.say("statement-verify-here")) } }
            li { a href={ "/records/" (name) ".overt.json" } download { (language.say("statement-download")) } }
            li {
                (language.say("statement-feed")) ": "
                a href={ "/statements/" (name) "/feed.atom" } { "Atom" } " · "
                a href={ "/statements/" (name) "/feed.json" } { "JSON" }
            }
            li {
                a href={ "/statements/" (name) "/widget" } { (language.say("statement-widget")) } " · "
                a href={ "/statements/" (name) "/badge.svg" } { (language.say("statement-badge")) }
            }
            li { a href={ "/withdraw?statement=" (name) "&lang=" (language.tag()) } { (language.say("statement-withdraw")) } }
        }
    })
}
