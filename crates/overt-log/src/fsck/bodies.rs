//! Whether the bodies beside the tree are those of their entries.
//!
//! The tree holds without them: a copy may have none, and erased ones are gone for good. So what is found here is told
//! apart from what is wrong with the tree.

use std::fmt;

use overt_record::LogEntry;
use overt_record::tile::{EntryBundle, FULL_WIDTH};

use super::{FsckError, MOST_TOLD};
use crate::admission::{Submission, mark_key};
use crate::bodies::{Pack, PackName, directory};
use crate::store::Store;

/// What lies beside the entries of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyReport {
    /// How many records have the body that their entry commits to.
    pub here: u64,
    /// How many were erased, and are gone.
    pub erased: u64,
    /// How many are missing without a mark that says why. Of a copy without bodies that is all of them.
    pub missing: u64,
    /// What is not as it must be, sorted; at most a thousand.
    pub deviations: Vec<BodyDeviation>,
    /// How many deviations there are.
    pub found: u64,
}

/// An entry whose body is not as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BodyDeviation {
    /// The entry.
    pub index: u64,
    /// What is wrong with its body.
    pub what: BodyWrong,
}

/// What can be wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BodyWrong {
    /// It is not there, and no mark says that it was erased.
    Missing,
    /// The pack that has a place for it is damaged.
    Damaged,
    /// The entry commits to another record.
    Other,
    /// It is marked as erased, and still there.
    NotErased,
}

impl fmt::Display for BodyDeviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            BodyWrong::Missing => "is missing, and no mark says that it was erased",
            BodyWrong::Damaged => "can't be read: its pack is damaged",
            BodyWrong::Other => "is not the record that the entry commits to",
            BodyWrong::NotErased => {
                "is marked as erased, and still there: `overt log erase` was interrupted; run it again"
            }
        };
        write!(f, "the body of entry {} {what}", self.index)
    }
}

impl BodyReport {
    /// Whether every body that there must be is there and right.
    pub fn is_sound(&self) -> bool {
        self.found == 0
    }

    /// Whether this is a copy that has no bodies at all.
    pub fn is_bare(&self) -> bool {
        self.here == 0 && self.erased == 0 && self.found == self.missing
    }

    /// Adds what was found at other entries.
    pub(super) fn merge(&mut self, other: Self) {
        self.here += other.here;
        self.erased += other.erased;
        self.missing += other.missing;
        self.found += other.found;
        self.deviations.extend(other.deviations);
        self.deviations.sort_unstable();
        self.deviations.truncate(MOST_TOLD);
    }

    fn note(&mut self, index: u64, what: BodyWrong) {
        self.missing += u64::from(what == BodyWrong::Missing);
        self.found += 1;
        self.deviations.push(BodyDeviation { index, what });
    }
}

/// Checks the bodies of a bundle's entries.
pub(super) fn check(store: &dyn Store, bundle: u64, entries: &EntryBundle) -> Result<BodyReport, FsckError> {
    let mut report = BodyReport::default();
    let first = bundle * u64::from(FULL_WIDTH);
    let records = (first..).zip(entries.entries());
    let mut records =
        records.filter_map(|(index, entry)| Some((index, LogEntry::parse(entry).ok()?))).peekable();
    if records.peek().is_none() {
        return Ok(report);
    }
    let packs = packs(store, first)?;
    for (index, entry) in records {
        let mut covering = packs.iter().filter(|(name, _)| name.covers(index));
        let damaged = covering.clone().any(|(_, pack)| pack.is_none());
        let body = covering.find_map(|(_, pack)| pack.as_ref()?.get(index));
        let marked = || Ok::<_, FsckError>(store.get(&mark_key(&entry.commit)?)?.is_some());
        let own = |body| Submission::parse(body).is_ok_and(|own| own.commit() == entry.commit);
        match body {
            None if damaged => report.note(index, BodyWrong::Damaged),
            None if marked()? => report.erased += 1,
            None => report.note(index, BodyWrong::Missing),
            Some(_) if marked()? => report.note(index, BodyWrong::NotErased),
            Some(body) if own(body) => report.here += 1,
            Some(_) => report.note(index, BodyWrong::Other),
        }
    }
    Ok(report)
}

/// The packs of a bundle; in the place of a damaged one nothing.
fn packs(store: &dyn Store, first: u64) -> Result<Vec<(PackName, Option<Pack>)>, FsckError> {
    let mut packs = Vec::new();
    for key in store.list(&directory(first)?)? {
        let Some(name) = PackName::parse(&key) else { continue };
        let Some(bytes) = store.get(&key)? else { continue };
        packs.push((name, Pack::parse(&key, &bytes).ok()));
    }
    Ok(packs)
}
