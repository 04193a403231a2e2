//! A run: its manifest `run.json`, and the row that each sample leaves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Cost, Digest, Direction, Generation, Judgement, Measurement, Message, Outcomes, Sample, Score,
    SystemIdentity, Usage,
};

/// The format of run directories that this version writes.
pub const RUN_FORMAT: &str = "overt-run/1";

/// The manifest of a run directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// [`RUN_FORMAT`].
    pub format: String,
    /// The directory's name.
    pub id: String,
    /// Where it stands.
    pub status: Status,
    /// UTC, ISO 8601.
    pub created: String,
    /// UTC, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// Seconds spent running, over all resumptions.
    #[serde(default)]
    pub seconds: f64,
    /// What ran it.
    pub overt: Build,
    /// Where it ran: operating system, processor, cores, memory.
    pub host: BTreeMap<String, String>,
    /// The suite, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<SuiteRef>,
    /// Who was asked.
    pub system: SystemIdentity,
    /// How it was asked.
    pub settings: Settings,
    /// The tasks, in order.
    pub tasks: Vec<TaskRun>,
    /// Requirements and whether they held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<RequirementResult>,
    /// Tokens in all, those of the judge not counted.
    #[serde(default)]
    pub usage: Usage,
    /// What they cost, if prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Where the answers come from, if nobody was asked for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_from: Option<AnswersFrom>,
    /// The plan that it was made under, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRef>,
    /// The judge, if a task has a scorer of that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeRun>,
    /// Digests of the directory's other files.
    #[serde(default)]
    pub files: BTreeMap<String, Digest>,
    /// Anything a reader should know, for example that the process was interrupted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The plan of a run: what was fixed and signed before its first request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanRef {
    /// Digest of the plan's record.
    pub record: Digest,
    /// Which run of the plan this is, counted from 1 before its first request.
    pub number: u32,
    /// What is done otherwise than planned, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<String>,
}

/// Answers that were there before the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswersFrom {
    /// The run's id, or the file's name.
    pub source: String,
    /// Digest of the run's `samples.parquet`, or of the file.
    pub sha256: Digest,
}

/// The judge of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeRun {
    /// Who judged.
    pub system: SystemIdentity,
    /// What became of the questions to it.
    #[serde(default)]
    pub outcomes: Outcomes,
    /// Tokens.
    #[serde(default)]
    pub usage: Usage,
    /// What they cost, if prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// How well it agrees with people, by which the results are corrected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measurements: Vec<Measurement>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Begun and not finished: going on, or to be resumed.
    Running,
    /// Every sample has an outcome and the results are final.
    Finished,
}

/// The version that ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Build {
    /// Version of overt.
    pub version: String,
    /// Target triple and features.
    pub build: String,
}

/// The suite that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuiteRef {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of the suite's canonical JSON.
    pub digest: Digest,
}

/// How a run asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// The run's seed; every request's seed derives from it.
    pub seed: u64,
    /// Overrides each task's epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
    /// At most this many samples a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Only these samples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sample_ids: Vec<String>,
    /// Requests in flight at most.
    pub concurrency: usize,
    /// Attempts at most for each request.
    pub max_attempts: u32,
    /// Level of the intervals, for example 0.95.
    pub level: f64,
    /// When tasks stop before all of their samples are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early: Option<EarlyStopping>,
}

/// When a task stops before all of its samples are asked. They are then asked in an order drawn from the run's seed, and
/// the watched metric gets an interval that holds whenever one stops.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EarlyStopping {
    /// Every task whose first metric can be watched stops when that metric's interval has at most this half-width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
    /// The tasks of these requirements stop when the requirement is decided: the interval lies on one side of the bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decide: Vec<String>,
}

