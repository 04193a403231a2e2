//! The numbers of a list.

use std::collections::BTreeMap;

use overt_record::Name;
use overt_record::record::Capacity;

use super::{Checked, Entry, ShownListing, Signed, Status};

/// How many signatures there are, by what was checked and by what became of them. `people` and `organisations` together,
/// `named` and `nameless`, and the four kinds of checks each add up to `standing`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Signatures that stand.
    pub standing: u64,
    /// Of them, of people who sign for themselves.
    pub people: u64,
    /// Of them, of organisations.
    pub organisations: u64,
    /// Of them, with a name.
    pub named: u64,
    /// Of them, without.
    pub nameless: u64,
    /// Of them, from a mail address, by domain.
    pub email_domain: BTreeMap<Name, u64>,
    /// Of them, with a key that their domain publishes.
    pub domain_key: u64,
    /// Of them, with a key that was known.
    pub key: u64,
    /// Of them, with nothing checked.
    pub nothing: u64,
    /// Signatures that were withdrawn.
    pub withdrawn: u64,
    /// Signatures that were replaced by others.
    pub replaced: u64,
    /// Signatures that were taken down.
    pub taken_down: u64,
    /// Names in the listings; none of them counts as a signature.
    pub listed: u64,
    /// The largest total that a listing states: lists from several sources may have the same people.
    pub stated_total: Option<u64>,
    /// Records that changed nothing.
    pub ignored: Ignored,
}

/// How many records changed nothing, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ignored {
    /// Redactions by a key that neither signed what they are about nor is an authority.
    pub redactions_by_others: u64,
    /// Redactions of samples or files, which an endorsement does not have.
    pub redactions_of_parts: u64,
    /// Listings by a key that neither signed the statement nor vouches.
    pub listings_by_others: u64,
    /// Records that were logged before.
    pub repeated: u64,
}

impl Counts {
    pub(super) fn of(entries: &[Entry], listings: &[ShownListing], ignored: Ignored) -> Self {
        let listed = listings.iter().map(|shown| shown.listing.names.len() as u64).sum();
        let stated_total = listings.iter().filter_map(|shown| shown.listing.stated_total).max();
        let mut counts = Self { listed, stated_total, ignored, ..Self::default() };
        for entry in entries {
            match entry.status {
                Status::Stands => entry.signed.iter().for_each(|signed| counts.add(signed)),
                Status::Withdrawn => counts.withdrawn += 1,
                Status::Replaced { .. } => counts.replaced += 1,
                Status::TakenDown { .. } => counts.taken_down += 1,
            }
        }
        counts
    }

    fn add(&mut self, signed: &Signed) {
        self.standing += 1;
        let signatory = &signed.endorsement.signatory;
        match signatory.capacity {
            Capacity::Person => self.people += 1,
            Capacity::Organisation => self.organisations += 1,
        }
        match signatory.name {
            Some(_) => self.named += 1,
            None => self.nameless += 1,
        }
        match &signed.checked {
            Checked::EmailDomain(domain) => *self.email_domain.entry(domain.clone()).or_default() += 1,
            Checked::DomainKey(_) => self.domain_key += 1,
            Checked::Key => self.key += 1,
            Checked::Nothing => self.nothing += 1,
        }
    }
}
