//! An evaluation: who measured what on which system, with what result.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Estimate, Header, RecordType, Settings, Suite, System, TaskResult};
use crate::in_toto::Subject;
use crate::{Hash, Name, Text, Timestamp};

/// The body of an `evaluation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Evaluation {
    /// The run.
    pub run: Run,
    /// How the evaluator stands to the system.
    pub evaluator: Evaluator,
    /// What ran it.
    pub overt: Build,
    /// Who was asked.
    pub system: System,
    /// The suite, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<Suite>,
    /// How it was asked.
    pub settings: Settings,
    /// The tasks with their results, in order.
    pub tasks: Vec<TaskResult>,
    /// The judge, if a task has a scorer of that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<Judge>,
    /// Requirements and whether they held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<Requirement>,
    /// Where the answers come from, if nobody was asked for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_from: Option<AnswersFrom>,
    /// What binds every single sample.
    pub samples: Samples,
    /// Digests of the run directory's other files.
    pub files: BTreeMap<Name, Hash>,
    /// The plan that was logged before the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<FollowedPlan>,
    /// The record that this one replaces since it was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Hash>,
    /// Anything a reader should know, for example that the run was interrupted and resumed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
}

/// The run directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Run {
    /// Its name.
    pub id: Name,
    /// When it began, by the evaluator's clock.
    pub created: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// Digest of `run.json`.
    pub manifest_sha256: Hash,
}

/// How the evaluator stands to the system. The words for the relationship are those of Every Eval Ever 0.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Evaluator {
    /// Whose system it is.
    pub relationship: Relationship,
    /// What the results do not show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limitations: Option<Text>,
    /// Money, employment and anything else that could bend a judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflicts_of_interest: Option<Text>,
}

/// Whose system was evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// The evaluator's own.
    FirstParty,
    /// Somebody else's, who had no part in it.
    ThirdParty,
    /// Somebody else's, who took part.
    Collaborative,
    /// None of these; the limitations say what.
    Other,
}

/// The version that ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Build {
    /// Version of overt.
    pub version: Name,
    /// Target triple and features.
    pub build: Name,
}

/// Who judged, and how well it agrees with people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Judge {
    /// The judging system.
    pub system: System,
    /// What became of the questions to it.
    pub outcomes: BTreeMap<Name, u64>,
    /// How well it agrees with people, by which results are corrected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measurements: Vec<JudgeMeasurement>,
}

/// A judge with a rubric, measured on answers that people have labelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct JudgeMeasurement {
    /// The scorer that carries the rubric, as `task.scorer`.
    pub scorer: Name,
    /// Digest of the rubric's canonical JSON.
    pub rubric_sha256: Hash,
    /// Digest of the file with the people's labels.
    pub labels_sha256: Hash,
    /// Labelled answers that the judge gave a verdict on.
    pub n: u64,
    /// Labelled answers without a verdict.
    pub missing: u64,
    /// The same verdict, among all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Estimate>,
    /// Cohen's kappa.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kappa: Option<Estimate>,
    /// The judge says 1, among those that people call 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Estimate>,
    /// The judge says 0, among those that people call 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specificity: Option<Estimate>,
    /// The judge's score minus the people's, on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<Estimate>,
}

/// A requirement and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Requirement {
    /// The expression.
    pub expression: Text,
    /// Whether it held; absent if that could not be decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<bool>,
    /// Why, with the numbers.
    pub reason: Text,
}

/// Answers that were there before the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AnswersFrom {
    /// The run's id, or the file's name.
    pub source: Text,
    /// Digest of the run's `samples.parquet`, or of the file.
    pub sha256: Hash,
}

/// The tree over the run's samples ([`crate::SampleTree`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Samples {
    /// How many leaves it has: every sample in every epoch, whatever became of it.
    pub count: u64,
    /// Its root.
    pub root: Hash,
    /// How many of them were published without their content.
    pub withheld: u64,
}

/// The plan that a run followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FollowedPlan {
    /// The plan's record digest.
    pub record: Hash,
    /// The log in which it stands.
    pub origin: Name,
    /// Where it stands there.
    pub index: u64,
    /// Which run of the plan this is, counted from 1.
    pub number: u32,
    /// The other runs of the plan, those without a result too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_runs: Vec<OtherRun>,
    /// Where the run departs from the plan, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<Text>,
}

/// Another run of the same plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OtherRun {
    /// Its number.
    pub number: u32,
    /// What became of it.
    pub status: OtherRunStatus,
    /// Digest of its `run.json`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_sha256: Option<Hash>,
    /// Its record digest, if it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Hash>,
}

/// What became of another run of the same plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OtherRunStatus {
    /// Every sample has an outcome.
    Finished,
    /// It was begun and not finished.
    Unfinished,
    /// Its data are gone.
    Lost,
}

impl RecordType for Evaluation {
    const KIND: &'static str = "evaluation";
    const VERSION: u16 = 1;

    /// `run.json`, `samples.parquet`, the system's identity and, where there are any, the weights.
    fn subjects(&self) -> Vec<Subject> {
        let mut subjects = vec![Subject::sha256("run.json", self.run.manifest_sha256)];
        subjects.extend(self.samples_file().map(|sha256| Subject::sha256(SAMPLES, sha256)));
        subjects.push(Subject::sha256("system", self.system.identity_sha256));
        subjects.extend(
            self.system.artefact.as_ref().map(|artefact| Subject::sha256("weights", artefact.sha256)),
        );
        subjects
    }

    fn refs(&self) -> Vec<Hash> {
        self.plan.iter().map(|plan| plan.record).chain(self.corrects).collect()
    }

    fn check(&self, _: &Header) -> Result<(), BrokenRule> {
        self.tasks.iter().try_for_each(TaskResult::check)?;
        let asked = self.tasks.iter().fold(0_u64, |sum, task| sum.saturating_add(task.asked()));
        BrokenRule::unless(self.run.created <= self.run.finished, "a run ends after it began")?;
        BrokenRule::unless(!self.tasks.is_empty(), "an evaluation has at least one task")?;
        BrokenRule::unless(
            self.samples.count == asked,
            "the tree has a leaf for each sample that has an outcome",
        )?;
        BrokenRule::unless(
            self.samples.withheld <= self.samples.count,
            "no more samples are withheld than there are",
        )?;
        BrokenRule::unless(self.samples_file().is_some(), "`files` names samples.parquet")?;
        self.plan.as_ref().map_or(Ok(()), FollowedPlan::check)?;
        let measurements = self.judge.iter().flat_map(|judge| &judge.measurements);
        measurements.flat_map(JudgeMeasurement::estimates).try_for_each(Estimate::check)
    }
}

const SAMPLES: &str = "samples.parquet";

impl Evaluation {
    /// Digest of `samples.parquet`.
    fn samples_file(&self) -> Option<Hash> {
        self.files.iter().find(|(name, _)| name.as_str() == SAMPLES).map(|(_, sha256)| *sha256)
    }
}

impl FollowedPlan {
    fn check(&self) -> Result<(), BrokenRule> {
        let mut numbers: Vec<u32> = self.other_runs.iter().map(|run| run.number).collect();
        numbers.push(self.number);
        numbers.sort_unstable();
        let counted = numbers.iter().zip(1..).all(|(number, expected)| *number == expected);
        BrokenRule::unless(counted, "the runs of a plan are numbered from 1, and each is named once")
    }
}

impl JudgeMeasurement {
    fn estimates(&self) -> impl Iterator<Item = &Estimate> {
        [&self.agreement, &self.kappa, &self.sensitivity, &self.specificity, &self.bias].into_iter().flatten()
    }
}
