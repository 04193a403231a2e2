//! What tells one signatory from another.

use overt_record::record::{Capacity, Endorsement};
use overt_record::{Hash, KeyId, Name};

use super::Trust;
use crate::sameness::FoldedName;

/// A signatory, as far as two endorsements can be told to be the same one's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seat {
    /// Somebody who signs with their own key.
    Key(KeyId),
    /// A mail address that a vouching key saw.
    Address(KeyId, Hash),
    /// A name that a vouching key wrote down: for an organisation or not, with the affiliation.
    Name(KeyId, Acting, FoldedName, Option<FoldedName>),
    /// Somebody at a domain, of whom nothing else is known.
    Nameless(KeyId, Option<Name>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Acting {
    AsPerson,
    ForOrganisation,
}

impl Seat {
    pub(super) fn of(endorsement: &Endorsement, key: KeyId, trust: &Trust) -> Self {
        if !trust.vouching.contains(&key) {
            return Self::Key(key);
        }
        let signatory = &endorsement.signatory;
        let acting = match signatory.capacity {
            Capacity::Person => Acting::AsPerson,
            Capacity::Organisation => Acting::ForOrganisation,
        };
        match (endorsement.email_commitment, &signatory.name) {
            (Some(commitment), _) => Self::Address(key, commitment),
            (None, Some(name)) => {
                let affiliation = signatory.affiliation.as_ref().map(FoldedName::of);
                Self::Name(key, acting, FoldedName::of(name), affiliation)
            }
            (None, None) => Self::Nameless(key, endorsement.domain.clone()),
        }
    }
}
