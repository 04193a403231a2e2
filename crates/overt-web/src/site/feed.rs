//! What is new, for feed readers: Atom (RFC 4287) and JSON Feed 1.1.

use std::fmt::Write as _;

use axum::response::Response;
use overt_record::Timestamp;
use overt_site::index::{EntryView, PageSize, Recent};
use serde_json::{Value, json};

use super::outcome::{best_path, kind_words};
use super::records::digest;
use super::reply;
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::text::plain;

/// How many items a feed has.
const ITEMS: u16 = 50;

/// One item.
pub(super) struct Item {
    /// What it is told apart by: its address, if it has no other.
    pub(super) id: String,
    pub(super) url: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) author: String,
    pub(super) time: Timestamp,
}

/// A feed, whatever it is written in.
pub(super) struct Feed {
    pub(super) title: String,
    /// The path of the page that it is about.
    pub(super) page: String,
    /// Newest first.
    pub(super) items: Vec<Item>,
}

fn items(site: &Site) -> Result<Vec<Item>, Wrong> {
    let entries = site.index().recent(Recent::Everything, PageSize::clamped(ITEMS))?;
    Ok(entries.iter().filter_map(|entry| item(site, entry)).collect())
}

fn item(site: &Site, entry: &EntryView) -> Option<Item> {
    let record = entry.record.as_ref()?;
    let kind = kind_words(entry.kind.as_str());
    let issuer = plain(entry.issuer.as_deref().unwrap_or_default(), 120);
    let url = site.address(&best_path(entry.kind.as_str(), record));
    Some(Item {
        id: url.clone(),
        url,
        title: format!("{kind}: {}", plain(entry.title.as_deref().unwrap_or_default(), 200)),
        summary: format!("{kind} by “{issuer}”, at index {} of the log.", entry.index),
        author: issuer,
        time: entry.time,
    })
}

/// Everything but signatures.
pub(super) fn everything(site: &Site) -> Result<Feed, Wrong> {
    Ok(Feed { title: site.settings().name.clone(), page: "/".into(), items: items(site)? })
}

/// The evaluations of a system.
pub(super) fn of_system(site: &Site, id: &str) -> Result<Feed, Wrong> {
    let id = digest(id).map_err(|_| Wrong::Missing("such system"))?;
    let history = site.index().system(&id)?.ok_or(Wrong::Missing("such system"))?;
    let name = plain(&history.system.name, 120);
    let evaluations = history.evaluations.iter().take(usize::from(ITEMS));
    let items = evaluations.map(|evaluation| {
        let url = site.address(&format!("/evaluations/{}", evaluation.record));
        Item {
            id: url.clone(),
            url,
            title: format!("evaluation of {name}"),
            summary: format!("{} samples, by “{}”.", evaluation.samples, plain(&evaluation.issuer, 120)),
            author: plain(&evaluation.issuer, 120),
            time: evaluation.time,
        }
    });
    let title = format!("{name} · {}", site.settings().name);
    Ok(Feed { title, page: format!("/systems/{id}"), items: items.collect() })
}

/// How a feed is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// As Atom.
    Atom,
    /// As JSON Feed.
    Json,
}

impl Feed {
    /// The feed, as whoever asks wants it written.
    pub(super) fn reply(&self, site: &Site, written: Written) -> Response {
        match written {
            Written::Atom => reply::bytes("application/atom+xml; charset=utf-8", self.atom(site)),
            Written::Json => reply::bytes("application/feed+json", self.json(site)),
        }
    }

    /// The address of the feed itself: beside the page that it is about.
    fn own(&self, site: &Site, ending: &str) -> String {
        site.address(&format!("{}/feed.{ending}", self.page.trim_end_matches('/')))
    }

    fn atom(&self, site: &Site) -> String {
        let updated =
            self.items.first().map_or_else(|| "1970-01-01T00:00:00Z".into(), |item| item.time.to_string());
        let (page, own) = (xml(&site.address(&self.page)), xml(&self.own(site, "atom")));
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n",
        );
        // Writing to a String does not fail.
        let _ = writeln!(
            out,
            "<title>{}</title>\n<id>{own}</id>\n<updated>{updated}</updated>\n<link rel=\"self\" href=\"{own}\"/>\n<link href=\"{page}\"/>",
            xml(&self.title)
        );
        for item in &self.items {
            let _ = writeln!(
                out,
                "<entry><title>{}</title><id>{}</id><link href=\"{}\"/><updated>{}</updated><author><name>{}</name></author>\
                 <summary>{}</summary></entry>",
                xml(&item.title),
                xml(&item.id),
                xml(&item.url),
                item.time,
                xml(&item.author),
                xml(&item.summary)
            );
        }
        out.push_str("</feed>\n");
        out
    }

    fn json(&self, site: &Site) -> String {
        let items: Vec<Value> = (self.items.iter())
            .map(|item| {
                json!({
                    "id": item.id, "url": item.url, "title": item.title, "content_text": item.summary,
                    "date_published": item.time, "authors": [{ "name": item.author }],
                })
            })
            .collect();
        let feed = json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.title,
            "home_page_url": site.address(&self.page),
            "feed_url": self.own(site, "json"),
            "items": items,
        });
        feed.to_string()
    }
}

/// A text in XML 1.0: escaped, and without the characters that it cannot hold.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
