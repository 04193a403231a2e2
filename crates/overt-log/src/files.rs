//! Files beside the log: what a record is about, by digest, for whoever has the record alone.
//!
//! A file lies under `files/<SHA-256>` and is written once. Which files belong to an entry says a list under
//! `files/<commit>.json`:
//!
//! ```json
//! {"files":{"run.json":{"bytes":1234,"sha256":"…"}}}
//! ```
//!
//! Whoever keeps the log puts them there, or their issuer does over HTTP, with a signed list ([`Offer`]).
//! The log signs neither: a reader checks every file against its digest, and takes the digest from the signed record
//! where that has it. The list is found by the entry's commitment, which
//! stands in the log: whatever lies here is for everybody. It goes together with the body when a record is erased.

mod offer;

use std::collections::{BTreeMap, BTreeSet};

use overt_record::Hash;
use overt_record::json::{self, JsonError};
use serde::{Deserialize, Serialize};

use crate::admission::{files_mark_key, mark_key};
use crate::client::{Source, SourceError};
use crate::key::{Key, NotAKey};
use crate::store::{LARGEST_OBJECT, Store, StoreError};

pub use offer::{BadOffer, MAX_OFFER_BYTES, OFFER_TYPE, Offer, token};

/// The most bytes of one file: 64 MiB, as of every object of a store.
pub const MAX_FILE_BYTES: u64 = LARGEST_OBJECT;

/// The most bytes of a list.
const MAX_LIST_BYTES: usize = 64 << 10;

/// The most files of one entry.
const MAX_FILES: usize = 64;

/// The most bytes of a file's name.
const MAX_NAME: usize = 100;

/// Which files belong to an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileList {
    files: BTreeMap<String, Listed>,
}

/// One file of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its digest, under which it lies.
    pub sha256: Hash,
    /// Its length.
    pub bytes: u64,
}

/// Why files could not be kept beside a log, or be had from there.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// A file is larger than any that is kept.
    #[error(
        "{name} has {found} bytes; beside a log lie files of at most {MAX_FILE_BYTES}: publish it elsewhere"
    )]
    TooLarge {
        /// The file.
        name: String,
        /// Its length.
        found: u64,
    },
    /// A name that is no plain file name.
    #[error(
        "{0:?} can't name a file beside a log: up to {MAX_NAME} of a-z, A-Z, 0-9, `.`, `_` and `-`, not beginning with `.`"
    )]
    Name(String),
    /// Too many files.
    #[error("an entry has at most {MAX_FILES} files beside it")]
    TooMany,
    /// Other files are there.
    #[error("other files lie beside the log for this record already; what is there is never replaced")]
    Others,
    /// The record, or its files, were taken down.
    #[error("the record or what lay beside it was taken down, so no files of it are kept")]
    Erased,
    /// The list is none.
    #[error("the list of files beside the log can't be read: {0}")]
    List(String),
    /// A file is not what its name says.
    #[error("the file under {wanted} has another SHA-256, {found}: do not believe this copy of the log")]
    Other {
        /// The digest that was asked for.
        wanted: Hash,
        /// What it has.
        found: Hash,
    },
    /// A file of a list is not there.
    #[error("a list of files names the file {0}, and it is not there")]
    Missing(Hash),
    /// Work was given up.
    #[error("the files could not be had; ask again")]
    Interrupted,
    /// A file that lies there is not as long as the list says.
    #[error("the list is wrong: the file that it calls {name} has {found} bytes")]
    Length {
        /// Its name in the list.
        name: String,
        /// How long it is.
        found: u64,
    },
    /// It has no name in a store.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl FileList {
    /// The files, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Listed)> {
        self.files.iter().map(|(name, listed)| (name.as_str(), *listed))
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<Listed> {
        self.files.get(name).copied()
    }

    /// The bytes of all of them together.
    pub fn bytes(&self) -> u64 {
        self.files.values().fold(0, |sum, listed| sum.saturating_add(listed.bytes))
    }

    /// The files that do not lie beside a log yet, each once.
    ///
    /// # Errors
    /// When one that does has another length than the list says, or the store fails.
    pub(crate) fn missing(&self, store: &dyn Store) -> Result<Vec<Listed>, FilesError> {
        let mut missing: BTreeMap<Hash, Listed> = BTreeMap::new();
        for (name, listed) in &self.files {
            match store.size(&file_key(&listed.sha256)?)? {
                Some(bytes) if bytes == listed.bytes => {}
                Some(found) => return Err(FilesError::Length { name: name.clone(), found }),
                None => {
                    missing.insert(listed.sha256, *listed);
                }
            }
        }
        Ok(missing.into_values().collect())
    }

    /// Adds a file.
    ///
    /// # Errors
    /// When the list may not have it.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<Listed, FilesError> {
        let listed = Listed { sha256: Hash::of(bytes), bytes: bytes.len() as u64 };
        self.files.insert(name.to_owned(), listed);
        self.check().map(|()| listed)
    }

    fn check(&self) -> Result<(), FilesError> {
        if self.files.len() > MAX_FILES {
            return Err(FilesError::TooMany);
        }
        for (name, listed) in &self.files {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            if name.is_empty() || name.len() > MAX_NAME || name.starts_with('.') || !name.bytes().all(plain) {
                return Err(FilesError::Name(name.chars().take(MAX_NAME).collect()));
            }
            if listed.bytes > MAX_FILE_BYTES {
                return Err(FilesError::TooLarge { name: name.clone(), found: listed.bytes });
            }
        }
        Ok(())
    }

    fn parse(bytes: &[u8]) -> Result<Self, FilesError> {
        let wrong = |error: JsonError| FilesError::List(error.to_string());
        let value = json::parse_foreign(bytes, MAX_LIST_BYTES).map_err(wrong)?;
        let list: Self =
            serde_json::from_value(value).map_err(|error| FilesError::List(error.to_string()))?;
        list.check().map(|()| list)
    }

    fn to_bytes(&self) -> Result<Vec<u8>, FilesError> {
        let wrong = |error: &dyn std::fmt::Display| FilesError::List(error.to_string());
        let value = serde_json::to_value(self).map_err(|error| wrong(&error))?;
        json::to_canonical(&value).map_err(|error| wrong(&error))
    }
}

