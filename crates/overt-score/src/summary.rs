//! From scores to results: the one path that every published number takes.
//!
//! A [`Summariser`] takes in answers one by one, in any order, and keeps some fifty bytes of each;
//! [`Summariser::finish`] computes every metric of the task with its interval. A [`Headline`] says meanwhile where the
//! first metric stands, and keeps no answer. What the numbers mean is written in `docs/metrics.md`.

use std::collections::{BTreeMap, BTreeSet};

use overt_schema::{Agreement, Expression, MetricResult, Outcome, Sample, Score, Task};
use overt_stats::Level;

mod bias;
mod calibration;
mod compare;
mod correction;
mod difference;
mod error;
mod groups;
mod live;
mod plan;
mod rate;
mod reduce;
mod report;
mod rows;
mod runs;
mod units;

pub use compare::{Comparison, between, compare};
pub use error::SummaryError;
pub use groups::{GroupResults, GroupSummaries, GroupedResults, Groups, MOST_GROUPS, TooManyGroups};
pub use live::{Headline, Running};
pub use runs::{Ran, TaskComparison, Tested, adjust, not_comparable};

use correction::Known;
use plan::{Kind, Plan, Slot};
use reduce::Reduce;
use report::Report;
pub(crate) use report::interval_result;
use rows::{Rows, View, key};

use crate::measurement::errors;

/// Collects the scores of one task and computes its results.
///
/// The order of the calls to [`Summariser::add`] does not change what [`Summariser::finish`] returns.
pub struct Summariser {
    plan: Plan,
    rows: Rows,
    /// What is known of the judges behind scorers.
    judges: BTreeMap<Slot, Known>,
}

impl Summariser {
    /// Prepares the metrics of a task; `level` is that of the intervals, for example 0.95.
    ///
    /// # Errors
    /// When a metric names a scorer that the task does not have, when a `where` is no expression, when a range is empty,
    /// or when the level does not lie between 0 and 1.
    pub fn new(task: &Task, level: f64) -> Result<Self, SummaryError> {
        let plan = Plan::new(task, Level::new(level)?)?;
        Ok(Self { rows: Rows::new(&plan), plan, judges: BTreeMap::new() })
    }

    /// Makes room for as many answers as will come, exactly.
    pub fn reserve(&mut self, answers: usize) {
        self.rows.reserve(answers);
    }

    /// Takes in one answer. Each sample and epoch is to come once.
    ///
    /// An outcome without an answer makes every score missing, whatever the scorers said.
    pub fn add(&mut self, sample: &Sample, epoch: u32, outcome: Outcome, scores: &[Score]) {
        self.rows.push(&self.plan, sample, epoch, outcome, scores);
    }

    /// Corrects the metrics over a scorer by what a measurement says of its judge. `false` if the measurement does not
    /// say how often the judge is right on either kind of answer, or no metric reads the scorer.
    pub fn correct_by_errors(&mut self, scorer: &str, measured: &Agreement) -> bool {
        let known = self.slot(scorer).zip(errors(measured));
        let Some((slot, judge)) = known else { return false };
        self.judges.insert(slot, Known::Errors(judge));
        true
    }

    /// Corrects the metrics over a scorer by people's scores of samples that were drawn at random. `false` if no metric
    /// reads the scorer.
    pub fn correct_by_labels<'a>(
        &mut self,
        scorer: &str,
        labels: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> bool {
        let Some(slot) = self.slot(scorer) else { return false };
        let labels = labels.into_iter().map(|(sample, score)| (key(sample), score)).collect();
        self.judges.insert(slot, Known::Labels(labels));
        true
    }

    fn slot(&self, scorer: &str) -> Option<Slot> {
        self.plan.scorers.iter().position(|(name, _)| name == scorer)
    }

    /// The fields of samples that the metrics read, each once: clusters, arms and pairs, filters. With the scores they are
    /// all that the results depend on.
    pub fn fields(&self) -> BTreeSet<&str> {
        let Plan { cluster, filters, pairings, .. } = &self.plan;
        let pairings = pairings.iter().flat_map(|pairing| [pairing.arm.as_str(), pairing.pair.as_str()]);
        let filters = filters.iter().flat_map(Expression::fields);
        cluster.iter().map(String::as_str).chain(pairings).chain(filters).collect()
    }

    /// Every metric of the task, in the task's order.
    pub fn finish(&self) -> Vec<MetricResult> {
        let order = self.rows.order();
        let metrics = 0..self.plan.metrics.len();
        metrics.map(|position| self.result(position, &order)).collect()
    }

    fn result(&self, position: usize, order: &[u32]) -> MetricResult {
        let metric = &self.plan.metrics[position];
        let view = self.rows.view(&self.plan, metric, order);
        let mut report = Report::new(metric, self.plan.level);
        report.filter_failures(&self.rows, metric);
        match &metric.kind {
            Kind::Rate { scorer, reduce } => rate::rate(&view, *scorer, *reduce, &mut report),
            Kind::Mean { scorer, range, reduce } => {
                rate::mean(&view, *scorer, *range, *reduce, &mut report);
            }
            Kind::PassAtK { scorer, k } => rate::pass(&view, *scorer, *k, &mut report),
            Kind::Difference { scorer, pairing } => {
                difference::difference(&view, *scorer, *pairing, &mut report);
            }
            Kind::Bias { scorers } => bias::bias(&view, *scorers, &mut report),
            Kind::Brier { scorers } => calibration::brier(&view, *scorers, &mut report),
            Kind::Ece { scorers, bins } => calibration::ece(&view, *scorers, *bins, &mut report),
        }
        self.correct(&metric.kind, &view, &mut report);
        report.into_result()
    }

    /// Corrects what is a plain mean over answers; a maximum or majority of misjudged answers is another matter.
    fn correct(&self, kind: &Kind, view: &View<'_>, report: &mut Report) {
        let (Kind::Rate { scorer, reduce } | Kind::Mean { scorer, reduce, .. }) = kind else { return };
        let Some(known) = self.judges.get(scorer).filter(|_| *reduce == Reduce::Mean) else { return };
        match kind {
            Kind::Mean { range, .. } => correction::of_mean(view, *scorer, *range, known, report),
            _ => correction::of_rate(view, *scorer, known, report),
        }
    }
}

/// The seed of a metric's bootstrap: from its name, so that a result never depends on anything but the answers.
fn seed(task: &str, metric: &str) -> u64 {
    key(&format!("{task}/{metric}"))
}

#[cfg(test)]
mod tests;