/// One task of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskRun {
    /// The task's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Digest of the task's canonical JSON.
    pub task_digest: Digest,
    /// Digest of prompt and few-shot examples alone.
    pub template_digest: Digest,
    /// The data.
    pub dataset: DatasetRef,
    /// How each answer is generated.
    pub generation: Generation,
    /// How often each sample is asked.
    pub epochs: u32,
    /// Samples × epochs that this run covers.
    pub planned: u64,
    /// What became of them.
    #[serde(default)]
    pub outcomes: Outcomes,
    /// Tokens.
    #[serde(default)]
    pub usage: Usage,
    /// Answers from the cache: given on another day, and not paid for again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached: u64,
    /// Why it stopped before all samples were asked, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// The results; the first is the headline.
    #[serde(default)]
    pub metrics: Vec<MetricResult>,
}

/// The data of a task as it was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetRef {
    /// The path, address, `embedded`, or `hf:ORGANISATION/NAME@COMMIT/CONFIG/SPLIT`.
    pub source: String,
    /// Digest of the file as stored; of several files, of their bytes one after the other.
    pub sha256: Digest,
    /// Digest over the canonical JSON of the samples that were used, in order, one a line.
    pub samples_sha256: Digest,
    /// How many samples were used.
    pub samples: u64,
    /// Digest over the digests of the images that prompts show, in order, one a line; absent if none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images_sha256: Option<Digest>,
}

/// A metric's value with everything that is needed to read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricResult {
    /// The metric's name within its task.
    pub name: String,
    /// For tables.
    pub title: String,
    /// Which way is good.
    pub direction: Direction,
    /// The point estimate; `None` if nothing could be scored.
    pub value: Option<f64>,
    /// The interval; `None` where none is defined, with the reason in `note`.
    pub interval: Option<IntervalResult>,
    /// Units that the estimate rests on: samples (epochs averaged), or pairs.
    pub n: u64,
    /// Clusters, if the task has a cluster field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<u64>,
    /// Answers without a score: failed, withheld, unscorable.
    pub missing: u64,
    /// The value if every missing answer had counted for the low end and for the high end of the range. `None` if
    /// nothing is missing or the metric has no such bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<[f64; 2]>,
    /// Answers scored 0 since they lacked the form the scorer needs.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unparsed: u64,
    /// The smallest true difference that a comparison with an equal second run would find in 80 of 100 cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable_difference: Option<f64>,
    /// The value put right for the errors of the judge behind it, if they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Corrected>,
    /// Anything a reader must know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A result put right for the errors of a judge. Requirements are judged by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Corrected {
    /// The value that people's labels would give.
    pub value: f64,
    /// Its interval: the uncertainty of the labels is in it. Method `lang-reiczigel` or `prediction-powered`; that of
    /// the labels alone if the judge does not help.
    pub interval: IntervalResult,
    /// How many labels it rests on.
    pub labels: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// An interval and how it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IntervalResult {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Nominal coverage, for example 0.95.
    pub level: f64,
    /// The method, for example `wilson`, `clustered-t`.
    pub method: String,
}

/// A requirement and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequirementResult {
    /// The expression.
    pub expression: String,
    /// `Some(true)` held, `Some(false)` missed, `None` could not be decided.
    pub held: Option<bool>,
    /// Why, with the numbers.
    pub reason: String,
}

/// What one sample in one epoch leaves: a line of the journal, a row of `samples.parquet`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SampleRow {
    /// Position of the task in the run.
    pub task: u32,
    /// Position in the run's order within the task (samples first, then epochs: `index = sample * epochs + epoch`).
    pub index: u64,
    /// Zero-based repetition.
    pub epoch: u32,
    /// The sample as it was used.
    pub sample: Sample,
    /// The conversation that led to the output, answers of earlier turns included.
    pub messages: Vec<Message>,
    /// What came back.
    pub answer: Answer,
    /// What the scorers say.
    pub scores: Vec<Score>,
    /// What judges were asked about the answer, and what they said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judgements: Vec<Judgement>,
    /// Whether judges are still to be asked: the scores are not final.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending: bool,
}
