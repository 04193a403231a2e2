//! Others who did an evaluation again.

use maud::{Markup, html};
use overt_record::Hash;
use overt_record::record::{Body, Reproduction};
use overt_site::index::{EvaluationView, PageSize, Seek};

use crate::kit::number::grouped;
use crate::kit::{Align, Column, Table};
use crate::site::outcome::{claimed, day, verdict_badge};
use crate::site::records::Signed;
use crate::site::state::Site;
use crate::site::wrong::Wrong;

/// Reproductions that are shown at most.
const REPRODUCTIONS: u16 = 50;

pub(super) fn reproductions(site: &Site, record: &Hash, view: &EvaluationView) -> Result<Markup, Wrong> {
    let kind = "reproduction".parse().map_err(|_| Wrong::Bug)?;
    let found = site.index().referrers(record, Some(&kind), Seek::Start, PageSize::clamped(REPRODUCTIONS))?;
    let columns = vec![
        Column::new("By", Align::Start),
        Column::new("Verdict", Align::Start),
        Column::new("Metrics compared", Align::End),
        Column::new("Logged", Align::Date),
        Column::new("Record", Align::Start),
    ];
    let mut table = Table::new("Others who did it again, oldest first", columns);
    for entry in &found.items {
        let Some(signed) = site.signed(entry.index)? else { continue };
        let Body::Reproduction(again) = signed.verified.record.body() else { continue };
        table.push(row(site, &signed, again, *record));
    }
    Ok(html! {
        h2 id="reproductions" { "Reproductions" }
        @if table.is_empty() { p { "Nobody has logged one yet. Do it again with " code { "overt reproduce" } " and the bundle below." } }
        @else { (table.render()) }
        @if view.reproductions > u64::from(REPRODUCTIONS) { p.note { "There are " (grouped(view.reproductions)) "; the first are shown." } }
    })
}

fn row(site: &Site, signed: &Signed, again: &Reproduction, original: Hash) -> Vec<Markup> {
    let issuer = signed.verified.record.header().issuer.name.as_str();
    let is_of_this = again.original == original;
    vec![
        claimed(issuer),
        html! { (verdict_badge(again.verdict)) @if !is_of_this { " of another evaluation" } },
        html! { (grouped(again.comparisons.len() as u64)) },
        day(signed.entry.time),
        site.record_link(&signed.verified.digest),
    ]
}
