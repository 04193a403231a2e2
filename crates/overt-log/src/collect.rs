//! Collecting partial tiles that full ones have replaced.
//!
//! A log that grows one entry at a time writes each tile 255 times before it is full, which is most of what it stores.
//! C2SP tlog-tiles allows to delete partial tiles once the full one is there, and readers then take that. Those who
//! have just fetched a checkpoint are given a while before.

use std::collections::VecDeque;
use std::time::Duration;

use overt_record::tile::{FULL_WIDTH, Tile, TileKind};

use crate::key::Key;
use crate::reader::{FetchError, key_of};
use crate::store::Store;

/// Deletes partial tiles, some time after the checkpoint that made them superfluous.
#[derive(Clone, Debug)]
pub struct Collector {
    grace: Duration,
    /// Sizes that were published, and when they were seen to be, in milliseconds since 1970.
    published: VecDeque<(u64, u64)>,
    /// Up to which size everything is collected.
    done: u64,
}

impl Collector {
    /// A collector that leaves readers this much time. It begins from the first entry: what another process collected
    /// costs it a look at each tile.
    pub fn new(grace: Duration) -> Self {
        Self { grace, published: VecDeque::new(), done: 0 }
    }

    /// Deletes what was superfluous a grace ago, where `size` is that of the published checkpoint now. Returns how many
    /// objects were deleted.
    ///
    /// # Errors
    /// When the store fails. The next run goes on.
    pub fn run(&mut self, store: &dyn Store, size: u64, now: u64) -> Result<u64, FetchError> {
        if self.published.back().is_none_or(|(last, _)| *last < size) {
            self.published.push_back((size, now));
        }
        let grace = u64::try_from(self.grace.as_millis()).unwrap_or(u64::MAX);
        let mut deleted = 0;
        while let Some((size, seen)) = self.published.front().copied() {
            if now.saturating_sub(seen) < grace {
                break;
            }
            deleted += collect_partials(store, self.done, size)?;
            self.done = size;
            self.published.pop_front();
        }
        Ok(deleted)
    }
}

/// Deletes the partial versions of all tiles and bundles that became full while the log grew from `from` to `size`
/// entries. Returns how many objects were deleted.
///
/// # Errors
/// When the store fails, or a full tile is missing: then nothing below it is deleted.
pub fn collect_partials(store: &dyn Store, from: u64, size: u64) -> Result<u64, FetchError> {
    let mut deleted = 0;
    let rows = (0_u8..8).map(|level| (TileKind::Hashes { level }, level));
    for (kind, level) in std::iter::once((TileKind::Entries, 0)).chain(rows) {
        let full_tiles = |size: u64| size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
        for index in full_tiles(from)..full_tiles(size) {
            let Ok(full) = Tile::new(kind, index, FULL_WIDTH) else { continue };
            deleted += collect_tile(store, full)?;
        }
    }
    Ok(deleted)
}

fn collect_tile(store: &dyn Store, full: Tile) -> Result<u64, FetchError> {
    let key = key_of(full)?;
    let Ok(directory) = Key::new(format!("{key}.p")) else { return Ok(0) };
    let partials = store.list(&directory)?;
    if partials.is_empty() {
        return Ok(0);
    }
    if store.get(&key)?.is_none() {
        return Err(FetchError::Missing(full));
    }
    store.delete_all(&partials)?;
    Ok(partials.len() as u64)
}
