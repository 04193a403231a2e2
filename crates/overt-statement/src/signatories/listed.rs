//! Names that a source lists.

use std::collections::BTreeMap;

use overt_record::record::Listing;
use overt_record::{Hash, KeyId, Timestamp};

use super::ended::Redacted;
use super::{Ignored, LoggedRecord, Said, Trust};

/// A listing that is shown, "as listed by the source, not verified here".
#[derive(Clone, Debug, PartialEq)]
pub struct ShownListing {
    /// Its place in the log.
    pub index: u64,
    /// When it was logged.
    pub time: Timestamp,
    /// The key that signed the record.
    pub key: KeyId,
    /// The record digest.
    pub digest: Hash,
    /// The listing.
    pub listing: Listing,
}

/// The listings that were issued by whoever may, and not taken down since.
pub(super) fn listings(
    under: &[&LoggedRecord],
    issuer: KeyId,
    redactions: &BTreeMap<Hash, Redacted<'_>>,
    trust: &Trust,
    ignored: &mut Ignored,
) -> Vec<ShownListing> {
    let mut shown = Vec::new();
    for record in under {
        let (Said::Listing(listing), Some(digest)) = (&record.said, record.digest) else { continue };
        if record.key != issuer && !trust.vouching.contains(&record.key) {
            ignored.listings_by_others += 1;
        } else if !redactions.contains_key(&digest) {
            let (index, time, key) = (record.index, record.time, record.key);
            shown.push(ShownListing { index, time, key, digest, listing: (**listing).clone() });
        }
    }
    shown
}