/// Puts files of the entry with this commitment beside the log: first the list that says which they are, then those that are
/// not there yet, each given by `content`. So whatever lies there is named by a list, by which it is taken away again, also
/// after a stop in between; whoever reads until then finds a list with files missing. Doing the same again goes on.
///
/// # Errors
/// When there is another list, the record was erased, `content` has none or gives another file, or the store fails.
pub fn lay<E: From<FilesError>>(
    store: &dyn Store,
    commit: &Hash,
    list: &FileList,
    mut content: impl FnMut(&Listed) -> Result<Vec<u8>, E>,
) -> Result<(), E> {
    let failed = |error: StoreError| E::from(FilesError::from(error));
    if is_erased(store, commit)? {
        return Err(FilesError::Erased.into());
    }
    // Before anything is said: a list that is wrong would stay.
    list.missing(store)?;
    let key = list_key(commit).map_err(FilesError::from)?;
    match store.put_new(&key, &list.to_bytes()?) {
        Err(StoreError::Conflict { .. }) => return Err(FilesError::Others.into()),
        put => put.map(drop).map_err(failed)?,
    }
    // Now that the list is there, nobody takes away for another entry's sake what it names.
    for listed in list.missing(store)? {
        let bytes = content(&listed)?;
        let found = Hash::of(&bytes);
        if found != listed.sha256 {
            return Err(FilesError::Other { wanted: listed.sha256, found }.into());
        }
        store.put_new(&file_key(&listed.sha256).map_err(FilesError::from)?, &bytes).map_err(failed)?;
    }
    // It may have been erased in between.
    if is_erased(store, commit)? {
        remove(store, commit)?;
        return Err(FilesError::Erased.into());
    }
    Ok(())
}

/// Whether no files of this entry may lie here any more.
///
/// # Errors
/// When the store fails.
pub(crate) fn is_erased(store: &dyn Store, commit: &Hash) -> Result<bool, FilesError> {
    Ok(store.get(&mark_key(commit)?)?.is_some() || store.get(&files_mark_key(commit)?)?.is_some())
}

/// What became of the files of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many files are gone.
    pub gone: usize,
    /// The files that stay, since other entries have them, too.
    pub kept: Vec<Hash>,
}

/// Takes the files of an entry away, but for those that another entry has as well. Asked again after a failure, it goes on.
///
/// # Errors
/// When the store fails.
pub fn remove(store: &dyn Store, commit: &Hash) -> Result<Removed, FilesError> {
    let key = list_key(commit)?;
    let Some(bytes) = store.get(&key)? else { return Ok(Removed::default()) };
    let list = FileList::parse(&bytes)?;
    let mut shared = BTreeSet::new();
    for other in store.list(&Key::new(FOLDER)?)?.iter().filter(|other| other.as_str().ends_with(LIST)) {
        // Somebody's list that is damaged must not keep up what has to go.
        if *other != key
            && let Some(other) = store.get(other)?.and_then(|bytes| FileList::parse(&bytes).ok())
        {
            shared.extend(other.files.values().map(|listed| listed.sha256));
        }
    }
    let digests: BTreeSet<Hash> = list.files.values().map(|listed| listed.sha256).collect();
    let (kept, gone): (Vec<Hash>, Vec<Hash>) =
        digests.into_iter().partition(|sha256| shared.contains(sha256));
    for sha256 in &gone {
        store.delete(&file_key(sha256)?)?;
    }
    // The list goes last: as long as it is there, whoever asks again knows what is left to do.
    store.delete(&key)?;
    Ok(Removed { gone: gone.len(), kept })
}

