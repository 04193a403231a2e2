//! How often each score was given.

/// Bars for scores that are a measure.
const BINS: usize = 10;

/// The scores from `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The least of them.
    pub low: f64,
    /// The greatest; the same as `low` if each value has a bin of its own.
    pub high: f64,
    /// How many.
    pub count: u64,
}

/// The scores of a scorer in one task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// Those that are there.
    pub bins: Vec<Bin>,
    /// How many are missing.
    pub missing: u64,
}

impl Spread {
    /// The scores in bins: one for each value if there are few, else ten of equal width.
    pub(super) fn of<I: Iterator<Item = f32>>(scores: impl Fn() -> I) -> Self {
        let mut missing = 0;
        let mut distinct: Vec<(f32, u64)> = Vec::new();
        let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
        for score in scores() {
            if !score.is_finite() {
                missing += 1;
                continue;
            }
            (least, most) = (least.min(score), most.max(score));
            match distinct.iter().position(|(known, _)| known.to_bits() == score.to_bits()) {
                Some(at) => distinct[at].1 += 1,
                None if distinct.len() <= BINS => distinct.push((score, 1)),
                None => {}
            }
        }
        if distinct.len() <= BINS {
            distinct.sort_by(|a, b| a.0.total_cmp(&b.0));
            let bins = distinct.into_iter().map(|(score, count)| {
                let score = f64::from(score);
                Bin { low: score, high: score, count }
            });
            return Self { bins: bins.collect(), missing };
        }
        let width = (f64::from(most) - f64::from(least)) / BINS as f64;
        let bin = |at: usize| {
            let low = f64::from(least) + at as f64 * width;
            Bin { low, high: low + width, count: 0 }
        };
        let mut bins: Vec<Bin> = (0..BINS).map(bin).collect();
        for score in scores().filter(|score| score.is_finite()) {
            let at = ((f64::from(score) - f64::from(least)) / width) as usize;
            bins[at.min(BINS - 1)].count += 1;
        }
        Self { bins, missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(scores: &[f32]) -> (Vec<u64>, u64) {
        let spread = Spread::of(|| scores.iter().copied());
        (spread.bins.iter().map(|bin| bin.count).collect(), spread.missing)
    }

    #[test]
    fn every_score_is_in_one_bin() {
        assert_eq!(counts(&[1.0, 0.0, 1.0, f32::NAN]), (vec![1, 2], 1));
        assert_eq!(counts(&[]), (vec![], 0));
        let many: Vec<f32> = (0..1000).map(|i| i as f32 / 7.0).collect();
        let (bars, missing) = counts(&many);
        assert_eq!((bars.len(), bars.iter().sum::<u64>(), missing), (BINS, 1000, 0));
        assert!(bars.iter().all(|count| (90..=110).contains(count)), "{bars:?}");
        let (bars, _) = counts(&[f32::INFINITY, f32::MAX, f32::MIN]);
        assert_eq!(bars.iter().sum::<u64>(), 2);
    }
}
