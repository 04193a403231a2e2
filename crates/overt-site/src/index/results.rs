//! Evaluations and their results, as they were signed.

use overt_record::record::{Direction, Reach, Relationship};
use overt_record::{Decimal, Hash, KeyId, Timestamp};
use rusqlite::Row;
use rusqlite::types::Value;
use serde::Serialize;

use super::{Index, IndexError, Page, PageSize, Seek};
use crate::row::{Columns as _, integer};

/// An evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvaluationView {
    /// Its entry.
    pub index: u64,
    /// The record digest.
    pub record: Hash,
    /// When it was logged.
    pub time: Timestamp,
    /// The name that the evaluator gives itself.
    pub issuer: String,
    /// The evaluator's key.
    pub key: KeyId,
    /// Which system, the same for all evaluations of it.
    pub system: Hash,
    /// What the evaluator calls it.
    pub name: String,
    /// The model.
    pub model: String,
    /// How it was reached.
    pub reach: Reach,
    /// When the run began.
    pub created: Timestamp,
    /// The suite and its version.
    pub suite: Option<String>,
    /// Whose system it is.
    pub relationship: Relationship,
    /// How many samples were asked.
    pub samples: u64,
    /// How many of them are shown without their content.
    pub withheld: u64,
    /// The plan that it followed, by its own word.
    pub plan: Option<Hash>,
    /// The record that it corrects.
    pub corrects: Option<Hash>,
    /// The newest evaluation of the same issuer that corrects this one.
    pub corrected_by: Option<Hash>,
    /// How many reproductions of it are logged.
    pub reproductions: u64,
}

/// A metric's value, with what is needed to read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultView {
    /// The evaluation's entry.
    pub index: u64,
    /// The task.
    pub task: String,
    /// Its title.
    pub task_title: String,
    /// Its version.
    pub task_version: String,
    /// Digest of the task.
    pub task_sha256: Hash,
    /// Digest of the samples that it uses.
    pub samples_sha256: Hash,
    /// Results may be set side by side if this is equal: the same task, template, samples, epochs and judge.
    pub alike: Hash,
    /// How many answers were asked for.
    pub asked: u64,
    /// The metric.
    pub metric: String,
    /// Its title.
    pub metric_title: String,
    /// Whether it is the task's first metric.
    pub headline: bool,
    /// Which way is good.
    pub direction: Direction,
    /// The value.
    pub value: Option<Decimal>,
    /// The interval's low end.
    pub low: Option<Decimal>,
    /// The interval's high end.
    pub high: Option<Decimal>,
    /// The interval's level.
    pub level: Option<Decimal>,
    /// The interval's method.
    pub method: Option<String>,
    /// Units that it rests on.
    pub n: u64,
    /// Answers without a score.
    pub missing: u64,
}

/// What every query of evaluations selects.
///
/// What another issuer says about a correction does not count: anybody could hide a result with it.
pub(super) const EVALUATIONS: &str = "\
    SELECT evaluation.idx, record.digest, entry.time, record.issuer, entry.key, system, name, model, reach, created, \
        suite, relationship, samples, withheld, evaluation.plan, corrects, \
        (SELECT later.digest FROM evaluation AS correction JOIN record AS later USING (idx) JOIN entry AS logged USING (idx) \
            WHERE correction.corrects = record.digest AND logged.key = entry.key ORDER BY idx DESC LIMIT 1) AS corrected_by, \
        (SELECT count(*) FROM reproduction WHERE original = record.digest) AS reproductions \
    FROM evaluation JOIN record USING (idx) JOIN entry USING (idx)";

pub(super) const RESULTS: &str = "\
    SELECT idx, task, task_title, task_version, task_sha256, samples_sha256, alike, asked, metric, metric_title, headline, \
        direction, value, low, high, level, method, n, missing FROM result";

/// Which evaluations. What is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvaluationFilter {
    /// Part of the name of the system or of its model. ASCII case does not matter.
    pub system: Option<String>,
    /// The name of a task.
    pub task: Option<String>,
    /// Part of the issuer's name. ASCII case does not matter.
    pub issuer: Option<String>,
    /// Whether it followed a plan.
    pub plan: Option<Announced>,
    /// How much of it is withheld.
    pub withheld: Option<Withheld>,
}

/// Whether an evaluation followed a plan, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announced {
    /// It names one.
    Planned,
    /// It names none.
    Unplanned,
}

/// How many of an evaluation's samples are withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// None.
    Nothing,
    /// Some, at most half.
    UpToHalf,
    /// More than half.
    Most,
}

