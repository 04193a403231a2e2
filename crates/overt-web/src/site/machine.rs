//! What programs ask of a site: where its pages are, whether it is well, whom to tell.

use std::fmt::Write as _;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use overt_log::Key;
use overt_record::checkpoint::Checkpoint;
use overt_record::note::Note;
use overt_site::index::{IncidentFilter, PageSize, Seek};
use serde_json::json;

use super::feed::xml;
use super::reply;
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::segment;

/// Addresses of each kind in the map: the newest.
const LISTED: usize = 10_000;
/// Entries that the index may be behind before the site is called unwell.
const LAG: u64 = 10_000;

/// The site's map (sitemaps.org 0.9).
pub(super) fn sitemap(site: &Site) -> Result<String, Wrong> {
    let mut paths: Vec<String> =
        ["/", "/evaluations", "/systems", "/tasks", "/statements", "/incidents", "/log", "/about"]
            .map(String::from)
            .into();
    let index = site.index();
    walk(
        |seek, size| {
            let page = index.evaluations(seek, size)?;
            Ok((page.items.iter().map(|item| format!("/evaluations/{}", item.record)).collect(), page.next))
        },
        &mut paths,
    )?;
    walk(
        |seek, size| {
            let page = index.systems(seek, size)?;
            Ok((page.items.iter().map(|item| format!("/systems/{}", item.id)).collect(), page.next))
        },
        &mut paths,
    )?;
    walk(
        |seek, size| {
            let page = index.statements(seek, size)?;
            Ok((page.items.iter().map(|item| format!("/statements/{}", item.record)).collect(), page.next))
        },
        &mut paths,
    )?;
    walk(
        |seek, size| {
            let page = index.incidents(&IncidentFilter::default(), seek, size)?;
            Ok((page.items.iter().map(|item| format!("/incidents/{}", item.record)).collect(), page.next))
        },
        &mut paths,
    )?;
    paths.extend(index.tasks()?.iter().map(|task| format!("/tasks/{}", segment(&task.name))));
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for path in paths {
        // Writing to a String does not fail.
        let _ = writeln!(out, "<url><loc>{}</loc></url>", xml(&site.address(&path)));
    }
    out.push_str("</urlset>\n");
    Ok(out)
}

/// The newest addresses of a list.
fn walk(
    mut list: impl FnMut(Seek, PageSize) -> Result<(Vec<String>, Option<u64>), Wrong>,
    paths: &mut Vec<String>,
) -> Result<(), Wrong> {
    let (most, mut seek) = (paths.len() + LISTED, Seek::Start);
    while paths.len() < most {
        let (found, next) = list(seek, PageSize::clamped(PageSize::MOST))?;
        paths.extend(found);
        match next {
            Some(next) => seek = Seek::Behind(next),
            None => break,
        }
    }
    Ok(())
}

/// What programs that collect pages are asked to leave out: acts, endless variants, and what samples say, so that tests do
/// not leak into training.
pub(super) fn robots(site: &Site) -> String {
    let left_out = [
        "/api/",
        "/find",
        "/compare",
        "/report",
        "/login",
        "/moderation",
        "/confirm",
        "/withdraw",
        "/complaint",
        "/tokens",
        "/evaluations/*/samples",
        "/evaluations/*/files",
    ];
    let mut out = String::from("User-agent: *\n");
    for path in left_out {
        let _ = writeln!(out, "Disallow: {path}");
    }
    let _ = writeln!(out, "\nSitemap: {}", site.address("/sitemap.xml"));
    out
}

/// How a site is.
struct Health {
    published: u64,
    indexed: u64,
    unreadable: u64,
    is_writable: bool,
}

impl Health {
    fn of(site: &Site) -> Result<Self, Wrong> {
        let position = site.index().position()?;
        let published = published(site)?;
        let is_writable = tempfile::tempfile_in(&site.sources().derived).is_ok();
        Ok(Self { published, indexed: position.next, unreadable: position.unreadable, is_writable })
    }

    fn lag(&self) -> u64 {
        self.published.saturating_sub(self.indexed)
    }

    fn is_well(&self) -> bool {
        self.is_writable && self.lag() <= LAG
    }
}

/// How many entries the newest checkpoint that the log signed has.
fn published(site: &Site) -> Result<u64, Wrong> {
    let damaged = |error: &dyn std::fmt::Display| Wrong::Damaged(error.to_string());
    let key = Key::new("checkpoint").map_err(|error| damaged(&error))?;
    let bytes =
        site.sources().store.get(&key)?.ok_or_else(|| Wrong::Damaged("it has no checkpoint".into()))?;
    let note = Note::parse(&bytes).map_err(|error| damaged(&error))?;
    Ok(Checkpoint::parse(note.text()).map_err(|error| damaged(&error))?.head().size)
}

/// Whether log, disk and index are well.
pub(super) async fn health(site: &Site) -> Response {
    let (status, body) = match site.attempt(Health::of).await {
        Ok(health) => {
            let status = if health.is_well() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            let body = json!({
                "status": if health.is_well() { "ok" } else { "unwell" },
                "log": { "entries": health.published },
                "index": { "entries": health.indexed, "behind": health.lag(), "unreadable": health.unreadable },
                "disk": { "writable": health.is_writable },
            });
            (status, body)
        }
        Err(wrong) => {
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "unwell", "reason": wrong.public() }))
        }
    };
    (status, axum::Json(body)).into_response()
}

/// Figures for Prometheus; the log's own are at `/metrics`.
pub(super) fn metrics(site: &Site) -> Result<String, Wrong> {
    let health = Health::of(site)?;
    let mut out = String::new();
    let figures = [
        ("overt_site_log_entries", "Entries of the newest checkpoint.", health.published),
        ("overt_site_index_entries", "Entries that the index has taken in.", health.indexed),
        ("overt_site_index_unreadable", "Bodies that could not be read.", health.unreadable),
        ("overt_site_runs_memory_bytes", "Memory of runs that were looked at.", site.shelf().memory() as u64),
        (
            "overt_site_disk_writable",
            "Whether the derived directory can be written to.",
            u64::from(health.is_writable),
        ),
    ];
    for (name, help, number) in figures {
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {number}\n");
    }
    Ok(out)
}

/// Whom to tell of a hole (RFC 9116); nobody, if the site names no contact.
pub(super) fn security(site: &Site) -> Response {
    let Some(contact) = &site.settings().contact else { return site.nothing() };
    let contact = if contact.contains("://") || contact.starts_with("mailto:") {
        contact.clone()
    } else {
        format!("mailto:{contact}")
    };
    let contact: String = contact.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    // A year from now, as the standard advises, by the site's clock.
    let until = overt_record::Timestamp::from_unix(site.now().saturating_add(31_536_000));
    let Some(until) = until else { return site.nothing() };
    let text = format!(
        "Contact: {contact}\nExpires: {until}\nPreferred-Languages: en\nCanonical: {}\n",
        site.address("/.well-known/security.txt")
    );
    reply::bytes("text/plain; charset=utf-8", text)
}

/// The key that the site signs with, if it says so.
pub(super) fn key(site: &Site) -> Response {
    match &site.settings().key {
        Some(pem) => reply::bytes("text/plain; charset=utf-8", pem.clone()),
        None => site.nothing(),
    }
}
