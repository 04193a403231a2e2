//! Entries and proofs out of a store.

use std::sync::Arc;

use overt_record::Hash;
use overt_record::merkle::{self, ConsistencyProof, InclusionProof, ProveError, Subtree};
use overt_record::tile::{EntryBundle, FULL_WIDTH, NotABundle, ReadError, Tile, TileKind, TileReader};

use crate::key::Key;
use crate::store::{Store, StoreError};

/// Reads a log's entries and builds proofs from its tiles. It says what the store says: proofs are for others to check.
#[derive(Clone)]
pub struct Reader {
    store: Arc<dyn Store>,
}

/// Why a tile or bundle could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Neither it nor the full one that may have taken its place is there.
    #[error("{0} is not in the store, nor is the full tile that replaces it")]
    Missing(Tile),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its path is no key; tiles of trees that exist have shorter ones.
    #[error("{0} has no name in a store")]
    NoKey(Tile),
}

/// Why something could not be read or proved.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The tree has no such leaf or size, or its tiles cannot be read.
    #[error(transparent)]
    Prove(#[from] ProveError<ReadError<FetchError>>),
    /// Tiles cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError<FetchError>),
    /// A bundle cannot be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A bundle's bytes are not a bundle.
    #[error("{tile} is damaged: {source}; run `overt log fsck`")]
    Bundle {
        /// The bundle.
        tile: Tile,
        /// What is wrong.
        source: NotABundle,
    },
    /// A bundle has too few entries.
    #[error("{tile} has only {found} entries; run `overt log fsck`")]
    Short {
        /// The bundle.
        tile: Tile,
        /// How many entries it has.
        found: usize,
    },
    /// There is no such entry.
    #[error("there is no entry {index}: the log has {size}")]
    NoSuchEntry {
        /// What was asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
}

impl ReaderError {
    /// The failure of the store behind it, if that is what it was.
    pub(crate) fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Fetch(FetchError::Store(error))
            | Self::Read(ReadError::Fetch { source: FetchError::Store(error), .. })
            | Self::Prove(ProveError::Fetch(ReadError::Fetch { source: FetchError::Store(error), .. })) => {
                Some(error)
            }
            _ => None,
        }
    }
}

impl Reader {
    /// A reader of the log in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// The bytes of a tile or bundle; of the full one if a partial one is gone.
    ///
    /// # Errors
    /// When neither is there.
    pub fn tile(&self, tile: Tile) -> Result<Vec<u8>, FetchError> {
        for candidate in [tile, tile.full()] {
            if let Some(bytes) = self.store.get(&key_of(candidate)?)? {
                return Ok(bytes);
            }
            if candidate.is_full() {
                break;
            }
        }
        Err(FetchError::Missing(tile))
    }

    /// The hashes of complete subtrees of the tree of `size` leaves.
    pub fn hashes(&self, size: u64) -> TileReader<impl FnMut(Tile) -> Result<Vec<u8>, FetchError>> {
        TileReader::new(size, |tile| self.tile(tile))
    }

    /// The root that the tree of `size` leaves had when it had `old` of them.
    ///
    /// # Errors
    /// When it is smaller, or tiles cannot be read.
    pub fn root_at(&self, old: u64, size: u64) -> Result<Hash, ReaderError> {
        let mut hashes = self.hashes(size);
        Ok(merkle::root(old, |subtree| hashes.hash(subtree))?)
    }

    /// The hash of a complete subtree of the tree of `size` leaves.
    ///
    /// # Errors
    /// When it is not complete, or tiles cannot be read.
    pub fn subtree(&self, subtree: Subtree, size: u64) -> Result<Hash, ReaderError> {
        Ok(self.hashes(size).hash(subtree)?)
    }

    /// The proof that entry `index` is in the tree of `size` leaves.
    ///
    /// # Errors
    /// When it is not, or tiles cannot be read.
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<InclusionProof, ReaderError> {
        let mut hashes = self.hashes(size);
        Ok(InclusionProof::prove(index, size, |subtree| hashes.hash(subtree))?)
    }

    /// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves.
    ///
    /// # Errors
    /// When the old one is empty or larger, or tiles cannot be read.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, ReaderError> {
        let mut hashes = self.hashes(new);
        Ok(ConsistencyProof::prove(old, new, |subtree| hashes.hash(subtree))?)
    }

    /// The entries of bundle `index` that the tree of `size` leaves has, in order; none beyond its end.
    ///
    /// # Errors
    /// When the bundle cannot be read.
    pub fn bundle(&self, index: u64, size: u64) -> Result<Vec<Vec<u8>>, ReaderError> {
        let full = u64::from(FULL_WIDTH);
        let width = size.saturating_sub(index.saturating_mul(full)).min(full) as u16;
        let Ok(tile) = Tile::new(TileKind::Entries, index, width) else { return Ok(Vec::new()) };
        let bytes = self.tile(tile)?;
        let bundle = EntryBundle::parse(&bytes).map_err(|source| ReaderError::Bundle { tile, source })?;
        let mut entries = bundle.entries().to_vec();
        if entries.len() < width.into() {
            return Err(ReaderError::Short { tile, found: entries.len() });
        }
        entries.truncate(width.into());
        Ok(entries)
    }

    /// Entry `index` of the tree of `size` leaves.
    ///
    /// # Errors
    /// When there is none, or its bundle cannot be read.
    pub fn entry(&self, index: u64, size: u64) -> Result<Vec<u8>, ReaderError> {
        let full = u64::from(FULL_WIDTH);
        let mut entries = self.bundle(index / full, size)?;
        let place = (index % full) as usize;
        if place < entries.len() {
            Ok(entries.swap_remove(place))
        } else {
            Err(ReaderError::NoSuchEntry { index, size })
        }
    }
}

/// The name of a tile in a store: its path.
pub(crate) fn key_of(tile: Tile) -> Result<Key, FetchError> {
    Key::new(tile.to_string()).map_err(|_| FetchError::NoKey(tile))
}
