//! Which redactions hold.

use std::collections::BTreeMap;

use overt_record::Hash;
use overt_record::record::{Redaction, Scope};

use super::{Ignored, LoggedRecord, Said, Trust};

/// A redaction that holds.
#[derive(Clone, Copy)]
pub(super) struct Redacted<'a> {
    pub(super) record: &'a LoggedRecord,
    pub(super) redaction: &'a Redaction,
}

/// The first redaction that holds of each record digest.
pub(super) fn redactions<'a>(
    under: &[&'a LoggedRecord],
    records: &'a BTreeMap<u64, LoggedRecord>,
    trust: &Trust,
    ignored: &mut Ignored,
) -> BTreeMap<Hash, Redacted<'a>> {
    let targets: BTreeMap<_, _> =
        under.iter().filter_map(|record| Some((record.digest?, record.key))).collect();
    let mut held = BTreeMap::new();
    for record in records.values() {
        let Some(redacted) = Redacted::of(record) else { continue };
        let Some(issuer) = targets.get(&redacted.redaction.target) else { continue };
        if record.key != *issuer && !trust.authorities.contains(&record.key) {
            ignored.redactions_by_others += 1;
        } else if redacted.redaction.scope != (Scope::Record {}) {
            ignored.redactions_of_parts += 1;
        } else {
            held.entry(redacted.redaction.target).or_insert(redacted);
        }
    }
    held
}

impl<'a> Redacted<'a> {
    pub(super) fn of(record: &'a LoggedRecord) -> Option<Self> {
        match &record.said {
            Said::Redaction(redaction) => Some(Self { record, redaction }),
            _ => None,
        }
    }
}
