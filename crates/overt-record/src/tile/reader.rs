//! Reading the hash of a complete subtree out of tiles.

use std::collections::BTreeMap;

use super::growth::tile_in;
use super::{FULL_WIDTH, HASH_BYTES, TILE_LEVELS, Tile, TileKind};
use crate::Hash;
use crate::merkle::{Frontier, Subtree};

/// Where the hash of a complete subtree is: the root above some neighbouring hashes of one tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePlace {
    tile: Tile,
    first: u16,
    count: u16,
}

impl TilePlace {
    /// Where a tree of `size` leaves has the subtree; `None` if it is not complete in that tree.
    pub fn of(subtree: Subtree, size: u64) -> Option<Self> {
        let kind = TileKind::Hashes { level: subtree.level() / TILE_LEVELS };
        let levels = subtree.level() % TILE_LEVELS;
        let first = subtree.index() << levels; // its leaves can be counted, so these can
        let tile = tile_in(kind, first / u64::from(FULL_WIDTH), size)?;
        let place = Self { tile, first: (first % u64::from(FULL_WIDTH)) as u16, count: 1 << levels };
        (place.first + place.count <= tile.width()).then_some(place)
    }

    /// The tile to read.
    pub fn tile(self) -> Tile {
        self.tile
    }

    /// The hash of the subtree, from the bytes of the tile or of a wider one at the same place: a partial tile may be
    /// deleted once the full one is there.
    ///
    /// # Errors
    /// When the bytes are not whole hashes, fewer than the tile's width, or more than a full tile has.
    pub fn hash<E>(self, bytes: &[u8]) -> Result<Hash, ReadError<E>> {
        let hashes = hashes_in(self.tile, bytes)?.iter().skip(self.first.into()).take(self.count.into());
        Ok(hashes.map(|hash| Hash::from(*hash)).collect::<Frontier>().root())
    }
}

/// The hashes of a tile, out of its bytes or those of a wider one at the same place.
pub(super) fn hashes_in<E>(tile: Tile, bytes: &[u8]) -> Result<&[[u8; HASH_BYTES]], ReadError<E>> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    let wrong = ReadError::Length { tile, found: bytes.len() };
    if !rest.is_empty() || hashes.len() > FULL_WIDTH.into() {
        return Err(wrong);
    }
    hashes.get(..tile.width().into()).ok_or(wrong)
}

/// Why hashes could not be read out of tiles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError<E> {
    /// The subtree is not complete in the tree.
    #[error("the subtree of 2^{} leaves from leaf {} is not complete in a tree of {size} leaves", subtree.level(), subtree.first_leaf())]
    Outside {
        /// What was asked for.
        subtree: Subtree,
        /// The size of the tree.
        size: u64,
    },
    /// No log has that many leaves; refusing them lets [`super::TileEdge::push`] count without a limit.
    #[error("a tree to append to has less than 2^63 leaves, found {0}")]
    TooLarge(u64),
    /// The tile has not the bytes that it must have.
    #[error("{tile} must have {} bytes, or {HASH_BYTES} more for each further hash up to 8192; found {found}", usize::from(tile.width()) * HASH_BYTES)]
    Length {
        /// The tile.
        tile: Tile,
        /// How many bytes there are.
        found: usize,
    },
    /// The tile could not be fetched.
    #[error("{tile} could not be fetched")]
    Fetch {
        /// The tile.
        tile: Tile,
        /// Why.
        #[source]
        source: E,
    },
}

/// Gives the hashes of complete subtrees of one tree out of its tiles, each fetched once.
///
/// What it gives is what the tiles say: check a root made of it against a signed checkpoint before trusting a hash.
#[derive(Clone, Debug)]
pub struct TileReader<F> {
    size: u64,
    fetch: F,
    fetched: BTreeMap<Tile, Vec<u8>>,
}

impl<E, F: FnMut(Tile) -> Result<Vec<u8>, E>> TileReader<F> {
    /// A reader of the tree of `size` leaves; `fetch` gives the bytes of a tile, or of a wider one at the same place.
    pub fn new(size: u64, fetch: F) -> Self {
        Self { size, fetch, fetched: BTreeMap::new() }
    }

    /// The hash of a complete subtree.
    ///
    /// # Errors
    /// When it is not complete in this tree, or its tile can't be fetched or is malformed.
    pub fn hash(&mut self, subtree: Subtree) -> Result<Hash, ReadError<E>> {
        let size = self.size;
        let place = TilePlace::of(subtree, size).ok_or(ReadError::Outside { subtree, size })?;
        let tile = place.tile();
        if let Some(bytes) = self.fetched.get(&tile) {
            return place.hash(bytes);
        }
        let bytes = (self.fetch)(tile).map_err(|source| ReadError::Fetch { tile, source })?;
        let hash = place.hash(&bytes)?;
        self.fetched.insert(tile, bytes);
        Ok(hash)
    }
}
