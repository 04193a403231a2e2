//! What is new, for feed readers: Atom (RFC 4287) and JSON Feed 1.1.

use std::fmt::Write as _;

use overt_record::Timestamp;
use overt_site::index::{EntryView, PageSize, Recent};
use serde_json::{Value, json};

use super::outcome::{best_path, kind_words};
use super::records::digest;
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::text::plain;

/// How many items a feed has.
const ITEMS: u16 = 50;

/// One item.
struct Item {
    url: String,
    title: String,
    summary: String,
    author: String,
    time: Timestamp,
}

fn items(site: &Site) -> Result<Vec<Item>, Wrong> {
    let entries = site.index().recent(Recent::Everything, PageSize::clamped(ITEMS))?;
    Ok(entries.iter().filter_map(|entry| item(site, entry)).collect())
}

fn item(site: &Site, entry: &EntryView) -> Option<Item> {
    let record = entry.record.as_ref()?;
    let kind = kind_words(entry.kind.as_str());
    let issuer = plain(entry.issuer.as_deref().unwrap_or_default(), 120);
    Some(Item {
        url: site.address(&best_path(entry.kind.as_str(), record)),
        title: format!("{kind}: {}", plain(entry.title.as_deref().unwrap_or_default(), 200)),
        summary: format!("{kind} by “{issuer}”, at index {} of the log.", entry.index),
        author: issuer,
        time: entry.time,
    })
}

/// Everything but signatures.
pub(super) fn atom(site: &Site) -> Result<String, Wrong> {
    Ok(write(site, &site.settings().name, "/", "/feed.atom", &items(site)?))
}

/// The evaluations of a system.
pub(super) fn of_system(site: &Site, id: &str) -> Result<String, Wrong> {
    let id = digest(id).map_err(|_| Wrong::Missing("such system"))?;
    let history = site.index().system(&id)?.ok_or(Wrong::Missing("such system"))?;
    let name = plain(&history.system.name, 120);
    let items: Vec<Item> = (history.evaluations.iter().take(usize::from(ITEMS)))
        .map(|evaluation| Item {
            url: site.address(&format!("/evaluations/{}", evaluation.record)),
            title: format!("evaluation of {name}"),
            summary: format!("{} samples, by “{}”.", evaluation.samples, plain(&evaluation.issuer, 120)),
            author: plain(&evaluation.issuer, 120),
            time: evaluation.time,
        })
        .collect();
    let path = format!("/systems/{id}");
    Ok(write(
        site,
        &format!("{name} · {}", site.settings().name),
        &path,
        &format!("{path}/feed.atom"),
        &items,
    ))
}

fn write(site: &Site, title: &str, page: &str, feed: &str, items: &[Item]) -> String {
    let updated = items.first().map_or_else(|| "1970-01-01T00:00:00Z".into(), |item| item.time.to_string());
    let (page, own) = (xml(&site.address(page)), xml(&site.address(feed)));
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n",
    );
    // Writing to a String does not fail.
    let _ = writeln!(
        out,
        "<title>{}</title>\n<id>{own}</id>\n<updated>{updated}</updated>\n<link rel=\"self\" href=\"{own}\"/>\n<link href=\"{page}\"/>",
        xml(title)
    );
    for item in items {
        let url = xml(&item.url);
        let _ = writeln!(
            out,
            "<entry><title>{}</title><id>{url}</id><link href=\"{url}\"/><updated>{}</updated><author><name>{}</name></author>\
             <summary>{}</summary></entry>",
            xml(&item.title),
            item.time,
            xml(&item.author),
            xml(&item.summary)
        );
    }
    out.push_str("</feed>\n");
    out
}

/// The same as JSON Feed.
pub(super) fn json(site: &Site) -> Result<String, Wrong> {
    let items: Vec<Value> = (items(site)?.iter())
        .map(|item| {
            json!({
                "id": item.url, "url": item.url, "title": item.title, "content_text": item.summary,
                "date_published": item.time, "authors": [{ "name": item.author }],
            })
        })
        .collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.settings().name,
        "home_page_url": site.address("/"),
        "feed_url": site.address("/feed.json"),
        "items": items,
    });
    Ok(feed.to_string())
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
