//! A whole tree in memory, for the samples of one run and for tests.

use super::{
    ConsistencyProof, InclusionProof, ProveError, Subtree, TreeHead, empty_root, fold_row, node_hash, root,
};
use crate::Hash;

/// A tree with the hashes of all its complete subtrees: two hashes a leaf.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MemoryTree {
    levels: Vec<Vec<Hash>>,
}

/// The subtree asked for is not complete in this tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the subtree of 2^{} leaves from leaf {} is not complete in a tree of {size} leaves",
    subtree.level(),
    subtree.first_leaf()
)]
pub struct OutsideTree {
    /// What was asked for.
    pub subtree: Subtree,
    /// The size of the tree.
    pub size: u64,
}

impl MemoryTree {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf, given by its hash ([`super::leaf_hash`]).
    pub fn push(&mut self, leaf: Hash) {
        let mut carried = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(carried);
            match row[..] {
                [.., left, right] if row.len().is_multiple_of(2) => carried = node_hash(left, right),
                _ => break,
            }
        }
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, Vec::len) as u64
    }

    /// The hash of a complete subtree.
    ///
    /// # Errors
    /// When it is not complete in this tree.
    pub fn hash(&self, subtree: Subtree) -> Result<Hash, OutsideTree> {
        let row = self.levels.get(usize::from(subtree.level()));
        let place = usize::try_from(subtree.index()).ok();
        row.zip(place)
            .and_then(|(row, place)| row.get(place).copied())
            .ok_or(OutsideTree { subtree, size: self.size() })
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        // A level with an odd number of hashes ends in one that no larger complete subtree covers.
        let edge = self.levels.iter().filter(|row| row.len() % 2 == 1).filter_map(|row| row.last().copied());
        TreeHead { size: self.size(), root: fold_row(edge.rev()).unwrap_or_else(empty_root) }
    }

    /// Size and root of the tree of the first `size` leaves.
    ///
    /// # Errors
    /// When this tree is smaller.
    pub fn head_at(&self, size: u64) -> Result<TreeHead, OutsideTree> {
        let root = root(size, |subtree| self.hash(subtree))?;
        Ok(TreeHead { size, root })
    }

    /// Proves that leaf `index` is in the tree of the first `size` leaves.
    ///
    /// # Errors
    /// When there is no such leaf, or this tree is smaller than `size`.
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<InclusionProof, ProveError<OutsideTree>> {
        InclusionProof::prove(index, size, |subtree| self.hash(subtree))
    }

    /// Proves that the tree of the first `old` leaves is a prefix of that of the first `new`.
    ///
    /// # Errors
    /// When the old tree is empty or larger than the new one, or this tree is smaller than `new`.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, ProveError<OutsideTree>> {
        ConsistencyProof::prove(old, new, |subtree| self.hash(subtree))
    }
}

impl FromIterator<Hash> for MemoryTree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}
