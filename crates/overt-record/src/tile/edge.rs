//! The tiles at the right edge of a tree: what a writer keeps to append, and what it writes.

use super::growth::tile_in;
use super::reader::hashes_in;
use super::{FULL_WIDTH, ReadError, Tile, TileKind};
use crate::Hash;
use crate::merkle::{Frontier, TreeHead, empty_root, node_hash};

/// The partial tile of each level, level 0 first: at most eight of them, and at most 255 hashes in each.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TileEdge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl TileEdge {
    /// The edge of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The partial tiles that the tree of `size` leaves has at its right edge, level 0 first: what
    /// [`TileEdge::load`] will ask for.
    pub fn partial_tiles(size: u64) -> impl Iterator<Item = Tile> {
        levels_of(size).filter_map(move |level| last_tile(level, size).filter(|tile| !tile.is_full()))
    }

    /// The edge of the tree of `size` leaves, from the bytes of its partial tiles. Compare [`TileEdge::head`] with the
    /// signed checkpoint before appending.
    ///
    /// # Errors
    /// When a tile can't be fetched or is malformed, or the tree has 2^63 leaves or more.
    pub fn load<E>(
        size: u64,
        mut fetch: impl FnMut(Tile) -> Result<Vec<u8>, E>,
    ) -> Result<Self, ReadError<E>> {
        if size > i64::MAX as u64 {
            return Err(ReadError::TooLarge(size));
        }
        let mut levels = Vec::new();
        for level in levels_of(size) {
            levels.push(match last_tile(level, size).filter(|tile| !tile.is_full()) {
                Some(tile) => {
                    let bytes = fetch(tile).map_err(|source| ReadError::Fetch { tile, source })?;
                    hashes_in(tile, &bytes)?.iter().map(|hash| Hash::from(*hash)).collect()
                }
                None => Vec::new(),
            });
        }
        Ok(Self { size, levels })
    }

    /// Appends a leaf, given by its hash. Each tile that it fills goes to `full`, lowest level first, with its bytes.
    pub fn push(&mut self, leaf: Hash, full: &mut Vec<(Tile, Vec<u8>)>) {
        self.size += 1;
        let mut carried = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(carried);
            if row.len() < usize::from(FULL_WIDTH) {
                break;
            }
            let bytes = concat(row);
            carried = row.drain(..).collect::<Frontier>().root();
            full.extend(last_tile(level as u8, self.size).map(|tile| (tile, bytes)));
        }
    }

    /// The partial tiles with their bytes, level 0 first.
    pub fn partials(&self) -> impl Iterator<Item = (Tile, Vec<u8>)> {
        let rows = (0_u8..).zip(&self.levels).filter(|(_, row)| !row.is_empty());
        rows.filter_map(|(level, row)| Some((last_tile(level, self.size)?, concat(row))))
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        // From level 0 up each partial tile lies left of, and above, everything that was folded before.
        let mut right: Option<Hash> = None;
        for row in &self.levels {
            let frontier: Frontier = row.iter().copied().collect();
            for left in frontier.hashes().iter().rev() {
                right = Some(right.map_or(*left, |right| node_hash(*left, right)));
            }
        }
        TreeHead { size: self.size, root: right.unwrap_or_else(empty_root) }
    }
}

/// The levels at which a tree of `size` leaves has tiles.
fn levels_of(size: u64) -> impl Iterator<Item = u8> {
    (0..8).take_while(move |level| size >> (8 * level) > 0)
}

/// The last tile of a level.
fn last_tile(level: u8, size: u64) -> Option<Tile> {
    let last = (size >> (8 * u32::from(level))).checked_sub(1)?;
    tile_in(TileKind::Hashes { level }, last / u64::from(FULL_WIDTH), size)
}

fn concat(row: &[Hash]) -> Vec<u8> {
    row.iter().flat_map(|hash| *hash.as_bytes()).collect()
}
