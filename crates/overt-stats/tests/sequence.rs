//! Confidence sequences cover at stopping, however one stops: measured with fixed seeds. What can be enumerated is in the
//! unit tests.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests; `--nocapture` shows what was measured"
)]

use std::num::NonZeroU64;

use overt_stats::proportion::{Count, wilson};
use overt_stats::sequence::{MeanSequence, Population, RateSequence};
use overt_stats::{Interval, Level};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const P95: Level = Level::P95;

/// When to stop.
#[derive(Clone, Copy, Debug)]
enum Stop {
    /// The interval reaches no farther than this to either side of its middle.
    HalfWidth(f64),
    /// The interval is on one side of this distance from the truth.
    Clear(f64),
    /// The interval misses the truth: nobody can choose a worse time.
    Missed,
}

impl Stop {
    fn here(self, interval: Interval, truth: f64) -> bool {
        match self {
            Self::HalfWidth(most) => interval.width() <= 2.0 * most,
            Self::Clear(distance) => !interval.contains(truth + distance),
            Self::Missed => !covers(interval, truth),
        }
    }
}

const STOPS: [Stop; 4] = [Stop::HalfWidth(0.1), Stop::Clear(0.08), Stop::Clear(-0.08), Stop::Missed];

/// Up to rounding: at the end of a population the interval is the truth itself.
fn covers(interval: Interval, truth: f64) -> bool {
    interval.low() <= truth + 1e-12 && truth - 1e-12 <= interval.high()
}

/// For each rule of [`STOPS`] the share of runs whose interval covers when the rule stops them, or at the end of the
/// values; and the mean number of values taken until then.
fn at_stopping(runs: u32, mut run: impl FnMut() -> (Vec<Interval>, f64)) -> [(f64, f64); STOPS.len()] {
    let mut found = [(0.0, 0.0); STOPS.len()];
    for _ in 0..runs {
        let (intervals, truth) = run();
        for (stop, (covered, taken)) in STOPS.iter().zip(&mut found) {
            let last = intervals.len() - 1;
            let at = intervals.iter().position(|&i| stop.here(i, truth)).unwrap_or(last);
            *covered += f64::from(u8::from(covers(intervals[at], truth))) / f64::from(runs);
            *taken += (at + 1) as f64 / f64::from(runs);
        }
    }
    found
}

/// Three standard deviations of a share of 0.05 in so many runs.
fn allowance(runs: u32) -> f64 {
    3.0 * (0.05 * 0.95 / f64::from(runs)).sqrt()
}

fn show(what: &str, found: &[(f64, f64)]) {
    print!("{what}:");
    for (stop, (covered, taken)) in STOPS.iter().zip(found) {
        print!("  {stop:?} {covered:.3} after {taken:.0}");
    }
    println!();
}

fn finite(size: usize) -> Population {
    Population::Finite(NonZeroU64::new(size as u64).unwrap())
}

#[test]
fn rates_are_covered_at_stopping() {
    const RUNS: u32 = 400;
    for (size, rate) in [(200, 0.05), (200, 0.5), (600, 0.3), (600, 0.9)] {
        for replaced in [true, false] {
            let mut random = ChaCha8Rng::seed_from_u64(21);
            let population = if replaced { Population::Infinite } else { finite(size) };
            let mut values: Vec<bool> = (0..size).map(|i| (i as f64) < rate * size as f64).collect();
            let found = at_stopping(RUNS, || {
                if replaced {
                    values.fill_with(|| random.random::<f64>() < rate);
                } else {
                    values.shuffle(&mut random);
                }
                let mut sequence = RateSequence::new(population, P95);
                let intervals = values.iter().map(|&value| {
                    sequence.push(value).unwrap();
                    sequence.running()
                });
                (intervals.collect(), rate)
            });
            show(&format!("rate {rate}, {size} {population:?}"), &found);
            assert!(found.iter().all(|&(covered, _)| covered >= 0.95 - allowance(RUNS)), "{found:?}");
        }
    }
}

/// Scores of several shapes, in `0..=1`.
fn score(shape: usize, random: &mut ChaCha8Rng) -> f64 {
    let u: f64 = random.random();
    match shape {
        0 => u,                              // spread evenly
        1 => u.powi(6),                      // mostly small
        2 => f64::from(u8::from(u < 0.8)),   // right or wrong
        _ => (4.0 * u.sqrt()).round() / 4.0, // grades
    }
}

#[test]
fn means_are_covered_at_stopping() {
    const RUNS: u32 = 250;
    let expectations = [0.5, 1.0 / 7.0, 0.8, {
        // Grades k/4 come from √u within 1/8 of them.
        let below = |k: f64| ((k + 0.5) / 4.0).clamp(0.0, 1.0).powi(2);
        (1..=4).map(|k| f64::from(k) / 4.0 * (below(f64::from(k)) - below(f64::from(k) - 1.0))).sum()
    }];
    for (shape, expectation) in expectations.into_iter().enumerate() {
        for replaced in [true, false] {
            let mut random = ChaCha8Rng::seed_from_u64(22);
            let found = at_stopping(RUNS, || {
                let values: Vec<f64> = (0..250).map(|_| score(shape, &mut random)).collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                // As the values are independent, they are in random order already.
                let (population, truth) =
                    if replaced { (Population::Infinite, expectation) } else { (finite(values.len()), mean) };
                let mut sequence = MeanSequence::new(population, P95);
                let intervals = values.iter().map(|&value| {
                    sequence.push(value).unwrap();
                    sequence.running()
                });
                (intervals.collect(), truth)
            });
            show(&format!("mean, shape {shape}, {}", if replaced { "infinite" } else { "of 250" }), &found);
            assert!(found.iter().all(|&(covered, _)| covered >= 0.95 - allowance(RUNS)), "{found:?}");
        }
    }
}

#[test]
fn an_ordinary_interval_that_is_looked_at_after_every_answer_fails() {
    let mut random = ChaCha8Rng::seed_from_u64(23);
    let found = at_stopping(400, || {
        let mut right = 0;
        let intervals = (1..=600_u64).map(|count| {
            right += u64::from(random.random::<f64>() < 0.5);
            wilson(Count::new(right, count).unwrap(), P95)
        });
        (intervals.collect(), 0.5)
    });
    show("wilson, looked at after every answer", &found);
    // Stopped at its worst time: what a confidence sequence holds at 0.95.
    assert!(found[3].0 < 0.8, "{found:?}");
}
