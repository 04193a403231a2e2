//! Seeds: one number for a run, from which every request's own is derived.

use overt_schema::{Digest, Hasher};

/// A source of reproducible numbers. Derived seeds depend on names, not on order, so that a resumed or a concurrent
/// run draws what an undisturbed one would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seed(u64);

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed for something within this one, named by its parts.
    pub(crate) fn derive(self, parts: &[&[u8]]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(&self.0.to_le_bytes());
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(first_eight(&hasher.finish()))
    }

    /// The seed of one turn of one sample, as sent to a system: 32 bits, which every dialect can carry.
    pub(crate) fn request(self, task: &str, sample: &str, epoch: u32, turn: u32) -> u64 {
        self.derive(&[task.as_bytes(), sample.as_bytes(), &epoch.to_le_bytes(), &turn.to_le_bytes()]).0 >> 32
    }

    /// A number in `0..1`.
    pub(crate) fn fraction(self) -> f64 {
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn first_eight(digest: &Digest) -> u64 {
    digest.as_bytes().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_differ_by_every_part_and_fit_in_32_bits() {
        let seed = Seed::new(7);
        let all = [
            seed.request("t", "a", 0, 0),
            seed.request("u", "a", 0, 0),
            seed.request("t", "b", 0, 0),
            seed.request("t", "a", 1, 0),
            seed.request("t", "a", 0, 1),
            seed.request("ta", "", 0, 0),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(u32::try_from(*one).is_ok());
            assert!(!all[..i].contains(one), "seed {i} repeats");
        }
        assert_eq!(all[0], Seed::new(7).request("t", "a", 0, 0));
    }
}
