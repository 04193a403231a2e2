//! How often the intervals that correct or describe a judge cover the truth: by enumeration where the outcomes can be
//! listed, otherwise by simulation with fixed seeds.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests; `--nocapture` shows what was measured"
)]

use overt_stats::agreement::Confusion;
use overt_stats::misclassified::{Judge, prevalence};
use overt_stats::prediction_powered::{self, Labelled};
use overt_stats::proportion::{Count, wilson};
use overt_stats::{Interval, Level, Method};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const P95: Level = Level::P95;

/// A judge of yes-or-no answers, and how many of them are "yes".
#[derive(Clone, Copy, Debug)]
struct World {
    rate: f64,
    sensitivity: f64,
    specificity: f64,
}

impl World {
    const fn new(rate: f64, sensitivity: f64, specificity: f64) -> Self {
        Self { rate, sensitivity, specificity }
    }

    /// Truth and judgement of one answer.
    fn answer(self, random: &mut ChaCha8Rng) -> (bool, bool) {
        let truth = random.random::<f64>() < self.rate;
        (truth, self.judged(truth, random))
    }

    fn judged(self, truth: bool, random: &mut ChaCha8Rng) -> bool {
        let yes = if truth { self.sensitivity } else { 1.0 - self.specificity };
        random.random::<f64>() < yes
    }
}

/// The mean and the least of coverages, printed.
fn summary(what: &str, coverages: &[(f64, String)]) -> (f64, f64) {
    let mean = coverages.iter().map(|(coverage, _)| coverage).sum::<f64>() / coverages.len() as f64;
    let (least, scenario) = coverages.iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    println!("{what}: mean {mean:.3}, least {least:.3} ({scenario})");
    (mean, *least)
}

