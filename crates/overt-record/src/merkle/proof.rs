//! Proofs of inclusion and of consistency, and their verification.
//!
//! RFC 9162 (sections 2.1.3.2 and 2.1.4.2) walks a proof with two shifting counters. The same walk, said once: a path
//! from a leaf to the root first has one hash per level up to where leaf and last leaf part (*inner*: left or right
//! as the bits of the index say), and then one hash for each complete subtree to the left (*border*). Both numbers
//! follow from index and size alone, so the length of a proof is checked before anything is hashed.

use super::{ProofPlan, Subtree, TreeHead, node_hash};
use crate::Hash;

/// The longest proof that is read or made. No inclusion proof needs more, and no consistency proof in a tree of less than
/// 2^63 leaves.
pub const MAX_PROOF_HASHES: usize = 64;

/// That a leaf stands at an index of a tree (RFC 6962, section 2.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InclusionProof(Vec<Hash>);

/// That one tree is a prefix of another (RFC 6962, section 2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ConsistencyProof(Vec<Hash>);

/// Why a proof can't exist, or does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not in the tree.
    #[error("there is no leaf {index} in a tree of {size} leaves; the leaves are numbered from 0")]
    NoSuchLeaf {
        /// The number of the leaf.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// Every tree grows from the empty tree, so a proof of it would prove nothing.
    #[error("the old tree is empty: every tree is consistent with it, and a proof would prove nothing")]
    FromNothing,
    /// A log never shrinks.
    #[error("the old tree has {old} leaves and the new one only {new}; a log never shrinks")]
    Shrunk {
        /// The old size.
        old: u64,
        /// The new size.
        new: u64,
    },
    /// More hashes than any proof has.
    #[error("a proof has at most {MAX_PROOF_HASHES} hashes; this one has {0}")]
    TooLong(usize),
    /// Index and sizes say how many hashes a proof has.
    #[error("a proof for these sizes has {expected} hashes; this one has {found}")]
    Length {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The proof does not lead to the root of the tree.
    #[error("the proof leads to the root {computed}, and the tree of {size} leaves has the root {expected}")]
    Root {
        /// The size of the tree.
        size: u64,
        /// The root of the tree.
        expected: Hash,
        /// Where the proof leads.
        computed: Hash,
    },
}

impl ProofError {
    /// Whether a proof of consistency between the sizes can be asked for.
    pub(super) fn check_growth(old: u64, new: u64) -> Result<(), Self> {
        match old {
            0 => Err(Self::FromNothing),
            _ if old > new => Err(Self::Shrunk { old, new }),
            _ => Ok(()),
        }
    }

    fn check_length(hashes: &[Hash], expected: usize) -> Result<(), Self> {
        let found = hashes.len();
        if found == expected { Ok(()) } else { Err(Self::Length { expected, found }) }
    }

    fn check_root(tree: TreeHead, computed: Hash) -> Result<(), Self> {
        let TreeHead { size, root } = tree;
        if computed == root { Ok(()) } else { Err(Self::Root { size, expected: root, computed }) }
    }

    pub(super) fn check_bound(length: usize) -> Result<(), Self> {
        if length > MAX_PROOF_HASHES { Err(Self::TooLong(length)) } else { Ok(()) }
    }
}

/// Why a proof could not be made: it can't exist, or the source of hashes failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// No such proof exists.
    #[error(transparent)]
    Impossible(#[from] ProofError),
    /// The source of hashes failed.
    #[error("the hash of a subtree could not be read")]
    Fetch(#[source] E),
}

impl InclusionProof {
    /// The proof with these hashes, the leaf's sibling first.
    ///
    /// # Errors
    /// When there are more than [`MAX_PROOF_HASHES`].
    pub fn new(hashes: Vec<Hash>) -> Result<Self, ProofError> {
        ProofError::check_bound(hashes.len())?;
        Ok(Self(hashes))
    }

    /// Makes the proof for leaf `index` in the tree of `size` leaves; `fetch` gives the hash of a complete subtree.
    ///
    /// # Errors
    /// When there is no such leaf, or `fetch` fails.
    pub fn prove<E>(
        index: u64,
        size: u64,
        fetch: impl FnMut(Subtree) -> Result<Hash, E>,
    ) -> Result<Self, ProveError<E>> {
        ProofPlan::inclusion(index, size)?.hashes(fetch).map(Self).map_err(ProveError::Fetch)
    }

    /// The hashes, the leaf's sibling first.
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }

    /// The root of the tree of `size` leaves whose leaf `index` has the hash `leaf`, if the proof is true.
    ///
    /// # Errors
    /// When there is no such leaf, or the proof has not the length that it must have.
    pub fn root(&self, leaf: Hash, index: u64, size: u64) -> Result<Hash, ProofError> {
        if index >= size {
            return Err(ProofError::NoSuchLeaf { index, size });
        }
        let inner = inner_length(index, size);
        ProofError::check_length(&self.0, inner + border_length(index, inner))?;
        let (inner, border) = self.0.split_at(inner);
        Ok(climb_border(climb(leaf, inner, index), border))
    }

    /// Checks that leaf `index` of the tree has the hash `leaf`.
    ///
    /// # Errors
    /// Why the proof does not hold.
    pub fn verify(&self, leaf: Hash, index: u64, tree: TreeHead) -> Result<(), ProofError> {
        let computed = self.root(leaf, index, tree.size)?;
        ProofError::check_root(tree, computed)
    }
}

impl ConsistencyProof {
    /// The proof with these hashes, in the order of RFC 6962.
    ///
    /// # Errors
    /// When there are more than [`MAX_PROOF_HASHES`].
    pub fn new(hashes: Vec<Hash>) -> Result<Self, ProofError> {
        ProofError::check_bound(hashes.len())?;
        Ok(Self(hashes))
    }

    /// Makes the proof that the tree of `old` leaves is a prefix of the tree of `new` leaves; `fetch` gives the hash of
    /// a complete subtree.
    ///
    /// # Errors
    /// When the old tree is empty or larger than the new one, or `fetch` fails.
    pub fn prove<E>(
        old: u64,
        new: u64,
        fetch: impl FnMut(Subtree) -> Result<Hash, E>,
    ) -> Result<Self, ProveError<E>> {
        ProofPlan::consistency(old, new)?.hashes(fetch).map(Self).map_err(ProveError::Fetch)
    }

    /// The hashes, in the order of RFC 6962.
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }

    /// Checks that the old tree is a prefix of the new one.
    ///
    /// # Errors
    /// Why the proof does not hold. An empty old tree is an error too: there is nothing to prove, and who accepts it
    /// must know that no proof was checked.
    pub fn verify(&self, old: TreeHead, new: TreeHead) -> Result<(), ProofError> {
        ProofError::check_growth(old.size, new.size)?;
        if old.size == new.size {
            ProofError::check_length(&self.0, 0)?;
            return ProofError::check_root(new, old.root);
        }
        // The proof begins at the last complete subtree of the old tree. If that is the whole old tree, its hash is
        // the old root and left out of the proof.
        let level = old.size.trailing_zeros() as usize;
        let is_whole = old.size.is_power_of_two();
        let last = old.size - 1;
        let inner = inner_length(last, new.size);
        let length = usize::from(!is_whole) + (inner - level) + border_length(last, inner);
        ProofError::check_length(&self.0, length)?;
        let (start, path) = match self.0.split_first() {
            Some((first, rest)) if !is_whole => (*first, rest),
            _ => (old.root, self.0.as_slice()),
        };
        let (inner, border) = path.split_at(inner - level);
        let side = last >> level;
        ProofError::check_root(old, climb_border(climb_left(start, inner, side), border))?;
        ProofError::check_root(new, climb_border(climb(start, inner, side), border))
    }
}

