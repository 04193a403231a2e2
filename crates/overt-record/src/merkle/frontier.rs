//! The right edge of a tree: all that appending needs.

use super::{Subtree, TreeHead, empty_root, fold_row, node_hash};
use crate::Hash;

/// The complete subtrees that make up a tree, largest first: one for each bit of its size, at most 64. Enough to append
/// leaves and to give the root, whatever the size.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    row: Vec<Hash>,
}

/// Why hashes are not the frontier of a tree of that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFrontier {
    /// One hash for each bit of the size.
    #[error("the right edge of a tree of {size} leaves has {} hashes, found {found}", size.count_ones())]
    Length {
        /// The size of the tree.
        size: u64,
        /// How many hashes were given.
        found: usize,
    },
    /// No log has that many leaves; refusing them here lets [`Frontier::push`] count without a limit.
    #[error("a tree to append to has less than 2^63 leaves, found {0}")]
    TooLarge(u64),
}

impl Frontier {
    /// The frontier of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The frontier of the tree of `size` leaves, from the hashes of its complete subtrees, largest first.
    ///
    /// # Errors
    /// When there are more or fewer hashes than the size has bits, or the size is 2^63 or more.
    pub fn from_hashes(size: u64, row: Vec<Hash>) -> Result<Self, NotAFrontier> {
        if size > i64::MAX as u64 {
            return Err(NotAFrontier::TooLarge(size));
        }
        if row.len() != size.count_ones() as usize {
            return Err(NotAFrontier::Length { size, found: row.len() });
        }
        Ok(Self { size, row })
    }

    /// Which complete subtrees the frontier of a tree of `size` leaves consists of, largest first.
    pub fn subtrees(size: u64) -> Vec<Subtree> {
        Subtree::row(0, size)
    }

    /// Appends a leaf, given by its hash ([`super::leaf_hash`]).
    pub fn push(&mut self, leaf: Hash) {
        // As in counting: each one at the end of the size is a subtree as large as what is carried.
        let mut carried = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.row.pop() {
                carried = node_hash(left, carried);
            }
        }
        self.row.push(carried);
        self.size += 1;
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the complete subtrees, largest first.
    pub fn hashes(&self) -> &[Hash] {
        &self.row
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        fold_row(self.row.iter().copied()).unwrap_or_else(empty_root)
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root() }
    }
}

impl Extend<Hash> for Frontier {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut frontier = Self::new();
        frontier.extend(leaves);
        frontier
    }
}
