//! Which complete subtrees a proof is made of: RFC 6962, sections 2.1.1 (`PATH`) and 2.1.2 (`PROOF`).

use super::{ProofError, Subtree, empty_root, fold_row};
use crate::Hash;

/// What has to be known for a proof: for each of its hashes, bottom up, the row of complete subtrees below it. Only a
/// hash at the ragged right edge of the tree has more than one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofPlan {
    nodes: Vec<Vec<Subtree>>,
}

impl ProofPlan {
    /// The proof that leaf `index` is in the tree of `size` leaves.
    ///
    /// # Errors
    /// When the tree has no such leaf.
    pub fn inclusion(index: u64, size: u64) -> Result<Self, ProofError> {
        if index >= size {
            return Err(ProofError::NoSuchLeaf { index, size });
        }
        let mut nodes = Vec::new();
        let (mut start, mut end) = (0, size);
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                nodes.push(Subtree::row(middle, end));
                end = middle;
            } else {
                nodes.push(Subtree::row(start, middle));
                start = middle;
            }
        }
        nodes.reverse();
        Ok(Self { nodes })
    }

    /// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves.
    ///
    /// # Errors
    /// When the old tree is empty, which needs no proof, or larger than the new one, or the proof would be longer than
    /// [`super::MAX_PROOF_HASHES`].
    pub fn consistency(old: u64, new: u64) -> Result<Self, ProofError> {
        ProofError::check_growth(old, new)?;
        let mut nodes = Vec::new();
        let (mut start, mut end) = (0, new);
        while end != old {
            let middle = start + split(end - start);
            if old <= middle {
                nodes.push(Subtree::row(middle, end));
                end = middle;
            } else {
                nodes.push(Subtree::row(start, middle));
                start = middle;
            }
        }
        // The verifier knows the old root, so a node that is the whole old tree is left out.
        if start != 0 {
            nodes.push(Subtree::row(start, end));
        }
        ProofError::check_bound(nodes.len())?;
        nodes.reverse();
        Ok(Self { nodes })
    }

    /// Every complete subtree that is needed, for whoever wants to fetch them beforehand.
    pub fn subtrees(&self) -> impl Iterator<Item = Subtree> {
        self.nodes.iter().flatten().copied()
    }

    /// The hashes of the proof, where `fetch` gives the hash of a complete subtree.
    pub(super) fn hashes<E>(
        &self,
        mut fetch: impl FnMut(Subtree) -> Result<Hash, E>,
    ) -> Result<Vec<Hash>, E> {
        let mut hashes = Vec::with_capacity(self.nodes.len());
        for row in &self.nodes {
            let row: Vec<Hash> = row.iter().map(|subtree| fetch(*subtree)).collect::<Result<_, E>>()?;
            hashes.extend(fold_row(row.into_iter())); // no row is empty: both halves of a split have leaves
        }
        Ok(hashes)
    }
}

/// The root of the tree of `size` leaves, where `fetch` gives the hash of a complete subtree.
///
/// # Errors
/// What `fetch` answers.
pub fn root<E>(size: u64, fetch: impl FnMut(Subtree) -> Result<Hash, E>) -> Result<Hash, E> {
    let row: Vec<Hash> = Subtree::row(0, size).into_iter().map(fetch).collect::<Result<_, E>>()?;
    Ok(fold_row(row.into_iter()).unwrap_or_else(empty_root))
}

/// The largest power of two below `leaves`, which is at least 2: where RFC 6962 splits a tree.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}
