//! Signatures, and what became of them.

use std::collections::BTreeMap;

use overt_record::record::{Endorsement, RedactionReason, Verification};
use overt_record::{Hash, KeyId, Name, Timestamp};

use super::ended::Redacted;
use super::seat::Seat;
use super::{LoggedRecord, Said, Trust};

/// A signature.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place in the log.
    pub index: u64,
    /// When it was logged.
    pub time: Timestamp,
    /// The key that signed the record.
    pub key: KeyId,
    /// The record digest of the endorsement; `None` if it was erased.
    pub digest: Option<Hash>,
    /// What it says, if it stands: whoever took a name back does not want it to be read here.
    pub signed: Option<Signed>,
    /// What became of it.
    pub status: Status,
    /// Since when it does not count; `None` if it counts.
    pub(super) left: Option<Moment>,
}

/// What a signature says.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed {
    /// The endorsement.
    pub endorsement: Endorsement,
    /// What was checked of the signatory, as far as the reader believes it.
    pub checked: Checked,
}

/// What was checked of a signatory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checked {
    /// They answered from an address of the domain.
    EmailDomain(Name),
    /// The domain publishes their key.
    DomainKey(Name),
    /// Their key was known before.
    Key,
    /// Nothing, or nothing that the reader believes.
    Nothing,
}

/// What became of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It stands, and counts.
    Stands,
    /// The signatory took it back.
    Withdrawn,
    /// The same signatory signed again, or it was corrected.
    Replaced {
        /// The record digest of the endorsement in its place.
        by: Hash,
    },
    /// It was taken down, for a reason other than these.
    TakenDown {
        /// Why; `None` if the redaction that says so is not at hand.
        reason: Option<RedactionReason>,
        /// The key that says so.
        by: Option<KeyId>,
    },
}

/// A place in the log and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) index: u64,
    pub(super) time: Timestamp,
}

impl From<&LoggedRecord> for Moment {
    fn from(record: &LoggedRecord) -> Self {
        Self { index: record.index, time: record.time }
    }
}

/// The endorsements among the records under a statement, with what became of them.
pub(super) fn entries<'a>(
    under: &[&'a LoggedRecord],
    records: &'a BTreeMap<u64, LoggedRecord>,
    redactions: &BTreeMap<Hash, Redacted<'a>>,
    trust: &Trust,
) -> Vec<Entry> {
    let context = Context { places: places(under), redactions, records };
    let followers = followers(under, redactions, trust);
    let entry = |record: &&LoggedRecord| match (&record.said, record.digest) {
        (Said::Endorsement(endorsement), Some(_)) => {
            let entry = context.entry(record, followers.get(&record.index).copied());
            let checked = || Checked::of(endorsement, record.key, trust);
            let signed = || Signed { endorsement: (**endorsement).clone(), checked: checked() };
            Some(Entry { signed: (entry.status == Status::Stands).then(signed), ..entry })
        }
        (Said::Erased { .. }, _) => Some(context.entry(record, None)),
        _ => None,
    };
    under.iter().filter_map(entry).collect()
}

/// Where the endorsements stand.
fn places(under: &[&LoggedRecord]) -> BTreeMap<Hash, Moment> {
    let endorsements = under.iter().filter(|record| matches!(record.said, Said::Endorsement(_)));
    endorsements.filter_map(|record| Some((record.digest?, Moment::from(*record)))).collect()
}

/// For each endorsement that the same signatory replaced, the next one of theirs.
fn followers<'a>(
    under: &[&'a LoggedRecord],
    redactions: &BTreeMap<Hash, Redacted<'a>>,
    trust: &Trust,
) -> BTreeMap<u64, &'a LoggedRecord> {
    let mut seats: BTreeMap<Seat, &LoggedRecord> = BTreeMap::new();
    let mut followers = BTreeMap::new();
    for record in under {
        let (Said::Endorsement(endorsement), Some(digest)) = (&record.said, record.digest) else { continue };
        // What was taken back before it was logged never stood, so it replaces nothing.
        let stood = redactions.get(&digest).is_none_or(|redacted| redacted.record.index > record.index);
        if stood && let Some(before) = seats.insert(Seat::of(endorsement, record.key, trust), record) {
            followers.insert(before.index, *record);
        }
    }
    followers
}