fn number(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

#[test]
fn prediction_powered_means_are_covered_and_narrower_than_labels_alone() {
    const RUNS: u32 = 500;
    let (mut coverages, mut textbook, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for (labels, others) in [(20, 300), (40, 100), (100, 1000)] {
        for world in [
            World::new(0.5, 0.9, 0.9),
            World::new(0.9, 0.9, 0.85),
            World::new(0.8, 0.95, 0.95),
            World::new(0.7, 0.98, 0.98),
            World::new(0.6, 0.7, 0.7),
            World::new(0.5, 1.0, 0.95),
            World::new(0.9, 0.99, 0.8),
        ] {
            let mut random = ChaCha8Rng::seed_from_u64(31);
            let (mut covered, mut plainly, mut width, mut alone) = (0.0, 0.0, 0.0, 0.0);
            for _ in 0..RUNS {
                let labelled: Vec<Labelled> = (0..labels)
                    .map(|_| world.answer(&mut random))
                    .map(|(truth, judged)| Labelled { human: number(truth), judge: number(judged) })
                    .collect();
                let unlabelled: Vec<f64> = (0..others).map(|_| number(world.answer(&mut random).1)).collect();
                let found =
                    prediction_powered::estimate(&labelled, &unlabelled, Interval::UNIT, P95).unwrap();
                covered += number(found.estimate.interval.contains(world.rate));
                plainly += number(as_in_the_paper(&labelled, &unlabelled).contains(world.rate));
                width += found.estimate.interval.width();
                let right = labelled.iter().filter(|sample| sample.human > 0.5).count();
                alone += wilson(Count::new(right as u64, labels).unwrap(), P95).width();
            }
            let scenario = format!("{labels} labels, {others} others, {world:?}");
            coverages.push((covered / f64::from(RUNS), scenario.clone()));
            textbook.push((plainly / f64::from(RUNS), scenario.clone()));
            ratios.push((width / alone, scenario));
        }
    }
    let (mean, least) = summary("prediction-powered", &coverages);
    summary("as in the paper", &textbook);
    let (ratio, _) = summary("width, against that of the labels alone", &ratios);
    assert!(mean >= 0.94 && least >= 0.91, "{mean} {least}");
    assert!(ratio < 0.9, "{ratio}");
}

/// PPI++ with normal quantiles and nothing for small samples.
fn as_in_the_paper(labelled: &[Labelled], unlabelled: &[f64]) -> Interval {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let covariance = |a: &[f64], b: &[f64]| {
        let (x, y) = (mean(a), mean(b));
        a.iter().zip(b).map(|(v, w)| (v - x) * (w - y)).sum::<f64>() / (a.len() as f64 - 1.0)
    };
    let human: Vec<f64> = labelled.iter().map(|sample| sample.human).collect();
    let judge: Vec<f64> = labelled.iter().map(|sample| sample.judge).collect();
    let all = [&judge[..], unlabelled].concat();
    let (n, others) = (labelled.len() as f64, unlabelled.len() as f64);
    let lambda = covariance(&human, &judge) / ((1.0 + n / others) * covariance(&all, &all));
    let lambda = if lambda.is_nan() { 0.0 } else { lambda.clamp(0.0, 1.0) };
    let error: Vec<f64> = human.iter().zip(&judge).map(|(y, f)| y - lambda * f).collect();
    let value = lambda * mean(unlabelled) + mean(&error);
    let variance =
        lambda * lambda * covariance(unlabelled, unlabelled) / others + covariance(&error, &error) / n;
    let half = P95.normal_quantile() * variance.sqrt();
    Interval::new(value - half, value + half).unwrap()
}

#[test]
fn a_rate_that_was_put_right_is_covered_where_the_judges_own_is_not() {
    const RUNS: u32 = 2000;
    let (mut coverages, mut naive) = (Vec::new(), Vec::new());
    for (answers, labels) in [(1000, 100), (1000, 50), (300, 30)] {
        for world in [
            World::new(0.9, 0.9, 0.85),
            World::new(0.5, 0.9, 0.9),
            World::new(0.02, 0.9, 0.95),
            World::new(0.98, 0.95, 0.8),
            World::new(0.3, 0.7, 0.8),
        ] {
            let mut random = ChaCha8Rng::seed_from_u64(32);
            let (mut covered, mut blindly) = (0.0, 0.0);
            for _ in 0..RUNS {
                let count = |trials: u64, yes: &mut dyn FnMut() -> bool| {
                    Count::new((0..trials).map(|_| u64::from(yes())).sum(), trials).unwrap()
                };
                let positive = count(answers, &mut || world.answer(&mut random).1);
                let judge = Judge {
                    sensitivity: count(labels, &mut || world.judged(true, &mut random)),
                    specificity: count(labels, &mut || !world.judged(false, &mut random)),
                };
                // A judge so bad that it is refused would count as not covering.
                let found = prevalence(positive, judge, P95);
                covered += number(found.is_ok_and(|found| found.interval.contains(world.rate)));
                blindly += number(wilson(positive, P95).contains(world.rate));
            }
            let scenario = format!("{answers} answers, {labels} labels of each kind, {world:?}");
            coverages.push((covered / f64::from(RUNS), scenario.clone()));
            naive.push((blindly / f64::from(RUNS), scenario));
        }
    }
    let (mean, least) = summary("lang-reiczigel", &coverages);
    let (naive, _) = summary("wilson of what the judge counted", &naive);
    assert!(mean >= 0.94 && least >= 0.93, "{mean} {least}");
    assert!(naive < 0.3, "{naive}");
}

/// All tables of `n` answers, each with its kappa: its interval, and kappa ± z asymptotic standard errors.
fn all_tables(n: u64) -> Vec<(Confusion, Interval, Interval)> {
    let mut all = Vec::new();
    for true_positives in 0..=n {
        for false_positives in 0..=n - true_positives {
            for false_negatives in 0..=n - true_positives - false_positives {
                let true_negatives = n - true_positives - false_positives - false_negatives;
                let table = Confusion { true_positives, false_positives, false_negatives, true_negatives };
                if let Some(kappa) = table.kappa(P95) {
                    assert_eq!(kappa.estimate.method, Method::Wilson);
                    let (value, half) = (kappa.estimate.value, P95.normal_quantile() * kappa.standard_error);
                    let asymptotic = Interval::new(value - half, value + half).unwrap();
                    all.push((table, kappa.estimate.interval, asymptotic));
                }
            }
        }
    }
    all
}

#[test]
fn kappas_interval_covers_where_the_asymptotic_one_fails() {
    let (mut coverages, mut asymptotic) = (Vec::new(), Vec::new());
    for n in [20, 50, 100] {
        let tables = all_tables(n);
        let mut ln_factorial = vec![0.0; n as usize + 1];
        for i in 1..=n as usize {
            ln_factorial[i] = ln_factorial[i - 1] + (i as f64).ln();
        }
        for world in [
            World::new(0.5, 0.9, 0.9),
            World::new(0.5, 0.95, 0.95),
            World::new(0.5, 0.99, 0.99),
            World::new(0.5, 0.7, 0.7),
            World::new(0.1, 0.9, 0.95),
            World::new(0.1, 0.95, 0.99),
            World::new(0.05, 0.8, 0.98),
            World::new(0.2, 0.7, 0.9),
            World::new(0.3, 0.5, 0.5),
        ] {
            let (yes, no) = (world.rate, 1.0 - world.rate);
            let cells = [
                yes * world.sensitivity,
                no * (1.0 - world.specificity),
                yes * (1.0 - world.sensitivity),
                no * world.specificity,
            ];
            let judged = cells[0] + cells[1];
            let by_chance = yes * judged + no * (1.0 - judged);
            let truth = (cells[0] + cells[3] - by_chance) / (1.0 - by_chance);
            let (mut all, mut covered, mut plainly) = (0.0, 0.0, 0.0);
            for (table, interval, plain) in &tables {
                let counts = [
                    table.true_positives,
                    table.false_positives,
                    table.false_negatives,
                    table.true_negatives,
                ];
                let ln_weight: f64 = counts
                    .iter()
                    .zip(cells)
                    .map(|(&count, p)| count as f64 * p.ln() - ln_factorial[count as usize])
                    .sum();
                let weight = (ln_weight + ln_factorial[n as usize]).exp();
                all += weight;
                covered += weight * number(interval.contains(truth));
                plainly += weight * number(plain.contains(truth));
            }
            // Tables without a kappa are left out.
            coverages.push((covered / all, format!("{n} answers, {world:?}")));
            asymptotic.push((plainly / all, format!("{n} answers, {world:?}")));
        }
    }
    let (mean, least) = summary("kappa", &coverages);
    let (_, worst) = summary("kappa ± z asymptotic standard errors", &asymptotic);
    assert!(mean >= 0.945 && least >= 0.905, "{mean} {least}");
    assert!(worst < 0.5, "{worst}");
}