impl EvaluationFilter {
    /// Conditions with their values.
    fn conditions(&self) -> (String, Vec<Value>) {
        let mut conditions = String::new();
        let mut values = Vec::new();
        let mut add = |condition: &str, texts: &[&str]| {
            conditions.push_str(" AND ");
            conditions.push_str(condition);
            values.extend(texts.iter().map(|text| Value::Text((*text).to_owned())));
        };
        if let Some(system) = &self.system {
            add("(instr(lower(name), lower(?)) OR instr(lower(model), lower(?)))", &[system, system]);
        }
        if let Some(task) = &self.task {
            add("evaluation.idx IN (SELECT idx FROM result WHERE task = ?)", &[task]);
        }
        if let Some(issuer) = &self.issuer {
            add("instr(lower(record.issuer), lower(?))", &[issuer]);
        }
        match self.plan {
            Some(Announced::Planned) => add("evaluation.plan IS NOT NULL", &[]),
            Some(Announced::Unplanned) => add("evaluation.plan IS NULL", &[]),
            None => {}
        }
        match self.withheld {
            Some(Withheld::Nothing) => add("withheld = 0", &[]),
            Some(Withheld::UpToHalf) => add("withheld > 0 AND withheld * 2 <= samples", &[]),
            Some(Withheld::Most) => add("withheld * 2 > samples", &[]),
            None => {}
        }
        (conditions, values)
    }
}

impl Index {
    /// Evaluations, newest first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn evaluations(&self, seek: Seek, size: PageSize) -> Result<Page<EvaluationView>, IndexError> {
        self.evaluations_where(&EvaluationFilter::default(), seek, size)
    }

    /// Those evaluations that a filter leaves, newest first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn evaluations_where(
        &self,
        filter: &EvaluationFilter,
        seek: Seek,
        size: PageSize,
    ) -> Result<Page<EvaluationView>, IndexError> {
        let (conditions, mut values) = filter.conditions();
        values.insert(0, Value::Integer(seek.below()));
        values.push(Value::Integer(size.and_one()));
        let select = format!(
            "{EVALUATIONS} WHERE evaluation.idx < ?{conditions} ORDER BY evaluation.idx DESC LIMIT ?"
        );
        let found = self.list(&select, rusqlite::params_from_iter(values), read_evaluation)?;
        Ok(Page::of(found, size, |evaluation| evaluation.index))
    }

    /// One evaluation.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn evaluation(&self, record: &Hash) -> Result<Option<EvaluationView>, IndexError> {
        let select = format!("{EVALUATIONS} WHERE record.digest = ? ORDER BY record.idx LIMIT 1");
        Ok(self.list(&select, [record.as_bytes()], read_evaluation)?.pop())
    }

    /// The results of the evaluation in an entry, in the record's order.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn results(&self, index: u64) -> Result<Vec<ResultView>, IndexError> {
        let select = format!("{RESULTS} WHERE idx = ? ORDER BY place");
        self.list(&select, [integer(index)], read_result)
    }
}

pub(super) fn read_evaluation(row: &Row<'_>) -> rusqlite::Result<EvaluationView> {
    Ok(EvaluationView {
        index: row.count("idx")?,
        record: row.hash("digest")?,
        time: row.time("time")?,
        issuer: row.get("issuer")?,
        key: row.hash("key")?.into(),
        system: row.hash("system")?,
        name: row.get("name")?,
        model: row.get("model")?,
        reach: row.parsed("reach")?,
        created: row.time("created")?,
        suite: row.get("suite")?,
        relationship: row.parsed("relationship")?,
        samples: row.count("samples")?,
        withheld: row.count("withheld")?,
        plan: row.optional_hash("plan")?,
        corrects: row.optional_hash("corrects")?,
        corrected_by: row.optional_hash("corrected_by")?,
        reproductions: row.count("reproductions")?,
    })
}

pub(super) fn read_result(row: &Row<'_>) -> rusqlite::Result<ResultView> {
    let decimal = |column: &str| -> rusqlite::Result<Option<Decimal>> {
        Ok(row.get::<_, Option<String>>(column)?.and_then(|text| text.parse().ok()))
    };
    Ok(ResultView {
        index: row.count("idx")?,
        task: row.get("task")?,
        task_title: row.get("task_title")?,
        task_version: row.get("task_version")?,
        task_sha256: row.hash("task_sha256")?,
        samples_sha256: row.hash("samples_sha256")?,
        alike: row.hash("alike")?,
        asked: row.count("asked")?,
        metric: row.get("metric")?,
        metric_title: row.get("metric_title")?,
        headline: row.get("headline")?,
        direction: row.parsed("direction")?,
        value: decimal("value")?,
        low: decimal("low")?,
        high: decimal("high")?,
        level: decimal("level")?,
        method: row.get("method")?,
        n: row.count("n")?,
        missing: row.count("missing")?,
    })
}