/// The list of the entry with this commitment, if there is one.
///
/// # Errors
/// When the store fails, or holds something else.
pub(crate) fn published(store: &dyn Store, commit: &Hash) -> Result<Option<FileList>, FilesError> {
    store.get(&list_key(commit)?)?.as_deref().map(FileList::parse).transpose()
}

/// The bytes of all files beside a log, as its lists say; a file that several entries have counts for each.
///
/// # Errors
/// When the store fails.
pub(crate) fn bytes_beside(store: &dyn Store) -> Result<u64, FilesError> {
    let mut sum = 0_u64;
    for key in store.list(&Key::new(FOLDER)?)?.iter().filter(|key| key.as_str().ends_with(LIST)) {
        // A list that was damaged is `fsck`'s to tell; it keeps nobody from publishing.
        let list = store.get(key)?.and_then(|bytes| FileList::parse(&bytes).ok());
        sum = sum.saturating_add(list.map_or(0, |list| list.bytes()));
    }
    Ok(sum)
}

/// The files of the entry with this commitment; `None` if none lie beside this log.
///
/// # Errors
/// When the log can't be asked, or answers with something else.
pub async fn listed(source: &Source, commit: &Hash) -> Result<Option<FileList>, FilesError> {
    let bytes = source.get(list_key(commit)?.as_str(), MAX_LIST_BYTES).await?;
    bytes.as_deref().map(FileList::parse).transpose()
}

/// A file of this digest and of at most so many bytes; `None` if it is not there.
///
/// # Errors
/// When the log can't be asked, or the file is another one.
pub async fn fetch(source: &Source, sha256: &Hash, limit: u64) -> Result<Option<Vec<u8>>, FilesError> {
    let limit = usize::try_from(limit.min(MAX_FILE_BYTES)).unwrap_or(usize::MAX);
    let Some(bytes) = source.get(file_key(sha256)?.as_str(), limit).await? else { return Ok(None) };
    let found = Hash::of(&bytes);
    if found == *sha256 { Ok(Some(bytes)) } else { Err(FilesError::Other { wanted: *sha256, found }) }
}

const FOLDER: &str = "files";
const LIST: &str = ".json";

pub(crate) fn file_key(sha256: &Hash) -> Result<Key, NotAKey> {
    Key::new(format!("{FOLDER}/{sha256}"))
}

