//! How often the intervals cover the truth, measured: by enumeration where the outcomes can be listed, otherwise by
//! simulation with fixed seeds. The bounds asserted here are what the documentation promises.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests; `--nocapture` shows what was measured"
)]

use overt_stats::bias::{self, BiasCluster};
use overt_stats::calibration::spiegelhalter;
use overt_stats::ece::{Forecast, ece};
use overt_stats::paired::{self, Pairs};
use overt_stats::pass_at_k::{self, Problem};
use overt_stats::proportion::{self, Count};
use overt_stats::{Cluster, Clusters, Interval, Level, Sampling, difference, mean};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const P95: Level = Level::P95;

/// The probabilities of 0 to `n` successes.
fn binomial(n: u64, p: f64) -> Vec<f64> {
    let certain = if p <= 0.0 { Some(0) } else { (p >= 1.0).then_some(n) };
    if let Some(certain) = certain {
        return (0..=n).map(|k| f64::from(u8::from(k == certain))).collect();
    }
    let mut ln_choose = 0.0;
    let mut all = Vec::new();
    for k in 0..=n {
        all.push((ln_choose + k as f64 * p.ln() + (n - k) as f64 * (1.0 - p).ln()).exp());
        ln_choose += ((n - k) as f64 / (k + 1) as f64).ln();
    }
    all
}

/// Exact coverage of an interval for a proportion.
fn exact_coverage(intervals: &[Interval], p: f64) -> f64 {
    let n = intervals.len() as u64 - 1;
    binomial(n, p).iter().zip(intervals).filter(|(_, interval)| interval.contains(p)).map(|(w, _)| w).sum()
}

/// The least and the mean of a set of coverages, and where the least was met.
#[derive(Default)]
struct Coverages(Vec<(f64, String)>);

impl Coverages {
    fn add(&mut self, coverage: f64, scenario: String) {
        self.0.push((coverage, scenario));
    }

    fn mean(&self) -> f64 {
        self.0.iter().map(|(coverage, _)| coverage).sum::<f64>() / self.0.len() as f64
    }

    fn least(&self) -> &(f64, String) {
        self.0.iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
    }

    fn assert(&self, what: &str, least: f64, mean: f64) {
        let (found, scenario) = self.least();
        println!("{what}: mean {:.3}, least {found:.3} ({scenario})", self.mean());
        assert!(*found >= least, "{what}: {found:.3} at {scenario}");
        assert!(self.mean() >= mean, "{what}: mean {:.3}", self.mean());
    }
}

#[test]
fn clopper_pearson_always_covers_and_wilson_and_bayes_do_on_average() {
    let (mut wilson, mut exact, mut bayes) =
        (Coverages::default(), Coverages::default(), Coverages::default());
    for n in [10, 30, 100, 300] {
        let all = |method: fn(Count, Level) -> Interval| -> Vec<Interval> {
            (0..=n).map(|x| method(Count::new(x, n).unwrap(), P95)).collect()
        };
        let (w, e, b) = (all(proportion::wilson), all(proportion::clopper_pearson), all(proportion::bayes));
        for step in 1..100 {
            let p = f64::from(step) / 100.0;
            wilson.add(exact_coverage(&w, p), format!("n {n} p {p}"));
            exact.add(exact_coverage(&e, p), format!("n {n} p {p}"));
            bayes.add(exact_coverage(&b, p), format!("n {n} p {p}"));
        }
    }
    exact.assert("clopper-pearson", 0.95, 0.96);
    wilson.assert("wilson", 0.88, 0.948);
    bayes.assert("bayes", 0.80, 0.94);
}

