//! The log: its newest checkpoint, who cosigned it, how it grew, and every entry.

use maud::{Markup, html};
use overt_record::record::Kind;
use overt_site::index::{DayGrowth, EntryState, EntryView};

use super::checkpoint::Checkpoint;
use super::lists::{seek, size, turning};
use super::outcome::{age, best_path, claimed, kind_words, moment};
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::Query;
use crate::kit::number::grouped;
use crate::kit::text::{inline, visible};
use crate::kit::{
    Align, Choice, Column, Crumb, Definitions, Page, Point, Table, Tone, aside, badge, digest, digest_full,
    facts, growth, select,
};
use crate::view::Asked;

/// The types of records, as a filter offers them.
const KINDS: [&str; 10] = [
    "evaluation",
    "plan",
    "reproduction",
    "alarm",
    "incident",
    "statement",
    "endorsement",
    "listing",
    "redaction",
    "key",
];

pub(super) fn list(site: &Site, asked: &Asked) -> Result<Page, Wrong> {
    let kind: Option<Kind> = asked.get("kind").and_then(|kind| kind.parse().ok());
    let (seek, checkpoint) = (seek(asked), site.checkpoint()?);
    let listed = site.index().entries(kind.as_ref(), seek, size())?;
    let position = site.index().position()?;
    let query = Query::new().with_some("kind", kind.as_ref().map(Kind::as_str));
    let content = html! {
        h1 { "The log" }
        p.lede { "An append-only list of everything that was published here. Nothing in it can be changed or left out without that being noticed." }
        (facts(&[
            (grouped(checkpoint.size), "entries"),
            (grouped(checkpoint.cosigned.len() as u64), "witnesses cosigned"),
            (grouped(position.unreadable), "bodies that cannot be read"),
        ]))
        (head(site, &checkpoint))
        (line(&site.index().growth()?))
        h2 id="entries" { "Entries" }
        (kinds(kind.as_ref()))
        @if listed.items.is_empty() { p { "There are none." } } @else { (table(&listed.items)) }
        (turning("/log", &query, seek, listed.next))
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::here("Log")];
    Ok(Page::new("The log", content).trail(trail).section("/log"))
}

fn head(site: &Site, checkpoint: &Checkpoint) -> Markup {
    let now = site.now();
    let columns = vec![Column::new("Witness", Align::Start), Column::new("Cosigned", Align::Start)];
    let mut table = Table::new(
        "Witnesses of this site’s policy that saw this tree and found that it had only grown",
        columns,
    );
    for (name, time) in &checkpoint.cosigned {
        table.push(vec![inline(name, 80), html! { (age(now.saturating_sub(*time))) " ago" }]);
    }
    html! {
        h2 id="checkpoint" { "Newest checkpoint" }
        @match &checkpoint.lacking {
            None => (aside(Tone::Mark, &html! { p { strong { "No witness is asked for. " } "This site’s policy names none, so nobody but this log itself vouches that it shows everybody the same." } })),
            Some(lacking) if lacking.is_empty() => (aside(Tone::Good, &html! { p { strong { "Enough witnesses cosigned it" } ", as this site’s policy asks." } })),
            Some(lacking) => (aside(Tone::Bad, &html! {
                p { strong { "Too few witnesses have cosigned it." } }
                ul { @for what in lacking { li { (visible(what)) } } }
            })),
        }
        (Definitions::new()
            .with("log", html! { code { (inline(&checkpoint.origin, 120)) } })
            .with("entries", html! { (grouped(checkpoint.size)) })
            .with("root", digest_full("the root of the tree", &checkpoint.root.to_string()))
            .render())
        @if !table.is_empty() { (table.render()) }
        details {
            summary { "The signed note" }
            pre { (visible(&checkpoint.note.to_string())) }
        }
        p.note {
            a href="/checkpoint" { "The checkpoint as a file" } " · " a href="/about#log" { "how to watch this log yourself" } " · "
            a href="/log?kind=redaction" { "everything that was taken down" }
        }
    }
}

fn line(days: &[DayGrowth]) -> Markup {
    let mut sum = 0_u64;
    let mut points: Vec<Point> = Vec::new();
    for day in days {
        sum = sum.saturating_add(day.entries);
        let at = day.day.to_unix() as f64;
        match points.last_mut() {
            Some(last) if last.at >= at => last.value = sum as f64,
            _ => points.push(Point { at, value: sum as f64 }),
        }
    }
    let [Some(first), Some(last)] = [days.first(), days.last()] else { return html! {} };
    let ends = [first.day.to_string(), last.day.to_string()];
    let ends = ends.each_ref().map(|text| text.get(..10).unwrap_or(text));
    let title = format!("The log grew to {} entries between {} and {}", grouped(sum), ends[0], ends[1]);
    html! { @if points.len() > 1 { figure { figcaption { (title) "." } (growth(&title, &points, ends)) } } }
}

