//! One tree of a log, whose every tile is checked before it is believed.
//!
//! The partial tiles at the right edge give the root, so they are checked against the signed checkpoint, all at once.
//! Every full tile has its root in a tile of the level above, and so has a chain of tiles up to the edge. Whatever is
//! read in this way is what the log signed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use overt_record::Hash;
use overt_record::merkle::{
    self, ConsistencyProof, Frontier, InclusionProof, ProofError, ProofPlan, ProveError, Subtree, TreeHead,
    leaf_hash,
};
use overt_record::tile::{
    EntryBundle, FULL_WIDTH, NotABundle, ReadError, Tile, TileEdge, TileKind, TilePlace,
};

use super::source::{Source, SourceError};

/// The most tiles that are kept; a tile is 8 KiB.
const MAX_KEPT: usize = 1024;

/// The tree of one checkpoint.
pub struct VerifiedTree {
    source: Source,
    head: TreeHead,
    tiles: Mutex<BTreeMap<Tile, Arc<Vec<u8>>>>,
}

/// Why something of a tree can't be had, or is not what was signed.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A file could not be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The tiles at the edge don't give the root.
    #[error("the log's tiles give the root {found} for {size} entries, and its checkpoint says {expected}")]
    Edge {
        /// The size of the tree.
        size: u64,
        /// What the checkpoint says.
        expected: Hash,
        /// What the tiles give.
        found: Hash,
    },
    /// A tile is not what was signed.
    #[error("{0} has not the hashes that its log signed")]
    Tile(Tile),
    /// Entries are not what was signed.
    #[error("{0} has not the entries that its log signed")]
    Entries(Tile),
    /// Entries are malformed.
    #[error("{tile} can't be read: {source}")]
    Bundle {
        /// The bundle.
        tile: Tile,
        /// What is wrong.
        source: NotABundle,
    },
    /// A tile is malformed.
    #[error("a tile can't be read: {0}")]
    Malformed(String),
    /// There is no such proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The tree ends before.
    #[error("there is no entry {index} in a tree of {size} entries")]
    NoSuchEntry {
        /// The entry.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
}

impl TreeError {
    /// Whether the log has shown something that it did not sign, and not only failed to answer.
    pub fn is_lie(&self) -> bool {
        matches!(self, Self::Edge { .. } | Self::Tile(_) | Self::Entries(_) | Self::Bundle { .. })
    }
}