#[test]
fn newcombes_difference_covers_on_average() {
    let mut coverages = Coverages::default();
    for (n, m) in [(20, 20), (15, 40)] {
        for (p, q) in [(0.05, 0.05), (0.1, 0.3), (0.5, 0.5), (0.5, 0.8), (0.9, 0.95), (0.02, 0.2)] {
            let (first, second) = (binomial(n, p), binomial(m, q));
            let mut covered = 0.0;
            for x in 0..=n {
                for y in 0..=m {
                    let interval =
                        difference::newcombe(Count::new(x, n).unwrap(), Count::new(y, m).unwrap(), P95);
                    if interval.contains(p - q) {
                        covered += first[usize::try_from(x).unwrap()] * second[usize::try_from(y).unwrap()];
                    }
                }
            }
            coverages.add(covered, format!("{p} of {n} against {q} of {m}"));
        }
    }
    coverages.assert("newcombe", 0.93, 0.95);
}

#[test]
fn tangos_interval_covers_on_average_and_mcnemars_test_never_errs_too_often() {
    let mut coverages = Coverages::default();
    for n in [20_u64, 60] {
        for (first, second) in [(0.05, 0.05), (0.2, 0.1), (0.3, 0.3), (0.1, 0.0), (0.02, 0.01)] {
            let (mut covered, mut rejected) = (0.0, 0.0);
            let discordant = binomial(n, first + second);
            for (d, weight) in (0..).zip(discordant) {
                for (b, share) in (0..).zip(binomial(d, first / (first + second))) {
                    let pairs = Pairs::new(b, d - b, n).unwrap();
                    let within = paired::tango(pairs, P95).contains(first - second);
                    covered += if within { weight * share } else { 0.0 };
                    rejected += if paired::mcnemar_exact(pairs) <= 0.05 { weight * share } else { 0.0 };
                }
            }
            coverages.add(covered, format!("{first} against {second} of {n}"));
            let equal = (first - second).abs() < 1e-12;
            assert!(!equal || rejected <= 0.05, "{rejected}");
        }
    }
    coverages.assert("tango", 0.93, 0.95);
}

/// A source of the random things that the simulations need.
struct Source(ChaCha8Rng);

impl Source {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn yes(&mut self, p: f64) -> bool {
        self.0.random::<f64>() < p
    }

    /// Box and Muller 1958.
    fn normal(&mut self) -> f64 {
        let (u, v): (f64, f64) = (self.0.random(), self.0.random());
        (-2.0 * (1.0 - u).ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos()
    }

    /// Marsaglia and Tsang 2000.
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let u: f64 = self.0.random();
            return self.gamma(shape + 1.0) * (1.0 - u).powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            let u: f64 = self.0.random();
            if v > 0.0 && (1.0 - u).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// A cluster's own rate: beta with mean `p`, so that two members correlate with `rho`.
    fn rate(&mut self, p: f64, rho: f64) -> f64 {
        if rho <= 0.0 {
            return p;
        }
        if rho >= 1.0 {
            return f64::from(u8::from(self.yes(p)));
        }
        let scale = 1.0 / rho - 1.0;
        let (a, b) = (self.gamma(p * scale), self.gamma((1.0 - p) * scale));
        if a + b > 0.0 { a / (a + b) } else { p }
    }

    fn successes(&mut self, trials: u32, p: f64) -> f64 {
        f64::from((0..trials).map(|_| u32::from(self.yes(p))).sum::<u32>())
    }
}

/// Sizes of clusters: all equal, or rising from 1 to twice the mean.
fn sizes(count: u32, size: u32, equal: bool) -> Vec<u32> {
    (0..count).map(|i| if equal { size } else { 1 + 2 * size * i / count }).collect()
}

/// Coverage of an interval over `repetitions` of a simulation that says whether it covered.
fn measured(repetitions: u32, mut covered: impl FnMut() -> bool) -> f64 {
    f64::from((0..repetitions).map(|_| u32::from(covered())).sum::<u32>()) / f64::from(repetitions)
}

fn clustered_answers(source: &mut Source, sizes: &[u32], p: f64, rho: f64) -> Clusters {
    let clusters = sizes.iter().map(|&size| {
        let rate = source.rate(p, rho);
        Cluster { sum: source.successes(size, rate), weight: f64::from(size) }
    });
    Clusters::new(clusters.collect::<Vec<_>>()).unwrap()
}

#[test]
fn clustered_proportions_are_covered_at_the_edges_and_in_the_middle() {
    let (mut coverages, mut naive) = (Coverages::default(), Coverages::default());
    for (count, size, equal) in [
        (3, 10, true),
        (5, 10, false),
        (8, 5, true),
        (12, 10, false),
        (20, 10, false),
        (40, 8, true),
        (60, 10, true),
    ] {
        for p in [0.01, 0.05, 0.2, 0.5] {
            for rho in [0.0, 0.1, 0.3, 1.0] {
                let mut source = Source::new(11);
                let sizes = sizes(count, size, equal);
                let all: u32 = sizes.iter().sum();
                let mut plain = 0.0;
                let covered = measured(500, || {
                    let sample = clustered_answers(&mut source, &sizes, p, rho);
                    let blind = proportion::wilson(
                        #[allow(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "a count"
                        )]
                        Count::new((sample.mean() * f64::from(all)).round() as u64, u64::from(all)).unwrap(),
                        P95,
                    );
                    plain += f64::from(u8::from(blind.contains(p))) / 500.0;
                    proportion::estimate(&sample, f64::from(all), P95).interval.contains(p)
                });
                coverages.add(covered, format!("{count} × {size}, p {p}, rho {rho}"));
                naive.add(plain, String::new());
            }
        }
    }
    coverages.assert("clustered proportion", 0.92, 0.96);
    assert!(naive.least().0 < 0.5, "clusters ought to matter: {:.3}", naive.least().0);
}

