//! Files that an issuer puts beside the log over HTTP.
//!
//! First comes the signed list ([`Offer`]): it has to be of an entry of this log, by the key of the entry's record, and the
//! operator must let that key in. The answer is which files are wanted. Then they come, one by one, each held against its
//! digest and length. When none is missing they get their places and the list is published, as one who keeps the log does it
//! ([`crate::files`]). Every step may be repeated: whoever was cut off sends the list again, and learns what is left to do.
//!
//! Until then they lie under `uploads/`, where nobody reads them, and are cleared away when nothing more comes for an hour, and
//! by the next process.

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
use crate::store::{Object, Put, Store, StoreError};

/// Where files wait for the others of their entry.
const WAITING: &str = "uploads";

/// How long after the last step, in milliseconds.
const PATIENCE: u64 = 3_600_000;

/// Of how many entries files may be on their way at once.
const MAX_UNDER_WAY: usize = 256;

/// What is on its way.
#[derive(Default)]
pub(super) struct Uploads {
    state: Mutex<State>,
    /// Held by whoever moves files to their places or away.
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
    /// Takes a signed list of files, and says which of them are to be sent. None: all of them lie beside the log now.
    ///
    /// # Errors
    /// Why it is not taken.
    pub(crate) fn offer(&self, envelope: &[u8], from: Option<IpAddr>) -> Result<Vec<Hash>, NotTaken> {
        let rule = self.files_rule().ok_or(NotTaken::Never)?;
        let offer = Offer::verify(envelope)?;
        let key = offer.key.id();
        if !rule.allows(key) {
            return Err(NotTaken::NotAllowed(key));
        }
        self.count(key, from).map_err(NotTaken::TooOften)?;
        self.check_entry(&offer, key)?;
        let list = offer.list();
        let (store, commit) = (self.store().as_ref(), offer.commit);
        if files::is_erased(store, &commit)? {
            self.uploads().forget(store, &commit)?;
            return Err(FilesError::Erased.into());
        }
        match files::published(store, &commit)? {
            Some(there) if there == list && list.missing(store)?.is_empty() => return Ok(Vec::new()),
            Some(there) if there != list => return Err(FilesError::Others.into()),
            _ => self.uploads().begin(store, rule, commit, &list, self.now())?,
        }
        let _moving = self.uploads().moving();
        let waiting = waiting(store, &commit, &list.missing(store)?)?;
        if waiting.is_empty() {
            self.publish_files(&commit, &list)?;
        }
        Ok(waiting)
    }

    /// Whether a file is expected, and how long it is.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn expects(&self, commit: &Hash, sha256: &Hash) -> Result<u64, NotTaken> {
        self.uploads().expected(commit, sha256, self.now())
    }

    /// Takes a file in that is [expected](Door::expects). It is durable then, and not yet public.
    ///
    /// # Errors
    /// When it is not the one that was listed, or the store fails.
    pub(crate) fn take_file(&self, commit: &Hash, sha256: &Hash, bytes: &[u8]) -> Result<(), NotTaken> {
        let expected = self.expects(commit, sha256)?;
        if bytes.len() as u64 != expected {
            return Err(NotTaken::OtherFile(format!("it has {} bytes, not {expected}", bytes.len())));
        }
        let found = Hash::of(bytes);
        if found != *sha256 {
            return Err(NotTaken::OtherFile(format!("its SHA-256 is {found}")));
        }
        match self.store().put_new(&waiting_key(commit, sha256)?, bytes) {
            Ok(Put::Created | Put::Identical) => Ok(()),
            Err(error) => Err(error.into()),
        }
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

    /// Gives files that have all come their places, and says that they are there.
    fn publish_files(&self, commit: &Hash, list: &FileList) -> Result<(), NotTaken> {
        let store = self.store().as_ref();
        for listed in list.missing(store)? {
            let waiting = store.get(&waiting_key(commit, &listed.sha256)?)?.ok_or(NotTaken::NotExpected)?;
            let file = Object { key: files::file_key(&listed.sha256)?, bytes: waiting };
            store.put_all(&[file])?;
        }
        files::publish(store, commit, list)?;
        self.uploads().end(store, commit, list)
    }
}

