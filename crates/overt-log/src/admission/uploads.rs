//! Files that an issuer puts beside the log over HTTP.
//!
//! First comes the signed list ([`Offer`]): it has to be of an entry of this log, by the key of the entry's record, and the
//! operator must let that key in. The answer is which files are wanted. Then they come, one by one, each with the list's
//! [token](crate::files::token) and held against its digest and length. When none is missing they are laid beside the log, as
//! one who keeps the log does it ([`crate::files::lay`]). Every step may be repeated: whoever was cut off sends the list
//! again, and learns what is left to do.
//!
//! Until then they lie under `uploads/`, where nobody reads them. They are cleared away when the record is erased, when nothing
//! more has come for an hour and somebody else sends a list, and by the next process.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use overt_record::{Hash, KeyId, LogEntry};

use super::door::Door;
use super::rules::FilesRule;
use crate::files::{self, BadOffer, FileList, FilesError, Listed, Offer};
use crate::key::{Key, NotAKey};
use crate::reader::ReaderError;
use crate::store::{Store, StoreError};

/// Where files wait for the others of their entry.
const WAITING: &str = "uploads";

/// How long after the last step, in milliseconds.
const PATIENCE: u64 = 3_600_000;

/// Of how many entries files may be on their way at once.
const MAX_UNDER_WAY: usize = 256;

/// Of how many entries of one key.
const MAX_OF_ONE_KEY: usize = 8;

/// What is on its way.
#[derive(Default)]
pub(super) struct Uploads {
    state: Mutex<State>,
    /// Held by whoever moves files to their places or away, and around every look at `uploads/`.
    moving: Mutex<()>,
}

#[derive(Default)]
struct State {
    under_way: BTreeMap<Hash, UnderWay>,
    /// The bytes beside the log; `None` before anybody asked.
    beside: Option<u64>,
}

struct UnderWay {
    list: FileList,
    key: KeyId,
    /// What files of it come with.
    token: Hash,
    /// When the last step was taken.
    at: u64,
}

/// Why files are not taken in.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The operator takes none.
    #[error(
        "this log takes no files over HTTP; its operator can allow it, under [files] in the admission file"
    )]
    Never,
    /// The operator takes none of this key.
    #[error("this log takes no files of records by the key {0}; its operator decides whose it takes")]
    NotAllowed(KeyId),
    /// The list is none.
    #[error(transparent)]
    Offer(#[from] BadOffer),
    /// The list is meant for another log.
    #[error("the list of files is for the log {named:?}; this is {here:?}")]
    OtherLog {
        /// Whose it is.
        named: String,
        /// This log.
        here: String,
    },
    /// There is no such entry.
    #[error("entry {index}: {why}")]
    NoEntry {
        /// Its place.
        index: u64,
        /// Why not.
        why: String,
    },
    /// The entry is of another record.
    #[error("entry {0} of this log is of another record")]
    OtherEntry(u64),
    /// The record is of another key.
    #[error(
        "the record at entry {index} was signed by the key {signed}, not by {asks}, which signed the list"
    )]
    OtherKey {
        /// The entry.
        index: u64,
        /// Whose record it is.
        signed: KeyId,
        /// Who wants to put files beside it.
        asks: KeyId,
    },
    /// More than an entry may have.
    #[error("the files of one entry have at most {limit} bytes here; these have {found}")]
    TooMuch {
        /// How many they have.
        found: u64,
        /// How many they may have.
        limit: u64,
    },
    /// More than all may have.
    #[error("this log keeps no more files than it has; its operator has to make room")]
    Full,
    /// Many are sending.
    #[error("files of many entries are on their way: come again in a minute")]
    Crowded,
    /// Too often.
    #[error("too many lists of files: come again in {} s", .0.as_secs() + 1)]
    TooOften(Duration),
    /// Nobody said that this file would come.
    #[error(
        "nobody has said that this file would come, or too long ago: send the signed list of files (again)"
    )]
    NotExpected,
    /// A file that lay there does no more.
    #[error("the file {0} was taken away just now: send the list again")]
    Gone(Hash),
    /// It is not the file that was listed.
    #[error("this is not the file that the list has: {0}")]
    OtherFile(String),
    /// The files' places.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The log could not be read.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// Work was given up.
    #[error("the files could not be handled; send them again")]
    Interrupted,
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        Self::Files(error.into())
    }
}

impl From<NotAKey> for NotTaken {
    fn from(error: NotAKey) -> Self {
        Self::Files(error.into())
    }
}