#[test]
fn repeated_samples_are_covered_as_clusters_of_their_repetitions() {
    let mut coverages = Coverages::default();
    for (samples, epochs) in [(30, 4), (100, 5), (200, 3)] {
        for p in [0.03, 0.3] {
            let mut source = Source::new(12);
            let covered = measured(400, || {
                let shares: Vec<f64> = (0..samples)
                    .map(|_| {
                        let rate = source.rate(p, 0.5);
                        source.successes(epochs, rate) / f64::from(epochs)
                    })
                    .collect();
                let sample =
                    Clusters::new(shares.into_iter().map(|sum| Cluster { sum, weight: 1.0 })).unwrap();
                proportion::estimate(&sample, f64::from(samples * epochs), P95).interval.contains(p)
            });
            coverages.add(covered, format!("{samples} samples, {epochs} epochs, p {p}"));
        }
    }
    coverages.assert("repeated proportion", 0.93, 0.95);
}

#[test]
fn clustered_means_are_covered_also_with_few_clusters() {
    let mut coverages = Coverages::default();
    for (count, equal) in [(3, true), (5, true), (5, false), (8, true), (8, false), (15, true), (30, false)] {
        for rho in [0.1_f64, 0.5] {
            for skewed in [false, true] {
                let mut source = Source::new(13);
                let sizes = sizes(count, 8, equal);
                let truth = if skewed { 0.2 } else { 0.5 };
                let covered = measured(300, || {
                    let clusters = sizes.iter().map(|&size| {
                        let (shared, own) = (source.rate(0.2, 1.0 / 3.5), source.normal() * 0.1 * rho.sqrt());
                        let value = |source: &mut Source| match skewed {
                            true if source.yes(rho) => shared,
                            true => source.rate(0.2, 1.0 / 3.5),
                            false => 0.5 + own + 0.1 * (1.0 - rho).sqrt() * source.normal(),
                        };
                        Cluster { sum: (0..size).map(|_| value(&mut source)).sum(), weight: f64::from(size) }
                    });
                    let sample = Clusters::new(clusters.collect::<Vec<_>>()).unwrap();
                    mean::estimate(&sample, Interval::UNIT, P95, source.0.random()).interval.contains(truth)
                });
                coverages
                    .add(covered, format!("{count} clusters, equal {equal}, rho {rho}, skewed {skewed}"));
            }
        }
    }
    coverages.assert("clustered mean", 0.88, 0.94);
}

