//! Whose word counts.

use std::collections::{BTreeMap, BTreeSet};

use overt_record::{KeyId, Name};

/// Whose word about signatories the reader believes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Keys that vouch for others: the site's, with those it had before. What they say was checked, was checked.
    pub vouching: BTreeSet<KeyId>,
    /// Keys whose redactions hold for everybody's endorsements. Everybody's hold for their own.
    pub authorities: BTreeSet<KeyId>,
    /// Keys that the reader found published by a domain.
    pub domain_keys: BTreeMap<KeyId, Name>,
    /// Keys that the reader knew before.
    pub known_keys: BTreeSet<KeyId>,
}