impl Uploads {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic leaves at worst a wrong count of bytes behind, which the next process makes anew.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moving(&self) -> MutexGuard<'_, ()> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that these files are on their way, if there is room.
    fn begin(
        &self,
        store: &dyn Store,
        rule: &FilesRule,
        commit: Hash,
        list: &FileList,
        now: u64,
    ) -> Result<(), NotTaken> {
        let found = list.bytes();
        if found > rule.entry_bytes {
            return Err(NotTaken::TooMuch { found, limit: rule.entry_bytes });
        }
        self.look_around(store)?;
        self.clear_away(store, |at| now.saturating_sub(at) > PATIENCE)?;
        let mut state = self.state();
        if let Some(known) = state.under_way.get_mut(&commit) {
            if known.list != *list {
                // What was said last counts; what came of the other files is cleared away with these.
                known.list = list.clone();
            }
            known.at = now;
            return Ok(());
        }
        if state.under_way.len() >= MAX_UNDER_WAY {
            return Err(NotTaken::Crowded);
        }
        let coming: u64 = state.under_way.values().map(|under_way| under_way.list.bytes()).sum();
        let beside = state.beside.unwrap_or_default();
        if beside.saturating_add(coming).saturating_add(found) > rule.total_bytes {
            return Err(NotTaken::Full);
        }
        state.under_way.insert(commit, UnderWay { list: list.clone(), at: now });
        Ok(())
    }

    /// The first time: counts what lies beside the log, and clears away what another process did not finish.
    fn look_around(&self, store: &dyn Store) -> Result<(), NotTaken> {
        let _moving = self.moving();
        if self.state().beside.is_some() {
            return Ok(());
        }
        store.delete_all(&store.list(&Key::new(WAITING)?)?)?;
        self.state().beside = Some(files::bytes_beside(store)?);
        Ok(())
    }

    /// Forgets uploads whose last step was taken at a time that is over.
    fn clear_away(&self, store: &dyn Store, is_over: impl Fn(u64) -> bool) -> Result<(), NotTaken> {
        let _moving = self.moving();
        let over: Vec<Hash> = {
            let mut state = self.state();
            let over = state.under_way.iter().filter(|(_, one)| is_over(one.at)).map(|(commit, _)| *commit);
            let over: Vec<Hash> = over.collect();
            state.under_way.retain(|commit, _| !over.contains(commit));
            over
        };
        over.iter().try_for_each(|commit| clear(store, commit))
    }

    /// Forgets what is on its way for an entry.
    fn forget(&self, store: &dyn Store, commit: &Hash) -> Result<(), NotTaken> {
        let _moving = self.moving();
        self.state().under_way.remove(commit);
        clear(store, commit)
    }

    fn expected(&self, commit: &Hash, sha256: &Hash, now: u64) -> Result<u64, NotTaken> {
        let mut state = self.state();
        let known = state.under_way.get_mut(commit).ok_or(NotTaken::NotExpected)?;
        let listed = known.list.iter().find(|(_, listed)| listed.sha256 == *sha256);
        let (_, Listed { bytes, .. }) = listed.ok_or(NotTaken::NotExpected)?;
        known.at = now;
        Ok(bytes)
    }

    fn end(&self, store: &dyn Store, commit: &Hash, list: &FileList) -> Result<(), NotTaken> {
        {
            let mut state = self.state();
            state.under_way.remove(commit);
            state.beside = state.beside.map(|bytes| bytes.saturating_add(list.bytes()));
        }
        clear(store, commit)
    }
}

/// Those of the missing files that have not come yet.
fn waiting(store: &dyn Store, commit: &Hash, missing: &[Listed]) -> Result<Vec<Hash>, NotTaken> {
    let mut wanted = Vec::new();
    for listed in missing {
        if store.get(&waiting_key(commit, &listed.sha256)?)?.is_none() {
            wanted.push(listed.sha256);
        }
    }
    Ok(wanted)
}

/// Takes away what waits for an entry.
fn clear(store: &dyn Store, commit: &Hash) -> Result<(), NotTaken> {
    let mut waiting = store.list(&Key::new(WAITING)?)?;
    let of_entry = format!("{WAITING}/{commit}-");
    waiting.retain(|key| key.as_str().starts_with(&of_entry));
    Ok(store.delete_all(&waiting)?)
}

fn waiting_key(commit: &Hash, sha256: &Hash) -> Result<Key, NotAKey> {
    Key::new(format!("{WAITING}/{commit}-{sha256}"))
}