impl VerifiedTree {
    /// The tree of a checkpoint whose signature was checked.
    ///
    /// # Errors
    /// When the tiles at its right edge can't be had, or don't give its root.
    pub async fn open(source: Source, head: TreeHead) -> Result<Self, TreeError> {
        let mut tiles = BTreeMap::new();
        let partials: Vec<Tile> = TileEdge::partial_tiles(head.size).collect();
        let fetched =
            futures_util::future::try_join_all(partials.iter().map(|tile| source.tile(*tile))).await?;
        for (tile, bytes) in partials.into_iter().zip(fetched) {
            tiles.insert(tile, Arc::new(bytes));
        }
        let edge = TileEdge::load(head.size, |tile| tiles.get(&tile).map(|bytes| bytes.to_vec()).ok_or(tile))
            .map_err(|error| TreeError::Malformed(error.to_string()))?;
        if edge.head() != head {
            return Err(TreeError::Edge { size: head.size, expected: head.root, found: edge.head().root });
        }
        Ok(Self { source, head, tiles: Mutex::new(tiles) })
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// The checked bytes of a tile of hashes or of entries.
    ///
    /// # Errors
    /// When it can't be had, or is not what the log signed.
    pub async fn tile(&self, tile: Tile) -> Result<Arc<Vec<u8>>, TreeError> {
        match tile.kind() {
            TileKind::Hashes { .. } => self.hashes(tile).await,
            TileKind::Entries => self.bundle(tile).await.map(|(bytes, _)| Arc::new(bytes)),
        }
    }

    /// The entries of the `index`-th bundle.
    ///
    /// # Errors
    /// When they can't be had, or are not what the log signed.
    pub async fn entries(&self, index: u64) -> Result<Vec<Vec<u8>>, TreeError> {
        let first = index.saturating_mul(FULL_WIDTH.into());
        let no_such = TreeError::NoSuchEntry { index: first, size: self.head.size };
        let tile = tile_at(TileKind::Entries, index, self.head.size).ok_or(no_such)?;
        Ok(self.bundle(tile).await?.1.entries().to_vec())
    }

    /// One entry.
    ///
    /// # Errors
    /// When it can't be had, or is not what the log signed.
    pub async fn entry(&self, index: u64) -> Result<Vec<u8>, TreeError> {
        let full = u64::from(FULL_WIDTH);
        let mut entries = self.entries(index / full).await?;
        let place = (index % full) as usize;
        let no_such = TreeError::NoSuchEntry { index, size: self.head.size };
        if place < entries.len() { Ok(entries.swap_remove(place)) } else { Err(no_such) }
    }

    /// The hash of a complete subtree.
    ///
    /// # Errors
    /// When its tile can't be had, or the subtree is not complete.
    pub async fn hash(&self, subtree: Subtree) -> Result<Hash, TreeError> {
        let outside = TreeError::NoSuchEntry { index: subtree.first_leaf(), size: self.head.size };
        let place = TilePlace::of(subtree, self.head.size).ok_or(outside)?;
        let bytes = self.hashes(place.tile()).await?;
        place.hash::<SourceError>(&bytes).map_err(malformed)
    }

    /// The root that the tree had when it had `size` leaves: what an older checkpoint must say.
    ///
    /// # Errors
    /// When tiles can't be had, or the tree is smaller.
    pub async fn root_at(&self, size: u64) -> Result<Hash, TreeError> {
        let hashes = self.fetch(Frontier::subtrees(size)).await?;
        merkle::root(size, |subtree| take(&hashes, subtree))
    }

    /// Proves that an entry is in this tree.
    ///
    /// # Errors
    /// When it is not, or tiles can't be had.
    pub async fn prove_inclusion(&self, index: u64) -> Result<InclusionProof, TreeError> {
        let hashes = self.fetch(ProofPlan::inclusion(index, self.head.size)?.subtrees().collect()).await?;
        proven(InclusionProof::prove(index, self.head.size, |subtree| take(&hashes, subtree)))
    }

    /// Proves that the tree of `old` leaves is a prefix of this one.
    ///
    /// # Errors
    /// When there is no such proof, or tiles can't be had.
    pub async fn prove_consistency(&self, old: u64) -> Result<ConsistencyProof, TreeError> {
        let hashes = self.fetch(ProofPlan::consistency(old, self.head.size)?.subtrees().collect()).await?;
        proven(ConsistencyProof::prove(old, self.head.size, |subtree| take(&hashes, subtree)))
    }

    /// The hashes of some complete subtrees. Their tiles are fetched once each, those of a level at the same time.
    async fn fetch(&self, subtrees: Vec<Subtree>) -> Result<BTreeMap<Subtree, Hash>, TreeError> {
        let mut levels: BTreeMap<Reverse<TileKind>, BTreeSet<Tile>> = BTreeMap::new();
        let places = subtrees.iter().filter_map(|subtree| TilePlace::of(*subtree, self.head.size));
        for tile in places.map(TilePlace::tile) {
            levels.entry(Reverse(tile.kind())).or_default().insert(tile);
        }
        // From the top: what is checked there, the tiles below are checked against.
        for tiles in levels.into_values() {
            futures_util::future::try_join_all(tiles.into_iter().map(|tile| self.hashes(tile))).await?;
        }
        let mut hashes = BTreeMap::new();
        for subtree in subtrees {
            hashes.insert(subtree, self.hash(subtree).await?);
        }
        Ok(hashes)
    }

    async fn bundle(&self, tile: Tile) -> Result<(Vec<u8>, EntryBundle), TreeError> {
        let bytes = self.source.tile(tile).await?;
        let bundle = EntryBundle::parse(&bytes).map_err(|source| TreeError::Bundle { tile, source })?;
        let level0 = tile_at(TileKind::Hashes { level: 0 }, tile.index(), self.head.size);
        let hashes = self.hashes(level0.ok_or(TreeError::Entries(tile))?).await?;
        let signed = hashes.as_chunks::<32>().0.iter().take(tile.width().into());
        let sound = bundle.entries().len() == usize::from(tile.width())
            && bundle.entries().iter().zip(signed).all(|(entry, hash)| leaf_hash(entry).as_bytes() == hash);
        if sound { Ok((bytes, bundle)) } else { Err(TreeError::Entries(tile)) }
    }

    /// A tile of hashes: up to the first tile that is known, and down again, checking.
    async fn hashes(&self, tile: Tile) -> Result<Arc<Vec<u8>>, TreeError> {
        let mut chain = vec![tile];
        let mut known = loop {
            let Some(lowest) = chain.last().copied() else { return Err(TreeError::Tile(tile)) };
            if let Some(bytes) = self.known(lowest) {
                chain.pop();
                break bytes;
            }
            chain.push(parent(lowest, self.head.size).ok_or(TreeError::Tile(lowest))?);
        };
        while let Some(tile) = chain.pop() {
            let bytes = self.source.tile(tile).await?;
            let place = (tile.index() % u64::from(FULL_WIDTH)) as usize;
            let signed = known.as_chunks::<32>().0.get(place).ok_or(TreeError::Tile(tile))?;
            let root =
                bytes.as_chunks::<32>().0.iter().map(|hash| Hash::from(*hash)).collect::<Frontier>().root();
            if root.as_bytes() != signed {
                return Err(TreeError::Tile(tile));
            }
            known = self.keep(tile, bytes);
        }
        Ok(known)
    }

    fn known(&self, tile: Tile) -> Option<Arc<Vec<u8>>> {
        self.tiles.lock().unwrap_or_else(PoisonError::into_inner).get(&tile).cloned()
    }

    fn keep(&self, tile: Tile, bytes: Vec<u8>) -> Arc<Vec<u8>> {
        let bytes = Arc::new(bytes);
        let mut tiles = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        if tiles.len() >= MAX_KEPT {
            tiles.retain(|kept, _| !kept.is_full()); // the edge is what all else is checked against
        }
        tiles.insert(tile, bytes.clone());
        bytes
    }
}

/// The full tile's parent, as the tree of `size` leaves has it.
fn parent(tile: Tile, size: u64) -> Option<Tile> {
    match tile.kind() {
        TileKind::Hashes { level } if tile.is_full() => {
            tile_at(TileKind::Hashes { level: level + 1 }, tile.index() / u64::from(FULL_WIDTH), size)
        }
        _ => None,
    }
}

/// The tile of a kind and index as the tree of `size` leaves has it.
pub(crate) fn tile_at(kind: TileKind, index: u64, size: u64) -> Option<Tile> {
    let row = match kind {
        TileKind::Entries => size,
        TileKind::Hashes { level } => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
    };
    let width = row.checked_sub(index.checked_mul(FULL_WIDTH.into())?)?.min(FULL_WIDTH.into());
    Tile::new(kind, index, width as u16).ok()
}

fn take(hashes: &BTreeMap<Subtree, Hash>, subtree: Subtree) -> Result<Hash, TreeError> {
    let missing = TreeError::NoSuchEntry { index: subtree.first_leaf(), size: subtree.first_leaf() };
    hashes.get(&subtree).copied().ok_or(missing)
}

fn malformed(error: ReadError<SourceError>) -> TreeError {
    TreeError::Malformed(error.to_string())
}

fn proven<T>(result: Result<T, ProveError<TreeError>>) -> Result<T, TreeError> {
    result.map_err(|error| match error {
        ProveError::Impossible(error) => error.into(),
        ProveError::Fetch(error) => error,
    })
}