struct Context<'a, 'b> {
    places: BTreeMap<Hash, Moment>,
    redactions: &'b BTreeMap<Hash, Redacted<'a>>,
    records: &'a BTreeMap<u64, LoggedRecord>,
}

impl Context<'_, '_> {
    /// The signature of a record, with what became of it and still without what it says.
    fn entry(&self, record: &LoggedRecord, follower: Option<&LoggedRecord>) -> Entry {
        let redacted = match (&record.said, record.digest) {
            (Said::Erased { redaction, .. }, _) => self.records.get(redaction).and_then(Redacted::of),
            (_, Some(digest)) => self.redactions.get(&digest).copied(),
            (_, None) => None,
        };
        let status = self.status(record, redacted, follower);
        let left = self.left(record, redacted, follower);
        let (index, time, key, digest) = (record.index, record.time, record.key, record.digest);
        Entry { index, time, key, digest, signed: None, status, left }
    }

    fn status(
        &self,
        record: &LoggedRecord,
        redacted: Option<Redacted<'_>>,
        follower: Option<&LoggedRecord>,
    ) -> Status {
        let by_follower = follower.and_then(|follower| follower.digest);
        let Some(Redacted { record: says, redaction }) = redacted else {
            return match (&record.said, by_follower) {
                (Said::Erased { .. }, _) => Status::TakenDown { reason: None, by: None },
                (_, Some(by)) => Status::Replaced { by },
                (_, None) => Status::Stands,
            };
        };
        match redaction.corrected_by.filter(|by| self.places.contains_key(by)) {
            Some(by) => Status::Replaced { by },
            None if redaction.reason == RedactionReason::Withdrawn => Status::Withdrawn,
            None => Status::TakenDown { reason: Some(redaction.reason), by: Some(says.key) },
        }
    }

    /// Since when it does not count: the first of the redaction, what stands in its place by it, and the signatory's
    /// next signature.
    fn left(
        &self,
        record: &LoggedRecord,
        redacted: Option<Redacted<'_>>,
        follower: Option<&LoggedRecord>,
    ) -> Option<Moment> {
        let own = Moment::from(record);
        let corrected =
            redacted.and_then(|redacted| self.places.get(&redacted.redaction.corrected_by?).copied());
        let redacted = redacted.map(|redacted| Moment::from(redacted.record).max(own));
        let follower = follower.map(Moment::from);
        // An endorsement whose body is gone and whose redaction is not at hand is not counted at all.
        let gone = (redacted.is_none() && matches!(record.said, Said::Erased { .. })).then_some(own);
        let later = [corrected, follower].into_iter().flatten().filter(|moment| moment.index > record.index);
        later.chain(redacted).chain(gone).min()
    }
}

impl Checked {
    fn of(endorsement: &Endorsement, key: KeyId, trust: &Trust) -> Self {
        let domain = || endorsement.domain.clone();
        if trust.vouching.contains(&key) {
            return match (endorsement.verified, domain()) {
                (Verification::EmailDomain, Some(domain)) => Self::EmailDomain(domain),
                (Verification::DomainKey, Some(domain)) => Self::DomainKey(domain),
                (Verification::Key, _) => Self::Key,
                _ => Self::Nothing,
            };
        }
        match trust.domain_keys.get(&key) {
            Some(published) if domain().as_ref() == Some(published) => Self::DomainKey(published.clone()),
            _ if trust.known_keys.contains(&key) => Self::Key,
            _ => Self::Nothing,
        }
    }
}
