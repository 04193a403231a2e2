//! An index of words in many small files, so that whoever searches fetches a few of them.
//!
//! A file is named by the beginning of what it holds, and says either all items whose words begin so, or which files
//! do: a tree, the root of which is the beginning of nothing. An item stands under each of its words. Where more have one
//! word than fit into a file, they stand under pairs of words, and the word's own file has the first of them; where more
//! have one pair, the first of them stand for all, and the file says how many there are.
//!
//! ```json
//! { "count": 2, "items": [[1, "Jane Doe"], [7, "Jane Roe"]] }
//! { "count": 9000, "under": ["6a61", "6a6f2031"] }
//! ```
//!
//! Beginnings are bytes of UTF-8 in hexadecimal, in which no name can do harm to a path or a file system. A word that is
//! whole ends with a space.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The largest number of bytes that the items of a file have together, unless one alone has more.
const LARGEST: usize = 32 << 10;
/// How many beginnings a file lists. It is more than a byte has values, so a file always lists few.
const BRANCHES: usize = 400;
/// The longest part of a word, in bytes, that tells files apart.
const STEM: usize = 40;
/// An index is at most about so many times as large as what it shows, and so many bytes. People who sign to fill it with names of
/// many common words get no more; then those who have a word are no longer found by a second one, and the page says so.
const ROOM_FOR_EACH: usize = 16;
const LEAST_ROOM: usize = 4 << 20;

/// Something that is found by its words.
pub(super) struct Item {
    /// What is shown, as JSON.
    pub(super) shown: String,
    /// Folded words by which it is found, with single spaces.
    pub(super) words: String,
}

/// How items stand where too many have one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crowded {
    /// By pairs of words.
    Pairs,
    /// The first of them alone.
    First,
}

/// Where a file goes, by its name.
pub(super) type Sink<'a, E> = &'a mut dyn FnMut(String, String) -> Result<(), E>;

/// Writes the files of an index over these items, which stand in the order in which they are to be shown.
pub(super) fn write<E>(items: &[Item], crowded: Crowded, sink: Sink<'_, E>) -> Result<(), E> {
    let mut by_word: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
    for (at, item) in (0_u32..).zip(items) {
        for stem in stems(item) {
            by_word.entry(whole(&[], stem)).or_default().push(at);
        }
    }
    let groups: Vec<Group> = by_word.into_iter().collect();
    let room = LEAST_ROOM + ROOM_FOR_EACH * items.iter().map(|item| item.shown.len()).sum::<usize>();
    let mut shards = Shards { items, crowded, room, sink };
    let open = shards.split(&[], &groups)?;
    if open.iter().any(|file| !file.is_empty()) { shards.branch(&[], &open) } else { Ok(()) }
}

/// An index that is being written.
struct Shards<'a, E> {
    items: &'a [Item],
    crowded: Crowded,
    /// How many bytes may be written before crowds are no longer told apart by pairs.
    room: usize,
    sink: Sink<'a, E>,
}

/// Items that have one key, in their order.
type Group = (Vec<u8>, Vec<u32>);

/// Beginnings of files.
type Open = Vec<Vec<u8>>;

