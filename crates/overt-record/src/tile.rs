//! Tiles: how a tree is stored and served, as C2SP tlog-tiles defines it.
//!
//! A tile is a row of up to 256 hashes of complete subtrees, every eighth level of the tree; an entry bundle holds the
//! entries below a tile of level 0. Both are named by [`Tile`]. A full tile never changes; the last one of a level is
//! partial, and each of its widths is a file of its own that never changes either.

mod bundle;
mod edge;
mod growth;
mod path;
mod reader;

pub use bundle::{EntryBundle, MAX_ENTRY_BYTES, NotABundle};
pub use edge::TileEdge;
pub use growth::{Growth, tiles_grown, tiles_of};
pub use path::NotATilePath;
pub use reader::{ReadError, TilePlace, TileReader};

/// The hashes of a full tile, and the entries of a full bundle.
pub const FULL_WIDTH: u16 = 256;

/// How many levels of the tree a tile spans: `2^8` hashes.
const TILE_LEVELS: u8 = 8;

/// The highest level that a path can name.
const MAX_LEVEL: u8 = 63;

/// The bytes of one hash in a tile.
const HASH_BYTES: usize = 32;

/// The name of a tile or an entry bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Entries, each with its length before it.
    Entries,
    /// Hashes: of leaves at level 0, of full tiles of the level below otherwise.
    Hashes {
        /// The level, 0 to 63.
        level: u8,
    },
}

/// Numbers that name no tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tile has a level of 0 to {MAX_LEVEL} and a width of 1 to {FULL_WIDTH}; found {kind:?} with width {width}"
)]
pub struct NotATile {
    kind: TileKind,
    width: u16,
}

impl Tile {
    /// The `index`-th tile of its kind from the left, with `width` hashes or entries.
    ///
    /// # Errors
    /// When the level is above 63 or the width is not 1 to 256.
    pub fn new(kind: TileKind, index: u64, width: u16) -> Result<Self, NotATile> {
        let level_fits = !matches!(kind, TileKind::Hashes { level } if level > MAX_LEVEL);
        let width_fits = (1..=FULL_WIDTH).contains(&width);
        if level_fits && width_fits { Ok(Self { kind, index, width }) } else { Err(NotATile { kind, width }) }
    }

    /// What it holds.
    pub const fn kind(self) -> TileKind {
        self.kind
    }

    /// Its place among its kind, from the left.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many hashes or entries it has, 1 to 256.
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Whether it can't grow any more.
    pub const fn is_full(self) -> bool {
        self.width == FULL_WIDTH
    }

    /// The tile that this one grows to be: the file to ask for once a partial tile was deleted.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: FULL_WIDTH, ..self }
    }
}
