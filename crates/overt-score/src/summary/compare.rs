//! Two runs of one task, compared on the samples that both answered.

use std::collections::BTreeMap;

use overt_schema::{Direction, IntervalResult, SampleRow, Task};
use overt_stats::paired::{self, Pairs};
use overt_stats::power::{Power, detectable};
use overt_stats::{Interval, Level, Method, Sampling};
use serde::Serialize;

use super::difference::{clusters, estimate, keyed};
use super::plan::{Kind, Metric};
use super::reduce::Reduce;
use super::report::interval_result;
use super::units::is_yes_or_no;
use super::{Summariser, SummaryError, calibration, rate};

/// How one metric differs between two runs, `a` and `b`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The metric's name within its task.
    pub name: String,
    /// For tables.
    pub title: String,
    /// Which way is good.
    pub direction: Direction,
    /// The value in the first run, over the pairs; for metrics without pairs over all of its answers.
    pub a: Option<f64>,
    /// The same in the second run.
    pub b: Option<f64>,
    /// `b` minus `a`.
    pub difference: Option<f64>,
    /// The interval of the difference.
    pub interval: Option<IntervalResult>,
    /// The statistic of the test: t, the mean difference, or for McNemar's test the pairs that only the second run won.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<f64>,
    /// How often a difference as large would be seen if there were none, both directions counted.
    pub p_value: Option<f64>,
    /// The test that gave it: `mcnemar-exact`, `t`, `clustered-t`, `sign-flip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_method: Option<String>,
    /// Samples (for a difference metric: pairs of samples) that both runs have a score for.
    pub pairs: u64,
    /// Those that only one of them has a score for, or neither.
    pub unpaired: u64,
    /// The clusters of the pairs, if the task has a cluster field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clusters: Option<u64>,
    /// The smallest true difference that this comparison would find in 80 of 100 cases.
    pub detectable_difference: Option<f64>,
    /// Anything a reader must know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Compares two runs of a task, metric by metric, in the task's order. The rows may come in any order.
///
/// Rates, means, pass@k, Brier scores and differences are paired: on the sample, or on the pair of samples. Yes-or-no scores get
/// Tango's interval and McNemar's exact test, others Student's t; with clusters both are clustered. Bias scores and
/// calibration errors are not means over samples: their difference is stated without interval.
///
/// # Errors
/// As [`Summariser::new`].
pub fn compare<'a>(
    task: &Task,
    level: f64,
    a: impl IntoIterator<Item = &'a SampleRow>,
    b: impl IntoIterator<Item = &'a SampleRow>,
) -> Result<Vec<Comparison>, SummaryError> {
    let (mut one, mut two) = (Summariser::new(task, level)?, Summariser::new(task, level)?);
    let take = |summary: &mut Summariser, row: &SampleRow| {
        summary.add(&row.sample, row.epoch, row.answer.outcome, &row.scores);
    };
    for row in a {
        take(&mut one, row);
    }
    for row in b {
        take(&mut two, row);
    }
    Ok(between(&one, &two))
}

/// Compares two summaries of one task, as [`compare`] does.
pub fn between(one: &Summariser, two: &Summariser) -> Vec<Comparison> {
    let (order_one, order_two) = (one.rows.order(), two.rows.order());
    let compared = one.plan.metrics.iter().enumerate().map(|(position, metric)| {
        let scores = one.scores(metric, &order_one).zip(two.scores(metric, &order_two));
        if let Some((a, b)) = scores {
            return paired_comparison(metric, one, &a, &b);
        }
        unpaired_comparison(
            metric,
            [(one, &order_one), (two, &order_two)].map(|(run, order)| run.result(position, order).value),
        )
    });
    compared.collect()
}

/// What a run says to one metric.
struct Scores {
    /// For each sample or pair its cluster, and the score; `None` if it is missing.
    each: BTreeMap<u64, (u64, Option<f64>)>,
    /// How often a sample was asked at most, where the score depends on that.
    asked: Option<u32>,
}

impl Summariser {
    /// A metric's score for each sample or pair; `None` if the metric is not a mean of such.
    fn scores(&self, metric: &Metric, order: &[u32]) -> Option<Scores> {
        let view = self.rows.view(&self.plan, metric, order);
        let units = match metric.kind {
            Kind::Rate { scorer, reduce } => rate::yes_or_no(&view, scorer, reduce),
            Kind::Mean { scorer, range, reduce } => rate::within(&view, scorer, range, reduce),
            Kind::PassAtK { scorer, k } => rate::yes_or_no(&view, scorer, Reduce::PassAtK(k)),
            Kind::Brier { scorers } => calibration::losses(&view, scorers),
            Kind::Difference { scorer, pairing } => {
                let pairs = keyed(&view, scorer, pairing).pairs;
                let pairs = pairs.into_iter().map(|(key, pair)| (key, (pair.cluster, pair.difference())));
                return Some(Scores { each: pairs.collect(), asked: None });
            }
            Kind::Bias { .. } | Kind::Ece { .. } => return None,
        };
        let each = units.each().map(|unit| (unit.sample, (unit.cluster, unit.score))).collect();
        let asked = matches!(units.reduce(), Reduce::Max | Reduce::Min).then_some(units.asked);
        Some(Scores { each, asked })
    }
}