impl<E> Shards<'_, E> {
    /// Writes all groups, whose keys begin with `beginning`; the beginnings of the files that lead to them.
    fn split(&mut self, beginning: &[u8], groups: &[Group]) -> Result<Open, E> {
        if let Some(few) = self.few(groups) {
            self.write(beginning, few.into_iter(), &[])?;
            return Ok(vec![beginning.to_owned()]);
        }
        if let [(key, items)] = groups
            && key == beginning
        {
            return Ok(vec![self.crowd(key, items)?]);
        }
        let lists = self.parts(beginning, groups)?;
        if lists.iter().map(|(_, open)| open.len()).sum::<usize>() <= BRANCHES {
            return Ok(lists.into_iter().flat_map(|(_, open)| open).collect());
        }
        lists.into_iter().map(|(child, open)| self.close(child, &open)).collect()
    }

    /// Writes the groups by the next byte of their keys.
    fn parts(&mut self, beginning: &[u8], groups: &[Group]) -> Result<Vec<(Vec<u8>, Open)>, E> {
        let next = |group: &Group| group.0.get(beginning.len()).copied();
        let mut lists = Vec::new();
        for part in groups.chunk_by(|a, b| next(a) == next(b)) {
            let Some(byte) = part.first().and_then(next) else { continue };
            let child = [beginning, &[byte]].concat();
            let open = self.split(&child, part)?;
            lists.push((child, open));
        }
        Ok(lists)
    }

    /// One file that leads to all of these, which begin with `beginning`; its own beginning.
    fn close(&mut self, beginning: Vec<u8>, open: &[Vec<u8>]) -> Result<Vec<u8>, E> {
        if let [one] = open {
            return Ok(one.clone());
        }
        self.branch(&beginning, open)?;
        Ok(beginning)
    }

    /// Writes the file of a word, or of a pair of words, that too many have; its beginning.
    fn crowd(&mut self, key: &[u8], items: &[u32]) -> Result<Vec<u8>, E> {
        let is_word = key.iter().filter(|byte| **byte == b' ').count() == 1;
        let mut open = Vec::new();
        if is_word && self.crowded == Crowded::Pairs && self.room > 0 {
            // None of these is written under the word's own name, which is taken.
            for (child, list) in self.parts(key, &self.pairs(key, items))? {
                open.push(self.close(child, &list)?);
            }
        }
        self.write(key, items.iter().copied(), &open)?;
        Ok(key.to_owned())
    }

    /// Those who have a word, by the other words that each of them has.
    fn pairs(&self, key: &[u8], items: &[u32]) -> Vec<Group> {
        let mut pairs: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
        for at in items {
            for stem in self.items.get(*at as usize).into_iter().flat_map(stems) {
                if whole(&[], stem) != key {
                    pairs.entry(whole(key, stem)).or_default().push(*at);
                }
            }
        }
        pairs.into_iter().collect()
    }

    fn shown(&self, at: u32) -> &str {
        self.items.get(at as usize).map_or("null", |item| &item.shown)
    }

    /// All items of these groups, if they fit into a file.
    fn few(&self, groups: &[Group]) -> Option<BTreeSet<u32>> {
        let (mut all, mut bytes) = (BTreeSet::new(), 0);
        for at in groups.iter().flat_map(|(_, items)| items) {
            if all.insert(*at) {
                bytes += self.shown(*at).len() + 1;
            }
            if bytes > LARGEST && all.len() > 1 {
                return None;
            }
        }
        Some(all)
    }

    /// A file that leads to others.
    fn branch(&mut self, beginning: &[u8], open: &[Vec<u8>]) -> Result<(), E> {
        (self.sink)(file(beginning), format!("{{\"under\":{}}}", listed(open)))
    }

    /// A file of items: all of them, or the first ones.
    fn write(
        &mut self,
        beginning: &[u8],
        items: impl ExactSizeIterator<Item = u32>,
        open: &[Vec<u8>],
    ) -> Result<(), E> {
        let mut out = format!("{{\"count\":{},\"items\":[", items.len());
        let begin = out.len();
        for at in items {
            let shown = self.shown(at);
            let is_first = out.len() == begin;
            if !is_first && out.len() - begin + shown.len() > LARGEST {
                break;
            }
            out.push_str(if is_first { "" } else { "," });
            out.push_str(shown);
        }
        out.push(']');
        if !open.is_empty() {
            out.push_str(",\"under\":");
            out.push_str(&listed(open));
        }
        out.push('}');
        self.room = self.room.saturating_sub(out.len());
        (self.sink)(file(beginning), out)
    }
}

/// The parts of an item's words that tell files apart, each once.
fn stems(item: &Item) -> BTreeSet<&str> {
    let words = item.words.split(' ').filter(|word| !word.is_empty());
    words.map(|word| &word[..word.floor_char_boundary(STEM)]).collect()
}

/// The key of a word that is whole, behind another's.
fn whole(before: &[u8], stem: &str) -> Vec<u8> {
    [before, stem.as_bytes(), b" "].concat()
}

fn file(beginning: &[u8]) -> String {
    format!("k{}.json", hex(beginning))
}

fn listed(beginnings: &[Vec<u8>]) -> String {
    let all: Vec<String> = beginnings.iter().map(|beginning| format!("\"{}\"", hex(beginning))).collect();
    format!("[{}]", all.join(","))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        // Writing to a String does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
#[path = "shards_tests.rs"]
mod tests;
