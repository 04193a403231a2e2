//! Checking a whole log: everything is computed again from the entries and compared with what is stored.
//!
//! It needs the log's public key only, so anyone who holds a copy can do it. Entries are read in parallel, by 65,536 at
//! a time; the rows of hashes above them are small.

mod bodies;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use overt_record::checkpoint::Checkpoint;
use overt_record::merkle::{Frontier, TreeHead};
use overt_record::note::Note;
use overt_record::tile::{EntryBundle, FULL_WIDTH, Tile, TileEdge, TileKind};
use overt_record::{Hash, VerifierKey};

pub use bodies::{BodyDeviation, BodyReport, BodyWrong};

use crate::key::{Key, NotAKey};
use crate::reader::key_of;
use crate::store::{Store, StoreError};

/// How many deviations are told one by one.
const MOST_TOLD: usize = 1000;

/// The bundles that one thread reads at a time.
const STRIDE: u64 = 256;

const WIDTH: usize = FULL_WIDTH as usize;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the published checkpoint says.
    pub head: TreeHead,
    /// The root that the entries give.
    pub root: Hash,
    /// How many tiles and bundles were compared, partial ones included.
    pub compared: u64,
    /// What is not as it must be, sorted; at most a thousand.
    pub deviations: Vec<Deviation>,
    /// How many deviations there are.
    pub found: u64,
    /// What lies beside the tree.
    pub bodies: BodyReport,
}

impl Report {
    /// Whether everything in the tree is as it must be. It holds without the bodies beside it.
    pub fn is_sound(&self) -> bool {
        self.found == 0
    }
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deviation {
    /// Where.
    pub key: Key,
    /// What.
    pub what: Wrong,
}

/// What can be wrong with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// It is not there.
    Missing,
    /// It is no bundle with as many entries as it must have.
    Malformed,
    /// It is not what the entries give.
    Differs,
    /// The root that the checkpoint signs is not what the entries give.
    Root,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            Wrong::Missing => "is missing",
            Wrong::Malformed => "is damaged: not a bundle of as many entries as it must have",
            Wrong::Differs => "is not what the entries give",
            Wrong::Root => "signs another root than the entries give",
        };
        write!(f, "{} {what}", self.key)
    }
}

/// Why a log could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum FsckError {
    /// There is no checkpoint.
    #[error("there is no checkpoint here, so there is nothing to compare the entries with")]
    NoCheckpoint,
    /// The checkpoint is not this log's.
    #[error("the checkpoint is not signed by this key: {0}")]
    Checkpoint(String),
    /// A tile cannot be named.
    #[error("the checkpoint's size of {0} is more than a log can have")]
    Size(u64),
    /// It has no name in a store.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks the log in a store against its published checkpoint.
///
/// # Errors
/// When there is no checkpoint by this key, or the store fails. What is wrong with the log is in the report.
pub fn fsck(store: &dyn Store, key: &VerifierKey) -> Result<Report, FsckError> {
    let checkpoint = Key::new("checkpoint").map_err(|_| FsckError::NoCheckpoint)?;
    let bytes = store.get(&checkpoint)?.ok_or(FsckError::NoCheckpoint)?;
    let head = read_head(&bytes, key).map_err(FsckError::Checkpoint)?;
    if head.size > i64::MAX as u64 {
        return Err(FsckError::Size(head.size));
    }
    let (compared, found, bodies) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
    let check = Check { store, size: head.size, compared, found, bodies };
    let root = check.run()?;
    if root != head.root {
        check.complain(checkpoint, Wrong::Root);
    }
    let (mut deviations, found) = check.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    deviations.sort();
    let bodies = check.bodies.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Report { head, root, compared: check.compared.into_inner(), deviations, found, bodies })
}