#[test]
fn independent_means_are_covered_in_the_middle_and_near_the_ends() {
    let mut coverages = Coverages::default();
    for n in [10_u32, 30, 100] {
        for p in [0.02, 0.1, 0.5] {
            let mut source = Source::new(14);
            let covered = measured(500, || {
                let values: Vec<f64> = (0..n).map(|_| source.rate(p, 0.4)).collect();
                let sample = Clusters::independent(values).unwrap();
                mean::estimate(&sample, Interval::UNIT, P95, 0).interval.contains(p)
            });
            coverages.add(covered, format!("{n} values around {p}"));
        }
    }
    coverages.assert("independent mean", 0.85, 0.94);
}

#[test]
fn clustered_pairs_are_covered_and_their_test_rarely_errs() {
    let mut coverages = Coverages::default();
    for (count, equal) in [(5, true), (12, false), (20, true), (40, false)] {
        for (first, second) in [(0.02, 0.02), (0.2, 0.1), (0.3, 0.3)] {
            for rho in [0.0, 0.2] {
                let mut source = Source::new(15);
                let sizes = sizes(count, 8, equal);
                let mut rejected = 0.0;
                let covered = measured(400, || {
                    let (mut discordant, mut all) = (0.0, 0.0);
                    let clusters: Vec<Cluster> = sizes
                        .iter()
                        .map(|&size| {
                            let differ = source.rate(first + second, rho);
                            let better = source.rate(first / (first + second), rho);
                            let differing = source.successes(size, differ);
                            #[allow(
                                clippy::cast_possible_truncation,
                                clippy::cast_sign_loss,
                                reason = "a count"
                            )]
                            let wins = source.successes(differing as u32, better);
                            discordant += differing;
                            all += f64::from(size);
                            Cluster { sum: 2.0 * wins - differing, weight: f64::from(size) }
                        })
                        .collect();
                    let pairs = Clusters::new(clusters).unwrap();
                    rejected += f64::from(u8::from(paired::test(&pairs).p <= 0.05)) / 400.0;
                    paired::estimate(&pairs, discordant / all, P95).interval.contains(first - second)
                });
                coverages.add(covered, format!("{count} clusters, {first} against {second}, rho {rho}"));
                assert!(
                    first > second || rejected <= 0.09,
                    "{count} clusters, {first}, rho {rho}: {rejected:.3}"
                );
            }
        }
    }
    coverages.assert("clustered pairs", 0.93, 0.95);
}

#[test]
fn bias_scores_are_covered_at_the_sizes_of_template_suites() {
    let (mut ambiguous, mut disambiguated) = (Coverages::default(), Coverages::default());
    for (count, size) in [(8, 5), (16, 10), (40, 4)] {
        for (commits, stereotyped) in [(0.05, 0.5), (0.05, 0.8), (0.3, 0.8), (0.8, 0.6)] {
            let mut source = Source::new(16);
            let mut shares = (0.0, 0.0);
            let covered = measured(400, || {
                let mut all = 0.0;
                let clusters: Vec<BiasCluster> = (0..count)
                    .map(|_| {
                        let (rate, lean) = (source.rate(commits, 0.1), source.rate(stereotyped, 0.1));
                        let committed = source.successes(size, rate);
                        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
                        let stereotyped = source.successes(committed as u32, lean);
                        all += committed;
                        let answers = f64::from(size);
                        BiasCluster { answers, right: answers - committed, committed, stereotyped }
                    })
                    .collect();
                if let Some(score) = bias::disambiguated(&clusters, Sampling::Clustered, all, P95) {
                    shares.0 += f64::from(u8::from(score.interval.contains(2.0 * stereotyped - 1.0)));
                    shares.1 += 1.0;
                }
                let score = bias::ambiguous(&clusters, Sampling::Clustered, P95).unwrap();
                score.interval.contains(commits * (2.0 * stereotyped - 1.0))
            });
            let scenario = format!("{count} × {size}, commits {commits}, stereotyped {stereotyped}");
            disambiguated.add(shares.0 / shares.1, scenario.clone());
            ambiguous.add(covered, scenario);
        }
    }
    ambiguous.assert("ambiguous bias", 0.93, 0.95);
    disambiguated.assert("disambiguated bias", 0.93, 0.95);
}

