//! The search of an export: an index in small files that a script on the pages reads (`assets/find.js`).
//!
//! Everything in it comes from the index over the log, as the pages do: what was taken down or replaced, and what was never
//! public, is not there. Words are folded by the function that a server searches with.
//!
//! | folder below `search/` | what is found |
//! |---|---|
//! | `site/` | statements, systems and tasks, by any part of a word of their names |
//! | `records/` | records and systems, by their digests |
//! | `statements/<record>/` | who signed, by the beginnings of words of names and affiliations |
//! | `listings/<index>/` | names as a source lists them |

use std::collections::BTreeSet;

use overt_record::Hash;
use overt_site::fold;
use overt_site::index::{ListedView, Page, SignatoryView, StatementView, SystemView, TaskView};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::ExportError;
use super::address::Address;
use super::shards::{self, Crowded, Item};
use super::write::Target;
use crate::civic::search_words;
use crate::kit::link::segment;
use crate::kit::text::plain;
use crate::site::find::every;
use crate::site::outcome::reach_words;
use crate::site::state::Site;
use crate::site::wrong::Wrong;

/// The longest part of a name that the index has, in characters: as long as a name may be.
const NAME: usize = 256;
/// The longest word that is found by a part of it, in characters.
const PARTED: usize = 48;
/// By how many of its words something is found.
const MOST_WORDS: usize = 32;
/// Files on their way to the disk.
const WAITING: usize = 64;

/// The folder whose index answers a form, from the path that it is sent to.
pub(super) fn folder_of(action: &str) -> Option<String> {
    if action == "/find" {
        return Some("search/site/".into());
    }
    let record: Hash = action.strip_prefix("/statements/")?.strip_suffix("/signatures")?.parse().ok()?;
    Some(format!("search/statements/{record}/"))
}

/// Writes the index.
pub(super) async fn write(site: &Site, target: &mut Target) -> Result<(), ExportError> {
    let (sender, mut files) = mpsc::channel(WAITING);
    let making = site.attempt(move |site| everything(site, &Out(sender)));
    let writing = async move {
        while let Some((path, text)) = files.recv().await {
            let address = Address::read(&path).ok_or_else(|| ExportError::Address(path))?;
            target.write(&address, String::as_bytes(&text))?;
        }
        Ok::<(), ExportError>(())
    };
    let (made, written) = tokio::join!(making, writing);
    // Whoever makes files stops when nobody writes them any more; then that is what went wrong.
    written?;
    Ok(made?)
}

/// Where files go.
struct Out(mpsc::Sender<(String, String)>);

impl Out {
    fn file(&self, path: String, text: String) -> Result<(), Wrong> {
        self.0.blocking_send((path, text)).map_err(|_| Wrong::Bug)
    }

    fn index(&self, folder: &str, items: &[Item], crowded: Crowded) -> Result<(), Wrong> {
        shards::write(items, crowded, &mut |name, text| self.file(format!("/search/{folder}/{name}"), text))
    }
}

fn everything(site: &Site, out: &Out) -> Result<(), Wrong> {
    let index = site.index();
    out.file("/search/words.json".into(), search_words().to_string())?;
    let statements = every(|seek, size| Ok(index.statements(seek, size)?))?;
    let systems = every(|seek, size| Ok(index.systems(seek, size)?))?;
    let tasks = index.tasks()?;
    let named = statements.iter().map(titled).chain(systems.iter().map(system)).chain(tasks.iter().map(task));
    out.index("site", &named.collect::<Vec<_>>(), Crowded::First)?;
    records(site, &systems, out)?;
    for statement in &statements {
        let signed =
            every(|seek, size| Ok(items(&index.signatories(&statement.record, seek, size)?, signatory)))?;
        out.index(&format!("statements/{}", statement.record), &signed, Crowded::Pairs)?;
        for listing in &statement.listings {
            let listed =
                every(|seek, size| Ok(items(&index.listed(listing.index, "", seek, size)?, listed)))?;
            out.index(&format!("listings/{}", listing.index), &listed, Crowded::Pairs)?;
        }
    }
    Ok(())
}

/// Where a digest leads.
fn records(site: &Site, systems: &[SystemView], out: &Out) -> Result<(), Wrong> {
    let item = |digest: &Hash, kind: &str| {
        let digest = digest.to_string();
        Item { shown: json!([digest, kind]).to_string(), words: digest }
    };
    let mut items: Vec<Item> = systems.iter().map(|system| item(&system.id, "system")).collect();
    let logged = every(|seek, size| {
        let page = site.index().entries(None, seek, size)?;
        let known =
            page.items.iter().filter_map(|entry| Some(item(entry.record.as_ref()?, entry.kind.as_str())));
        Ok(Page { items: known.collect(), next: page.next })
    })?;
    items.extend(logged);
    out.index("records", &items, Crowded::First)
}

