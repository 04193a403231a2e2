//! The tree over a run's samples: one root in the record binds every sample, and single ones can be shown or withheld.
//!
//! A leaf commits to two parts of a sample separately, each under a salt of its own: the *shown* part, from which the
//! metrics are computed, and the *content*, the whole row. Salts follow from one secret, so a publisher keeps 32 bytes
//! and not two salts a sample; a salt that is revealed tells nothing about the others (HMAC is a pseudo-random function).
//! `docs/design/evidence.md`, section "Samples", holds the format.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::merkle::{
    Frontier, InclusionProof, MemoryTree, OutsideTree, ProofError, ProveError, TreeHead, leaf_hash,
};
use crate::{Hash, Salt};

/// 32 bytes of good randomness from which a run's salts follow. Whoever has them can test guesses at withheld samples,
/// so they stay with the publisher unless the run is published whole.
#[derive(Clone, PartialEq, Eq)]
pub struct SampleSecret([u8; 32]);

/// One of the two parts of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// What the metrics are computed from.
    Shown,
    /// The whole row.
    Content,
}

impl Part {
    /// The word for it in the salt's derivation.
    const fn word(self) -> &'static [u8] {
        match self {
            Self::Shown => b"shown",
            Self::Content => b"content",
        }
    }

    /// The commitment to this part's bytes, which are canonical JSON.
    pub fn commit(self, salt: &Salt, bytes: &[u8]) -> Hash {
        let domain: &[u8] = match self {
            Self::Shown => b"overt/sample/shown/v1\0",
            Self::Content => b"overt/sample/content/v1\0",
        };
        Hash::of_all([domain, salt.as_bytes(), bytes])
    }
}

impl SampleSecret {
    /// The secret that these 32 bytes are.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The salt of one part of sample `index`: `HMAC-SHA-256(secret, "overt/salt/v1\0" || part || u64be(index))`.
    pub fn salt(&self, index: u64, part: Part) -> Salt {
        // HMAC fills a short key up with zeros to the hash's block (RFC 2104, section 2).
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        mac.update(b"overt/salt/v1\0");
        mac.update(part.word());
        mac.update(&index.to_be_bytes());
        Salt::from_bytes(mac.finalize().into_bytes().into())
    }

    /// The leaf of sample `index`, from the canonical JSON of its two parts.
    pub fn leaf(&self, index: u64, shown: &[u8], content: &[u8]) -> SampleLeaf {
        SampleLeaf {
            shown: Part::Shown.commit(&self.salt(index, Part::Shown), shown),
            content: Part::Content.commit(&self.salt(index, Part::Content), content),
        }
    }
}

impl Drop for SampleSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SampleSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SampleSecret(…)")
    }
}

/// A leaf: the commitments to both parts of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SampleLeaf {
    /// Commitment to the shown part.
    pub shown: Hash,
    /// Commitment to the content.
    pub content: Hash,
}

impl SampleLeaf {
    /// The leaf's hash in the tree: that of the 64 bytes of both commitments.
    pub fn hash(&self) -> Hash {
        leaf_hash(&[*self.shown.as_bytes(), *self.content.as_bytes()].concat())
    }
}

/// Size and root of the tree over leaves that pass by one after the other; it keeps 64 hashes at most.
pub fn sample_root(leaves: impl IntoIterator<Item = SampleLeaf>) -> TreeHead {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.push(leaf.hash());
    }
    frontier.head()
}

/// The whole tree, for proofs: two hashes a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleTree(MemoryTree);

impl SampleTree {
    /// Size and root, as the record holds them.
    pub fn head(&self) -> TreeHead {
        self.0.head()
    }

    /// The proof that sample `index` is in the tree.
    pub fn prove(&self, index: u64) -> Result<InclusionProof, ProveError<OutsideTree>> {
        self.0.prove_inclusion(index, self.0.size())
    }
}

impl FromIterator<SampleLeaf> for SampleTree {
    fn from_iter<I: IntoIterator<Item = SampleLeaf>>(leaves: I) -> Self {
        Self(leaves.into_iter().map(|leaf| leaf.hash()).collect())
    }
}

/// Whether a leaf is sample `index` of the tree.
pub fn verify_leaf(
    leaf: &SampleLeaf,
    index: u64,
    proof: &InclusionProof,
    tree: TreeHead,
) -> Result<(), ProofError> {
    proof.verify(leaf.hash(), index, tree)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret() -> SampleSecret {
        SampleSecret::from_bytes([7; 32])
    }

    fn leaves(count: u64) -> Vec<SampleLeaf> {
        (0..count).map(|i| secret().leaf(i, format!("{{\"i\":{i}}}").as_bytes(), b"{}")).collect()
    }

    /// HMAC as RFC 2104 writes it, with the plain hash function.
    fn hmac_by_hand(key: &[u8; 32], message: &[u8]) -> Hash {
        let padded: Vec<u8> = key.iter().copied().chain([0; 32]).collect();
        let pad = |byte: u8| padded.iter().map(|k| k ^ byte).collect::<Vec<u8>>();
        let inner = Hash::of([pad(0x36).as_slice(), message].concat());
        Hash::of([pad(0x5C).as_slice(), inner.as_bytes()].concat())
    }

    #[test]
    fn salts_and_commitments_are_those_of_the_design() {
        let salt = secret().salt(258, Part::Content);
        let by_hand = hmac_by_hand(&[7; 32], b"overt/salt/v1\0content\0\0\0\0\0\0\x01\x02");
        assert_eq!(salt.as_bytes(), by_hand.as_bytes());
        let leaf = secret().leaf(258, b"{}", b"{\"a\":1}");
        let content = [b"overt/sample/content/v1\0".as_slice(), by_hand.as_bytes(), b"{\"a\":1}"].concat();
        assert_eq!(leaf.content, Hash::of(content));
        let raw = [&[0], leaf.shown.as_bytes().as_slice(), leaf.content.as_bytes()].concat();
        assert_eq!(leaf.hash(), Hash::of(raw));
    }

    #[test]
    fn parts_and_positions_have_salts_of_their_own() {
        let salts = [(0, Part::Shown), (0, Part::Content), (1, Part::Shown), (1, Part::Content)]
            .map(|(index, part)| secret().salt(index, part));
        for (i, salt) in salts.iter().enumerate() {
            assert!(!salts[..i].contains(salt));
        }
        let same = secret().leaf(0, b"{}", b"{}");
        assert_ne!(same.shown, same.content);
    }

    #[test]
    fn secrets_do_not_reach_debug_output() {
        assert_eq!(format!("{:?}", secret()), "SampleSecret(…)");
        assert_eq!(format!("{:?}", secret().salt(0, Part::Shown)), "Salt(…)");
    }

    proptest! {
        #[test]
        fn the_streamed_root_is_that_of_the_whole_tree_and_every_sample_is_provable(count in 0_u64..70) {
            let leaves = leaves(count);
            let tree: SampleTree = leaves.iter().copied().collect();
            prop_assert_eq!(sample_root(leaves.iter().copied()), tree.head());
            for (index, leaf) in (0..).zip(&leaves) {
                let proof = tree.prove(index).unwrap();
                prop_assert!(verify_leaf(leaf, index, &proof, tree.head()).is_ok());
                prop_assert!(verify_leaf(leaf, index + 1, &proof, tree.head()).is_err());
                let swapped = SampleLeaf { shown: leaf.content, content: leaf.shown };
                prop_assert!(verify_leaf(&swapped, index, &proof, tree.head()).is_err());
            }
            prop_assert!(tree.prove(count).is_err());
        }
    }
}