fn read_head(bytes: &[u8], key: &VerifierKey) -> Result<TreeHead, String> {
    let note = Note::parse(bytes).map_err(|error| error.to_string())?;
    note.verify([key]).map_err(|error| error.to_string())?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|error| error.to_string())?;
    if checkpoint.origin() != key.name().as_str() {
        return Err(format!("it is of the log {:?}", checkpoint.origin()));
    }
    Ok(checkpoint.head())
}

/// A tile, and its bytes or, once it is known to be full, its root.
type TileBytes = (Tile, Vec<u8>);

struct Check<'s> {
    store: &'s dyn Store,
    size: u64,
    compared: AtomicU64,
    found: Mutex<(Vec<Deviation>, u64)>,
    bodies: Mutex<BodyReport>,
}

impl Check<'_> {
    fn run(&self) -> Result<Hash, FsckError> {
        let mut partials = BTreeMap::new();
        let mut row = self.leaves(&mut partials)?;
        for level in 1..8 {
            row = self.row(level, &row, &mut partials)?;
        }
        // The partial tiles are all that the root needs, and each was computed above.
        let edge =
            TileEdge::load(self.size, |tile| partials.get(&tile).cloned().ok_or(FsckError::Size(self.size)));
        Ok(edge.map_err(|_| FsckError::Size(self.size))?.head().root)
    }

    /// Reads all entries, and gives the hashes of the full tiles of level 0.
    fn leaves(&self, partials: &mut BTreeMap<Tile, Vec<u8>>) -> Result<Vec<Hash>, FsckError> {
        let bundles = self.size.div_ceil(WIDTH as u64);
        let strides = bundles.div_ceil(STRIDE);
        let next = AtomicU64::new(0);
        let done: Mutex<BTreeMap<u64, Vec<TileBytes>>> = Mutex::default();
        let work = || -> Result<(), FsckError> {
            loop {
                let stride = next.fetch_add(1, Ordering::Relaxed);
                if stride >= strides {
                    return Ok(());
                }
                let indices = stride * STRIDE..((stride + 1) * STRIDE).min(bundles);
                let tiles = indices.map(|index| self.bundle(index)).collect::<Result<Vec<_>, _>>()?;
                // Of full tiles only the root is kept, so that a large log fits into memory.
                let kept = tiles.into_iter().map(|(tile, bytes)| (tile, keep(tile, bytes))).collect();
                done.lock().unwrap_or_else(PoisonError::into_inner).insert(stride, kept);
            }
        };
        let threads =
            std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64).min(strides);
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut outcome = work();
            for thread in others {
                outcome = outcome.and(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            outcome
        })?;
        let mut row = Vec::new();
        for (tile, bytes) in done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().flatten()
        {
            if tile.is_full() {
                row.extend(hashes(&bytes));
            } else {
                partials.insert(tile, bytes);
            }
        }
        Ok(row)
    }

    /// Checks one bundle and the tile above it; gives that tile as the entries make it.
    fn bundle(&self, index: u64) -> Result<(Tile, Vec<u8>), FsckError> {
        let width = (self.size - index * WIDTH as u64).min(WIDTH as u64) as u16;
        let entries = self.tile(TileKind::Entries, index, width)?;
        let tile = self.tile(TileKind::Hashes { level: 0 }, index, width)?;
        let key = self.key(entries)?;
        let stored = self.store.get(&key)?;
        let bundle = stored.as_deref().and_then(|bytes| EntryBundle::parse(bytes).ok());
        let bundle = bundle.filter(|bundle| bundle.entries().len() == usize::from(width));
        self.compared.fetch_add(1, Ordering::Relaxed);
        let Some(bundle) = bundle else {
            self.complain(key, if stored.is_some() { Wrong::Malformed } else { Wrong::Missing });
            // What is above may still be checked with the hashes that are stored.
            let hashes = self.store.get(&self.key(tile)?)?.unwrap_or_default();
            return Ok((tile, hashes));
        };
        let bodies = bodies::check(self.store, index, &bundle)?;
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).merge(bodies);
        let ends = ends_of(&bundle);
        self.compare_partials(entries, |width| stored.as_deref()?.get(..*ends.get(width)?))?;
        let hashes: Vec<u8> = bundle.leaf_hashes().flat_map(|hash| *hash.as_bytes()).collect();
        self.compare(tile, &hashes)?;
        Ok((tile, hashes))
    }

    /// Checks the tiles of a level above the leaves, and gives the hashes of the full ones.
    fn row(
        &self,
        level: u8,
        row: &[Hash],
        partials: &mut BTreeMap<Tile, Vec<u8>>,
    ) -> Result<Vec<Hash>, FsckError> {
        let mut above = Vec::new();
        for (index, chunk) in (0..).zip(row.chunks(WIDTH)) {
            let tile = self.tile(TileKind::Hashes { level }, index, chunk.len() as u16)?;
            let bytes: Vec<u8> = chunk.iter().flat_map(|hash| *hash.as_bytes()).collect();
            self.compare(tile, &bytes)?;
            if tile.is_full() {
                above.extend(hashes(&keep(tile, bytes)));
            } else {
                partials.insert(tile, bytes);
            }
        }
        Ok(above)
    }

    fn compare(&self, tile: Tile, expected: &[u8]) -> Result<(), FsckError> {
        let key = self.key(tile)?;
        self.compared.fetch_add(1, Ordering::Relaxed);
        match self.store.get(&key)? {
            Some(bytes) if bytes == expected => {}
            Some(_) => self.complain(key, Wrong::Differs),
            None => self.complain(key, Wrong::Missing),
        }
        self.compare_partials(tile, |width| expected.get(..width * 32))
    }

    /// Compares the partial versions that are still there, none of which needs to be.
    fn compare_partials<'b>(
        &self,
        tile: Tile,
        prefix: impl Fn(usize) -> Option<&'b [u8]>,
    ) -> Result<(), FsckError> {
        let full = self.key(tile.full())?;
        let Ok(directory) = Key::new(format!("{full}.p")) else { return Ok(()) };
        for key in self.store.list(&directory)? {
            let width = key.as_str().rsplit_once('/').and_then(|(_, width)| width.parse::<u16>().ok());
            // Wider ones are of a batch that is being written, or was published since.
            let Some(width) = width.filter(|width| *width < tile.width()) else { continue };
            self.compared.fetch_add(1, Ordering::Relaxed);
            if self.store.get(&key)?.as_deref().is_some_and(|bytes| Some(bytes) != prefix(width.into())) {
                self.complain(key, Wrong::Differs);
            }
        }
        Ok(())
    }

    fn tile(&self, kind: TileKind, index: u64, width: u16) -> Result<Tile, FsckError> {
        Tile::new(kind, index, width).map_err(|_| FsckError::Size(self.size))
    }

    fn key(&self, tile: Tile) -> Result<Key, FsckError> {
        key_of(tile).map_err(|_| FsckError::Size(self.size))
    }

    fn complain(&self, key: Key, what: Wrong) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.1 += 1;
        if found.0.len() < MOST_TOLD {
            found.0.push(Deviation { key, what });
        }
    }
}

/// Of a full tile its root, of a partial one itself.
fn keep(tile: Tile, bytes: Vec<u8>) -> Vec<u8> {
    if tile.is_full() { hashes(&bytes).collect::<Frontier>().root().as_bytes().to_vec() } else { bytes }
}

fn hashes(bytes: &[u8]) -> impl Iterator<Item = Hash> {
    bytes.as_chunks::<32>().0.iter().map(|hash| Hash::from(*hash))
}

/// Where each entry of a bundle begins, and where the last ends.
fn ends_of(bundle: &EntryBundle) -> Vec<usize> {
    let mut ends = vec![0];
    let mut end = 0;
    for entry in bundle.entries() {
        end += 2 + entry.len();
        ends.push(end);
    }
    ends
}
