//! The list in the order in which it is shown.

use std::collections::{BTreeMap, BTreeSet};

use overt_record::Hash;
use overt_record::record::ListedName;

use super::{Entry, Signatories};

/// The names that an editor puts first: those that people know. A name that is not there, or not any more, is passed
/// over, and one that is named twice stands once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstNames {
    /// Names in listings: the listing's record digest, and the place in it from 0.
    pub listed: Vec<(Hash, usize)>,
    /// Signatures, by the record digests of their endorsements.
    pub endorsements: Vec<Hash>,
}

/// The list as it is shown: the listed names and the signatures, which never mix.
#[derive(Clone, Debug, PartialEq)]
pub struct Arranged<'a> {
    /// Names as listed by a source: first those that an editor chose, then the others in their source's order.
    pub listed: Vec<ListedAt<'a>>,
    /// Signatures that stand: first those that an editor chose, then the others in the order of the log.
    pub signatures: Vec<&'a Entry>,
}

/// A name in a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedAt<'a> {
    /// The listing's record digest.
    pub listing: Hash,
    /// The place in it, from 0.
    pub place: usize,
    /// The name.
    pub name: &'a ListedName,
}

pub(super) fn arrange<'a>(list: &'a Signatories, first: &FirstNames) -> Arranged<'a> {
    Arranged { listed: listed(list, &first.listed), signatures: signatures(list, &first.endorsements) }
}

fn listed<'a>(list: &'a Signatories, first: &[(Hash, usize)]) -> Vec<ListedAt<'a>> {
    let mut taken = BTreeSet::new();
    let at = |listing: Hash, place: usize| {
        let shown = list.listings.iter().find(|shown| shown.digest == listing)?;
        Some(ListedAt { listing, place, name: shown.listing.names.get(place)? })
    };
    let chosen = first.iter().filter_map(|(listing, place)| at(*listing, *place));
    let mut ordered: Vec<_> = chosen.filter(|name| taken.insert((name.listing, name.place))).collect();
    let everybody = list.listings.iter().flat_map(|shown| {
        let names = shown.listing.names.iter().enumerate();
        names.map(|(place, name)| ListedAt { listing: shown.digest, place, name })
    });
    ordered.extend(everybody.filter(|name| !taken.contains(&(name.listing, name.place))));
    ordered
}

fn signatures<'a>(list: &'a Signatories, first: &[Hash]) -> Vec<&'a Entry> {
    let ranks: BTreeMap<Hash, usize> =
        first.iter().enumerate().rev().map(|(rank, digest)| (*digest, rank)).collect();
    let rank = |entry: &Entry| entry.digest.and_then(|digest| ranks.get(&digest).copied());
    let mut ordered: Vec<_> = list.standing().collect();
    // Stable: whoever was not chosen stays in the order of the log.
    ordered.sort_by_key(|entry| rank(entry).unwrap_or(usize::MAX));
    ordered
}
