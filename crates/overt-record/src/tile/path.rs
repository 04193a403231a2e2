//! Paths of tiles: `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]` (C2SP tlog-tiles).

use std::fmt;
use std::str::FromStr;

use super::{FULL_WIDTH, Tile, TileKind};

/// A path that names no tile, or not in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not the path of a tile; tiles are tile/<level>/<index> or tile/entries/<index>, the index in groups of three \
     digits such as x001/067, followed by .p/<width> if partial"
)]
pub struct NotATilePath(String);

/// The longest path there can be: seven groups of the index, and a little around them.
const MAX_PATH_BYTES: usize = 64;

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Entries => f.write_str("tile/entries")?,
            TileKind::Hashes { level } => write!(f, "tile/{level}")?,
        }
        let mut divisor = 1_u64;
        while self.index / divisor >= 1000 {
            divisor *= 1000;
        }
        while divisor > 1 {
            write!(f, "/x{:03}", self.index / divisor % 1000)?;
            divisor /= 1000;
        }
        write!(f, "/{:03}", self.index % 1000)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for Tile {
    type Err = NotATilePath;

    fn from_str(path: &str) -> Result<Self, NotATilePath> {
        // One spelling for one tile: a path is read loosely, and then it must be how the tile is written.
        let tile = (path.len() <= MAX_PATH_BYTES).then(|| read(path)).flatten();
        tile.filter(|tile| tile.to_string() == path)
            .ok_or_else(|| NotATilePath(path.chars().take(MAX_PATH_BYTES).collect()))
    }
}

fn read(path: &str) -> Option<Tile> {
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes { level: level.parse().ok()? },
    };
    let (groups, width) = match rest.split_once(".p/") {
        Some((groups, width)) => (groups, width.parse().ok().filter(|width| *width < FULL_WIDTH)?),
        None => (rest, FULL_WIDTH),
    };
    let index = groups.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let group: u16 = digits.parse().ok().filter(|group| *group < 1000)?;
        index.checked_mul(1000)?.checked_add(group.into())
    })?;
    Tile::new(kind, index, width).ok()
}