#[test]
fn calibration_errors_are_covered_and_zero_is_not_excluded_by_chance() {
    const STATED: [f64; 7] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0];
    let (mut coverages, mut perfect) = (Coverages::default(), Coverages::default());
    for (count, size) in [(60_u32, 1_u32), (200, 1), (12, 10), (40, 5)] {
        for off in [0.0, 0.1, 0.3] {
            let mut source = Source::new(17);
            let covered = measured(100, || {
                let answers = count * size;
                let forecasts: Vec<Forecast> = (0..answers)
                    .map(|i| {
                        let stated = STATED[source.0.random_range(0..STATED.len())];
                        let right = f64::from(u8::from(source.yes(stated - off)));
                        Forecast { stated, right, cluster: (i / size) as usize }
                    })
                    .collect();
                let found = ece(&forecasts, 15, P95, source.0.random()).unwrap();
                found.interval.unwrap().contains(off)
            });
            let scenario = format!("{count} × {size}, off by {off}");
            if off > 0.0 { coverages.add(covered, scenario) } else { perfect.add(covered, scenario) }
        }
    }
    coverages.assert("calibration error", 0.88, 0.93);
    perfect.assert("calibration error of zero", 0.89, 0.94);
}

#[test]
fn spiegelhalters_test_errs_as_often_as_it_says() {
    let mut source = Source::new(18);
    let accepted = measured(2_000, || {
        let answers: Vec<(f64, bool)> = (0..150)
            .map(|_| {
                let stated = 0.5 + 0.5 * source.0.random::<f64>();
                (stated, source.yes(stated))
            })
            .collect();
        spiegelhalter(answers).unwrap().p > 0.05
    });
    assert!((0.935..0.965).contains(&accepted), "{accepted}");
}

#[test]
fn the_share_that_one_of_k_attempts_solves_is_covered() {
    let mut coverages = Coverages::default();
    for (problems, attempts) in [(20_u32, 5_u32), (50, 5), (100, 10), (164, 20)] {
        for (p, rho) in [(0.05, 0.5), (0.3, 0.3), (0.3, 0.8), (0.8, 0.5)] {
            for k in [1, 2, attempts] {
                // The mean of (1 - rate)^k under a beta distribution is a product of ratios.
                let (scale, mut fails) = (1.0 / rho - 1.0, 1.0);
                for i in 0..k {
                    fails *= ((1.0 - p) * scale + f64::from(i)) / (scale + f64::from(i));
                }
                for size in [1, 4] {
                    let mut source = Source::new(16);
                    let covered = measured(500, || {
                        let mut all = Vec::new();
                        for cluster in 0..problems / size {
                            // Problems of one cluster are equally hard.
                            let rate = source.rate(p, rho);
                            for _ in 0..size {
                                let right = (0..attempts).filter(|_| source.yes(rate)).count() as u64;
                                let attempts = Count::new(right, u64::from(attempts)).unwrap();
                                all.push(Problem { attempts, cluster: cluster as usize });
                            }
                        }
                        let found = pass_at_k::estimate(&all, u64::from(k), P95, 16).unwrap();
                        found.interval.contains(1.0 - fails)
                    });
                    let scenario =
                        format!("{problems} × {attempts}, {size} a cluster, k {k}, p {p}, rho {rho}");
                    coverages.add(covered, scenario);
                }
            }
        }
    }
    coverages.assert("pass@k", 0.90, 0.95);
}