/// Up to which level the paths of leaf `index` and of the last leaf of the tree differ.
fn inner_length(index: u64, size: u64) -> usize {
    (u64::BITS - (index ^ (size - 1)).leading_zeros()) as usize
}

/// How many complete subtrees lie to the left above that level.
fn border_length(index: u64, inner: usize) -> usize {
    index.checked_shr(inner as u32).unwrap_or(0).count_ones() as usize
}

/// Hashes up along the inner part: bit `i` of `side` says whether the way comes from the right at level `i`.
fn climb(start: Hash, inner: &[Hash], side: u64) -> Hash {
    inner.iter().enumerate().fold(start, |hash, (level, sibling)| match side >> level & 1 {
        0 => node_hash(hash, *sibling),
        _ => node_hash(*sibling, hash),
    })
}

/// The same for the old tree: what lies to the right of the way was not there yet.
fn climb_left(start: Hash, inner: &[Hash], side: u64) -> Hash {
    inner.iter().enumerate().fold(start, |hash, (level, sibling)| match side >> level & 1 {
        0 => hash,
        _ => node_hash(*sibling, hash),
    })
}

/// Hashes up along the border, where everything lies to the left.
fn climb_border(start: Hash, border: &[Hash]) -> Hash {
    border.iter().fold(start, |hash, sibling| node_hash(*sibling, hash))
}
