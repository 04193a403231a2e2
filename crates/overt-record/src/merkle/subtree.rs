//! Complete subtrees, and how a range of leaves falls into them.

/// A complete subtree: the `2^level` leaves that begin at leaf `index * 2^level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subtree {
    level: u8,
    index: u64,
}

impl Subtree {
    /// The `index`-th complete subtree of `2^level` leaves; `None` if its leaves can't be counted in 64 bits.
    pub fn new(level: u8, index: u64) -> Option<Self> {
        let leaves = 1_u64.checked_shl(level.into())?;
        index.checked_add(1)?.checked_mul(leaves)?;
        Some(Self { level, index })
    }

    /// The height above the leaves: a leaf is a subtree of level 0.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// The place among the subtrees of its level, from the left.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// The number of the first leaf.
    pub const fn first_leaf(self) -> u64 {
        self.index << self.level
    }

    /// The number of leaves.
    pub const fn leaves(self) -> u64 {
        1 << self.level
    }

    /// The two halves, left and right; `None` for a leaf.
    pub fn halves(self) -> Option<[Self; 2]> {
        let level = self.level.checked_sub(1)?;
        Some([Self { level, index: self.index * 2 }, Self { level, index: self.index * 2 + 1 }])
    }

    /// The complete subtrees that make up the leaves from `start` to before `end`, left to right. For every range that
    /// is a node of an RFC 6962 tree their sizes fall, so that folding from the right gives the node's hash.
    pub(super) fn row(start: u64, end: u64) -> Vec<Self> {
        let mut row = Vec::new();
        let mut start = start;
        while start < end {
            let fits = (end - start).ilog2();
            let level = fits.min(start.trailing_zeros());
            row.push(Self { level: level as u8, index: start >> level });
            start += 1 << level;
        }
        row
    }
}