impl Door {
    /// Clears away what an earlier process did not finish. To be called before the first list is taken.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn begin_uploads(&self) -> Result<(), NotTaken> {
        let store = self.store().as_ref();
        let _moving = self.uploads().moving();
        Ok(store.delete_all(&store.list(&Key::new(WAITING)?)?)?)
    }

    /// Takes a signed list of files, and says which of them are to be sent. None: all of them lie beside the log now.
    ///
    /// # Errors
    /// Why it is not taken.
    pub(crate) fn offer(&self, envelope: &[u8], from: Option<IpAddr>) -> Result<Vec<Hash>, NotTaken> {
        let rule = self.files_rule().ok_or(NotTaken::Never)?;
        let (offer, token) = Offer::verify_with_token(envelope)?;
        let key = offer.key.id();
        if !rule.allows(key) {
            return Err(NotTaken::NotAllowed(key));
        }
        self.count(key, from).map_err(NotTaken::TooOften)?;
        self.check_entry(&offer, key)?;
        let (store, commit, list) = (self.store().as_ref(), offer.commit, offer.list());
        let uploads = self.uploads();
        let _moving = uploads.moving();
        if files::is_erased(store, &commit)? {
            uploads.forget(store, &commit)?;
            return Err(FilesError::Erased.into());
        }
        let missing = list.missing(store)?;
        match files::published(store, &commit)? {
            Some(there) if there != list => return Err(FilesError::Others.into()),
            Some(_) if missing.is_empty() => return Ok(Vec::new()),
            _ => {}
        }
        uploads.begin(store, rule, commit, UnderWay { list: list.clone(), key, token, at: self.now() })?;
        let wanted = wanted(store, &commit, &missing)?;
        if !wanted.is_empty() {
            return Ok(wanted);
        }
        let waiting = |listed: &Listed| {
            let waiting = store.get(&waiting_key(&commit, &listed.sha256)?)?;
            waiting.ok_or(NotTaken::Gone(listed.sha256))
        };
        match files::lay(store, &commit, &list, waiting) {
            Ok(()) => uploads.end(store, &commit, &list).map(|()| Vec::new()),
            // It lay there for another entry, which was erased just now.
            Err(NotTaken::Gone(sha256)) => Ok(vec![sha256]),
            Err(error) => Err(error),
        }
    }

    /// How long a file is that whoever has this token may send.
    ///
    /// # Errors
    /// When none of this digest is expected.
    pub(crate) fn expects(&self, token: &Hash, sha256: &Hash) -> Result<u64, NotTaken> {
        self.uploads().expected(token, sha256).map(|(_, bytes)| bytes)
    }

    /// Takes a file in that is [expected](Door::expects). It is durable then, and not yet public.
    ///
    /// # Errors
    /// When it is not the one that was listed, or the store fails.
    pub(crate) fn take_file(&self, token: &Hash, sha256: &Hash, bytes: &[u8]) -> Result<(), NotTaken> {
        let found = Hash::of(bytes);
        if found != *sha256 {
            return Err(NotTaken::OtherFile(format!("its SHA-256 is {found}")));
        }
        let uploads = self.uploads();
        let _moving = uploads.moving();
        let (commit, expected) = uploads.expected(token, sha256)?;
        if bytes.len() as u64 != expected {
            return Err(NotTaken::OtherFile(format!("it has {} bytes, not {expected}", bytes.len())));
        }
        self.store().put_new(&waiting_key(&commit, sha256)?, bytes)?;
        uploads.touch(&commit, self.now());
        Ok(())
    }

    fn check_entry(&self, offer: &Offer, key: KeyId) -> Result<(), NotTaken> {
        let index = offer.index;
        let here = self.log().origin();
        if offer.log != here {
            return Err(NotTaken::OtherLog {
                named: offer.log.chars().take(200).collect(),
                here: here.into(),
            });
        }
        let size = self.log().head().borrow().head.size;
        if index >= size {
            return Err(NotTaken::NoEntry { index, why: format!("the log has {size} entries") });
        }
        let entry = self.log().reader().entry(index, size)?;
        let entry = LogEntry::parse(&entry)
            .map_err(|_| NotTaken::NoEntry { index, why: "it is no record's".to_owned() })?;
        if entry.commit != offer.commit {
            return Err(NotTaken::OtherEntry(index));
        }
        if entry.key != key {
            return Err(NotTaken::OtherKey { index, signed: entry.key, asks: key });
        }
        Ok(())
    }
}

