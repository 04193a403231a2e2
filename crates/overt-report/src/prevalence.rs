//! How often, out of an evaluation's record: a count, its interval, and where it comes from.

use overt_record::record::{Evaluation, Interval, MeasuredPrevalence, Metric};
use overt_record::{Decimal, Hash, Name};

/// Which share of a metric shows the flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The metric counts what went wrong, like a rate of refusals of harmless questions.
    Wrong,
    /// The metric counts what went right, like accuracy: the flaw shows in the rest.
    Right,
}

/// Why a metric is no prevalence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPrevalence {
    /// There is no such task or metric.
    #[error("the evaluation has no metric {metric} of a task {task}; its record names those it has")]
    Unknown {
        /// The task asked for.
        task: Name,
        /// The metric asked for.
        metric: Name,
    },
    /// Nothing was scored, or it has no interval.
    #[error("the metric {0} has no value with an interval, so it says nothing on how often")]
    NoInterval(Name),
    /// It is no share of samples.
    #[error(
        "the metric {0} is no share of its samples: its value times its {1} samples is no whole number from 0 to {1}"
    )]
    NoShare(Name, u64),
    /// Its interval leaves the range of shares.
    #[error("the interval of the metric {0} doesn't lie between 0 and 1")]
    NoRange(Name),
}

/// The prevalence that a metric measured: so many of so many samples, and which true shares agree with that.
///
/// The interval is the record's own, turned round where the metric counts what went right. An interval of a clustered or
/// corrected estimate is taken as it is: it is wider than the count alone would give, as it should be.
///
/// # Errors
/// When the metric isn't there, has no interval, or is no share of its samples.
pub fn measured(
    evaluation: &Evaluation,
    record: Hash,
    task: &Name,
    metric: &Name,
    shows: Shows,
) -> Result<MeasuredPrevalence, NoPrevalence> {
    let tasks = evaluation.tasks.iter().filter(|found| found.name == *task);
    let found = tasks.flat_map(|found| &found.metrics).find(|found| found.name == *metric);
    let found = found.ok_or_else(|| NoPrevalence::Unknown { task: task.clone(), metric: metric.clone() })?;
    let right = count(found)?;
    let interval = found.interval.as_ref().ok_or_else(|| NoPrevalence::NoInterval(metric.clone()))?;
    let (count, interval) = match shows {
        Shows::Wrong => (right, interval.clone()),
        Shows::Right => (found.n - right, turned(interval, metric)?),
    };
    if interval.low.to_f64() < 0.0 || interval.high.to_f64() > 1.0 {
        return Err(NoPrevalence::NoRange(metric.clone()));
    }
    let (task, metric) = (task.clone(), metric.clone());
    Ok(MeasuredPrevalence { count, of: found.n, interval, record, task, metric })
}

/// How many samples a share stands for. Values are doubles: one that lies within a millionth of a whole number is it.
fn count(metric: &Metric) -> Result<u64, NoPrevalence> {
    let value = metric.value.ok_or_else(|| NoPrevalence::NoInterval(metric.name.clone()))?.to_f64();
    let count = value * metric.n as f64;
    let whole = count.round();
    let share = metric.n > 0 && (0.0..=1.0).contains(&value) && (count - whole).abs() < 1e-6;
    if share { Ok(whole as u64) } else { Err(NoPrevalence::NoShare(metric.name.clone(), metric.n)) }
}

/// The interval of what is left: from `1 - high` to `1 - low`.
fn turned(interval: &Interval, metric: &Name) -> Result<Interval, NoPrevalence> {
    let rest = |end: Decimal| Decimal::new(1.0 - end.to_f64());
    match (rest(interval.high), rest(interval.low)) {
        (Some(low), Some(high)) => Ok(Interval { low, high, ..interval.clone() }),
        _ => Err(NoPrevalence::NoRange(metric.clone())),
    }
}