fn paired_comparison(metric: &Metric, one: &Summariser, a: &Scores, b: &Scores) -> Comparison {
    let both = a.each.iter().filter_map(|(key, (cluster, first))| {
        let (_, second) = b.each.get(key)?;
        Some((*cluster, (*first)?, (*second)?))
    });
    let both: Vec<(u64, f64, f64)> = both.collect();
    let all = a.each.keys().chain(b.each.keys()).collect::<std::collections::BTreeSet<_>>().len();
    let mut comparison = empty(metric);
    comparison.pairs = both.len() as u64;
    comparison.unpaired = (all - both.len()) as u64;
    let differences: Vec<(u64, f64)> = both.iter().map(|&(cluster, a, b)| (cluster, b - a)).collect();
    let Some(clusters) = clusters(&differences) else {
        comparison.note = Some("no sample has a score in both runs".into());
        return comparison;
    };
    if let (Some(first), Some(second)) = (a.asked, b.asked)
        && first != second
    {
        comparison.note = Some(format!(
            "the runs asked each sample {first} and {second} times, which alone makes extremes differ"
        ));
    }
    let (level, n) = (one.plan.level, both.len() as f64);
    let estimate = estimate(&clusters, &differences, range(&metric.kind), level, metric.seed);
    comparison.a = Some(both.iter().map(|(_, a, _)| a).sum::<f64>() / n);
    comparison.b = Some(both.iter().map(|(_, _, b)| b).sum::<f64>() / n);
    comparison.difference = Some(estimate.value);
    comparison.interval = Some(interval_result(estimate.interval, estimate.method, level));
    let yes_or_no = both.iter().all(|&(_, a, b)| is_yes_or_no(a) && is_yes_or_no(b));
    let test = match mcnemar(&differences) {
        Some(test) if yes_or_no && clusters.sampling() == Sampling::Independent => test,
        _ => paired::test(&clusters),
    };
    comparison.statistic = Some(test.statistic);
    comparison.p_value = Some(test.p);
    comparison.p_method = Some(test.method.name().into());
    comparison.clusters = one.plan.cluster.as_ref().map(|_| clusters.count() as u64);
    comparison.detectable_difference = Some(detectable_from(estimate.interval, level));
    comparison
}

/// McNemar's test on differences that are -1, 0 or 1; its statistic is the number of pairs that only the second run won.
fn mcnemar(differences: &[(u64, f64)]) -> Option<paired::Test> {
    let count = |sign: f64| differences.iter().filter(|(_, d)| d * sign > 0.5).count() as u64;
    let gained = count(1.0);
    let pairs = Pairs::new(gained, count(-1.0), differences.len() as u64)?;
    let (statistic, p) = (gained as f64, paired::mcnemar_exact(pairs));
    Some(paired::Test { statistic, p, method: Method::McNemarExact })
}

/// The standard error is read off the interval, so that clusters and small samples are in it.
fn detectable_from(interval: Interval, level: Level) -> f64 {
    detectable(interval.width() / 2.0 / level.normal_quantile(), level, Power::P80)
}

/// The range of the scores that are compared.
fn range(kind: &Kind) -> Interval {
    match kind {
        Kind::Mean { range, .. } => *range,
        Kind::Difference { .. } => Interval::UNIT.mapped(2.0, -1.0),
        Kind::Rate { .. }
        | Kind::PassAtK { .. }
        | Kind::Brier { .. }
        | Kind::Bias { .. }
        | Kind::Ece { .. } => Interval::UNIT,
    }
}

fn unpaired_comparison(metric: &Metric, [a, b]: [Option<f64>; 2]) -> Comparison {
    let difference = a.zip(b).map(|(a, b)| b - a);
    let note =
        "not a mean over samples: the difference is stated without interval; read the runs' own intervals";
    Comparison { a, b, difference, note: Some(note.into()), ..empty(metric) }
}

fn empty(metric: &Metric) -> Comparison {
    Comparison {
        name: metric.name.clone(),
        title: metric.title.clone(),
        direction: metric.direction,
        a: None,
        b: None,
        difference: None,
        interval: None,
        statistic: None,
        p_value: None,
        p_method: None,
        pairs: 0,
        unpaired: 0,
        clusters: None,
        detectable_difference: None,
        note: None,
    }
}