impl Uploads {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic leaves at worst a wrong count of bytes behind, which the next process makes anew.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps everybody else from moving files to their places or away.
    pub(super) fn moving(&self) -> MutexGuard<'_, ()> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that these files are on their way, if there is room. What came of an earlier list of the entry and is not in this
    /// one is cleared away.
    fn begin(
        &self,
        store: &dyn Store,
        rule: &FilesRule,
        commit: Hash,
        coming: UnderWay,
    ) -> Result<(), NotTaken> {
        let found = coming.list.bytes();
        if found > rule.entry_bytes {
            return Err(NotTaken::TooMuch { found, limit: rule.entry_bytes });
        }
        self.clear_away(store, coming.at)?;
        let beside = match self.state().beside {
            Some(beside) => beside,
            None => files::bytes_beside(store)?,
        };
        {
            let mut state = self.state();
            state.beside = Some(beside);
            let others =
                || state.under_way.iter().filter(|(other, _)| **other != commit).map(|(_, other)| other);
            let of_key = others().filter(|other| other.key == coming.key).count();
            if others().count() >= MAX_UNDER_WAY || of_key >= MAX_OF_ONE_KEY {
                return Err(NotTaken::Crowded);
            }
            let bytes: u64 = others().map(|other| other.list.bytes()).sum();
            if beside.saturating_add(bytes).saturating_add(found) > rule.total_bytes {
                return Err(NotTaken::Full);
            }
        }
        let listed: Vec<Key> = coming
            .list
            .iter()
            .map(|(_, listed)| waiting_key(&commit, &listed.sha256))
            .collect::<Result<_, _>>()?;
        let mut left = waiting_of(store, &commit)?;
        left.retain(|key| !listed.contains(key));
        if !left.is_empty() {
            store.delete_all(&left)?;
        }
        self.state().under_way.insert(commit, coming);
        Ok(())
    }

    /// Forgets uploads whose last step was long ago.
    fn clear_away(&self, store: &dyn Store, now: u64) -> Result<(), NotTaken> {
        let over: Vec<Hash> = {
            let state = self.state();
            let over = state.under_way.iter().filter(|(_, one)| now.saturating_sub(one.at) > PATIENCE);
            over.map(|(commit, _)| *commit).collect()
        };
        over.iter().try_for_each(|commit| self.forget(store, commit))
    }

    /// Forgets what is on its way for an entry.
    pub(super) fn forget(&self, store: &dyn Store, commit: &Hash) -> Result<(), NotTaken> {
        self.state().under_way.remove(commit);
        Ok(store.delete_all(&waiting_of(store, commit)?)?)
    }

    /// Files were taken away: what lies beside the log is counted again when somebody asks.
    pub(super) fn count_again(&self) {
        self.state().beside = None;
    }

    /// The entry that a file is of, and how long it is.
    fn expected(&self, token: &Hash, sha256: &Hash) -> Result<(Hash, u64), NotTaken> {
        let state = self.state();
        let known = state.under_way.iter().find(|(_, known)| known.token == *token);
        let (commit, known) = known.ok_or(NotTaken::NotExpected)?;
        let listed = known.list.iter().find(|(_, listed)| listed.sha256 == *sha256);
        let (_, Listed { bytes, .. }) = listed.ok_or(NotTaken::NotExpected)?;
        Ok((*commit, bytes))
    }

    fn touch(&self, commit: &Hash, now: u64) {
        if let Some(known) = self.state().under_way.get_mut(commit) {
            known.at = now;
        }
    }

    fn end(&self, store: &dyn Store, commit: &Hash, list: &FileList) -> Result<(), NotTaken> {
        {
            let mut state = self.state();
            state.beside = state.beside.map(|bytes| bytes.saturating_add(list.bytes()));
        }
        self.forget(store, commit)
    }
}

/// Those of the missing files that have not come yet.
fn wanted(store: &dyn Store, commit: &Hash, missing: &[Listed]) -> Result<Vec<Hash>, NotTaken> {
    let mut wanted = Vec::new();
    for listed in missing {
        if store.size(&waiting_key(commit, &listed.sha256)?)?.is_none() {
            wanted.push(listed.sha256);
        }
    }
    Ok(wanted)
}

/// What waits for an entry.
fn waiting_of(store: &dyn Store, commit: &Hash) -> Result<Vec<Key>, NotTaken> {
    let mut waiting = store.list(&Key::new(WAITING)?)?;
    let of_entry = format!("{WAITING}/{commit}-");
    waiting.retain(|key| key.as_str().starts_with(&of_entry));
    Ok(waiting)
}

fn waiting_key(commit: &Hash, sha256: &Hash) -> Result<Key, NotAKey> {
    Key::new(format!("{WAITING}/{commit}-{sha256}"))
}
