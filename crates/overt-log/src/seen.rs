//! Which submissions are in the log already, and where.
//!
//! The log itself is the truth; this is a map of it in memory, 24 bytes an entry. So that a start need not read every
//! entry, the identities of each 65,536 entries are kept in an object `derived/<identity>/<n>`, bound to the tree by the
//! hash of their subtree. One that is missing or damaged is made again from the entries.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use overt_record::Hash;
use overt_record::merkle::Subtree;
use overt_record::tile::FULL_WIDTH;

use crate::key::{Key, NotAKey};
use crate::reader::{Reader, ReaderError};
use crate::store::{Store, StoreError};

/// The first half of an identity: enough, since nobody can choose the digest of a submission.
type Short = [u8; 16];

/// The entries of a segment: a full tile of level 1.
const SEGMENT: u64 = 1 << 16;
const SEGMENT_LEVEL: u8 = 16;

/// What makes two entries the same submission.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// A name for this way of telling, in the characters of a [`Key`]; a changed way needs a new one.
    pub name: &'static str,
    /// The identity of an entry, a digest: equal for two entries of one submission, and for no others.
    pub of: fn(&[u8]) -> Hash,
}

impl Identity {
    /// Entries are the same if all their bytes are.
    pub const BYTES: Self = Self { name: "bytes", of: |entry| Hash::of(entry) };
}

/// Where each submission is in the log.
pub(crate) struct Seen {
    identity: Identity,
    size: u64,
    places: HashMap<Short, u64>,
    /// Those of the last, unfinished segment, in order.
    tail: Vec<Short>,
}

/// Why the entries could not be mapped.
#[derive(Debug, thiserror::Error)]
pub enum SeenError {
    /// An entry or tile cannot be read.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The identity's name cannot be part of a key.
    #[error(transparent)]
    Key(#[from] NotAKey),
}

impl Seen {
    /// Maps a log of `size` entries.
    pub(crate) fn load(
        store: &dyn Store,
        reader: &Reader,
        identity: Identity,
        size: u64,
    ) -> Result<Self, SeenError> {
        let places = HashMap::with_capacity(usize::try_from(size).unwrap_or_default().min(1 << 26));
        let mut seen = Self { identity, size: 0, places, tail: Vec::new() };
        while size - seen.size >= SEGMENT {
            let (key, root) = seen.segment(reader, seen.size, size)?;
            let Some(shorts) = store.get(&key)?.as_deref().and_then(|bytes| decode(bytes, root)) else {
                // It may be there and damaged; it is ours to replace.
                store.delete(&key)?;
                let end = seen.size + SEGMENT;
                seen.read_entries(store, reader, end, size)?;
                continue;
            };
            for short in shorts {
                seen.note(short);
            }
            seen.tail.clear();
        }
        seen.read_entries(store, reader, size, size)?;
        Ok(seen)
    }

    /// Maps what other writers added until the log had `size` entries.
    pub(crate) fn catch_up(
        &mut self,
        store: &dyn Store,
        reader: &Reader,
        size: u64,
    ) -> Result<(), SeenError> {
        self.read_entries(store, reader, size, size)
    }

    /// Where a submission is.
    pub(crate) fn find(&self, identity: &Hash) -> Option<u64> {
        self.places.get(&shorten(identity)).copied()
    }

    fn identify(&self, entry: &[u8]) -> Hash {
        (self.identity.of)(entry)
    }

    /// Adds the next entry of a log that has `size` entries by now, and stores the segment that it completes.
    ///
    /// # Errors
    /// When the segment could not be stored. The entry is added all the same, and the next start stores the segment.
    pub(crate) fn add(
        &mut self,
        store: &dyn Store,
        reader: &Reader,
        identity: &Hash,
        size: u64,
    ) -> Result<(), SeenError> {
        self.note(shorten(identity));
        if self.tail.len() as u64 == SEGMENT {
            let shorts = std::mem::take(&mut self.tail);
            let (key, root) = self.segment(reader, self.size - SEGMENT, size)?;
            store.put_new(&key, &encode(&shorts, root))?;
        }
        Ok(())
    }

    fn note(&mut self, short: Short) {
        // If an entry is there twice, which other writers of the log can do, the first one counts.
        if let Entry::Vacant(place) = self.places.entry(short) {
            place.insert(self.size);
        }
        self.tail.push(short);
        self.size += 1;
    }

    fn read_entries(
        &mut self,
        store: &dyn Store,
        reader: &Reader,
        end: u64,
        size: u64,
    ) -> Result<(), SeenError> {
        let full = u64::from(FULL_WIDTH);
        while self.size < end {
            let (index, skipped) = (self.size / full, (self.size % full) as usize);
            let entries = reader.bundle(index, size)?;
            let wanted = usize::try_from(end - index * full).unwrap_or(usize::MAX);
            for entry in entries.iter().take(wanted).skip(skipped) {
                self.add(store, reader, &self.identify(entry), size)?;
            }
        }
        Ok(())
    }

    /// The name of the segment that begins at an entry, and the hash of its subtree in the tree of `size` leaves.
    fn segment(&self, reader: &Reader, start: u64, size: u64) -> Result<(Key, Hash), SeenError> {
        let index = start / SEGMENT;
        let key = Key::new(format!("derived/{}/{index}", self.identity.name))?;
        let root = match Subtree::new(SEGMENT_LEVEL, index) {
            Some(subtree) => reader.subtree(subtree, size)?,
            None => Hash::of(""), // sizes stay below 2^63, so there is one
        };
        Ok((key, root))
    }
}

fn shorten(identity: &Hash) -> Short {
    let mut short = Short::default();
    short.copy_from_slice(&identity.as_bytes()[..16]);
    short
}

/// `subtree hash || SHA-256 of what follows || 16 bytes for each entry`.
fn encode(shorts: &[Short], root: Hash) -> Vec<u8> {
    let body = shorts.concat();
    [root.as_bytes(), Hash::of(&body).as_bytes(), body.as_slice()].concat()
}

fn decode(bytes: &[u8], root: Hash) -> Option<Vec<Short>> {
    let (head, body) = bytes.split_first_chunk::<64>()?;
    let sound = head[..32] == *root.as_bytes() && head[32..] == *Hash::of(body).as_bytes();
    let (shorts, rest) = body.as_chunks::<16>();
    (sound && rest.is_empty() && shorts.len() as u64 == SEGMENT).then(|| shorts.to_vec())
}
