//! Where two trees differ.

use overt_record::fork::{ForkedLeaf, LeafPath};
use overt_record::merkle::{Frontier, Subtree};

use crate::client::{TreeError, VerifiedTree};

/// The first leaf that two trees have differently, with the proof of each; `None` if the smaller tree is a part of the
/// larger one.
///
/// Of the complete subtrees that make up the smaller tree, the first one that differs is halved until one leaf is left:
/// it takes twice as many hashes as the tree is high.
///
/// # Errors
/// When tiles of either tree can't be had.
pub async fn first_difference(
    one: &VerifiedTree,
    other: &VerifiedTree,
) -> Result<Option<ForkedLeaf>, TreeError> {
    let both = one.head().size.min(other.head().size);
    let Some(mut differing) = first_of(one, other, &Frontier::subtrees(both)).await? else { return Ok(None) };
    while let Some(halves) = differing.halves() {
        // If the hashes of two nodes differ, those of their halves do.
        differing = first_of(one, other, &halves).await?.unwrap_or(halves[1]);
    }
    let index = differing.first_leaf();
    let paths = [path(one, differing).await?, path(other, differing).await?];
    Ok(Some(ForkedLeaf { index, paths }))
}

async fn first_of(
    one: &VerifiedTree,
    other: &VerifiedTree,
    subtrees: &[Subtree],
) -> Result<Option<Subtree>, TreeError> {
    for subtree in subtrees {
        if one.hash(*subtree).await? != other.hash(*subtree).await? {
            return Ok(Some(*subtree));
        }
    }
    Ok(None)
}

async fn path(tree: &VerifiedTree, leaf: Subtree) -> Result<LeafPath, TreeError> {
    Ok(LeafPath { hash: tree.hash(leaf).await?, proof: tree.prove_inclusion(leaf.first_leaf()).await? })
}
