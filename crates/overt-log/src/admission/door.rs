//! From a submission to an index.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use overt_record::{Hash, KeyId, LogEntry, Timestamp};

use super::erase::{self, Erased, NotErased};
use super::rate::{Meter, Rate};
use super::rules::{AdmissionRules, Denied, FilesRule};
use super::submission::{BadSubmission, MAX_SUBMISSION_BYTES, Submission};
use super::uploads::Uploads;
use crate::bodies::MAX_BODY_BYTES;
use crate::clock::Clock;
use crate::log::{AddError, Added, Log};
use crate::seen::Identity;
use crate::store::Store;

/// Two entries are the same submission if type, commitment and key are the same, whenever they came.
pub const SUBMISSION: Identity = Identity { name: "submission", of: submission_identity };

/// What is checked on the spot: a submission of so many bytes takes a fraction of a millisecond, and handing it to another
/// thread takes as long again as much of that. Larger ones are checked where they hold nobody up.
const CHECKED_AT_ONCE: usize = 16 << 10;

// What is let in fits into a batch.
const _: () = assert!(MAX_SUBMISSION_BYTES <= MAX_BODY_BYTES);

fn submission_identity(entry: &[u8]) -> Hash {
    match LogEntry::parse(entry) {
        Ok(entry) => identity_of(&entry),
        // No entry of a door; only its bytes can say what it is.
        Err(_) => Hash::of(entry),
    }
}

fn identity_of(entry: &LogEntry) -> Hash {
    let (kind, commit, key) = (entry.kind.as_str(), entry.commit, *entry.key.as_hash());
    Hash::of_all([kind.as_bytes(), b"\0", commit.as_bytes(), key.as_bytes()])
}

/// The door of a log.
pub struct Door {
    log: Arc<Log>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// `None`: whatever comes is an entry.
    rules: Option<AdmissionRules>,
    keys: Meter<KeyId>,
    addresses: Meter<IpAddr>,
    uploads: Uploads,
}

/// What was let in, and not logged yet.
struct Checked {
    entry: Vec<u8>,
    identity: Hash,
    body: Vec<u8>,
}

/// Something is in the log.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The entry's bytes as they came now. If it was in the log before, the log has an earlier time in it.
    pub entry: Vec<u8>,
    /// Where it is.
    pub added: Added,
}

