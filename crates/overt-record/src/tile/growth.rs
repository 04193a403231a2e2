//! Which tiles a tree has, and which ones growing it makes.

use super::{FULL_WIDTH, TILE_LEVELS, Tile, TileKind};

/// The tiles and entry bundles of a tree of `size` leaves, partial ones included: what a complete copy of the log holds.
pub fn tiles_of(size: u64) -> Growth {
    tiles_grown(0, size)
}

/// The tiles and entry bundles to write when a tree grows from `old` to `new` leaves: bundles first, then hashes from the
/// lowest level up, each from left to right. Nothing if it does not grow.
pub fn tiles_grown(old: u64, new: u64) -> Growth {
    Growth { old, new, kind: TileKind::Entries, next: old / u64::from(FULL_WIDTH) }
}

/// The iterator behind [`tiles_of`] and [`tiles_grown`]. It holds no list, so any size is cheap.
#[derive(Clone, Debug)]
pub struct Growth {
    old: u64,
    new: u64,
    kind: TileKind,
    next: u64,
}

impl Iterator for Growth {
    type Item = Tile;

    fn next(&mut self) -> Option<Tile> {
        loop {
            let (old, new) = (row_length(self.kind, self.old), row_length(self.kind, self.new));
            if old >= new {
                return None; // no new hash here, so none above
            }
            if let Some(tile) = tile_in(self.kind, self.next, self.new) {
                self.next += 1;
                return Some(tile);
            }
            let level = match self.kind {
                TileKind::Entries => 0,
                TileKind::Hashes { level } => level + 1,
            };
            self.kind = TileKind::Hashes { level };
            self.next = row_length(self.kind, self.old) / u64::from(FULL_WIDTH);
        }
    }
}

/// The `index`-th tile of a kind as a tree of `size` leaves has it; `None` if it has none there.
pub(super) fn tile_in(kind: TileKind, index: u64, size: u64) -> Option<Tile> {
    let before = index.checked_mul(FULL_WIDTH.into())?;
    let width = row_length(kind, size).checked_sub(before).filter(|width| *width > 0)?;
    Some(Tile { kind, index, width: width.min(FULL_WIDTH.into()) as u16 })
}

/// How many hashes, or entries, all tiles of a kind have together in a tree of `size` leaves.
fn row_length(kind: TileKind, size: u64) -> u64 {
    match kind {
        TileKind::Entries => size,
        TileKind::Hashes { level } => {
            size.checked_shr(u32::from(level) * u32::from(TILE_LEVELS)).unwrap_or(0)
        }
    }
}