/// A page of a list as items of an index.
fn items<T>(page: &Page<T>, item: impl Fn(&T) -> Item) -> Page<Item> {
    Page { items: page.items.iter().map(item).collect(), next: page.next }
}

fn titled(statement: &StatementView) -> Item {
    let link = linked(&format!("/statements/{}", statement.record));
    let shown = json!(["statement", link, plain(&statement.title, NAME), statement.time]);
    Item { shown: shown.to_string(), words: parts(&[&statement.title]) }
}

fn system(system: &SystemView) -> Item {
    let shown = json!([
        "system",
        linked(&format!("/systems/{}", system.id)),
        plain(&system.name, NAME),
        plain(&system.model, NAME),
        reach_words(system.reach),
        system.evaluations,
        system.first,
        system.newest,
    ]);
    Item { shown: shown.to_string(), words: parts(&[&system.name, &system.model]) }
}

fn task(task: &TaskView) -> Item {
    let shown = json!([
        "task",
        linked(&format!("/tasks/{}", segment(&task.name))),
        plain(&task.title, NAME),
        plain(&task.name, NAME),
        plain(&task.version, NAME),
        task.evaluations,
        task.systems,
        task.newest,
    ]);
    Item { shown: shown.to_string(), words: parts(&[&task.name, &task.title]) }
}

fn signatory(signed: &SignatoryView) -> Item {
    let name = |text: &Option<String>| plain(text.as_deref().unwrap_or_default(), NAME);
    let (own, affiliation) = (name(&signed.name), name(&signed.affiliation));
    let shown: Value = json!([
        signed.number,
        own,
        name(&signed.role),
        affiliation,
        name(&signed.country),
        crate::civic::search_kind(signed),
        name(&signed.domain),
        signed.record,
    ]);
    Item { shown: shown.to_string(), words: words(&[&own, &affiliation]) }
}

fn listed(listed: &ListedView) -> Item {
    let (own, affiliation) =
        (plain(&listed.name, NAME), plain(listed.affiliation.as_deref().unwrap_or_default(), NAME));
    let shown = json!([listed.place, own, affiliation]);
    Item { shown: shown.to_string(), words: words(&[&own, &affiliation]) }
}

/// A page's place in the export, from the export's own folder.
fn linked(path: &str) -> String {
    // What has no name as a file is told of on the page that says how to reach the site.
    let link = Address::read(path).map_or_else(|| "/about/".to_owned(), |address| address.link());
    link.trim_start_matches('/').to_owned()
}

/// The words of texts, folded: as many as names have.
fn words(texts: &[&str]) -> String {
    let folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
    folded.iter().flat_map(|text| text.split(' ')).take(MOST_WORDS).collect::<Vec<_>>().join(" ")
}

/// The words of texts, and what they end with from each of their letters on: so they are found by any part. Of a single
/// letter of an alphabet nothing is found that does not begin with it.
fn parts(texts: &[&str]) -> String {
    let words = words(texts);
    let mut found = BTreeSet::new();
    for word in words.split(' ') {
        found.insert(word);
        for (at, c) in word.char_indices().take(PARTED) {
            let end = &word[at..];
            if !c.is_ascii() || end.len() > 1 {
                found.insert(end);
            }
        }
    }
    found.into_iter().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_answered_by_the_index_of_its_page() {
        let digest = "ab".repeat(32);
        assert_eq!(folder_of("/find").as_deref(), Some("search/site/"));
        assert_eq!(
            folder_of(&format!("/statements/{digest}/signatures")),
            Some(format!("search/statements/{digest}/"))
        );
        for other in ["/evaluations", "/statements/x/signatures", "/statements/../signatures", "/find/", ""] {
            assert_eq!(folder_of(other), None, "{other}");
        }
    }

    #[test]
    fn names_are_found_by_parts_of_their_words() {
        let found = parts(&["Codellama-7B", "評価"]);
        let found: BTreeSet<&str> = found.split(' ').collect();
        for part in ["codellama", "llama", "ma", "7b", "評価", "価"] {
            assert!(found.contains(part), "{part}: {found:?}");
        }
        assert!(!found.contains("a") && !found.contains("b"), "{found:?}");
    }
}
