//! Finding by name or by digest.

use axum::response::{IntoResponse as _, Redirect, Response};
use maud::html;
use overt_record::Hash;
use overt_site::fold;
use overt_site::index::{Page as Listed, PageSize, Seek, StatementView, SystemView, TaskView};

use super::front::search;
use super::outcome::{best_path, day};
use super::state::Site;
use super::wrong::Wrong;
use super::{reply, systems, tasks};
use crate::kit::text::inline;
use crate::kit::{Crumb, Page};
use crate::view::Asked;

/// How many systems and statements are looked through, the newest first.
const LOOKED_THROUGH: usize = 5000;
/// The most words of a search.
const MOST_WORDS: usize = 8;
/// How many of each are shown.
const SHOWN: usize = 50;

pub(super) fn reply(site: &Site, asked: &Asked) -> Result<Response, Wrong> {
    let text = asked.get("q").unwrap_or_default().trim().chars().take(200).collect::<String>();
    if let Some(path) = place(site, &text)? {
        return Ok(Redirect::to(&path).into_response());
    }
    Ok(reply::page(site.frame(), &page(site, &text)?))
}

/// Where a digest or a number leads.
fn place(site: &Site, text: &str) -> Result<Option<String>, Wrong> {
    let Ok(digest) = text.parse::<Hash>() else { return Ok(None) };
    if let Some(found) = site.index().record(&digest)? {
        let kind = found.entry.as_ref().map(|entry| entry.kind.to_string()).unwrap_or_default();
        return Ok(Some(best_path(&kind, &digest)));
    }
    Ok(site.index().system(&digest)?.map(|_| format!("/systems/{digest}")))
}

fn page(site: &Site, text: &str) -> Result<Page, Wrong> {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).take(MOST_WORDS).collect();
    let fits = |names: &[&str]| {
        let all = names.iter().map(|name| fold(name)).collect::<Vec<_>>().join(" ");
        !words.is_empty() && words.iter().all(|word| all.contains(word))
    };
    let mut found_systems = each(|seek, size| Ok(site.index().systems(seek, size)?))?;
    found_systems.retain(|system: &SystemView| fits(&[&system.name, &system.model]));
    let mut found_statements = each(|seek, size| Ok(site.index().statements(seek, size)?))?;
    found_statements.retain(|statement: &StatementView| fits(&[&statement.title]));
    let mut found_tasks = site.index().tasks()?;
    found_tasks.retain(|task: &TaskView| fits(&[&task.name, &task.title]));
    found_systems.truncate(SHOWN);
    let nothing = found_systems.is_empty() && found_statements.is_empty() && found_tasks.is_empty();
    let content = html! {
        h1 { "Find" }
        (search(text))
        @if nothing && !text.is_empty() {
            p { "Nothing here has that in its name. People who signed are found on the page of the statement; single samples on the page of their run." }
        }
        @if !found_statements.is_empty() {
            h2 { "Statements" }
            ul { @for statement in found_statements.iter().take(SHOWN) {
                li { a href={ "/statements/" (statement.record) } { (inline(&statement.title, 120)) } ", " (day(statement.time)) }
            } }
        }
        @if !found_systems.is_empty() { h2 { "Systems" } (systems::table(&found_systems)) }
        @if !found_tasks.is_empty() { h2 { "Tasks" } (tasks::table(found_tasks.iter().take(SHOWN))) }
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::here("Find")];
    Ok(Page::new("Find", content).trail(trail))
}

/// The newest items of a list, page by page.
fn each<T>(list: impl FnMut(Seek, PageSize) -> Result<Listed<T>, Wrong>) -> Result<Vec<T>, Wrong> {
    up_to(LOOKED_THROUGH, list)
}

/// All items of a list, page by page.
pub(super) fn every<T>(
    list: impl FnMut(Seek, PageSize) -> Result<Listed<T>, Wrong>,
) -> Result<Vec<T>, Wrong> {
    up_to(usize::MAX, list)
}

fn up_to<T>(
    most: usize,
    mut list: impl FnMut(Seek, PageSize) -> Result<Listed<T>, Wrong>,
) -> Result<Vec<T>, Wrong> {
    let (mut all, mut seek) = (Vec::new(), Seek::Start);
    while all.len() < most {
        let page = list(seek, PageSize::clamped(PageSize::MOST))?;
        all.extend(page.items);
        match page.next {
            Some(next) => seek = Seek::Behind(next),
            None => break,
        }
    }
    Ok(all)
}
