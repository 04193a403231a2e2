//! Two runs of the same tasks: do they agree?

use std::collections::BTreeMap;
use std::path::Path;

use overt_eval::{EvalError, Materials, RunDirectory};
use overt_record::record::{
    Comparison as Compared, Estimate, Evaluation, Interval as RecordedInterval, NewRun, Reproduction, Test,
    Verdict,
};
use overt_record::{Decimal, Hash, Text};
use overt_schema::{Run, Task};
use overt_score::{Comparison, Summariser, between};
use overt_stats::{Interval, difference};

use crate::describe::{decimal, name};
use crate::error::EvidenceError;
use crate::publish::published_samples;
use crate::rows::FieldsRead;
use crate::shown::Shown;

/// How near two values must be to count as the same, in the metric's own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin(f64);

impl Margin {
    /// `None` unless it is a positive number.
    pub fn new(margin: f64) -> Option<Self> {
        (margin.is_finite() && margin > 0.0).then_some(Self(margin))
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// What is found about a difference with this interval: equivalence if all of it is near zero, a difference if none
    /// of it is zero, otherwise nothing. Both at once, a sure difference of no importance, is agreement.
    fn verdict(self, interval: Option<&Interval>) -> Verdict {
        match interval {
            Some(interval) if interval.low() >= -self.0 && interval.high() <= self.0 => Verdict::Agree,
            Some(interval) if interval.low() > 0.0 || interval.high() < 0.0 => Verdict::Differ,
            _ => Verdict::CannotTell,
        }
    }
}

impl Default for Margin {
    /// Five of a hundred.
    fn default() -> Self {
        Self(0.05)
    }
}

/// Compares a run with an evaluation that it does again. `folder` holds the original's files: with them the comparison
/// is paired, sample by sample; without them it rests on the intervals of both.
///
/// # Errors
/// When a file cannot be read, or the runs have no task in common.
pub fn reproduction(
    original: (Hash, &Evaluation),
    folder: &Path,
    again: &RunDirectory,
    manifest: Hash,
    margin: Margin,
) -> Result<Reproduction, EvidenceError> {
    let (digest, original) = original;
    let run = again.manifest()?;
    let materials = again.materials()?;
    let then = shown_of(folder, &materials, run.settings.level)?;
    let now = match then {
        Some(_) => Some(shown_again(again, &run, &materials)?),
        None => None,
    };
    let mut comparisons = Vec::new();
    for (now_at, (entry, source)) in run.tasks.iter().zip(&materials.tasks).enumerate() {
        let Some(then_at) = original.tasks.iter().position(|task| task.name.as_str() == entry.name) else {
            continue;
        };
        let signed = &original.tasks[then_at];
        let same = crate::describe::hash(entry.task_digest) == signed.task_sha256;
        let paired = match (&then, &now) {
            (Some(then), Some(now)) if same => {
                paired(&source.task, run.settings.level, (then, then_at), (now, now_at))?
            }
            _ => BTreeMap::new(),
        };
        for metric in &entry.metrics {
            let Some(was) = signed.metrics.iter().find(|was| was.name.as_str() == metric.name) else {
                continue;
            };
            let is = crate::describe::estimate_of(metric)?;
            let was = was.value.map(|value| Estimate { value, interval: was.interval.clone() });
            let mut compared = Compared {
                task: signed.name.clone(),
                metric: name("metric", &metric.name)?,
                original: was,
                again: is,
                difference: None,
                interval: None,
                test: None,
                verdict: Verdict::CannotTell,
            };
            match paired.get(metric.name.as_str()) {
                Some(found) => from_pairs(&mut compared, found, margin)?,
                None => from_intervals(&mut compared, margin)?,
            }
            comparisons.push(compared);
        }
    }
    if comparisons.is_empty() {
        return Err(EvidenceError::NothingInCommon);
    }
    let notes = [
        Text::cleaned(&format!("agree: the interval of the difference lies within {} of zero", margin.0)),
        Text::cleaned(match then {
            Some(_) => "paired, sample by sample",
            None => "from the intervals of both, since the original's samples were not at hand",
        }),
    ];
    Ok(Reproduction {
        original: digest,
        again: NewRun { manifest_sha256: manifest, record: None },
        verdict: overall(&comparisons),
        comparisons,
        notes: notes.into_iter().flatten().collect(),
    })
}

/// One metric that differs is a difference; agreement takes all of them.
fn overall(comparisons: &[Compared]) -> Verdict {
    let all = |verdict| comparisons.iter().all(|compared| compared.verdict == verdict);
    let any = |verdict| comparisons.iter().any(|compared| compared.verdict == verdict);
    if any(Verdict::Differ) {
        Verdict::Differ
    } else if all(Verdict::Agree) {
        Verdict::Agree
    } else {
        Verdict::CannotTell
    }
}

type Samples = Vec<Shown>;

/// What is shown of the original's samples, if its files are here.
fn shown_of(folder: &Path, materials: &Materials, level: f64) -> Result<Option<Samples>, EvidenceError> {
    let here = [crate::OPENINGS, crate::SAMPLES_FILE].iter().any(|file| folder.join(file).is_file());
    if here {
        let samples = published_samples(folder)?.map(|sample| sample.map(|sample| sample.shown));
        return samples.collect::<Result<_, _>>().map(Some);
    }
    // A run directory that was never published has everything as well.
    if !folder.join(overt_eval::SAMPLES).is_file() {
        return Ok(None);
    }
    let directory = RunDirectory::open(folder)?;
    let fields = FieldsRead::of(materials, level)?;
    directory.rows()?.map(|row| Ok(fields.shown(&row?))).collect::<Result<_, EvidenceError>>().map(Some)
}

fn shown_again(directory: &RunDirectory, run: &Run, materials: &Materials) -> Result<Samples, EvidenceError> {
    let fields = FieldsRead::of(materials, run.settings.level)?;
    directory.rows()?.map(|row| Ok(fields.shown(&row?))).collect()
}

/// The paired comparison of a task's metrics, by name: samples are found by their ids.
fn paired(
    task: &Task,
    level: f64,
    then: (&[Shown], usize),
    now: (&[Shown], usize),
) -> Result<BTreeMap<String, Comparison>, EvidenceError> {
    let summary = |(samples, position): (&[Shown], usize)| {
        let mut summary = Summariser::new(task, level).map_err(EvalError::from)?;
        for sample in samples.iter().filter(|sample| sample.task as usize == position) {
            summary.add(&sample.sample(), sample.epoch, sample.outcome, &sample.scores);
        }
        Ok::<_, EvidenceError>(summary)
    };
    let compared = between(&summary(then)?, &summary(now)?);
    Ok(compared.into_iter().map(|compared| (compared.name.clone(), compared)).collect())
}

fn from_pairs(compared: &mut Compared, found: &Comparison, margin: Margin) -> Result<(), EvidenceError> {
    compared.difference = found.difference.map(|number| decimal("difference", number)).transpose()?;
    let interval = found.interval.as_ref();
    compared.interval = interval.map(crate::describe::interval).transpose()?;
    compared.test = match (&found.p_method, found.statistic, found.p_value) {
        (Some(method), Some(statistic), Some(p)) => Some(Test {
            method: name("test", method)?,
            statistic: decimal("statistic", statistic)?,
            p: Some(decimal("p-value", p)?),
        }),
        _ => None,
    };
    let interval = interval.and_then(|interval| Interval::new(interval.low, interval.high));
    compared.verdict = margin.verdict(interval.as_ref());
    Ok(())
}

/// Joins the intervals of both; they must be of one level.
fn from_intervals(compared: &mut Compared, margin: Margin) -> Result<(), EvidenceError> {
    let (Some(then), Some(now)) = (known(compared.original.as_ref()), known(compared.again.as_ref())) else {
        return Ok(());
    };
    let ((was, before, level), (is, after, same_level)) = (then, now);
    compared.difference = Some(decimal("difference", is - was)?);
    if level != same_level {
        return Ok(());
    }
    let interval = difference::recovered((is, after), (was, before));
    compared.interval = Some(RecordedInterval {
        low: decimal("interval", interval.low())?,
        high: decimal("interval", interval.high())?,
        level,
        method: name("method", "recovered-variance")?,
    });
    compared.verdict = margin.verdict(Some(&interval));
    Ok(())
}

fn known(estimate: Option<&Estimate>) -> Option<(f64, Interval, Decimal)> {
    let estimate = estimate?;
    let RecordedInterval { low, high, level, .. } = estimate.interval.as_ref()?;
    Some((estimate.value.to_f64(), Interval::new(low.to_f64(), high.to_f64())?, *level))
}
