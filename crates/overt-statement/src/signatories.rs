//! Who has signed: the list as it follows from the records of a log.
//!
//! Anybody may sign a record that says anything; what counts is settled by these rules, and by what the reader
//! [`Trust`]s:
//!
//! - **What was checked** is believed of a key that vouches (a site's own). Anybody else speaks for their own key alone:
//!   what they say of their domain counts if the reader found the key published there.
//! - **One signatory counts once.** Of endorsements that nothing tells apart, the last in the log stands and replaces those
//!   before it. A vouching key tells its signatories apart by the commitment to their mail address; without one, by capacity, name and
//!   affiliation; without a name, by domain. To anybody else applies: one key, one signatory.
//! - **A record counts once**, at its first place in the log, however often it was logged.
//! - **A redaction of an endorsement or a listing** holds if it was issued by the same key or by an authority, wherever it
//!   stands in the log: who took a signature back before it was logged has taken it back. Others change nothing, and are
//!   counted as ignored.
//! - **What was replaced stays replaced**, also when its replacement is withdrawn: a person who signs again and withdraws
//!   has withdrawn.
//! - **Listings** are shown if the statement's issuer or a vouching key issued them, apart from the signatures, and never
//!   counted among them.
//!
//! What it does not know: that one person signed by mail and with a key, or with two keys. [`crate::sameness`] has hints.

mod arranged;
mod counts;
mod ended;
mod entry;
mod history;
mod listed;
mod logged;
mod seat;
mod trust;

use std::collections::{BTreeMap, BTreeSet};

use overt_record::{Hash, KeyId};

pub use self::arranged::{Arranged, FirstNames, ListedAt};
pub use self::counts::{Counts, Ignored};
pub use self::entry::{Checked, Entry, Signed, Status};
pub use self::history::Point;
pub use self::listed::ShownListing;
pub use self::logged::{LoggedRecord, Said};
pub use self::trust::Trust;

/// The signatures under a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Signatories {
    entries: Vec<Entry>,
    listings: Vec<ShownListing>,
    ignored: Ignored,
}

impl Signatories {
    /// The signatures under `statement`, which `issuer` signed, from records of a log in any order. Records about anything
    /// else are passed over, and of two records for the same place the second.
    pub fn fold(
        statement: Hash,
        issuer: KeyId,
        trust: &Trust,
        records: impl IntoIterator<Item = LoggedRecord>,
    ) -> Self {
        let records = in_order(records);
        let mut ignored = Ignored::default();
        let of_statement = first_of_each(statement, &records, &mut ignored);
        let redactions = ended::redactions(&of_statement, &records, trust, &mut ignored);
        let entries = entry::entries(&of_statement, &records, &redactions, trust);
        let listings = listed::listings(&of_statement, issuer, &redactions, trust, &mut ignored);
        Self { entries, listings, ignored }
    }

    /// All signatures that there ever were, in the order of the log.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The signatures that stand, in the order of the log.
    pub fn standing(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.status == Status::Stands)
    }

    /// The listings that are shown, in the order of the log.
    pub fn listings(&self) -> &[ShownListing] {
        &self.listings
    }

    /// The numbers.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.entries, &self.listings, self.ignored)
    }

    /// How the number of signatures that stand came to be: one point for each place of the log at which it changed.
    /// What is known now is applied to the past, so no moment counts a person twice.
    pub fn history(&self) -> Vec<Point> {
        history::of(&self.entries)
    }

    /// The list as it is shown: `first` the names that an editor put first, then everybody.
    pub fn arranged(&self, first: &FirstNames) -> Arranged<'_> {
        arranged::arrange(self, first)
    }
}

/// The records by their place in the log.
fn in_order(records: impl IntoIterator<Item = LoggedRecord>) -> BTreeMap<u64, LoggedRecord> {
    let mut placed = BTreeMap::new();
    for record in records {
        placed.entry(record.index).or_insert(record);
    }
    placed
}

/// The endorsements and listings of the statement, each record at its first place.
fn first_of_each<'a>(
    statement: Hash,
    records: &'a BTreeMap<u64, LoggedRecord>,
    ignored: &mut Ignored,
) -> Vec<&'a LoggedRecord> {
    let mut seen = BTreeSet::new();
    let mut first = Vec::new();
    for record in records.values().filter(|record| record.said.is_under(statement)) {
        if record.digest.is_none_or(|digest| seen.insert(digest)) {
            first.push(record);
        } else {
            ignored.repeated += 1;
        }
    }
    first
}

#[cfg(test)]
mod tests;