/// A log that does not know a record again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log tells its entries apart by {0:?}; one of records is opened with {expected:?}", expected = SUBMISSION.name)]
pub struct WrongIdentity(&'static str);

/// Why something is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is malformed, or its signature does not hold.
    #[error(transparent)]
    Submission(#[from] BadSubmission),
    /// The rules don't let it in.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Too many from one key or address.
    #[error("too many submissions: come again in {} s", .0.as_secs() + 1)]
    TooOften(Duration),
    /// The clock has no time that a record can state.
    #[error("the log's clock is wrong: it says {0} ms since 1970")]
    Clock(u64),
    /// Work was given up.
    #[error("the submission could not be handled; submit it again")]
    Interrupted,
    /// The log did not take it.
    #[error(transparent)]
    Add(#[from] AddError),
}

impl Door {
    /// A door for signed records.
    ///
    /// # Errors
    /// When the log was not opened with [`SUBMISSION`]: it would log a record again each time it is submitted.
    pub fn new(
        log: Arc<Log>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        rules: AdmissionRules,
    ) -> Result<Self, WrongIdentity> {
        let found = log.identity().name;
        if found != SUBMISSION.name {
            return Err(WrongIdentity(found));
        }
        Ok(Self::with(log, store, clock, Some(rules)))
    }

    /// An open door: any bytes are an entry. For a log of something else, and for trying out how much a log takes.
    pub fn open(log: Arc<Log>, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self::with(log, store, clock, None)
    }

    fn with(
        log: Arc<Log>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        rules: Option<AdmissionRules>,
    ) -> Self {
        let (keys, addresses, uploads) = (Meter::new(), Meter::new(), Uploads::default());
        Self { log, store, clock, rules, keys, addresses, uploads }
    }

    /// The log behind it.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Where log and bodies are stored.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The most bytes that are let in.
    pub fn max_body_bytes(&self) -> usize {
        self.rules.as_ref().map_or(MAX_SUBMISSION_BYTES, AdmissionRules::max_body_bytes)
    }

    /// Logs what is submitted, and waits until it is in a published checkpoint, with its body beside it.
    ///
    /// # Errors
    /// Why it is not let in, or what the log said.
    pub async fn submit(self: &Arc<Self>, body: Vec<u8>, from: Option<IpAddr>) -> Result<Admitted, Refused> {
        let checked = if body.len() <= CHECKED_AT_ONCE {
            self.check_in(body, from)?
        } else {
            let door = self.clone();
            let checked = tokio::task::spawn_blocking(move || door.check_in(body, from)).await;
            checked.map_err(|_| Refused::Interrupted)??
        };
        let Checked { entry, identity, body } = checked;
        let added = self.log.add_identified(entry.clone(), identity, body).await?;
        Ok(Admitted { entry, added })
    }

    /// What files are taken in over HTTP; `None` if none are.
    pub(super) fn files_rule(&self) -> Option<&FilesRule> {
        self.rules.as_ref().and_then(AdmissionRules::files)
    }

    pub(super) fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    /// Milliseconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Counts one more step of a key, and of an address if it is known.
    ///
    /// # Errors
    /// How long it has to wait, if it came too often.
    pub(super) fn count(&self, key: KeyId, from: Option<IpAddr>) -> Result<(), Duration> {
        let Some(rules) = &self.rules else { return Ok(()) };
        let now = self.now();
        if let (Some(address), Some(rate)) = (from, rules.address_rate()) {
            self.addresses.take(address, rate, now)?;
        }
        rules.key_rate().map_or(Ok(()), |rate| self.keys.take(key, rate, now))
    }

    /// Everything before the log itself.
    fn check_in(&self, body: Vec<u8>, from: Option<IpAddr>) -> Result<Checked, Refused> {
        let now = self.clock.now();
        let Some(rules) = &self.rules else {
            let identity = (self.log.identity().of)(&body);
            return Ok(Checked { entry: body, identity, body: Vec::new() });
        };
        if let (Some(address), Some(rate)) = (from, rules.address_rate()) {
            take(&self.addresses, address, rate, now)?;
        }
        let limit = rules.max_body_bytes();
        if body.len() > limit {
            return Err(Denied::TooLarge { found: body.len(), limit }.into());
        }
        let submission = Submission::parse(&body)?;
        let record = submission.verify()?;
        rules.check(&record.record.body().predicate_type().kind, record.key)?;
        if let Some(rate) = rules.key_rate() {
            take(&self.keys, record.key, rate, now)?;
        }
        let time = Timestamp::from_unix(now / 1000).ok_or(Refused::Clock(now))?;
        let entry = submission.entry(&record, time)?;
        let identity = identity_of(&entry);
        let entry = entry.to_bytes().map_err(BadSubmission::from)?;
        Ok(Checked { entry, identity, body: submission.to_bytes()? })
    }

    /// Takes the body of an entry and its salt away, or what lies beside it, as a redaction in the log says. The entry and every
    /// proof of it stay.
    ///
    /// # Errors
    /// When the redaction does not say so, its issuer has no say, or the store fails.
    pub fn erase(&self, index: u64, redaction: u64) -> Result<Erased, NotErased> {
        let (store, size) = (self.store.as_ref(), self.log.head().borrow().head.size);
        let is_authority = |key| self.rules.as_ref().is_some_and(|rules| rules.is_authority(key));
        let _moving = self.uploads.moving();
        let erased = erase::erase(store, self.log.reader(), size, index, redaction, &is_authority)?;
        if erased.files.gone > 0 {
            self.uploads.count_again();
        }
        self.uploads.forget(store, &erased.commit)?;
        Ok(erased)
    }
}

fn take<K: Ord>(meter: &Meter<K>, source: K, rate: Rate, now: u64) -> Result<(), Refused> {
    meter.take(source, rate, now).map_err(Refused::TooOften)
}