fn kinds(chosen: Option<&Kind>) -> Markup {
    let choices: Vec<Choice> = std::iter::once(Choice::new("", "all types"))
        .chain(KINDS.iter().map(|kind| Choice::new(*kind, kind_words(kind))))
        .collect();
    html! {
        form.filters method="get" action="/log" {
            (select("kind", "Type", &choices, chosen.map_or("", Kind::as_str)))
            button.button { "Show" }
        }
    }
}

/// A table of entries.
pub(super) fn table(entries: &[EntryView]) -> Markup {
    let columns = vec![
        Column::new("Index", Align::End),
        Column::new("Type", Align::Start),
        Column::new("Record", Align::Text),
        Column::new("By", Align::Start),
        Column::new("Logged", Align::Date),
    ];
    let mut table = Table::new("Entries, newest first", columns);
    for entry in entries {
        table.push(vec![
            html! { a href={ "/log/" (entry.index) } { (grouped(entry.index)) } },
            html! { (kind_words(entry.kind.as_str())) },
            said(entry),
            html! { @match &entry.issuer { Some(issuer) => (claimed(issuer)), None => span.faint { "not known" } } },
            moment(entry.time),
        ]);
    }
    table.render()
}

fn said(entry: &EntryView) -> Markup {
    match (&entry.record, entry.state) {
        (Some(record), _) => {
            let title = entry.title.as_deref().filter(|title| !title.is_empty()).unwrap_or("without a title");
            html! { a href=(best_path(entry.kind.as_str(), record)) { (inline(title, 100)) } }
        }
        (None, EntryState::TakenDown) => html! {
            (badge(Tone::Open, "taken down")) @if let Some(why) = entry.redaction { " " a href={ "/log/" (why) } { "by whom and why" } }
        },
        (None, _) => badge(Tone::Bad, "cannot be read"),
    }
}

pub(super) fn page(site: &Site, index: &str) -> Result<Page, Wrong> {
    let index: u64 = index.parse().map_err(|_| Wrong::Missing("such entry"))?;
    let view = site.index().entry(index)?.ok_or(Wrong::Missing("such entry"))?;
    let entry = site.entry(index)?;
    let size = site.index().position()?.next;
    let content = html! {
        h1 { "Entry " (grouped(index)) }
        p.lede { (kind_words(entry.kind.as_str())) ", logged " (moment(entry.time)) "." }
        @match view.state {
            EntryState::Readable => {}
            EntryState::TakenDown => (aside(Tone::Mark, &html! { p {
                strong { "Its body was taken down. " } "The entry and every proof of it stay. "
                @if let Some(why) = view.redaction { a href={ "/log/" (why) } { "The redaction says by whom and why" } "." }
            } })),
            EntryState::Unreadable => (aside(Tone::Bad, &html! { p { strong { "Its body is missing or damaged. " } "No redaction says why." } })),
        }
        (Definitions::new()
            .with_some("record", view.record.as_ref().map(|record| html! { (said(&view)) " " (site.record_link(record)) }))
            .with_some("by", view.issuer.as_deref().map(claimed))
            .with("issuer’s key", digest_full("the id of the key", &entry.key.to_string()))
            .with("commitment", digest_full("the commitment", &entry.commit.to_string()))
            .render())
        @if !entry.refs().is_empty() {
            h2 id="refs" { "What it points to" }
            ul { @for target in entry.refs() { li { (site.record_link(target)) " " (digest("the digest of a record", &target.to_string())) } } }
        }
        nav.neighbours aria-label="Neighbours in the log" {
            span { @if index > 0 { a rel="prev" href={ "/log/" (index - 1) } { "← entry " (grouped(index - 1)) } } }
            span { @if index + 1 < size { a rel="next" href={ "/log/" (index + 1) } { "entry " (grouped(index + 1)) " →" } } }
        }
    };
    let trail =
        vec![Crumb::new("Home", "/"), Crumb::new("Log", "/log"), Crumb::here(format!("Entry {index}"))];
    Ok(Page::new(format!("Entry {index}"), content).trail(trail).section("/log"))
}
