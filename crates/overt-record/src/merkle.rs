//! Merkle trees as RFC 6962, section 2.1 defines them, over SHA-256.
//!
//! A tree of size `n` splits into a left subtree of `k` leaves, `k` the largest power of two below `n`, and a right
//! subtree of the rest. So every tree is a short row of *complete* subtrees ([`Subtree`]), and whoever can give the
//! hash of a complete subtree can give every root and every proof: [`root`], [`InclusionProof::prove`] and
//! [`ConsistencyProof::prove`] ask a closure for them, whether it reads tiles ([`crate::tile::TileReader`]) or memory
//! ([`MemoryTree`]). To append, the row itself is enough ([`Frontier`]).

mod frontier;
mod memory;
mod plan;
mod proof;
mod subtree;

pub use frontier::{Frontier, NotAFrontier};
pub use memory::{MemoryTree, OutsideTree};
pub use plan::{ProofPlan, root};
pub use proof::{ConsistencyProof, InclusionProof, MAX_PROOF_HASHES, ProofError, ProveError};
pub use subtree::Subtree;

use crate::Hash;

/// The size and the root of a tree: what a proof is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TreeHead {
    /// The number of leaves.
    pub size: u64,
    /// The root hash, `MTH` in RFC 6962.
    pub root: Hash,
}

/// The root of the tree without leaves: the hash of the empty string.
pub fn empty_root() -> Hash {
    Hash::of([])
}

/// The hash of a leaf: `SHA-256(0x00 || entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash::of_all([[0x00].as_slice(), entry])
}

/// The hash of an inner node: `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    Hash::of_all([[0x01].as_slice(), left.as_bytes(), right.as_bytes()])
}

/// The root above a row of neighbouring complete subtrees, largest first; `None` for an empty row.
fn fold_row(row: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    row.rev().reduce(|right, left| node_hash(left, right))
}
