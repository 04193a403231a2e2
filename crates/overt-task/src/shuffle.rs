//! Seeded orders that stay the same in every version and on every machine: a published result depends on them.

use overt_schema::Digest;

/// SplitMix64 (Steele, Lea and Flood 2014, figure 17; constants of Vigna's `splitmix64.c`). Not for secrets.
pub(crate) struct Random(u64);

impl Random {
    /// A stream of its own for each purpose and seed: both are hashed, so neighbouring seeds have nothing in common.
    pub(crate) fn new(purpose: &str, seed: u64, name: &str) -> Self {
        let digest = Digest::of(format!("overt/{purpose}/{seed}/{name}"));
        Self(digest.as_bytes().iter().take(8).fold(0, |word, byte| word << 8 | u64::from(*byte)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, every one equally likely (Lemire 2019, algorithm 5). `bound` is at least 1.
    #[allow(clippy::cast_possible_truncation, reason = "the algorithm takes the product's two halves apart")]
    fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        let unfair = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next()) * u128::from(bound);
            if product as u64 >= unfair {
                return (product >> 64) as usize;
            }
        }
    }

    /// Fisher and Yates, from the end (Knuth, TAOCP volume 2, algorithm P).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_published_numbers() {
        // The reference implementation's first outputs for the seed 1234567 (Rosetta Code, "Splitmix64").
        let mut random = Random(1_234_567);
        let published: [u64; 5] = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(published.map(|_| random.next()), published);
    }

    #[test]
    fn every_order_is_about_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..6000 {
            let mut items = [0, 1, 2];
            Random::new("test", seed, "").shuffle(&mut items);
            *counts.entry(items).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        // Six standard deviations of a binomial with n = 6000, p = 1/6 are 173.
        assert!(counts.values().all(|count| (827..=1173).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_order_depends_on_purpose_seed_and_name() {
        let order = |purpose, seed, name| {
            let mut items: Vec<u32> = (0..20).collect();
            Random::new(purpose, seed, name).shuffle(&mut items);
            items
        };
        assert_eq!(order("rows", 1, ""), order("rows", 1, ""));
        assert_ne!(order("rows", 1, ""), order("rows", 2, ""));
        assert_ne!(order("rows", 1, ""), order("choices", 1, ""));
        assert_ne!(order("rows", 1, "a"), order("rows", 1, "b"));
    }
}
