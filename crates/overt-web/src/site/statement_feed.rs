//! What is new about a statement: signatures by the day, new wordings, translations, lists of names, and what was taken back.
//!
//! It says how many signed and names nobody: what a feed reader has taken, no withdrawal reaches.

use overt_record::record::Kind;
use overt_record::{Hash, Timestamp};
use overt_site::index::{EntryView, PageSize, RemovedDay, Seek, SignedDay, StatementView};

use super::feed::{Feed, Item};
use super::records::digest;
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::number::{count, grouped};
use crate::kit::text::plain;

/// The most items.
const ITEMS: usize = 50;
/// How many records that point to the statement are looked at.
const OTHERS: u16 = 100;

/// The feed of a statement.
pub(super) fn feed(site: &Site, record: &str) -> Result<Feed, Wrong> {
    let record = digest(record).map_err(|_| Wrong::Missing("such statement"))?;
    let Some(statement) = site.index().statement(&record)? else { return Err(missing(site, &record)?) };
    let about = About { site, statement: &statement };
    let mut items = vec![about.published()];
    items.extend(about.others()?);
    for listing in &statement.listings {
        let entry = site.index().entry(listing.index)?;
        items.extend(entry.map(|entry| about.listed(&entry, listing.names)));
    }
    let index = site.index();
    items.extend(index.signed_days(&record, ITEMS)?.iter().map(|day| about.signed(day)));
    items.extend(index.removed_days(&record, ITEMS)?.iter().map(|day| about.removed(day)));
    items.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.id.cmp(&b.id)));
    items.truncate(ITEMS);
    let title = format!("{} · {}", plain(&statement.title, 120), site.settings().name);
    Ok(Feed { title, page: format!("/statements/{record}"), items })
}

fn missing(site: &Site, record: &Hash) -> Result<Wrong, Wrong> {
    let found = site.index().record(record)?;
    let is_gone = found.is_some_and(|found| found.entry.is_none() && !found.redactions.is_empty());
    Ok(if is_gone { Wrong::Gone } else { Wrong::Missing("such statement") })
}

/// What items are about.
struct About<'a> {
    site: &'a Site,
    statement: &'a StatementView,
}

impl About<'_> {
    fn item(&self, what: &str, path: &str, time: Timestamp, title: String, summary: String) -> Item {
        let page = self.site.address(&format!("/statements/{}", self.statement.record));
        Item {
            id: format!("{page}#{what}"),
            url: self.site.address(path),
            title,
            summary,
            author: plain(&self.site.settings().name, 120),
            time,
        }
    }

    fn path(&self) -> String {
        format!("/statements/{}", self.statement.record)
    }

    fn published(&self) -> Item {
        let statement = self.statement;
        let issuer = plain(&statement.issuer, 120);
        let summary = format!(
            "By “{issuer}”, version {}, at index {} of the log.",
            plain(&statement.version, 40),
            statement.index
        );
        let title = format!("Published: {}", plain(&statement.title, 200));
        Item { author: issuer, ..self.item("published", &self.path(), statement.time, title, summary) }
    }

    /// New wordings and translations of the same issuer's. What others say to be one is not followed.
    fn others(&self) -> Result<Vec<Item>, Wrong> {
        let (index, statement) = (self.site.index(), self.statement);
        let found = index.referrers(
            &statement.record,
            Some(&"statement".parse::<Kind>().map_err(|_| Wrong::Bug)?),
            Seek::Start,
            PageSize::clamped(OTHERS),
        )?;
        let mut items = Vec::new();
        for entry in found.items.iter().filter(|entry| entry.key == statement.key) {
            let Some(record) = &entry.record else { continue };
            if let Some(other) = index.statement(record)? {
                items.push(self.other(&other));
            }
        }
        Ok(items)
    }

    fn other(&self, other: &StatementView) -> Item {
        let title = plain(&other.title, 200);
        let (title, summary) = if other.replaces == Some(self.statement.record) {
            let summary = format!(
                "Version {} replaces this one. Signatures under this one do not carry over.",
                plain(&other.version, 40)
            );
            (format!("A newer wording: {title}"), summary)
        } else {
            let language = plain(&other.language, 40);
            (format!("A translation ({language}): {title}"), "Signed on its own page.".to_owned())
        };
        let (what, path) = (other.record.to_string(), format!("/statements/{}", other.record));
        Item { author: plain(&other.issuer, 120), ..self.item(&what, &path, other.time, title, summary) }
    }

    fn listed(&self, entry: &EntryView, names: u64) -> Item {
        let title = format!("{} as listed by a source", count(names, "name"));
        let summary = "Nobody has checked here who bears them, and they are not counted as signatures.";
        let what = format!("listing-{}", entry.index);
        let path = format!("{}#{what}", self.path());
        let author = plain(entry.issuer.as_deref().unwrap_or_default(), 120);
        Item { author, ..self.item(&what, &path, entry.time, title, summary.to_owned()) }
    }

    fn signed(&self, day: &SignedDay) -> Item {
        let title = match (day.checked, day.own) {
            (0, own) => format!("{} by keys of their own", count(own, "signature")),
            (checked, _) => count(checked, "signature"),
        };
        let own = match day.own {
            0 => String::new(),
            own => format!(" {} by keys that speak for themselves alone.", grouped(own)),
        };
        let numbers = match (grouped(day.first), grouped(day.last)) {
            (first, last) if first == last => format!("Number {first}"),
            (first, last) => format!("Numbers {first} to {last}"),
        };
        let summary =
            format!("{} of which something was checked.{own} {numbers}.", count(day.checked, "signature"));
        let path = format!("{}/signatures?after={}", self.path(), day.first.saturating_sub(1));
        self.item(&format!("signed-{}", date(day.day)), &path, day.newest, title, summary)
    }

    fn removed(&self, day: &RemovedDay) -> Item {
        let all = day.withdrawn.saturating_add(day.corrected).saturating_add(day.taken_down);
        let parts = [
            (day.withdrawn, "withdrawn by who had signed"),
            (day.corrected, "replaced by a corrected one"),
            (day.taken_down, "taken down"),
        ];
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        let said: Vec<String> = parts.map(|(number, what)| format!("{} {what}", grouped(*number))).collect();
        let title = format!("{} less", count(all, "signature"));
        let summary = format!("{}.", said.join(", "));
        self.item(&format!("removed-{}", date(day.day)), &self.path(), day.newest, title, summary)
    }
}

fn date(day: Timestamp) -> String {
    day.to_string().chars().take(10).collect()
}
