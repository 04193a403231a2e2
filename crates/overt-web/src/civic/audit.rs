//! The public part of the audit trail: what was decided here about other people's words, by which role, and why.

use std::collections::BTreeMap;

use axum::response::Response;
use maud::{Markup, html};
use overt_record::Hash;
use overt_site::audit::AuditLine;

use super::accounts::role;
use super::fault::Fault;
use super::visit::Visit;
use crate::kit::text::{inline, visible};
use crate::kit::{Align, Column, Crumb, Definitions, Page, Table, digest_full};

/// How many lines a page has.
const PAGE: u16 = 100;

pub(super) async fn list(visit: Visit) -> Response {
    visit.english(page).await
}

fn page(visit: &Visit) -> Result<Page, Fault> {
    let site = visit.desk.site();
    let before = visit.asked.get("before").and_then(|before| before.parse().ok());
    let lines = site.audit().lines(before, PAGE)?;
    let head = site.audit().lines(None, 1)?.pop();
    let roles: BTreeMap<String, &str> =
        site.accounts().tokens()?.into_iter().map(|token| (token.holder, role(token.role))).collect();
    let columns = vec![
        Column::new("Line", Align::End),
        Column::new("When", Align::Date),
        Column::new("By", Align::Start),
        Column::new("Act", Align::Start),
        Column::new("What", Align::Start),
        Column::new("Why", Align::Text),
    ];
    let mut table = Table::new(
        "Newest first. Lines about private matters show that there was an act, and not about whom.",
        columns,
    );
    for line in &lines {
        let by =
            if line.who == "site" { "the site" } else { roles.get(&line.who).copied().unwrap_or("operator") };
        table.push(vec![
            html! { (line.number) },
            html! { time datetime=(line.time) { (line.time) } },
            html! { (by) },
            html! { (inline(&line.act, 60)) },
            what(line),
            html! { @if is_public(line) { (visible(&line.reason)) } @else { span.faint { "private" } } },
        ]);
    }
    let last = lines.last().map(|line| line.number).filter(|number| *number > 1);
    let content = html! {
        h1 { "Audit trail" }
        p.lede { "Every privileged act on this site: what was taken down or held back, by which role, and why." }
        (Definitions::new()
            .with_some("Lines", head.as_ref().map(|head| html! { (head.number) }))
            .with_some("Hash of the newest line and all before it", head.as_ref().map(|head| {
                digest_full("the hash", &head.hash.to_string())
            }))
            .render())
        p.note {
            "Each line has the hash of the one before it, so none can be taken out unnoticed by whoever wrote down a newer hash. "
            "What was taken down is also a record in the log, which says the same."
        }
        @if table.is_empty() { p { "There are no lines yet." } } @else { (table.render()) }
        @if let Some(last) = last {
            nav.pager aria-label="Pages" { span {} a rel="next" href={ "/audit?before=" (last) } { "older →" } }
        }
    };
    Ok(Page::new("Audit trail", content).trail(vec![Crumb::new("Home", "/"), Crumb::here("Audit trail")]))
}

/// Acts about public records. What is about reports, held signatures, tokens and contacts names people or what they say.
fn is_public(line: &AuditLine) -> bool {
    matches!(line.act.as_str(), "take down record" | "leave reported content")
}

fn what(line: &AuditLine) -> Markup {
    let record = line.subject.parse::<Hash>().ok();
    html! {
        @match record {
            // The record of what was published, or of what was taken down, is public by itself.
            Some(record) if is_public(line) || line.act == "publish held signature" => {
                a href={ "/records/" (record) } { code title=(record) { (line.subject[..12]) "…" } }
            }
            _ => { span.faint { "–" } }
        }
    }
}