fn list_key(commit: &Hash) -> Result<Key, NotAKey> {
    Key::new(format!("{FOLDER}/{commit}{LIST}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::MemoryStore;

    fn kept(store: &dyn Store, commit: &Hash, files: &[(&str, &str)]) -> Result<FileList, FilesError> {
        let mut list = FileList::default();
        for (name, text) in files {
            list.add(name, text.as_bytes())?;
        }
        let content = |listed: &Listed| {
            let of = files.iter().find(|(_, text)| Hash::of(text) == listed.sha256);
            Ok::<_, FilesError>(of.unwrap().1.as_bytes().to_vec())
        };
        lay(store, commit, &list, content).map(|()| list)
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn files_are_had_by_commitment_and_digest_and_never_replaced() {
        let store = Arc::new(MemoryStore::new());
        let commit = Hash::of("an entry");
        let list = kept(store.as_ref(), &commit, &[("run.json", "{}"), ("tasks.json", "[]")]).unwrap();
        let source = Source::Store(store.clone());
        assert_eq!(block_on(listed(&source, &commit)).unwrap().as_ref(), Some(&list));
        let run = list.get("run.json").unwrap();
        assert_eq!(block_on(fetch(&source, &run.sha256, 10)).unwrap().unwrap(), b"{}");
        assert_eq!(block_on(listed(&source, &Hash::of("other"))).unwrap(), None);
        assert_eq!(block_on(fetch(&source, &Hash::of("other"), 10)).unwrap(), None);
        // The same again is no harm, another list is refused.
        kept(store.as_ref(), &commit, &[("tasks.json", "[]"), ("run.json", "{}")]).unwrap();
        let other = kept(store.as_ref(), &commit, &[("run.json", "{ }")]);
        assert!(matches!(other, Err(FilesError::Others)));
    }

    #[test]
    fn a_file_that_is_not_what_its_name_says_is_refused() {
        let store = Arc::new(MemoryStore::new());
        let name = Hash::of("honest");
        store.put_new(&file_key(&name).unwrap(), b"forged").unwrap();
        let found = block_on(fetch(&Source::Store(store), &name, 10));
        assert!(matches!(found, Err(FilesError::Other { .. })), "{found:?}");
    }

    #[test]
    fn what_is_erased_goes_but_for_what_others_have_too_and_does_not_come_back() {
        let store = MemoryStore::new();
        let (one, two) = (Hash::of("one"), Hash::of("two"));
        let list = kept(&store, &one, &[("run.json", "1"), ("tasks.json", "shared")]).unwrap();
        kept(&store, &two, &[("run.json", "2"), ("tasks.json", "shared")]).unwrap();
        store.put_new(&mark_key(&one).unwrap(), b"7\n").unwrap();
        let removed = remove(&store, &one).unwrap();
        assert_eq!(removed, Removed { gone: 1, kept: vec![Hash::of("shared")] });
        assert_eq!(remove(&store, &one).unwrap(), Removed::default());
        let is_there =
            |name| store.get(&file_key(&list.get(name).unwrap().sha256).unwrap()).unwrap().is_some();
        assert!(!is_there("run.json") && is_there("tasks.json"));
        let again = kept(&store, &one, &[("run.json", "1"), ("tasks.json", "shared")]);
        assert!(matches!(again, Err(FilesError::Erased)));
        assert!(!is_there("run.json") && is_there("tasks.json"));
    }

    #[test]
    fn whatever_lies_there_is_named_by_a_list_wherever_it_was_stopped() {
        use crate::simulated::{Fault, Faults};

        let commit = Hash::of("entry");
        let files = [("a.json", "1"), ("b.json", "2"), ("c.json", "3")];
        for fault in Fault::ALL {
            for at in 0..12 {
                let memory = Arc::new(MemoryStore::new());
                let faults = Faults::new(memory.clone(), [(at, fault)]);
                let _ = kept(&faults, &commit, &files);
                remove(memory.as_ref(), &commit).unwrap();
                assert!(memory.objects().is_empty(), "{fault:?} at {at}: {:?}", memory.objects().keys());
                // And whoever does the same again ends it.
                let faults = Faults::new(memory.clone(), [(at, fault)]);
                let _ = kept(&faults, &commit, &files);
                let list = kept(memory.as_ref(), &commit, &files).unwrap();
                assert_eq!(list.missing(memory.as_ref()).unwrap(), []);
            }
        }
    }

    #[test]
    fn a_damaged_list_of_another_entry_does_not_keep_up_what_has_to_go() {
        let store = MemoryStore::new();
        let (one, two) = (Hash::of("one"), Hash::of("two"));
        kept(&store, &one, &[("a.json", "1")]).unwrap();
        store.put_new(&list_key(&two).unwrap(), b"{").unwrap();
        assert_eq!(remove(&store, &one).unwrap().gone, 1);
        assert!(remove(&store, &two).is_err());
    }

    #[test]
    fn a_list_that_is_wrong_about_a_file_that_lies_there_is_refused() {
        let store = MemoryStore::new();
        kept(&store, &Hash::of("one"), &[("a.json", "1")]).unwrap();
        let files = BTreeMap::from([("a.json".to_owned(), Listed { sha256: Hash::of("1"), bytes: 7 })]);
        let wrong = FileList { files }.missing(&store);
        assert!(matches!(wrong, Err(FilesError::Length { found: 1, .. })), "{wrong:?}");
    }

    #[test]
    fn lists_that_are_wrong_are_refused() {
        let sha256 = Hash::of("");
        let entry =
            |name: &str, bytes: u64| format!("{name:?}:{{\"bytes\":{bytes},\"sha256\":\"{sha256}\"}}");
        let many: Vec<String> = (0..=MAX_FILES).map(|n| entry(&format!("f{n}"), 1)).collect();
        let wrong = [
            String::new(),
            "{}".into(),
            "{\"files\":[]}".into(),
            "{\"files\":{},\"more\":1}".into(),
            format!("{{\"files\":{{{}}}}}", entry("../run.json", 1)),
            format!("{{\"files\":{{{}}}}}", entry("a/b", 1)),
            format!("{{\"files\":{{{}}}}}", entry(".hidden", 1)),
            format!("{{\"files\":{{{}}}}}", entry("", 1)),
            format!("{{\"files\":{{{}}}}}", entry("run.json", MAX_FILE_BYTES + 1)),
            format!("{{\"files\":{{{}}}}}", many.join(",")),
            "[".repeat(5000),
            " ".repeat(MAX_LIST_BYTES + 1),
        ];
        for text in wrong {
            assert!(FileList::parse(text.as_bytes()).is_err(), "{text:.80}");
        }
        let right = format!("{{\"files\":{{{}}}}}", entry("run.json", 0));
        let list = FileList::parse(right.as_bytes()).unwrap();
        assert_eq!(list.to_bytes().unwrap(), right.as_bytes());
    }
}
