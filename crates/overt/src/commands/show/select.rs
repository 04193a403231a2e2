//! `overt show --where`: the samples for which an expression is true.

use overt_eval::RunDirectory;
use overt_schema::{Expression, Run, SampleRow};
use serde_json::{Map, Value, json};

use crate::cli::ShowArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{FAINT, Output, STRONG, styled};
use crate::report::{Cell, Column, Table};
use crate::results;
use crate::text::{count, line, padded};

/// Samples that are listed; the other formats give all.
const LISTED: usize = 200;

/// A condition on samples: an expression over their fields and over what came out.
pub(crate) struct Condition(Expression);

impl Condition {
    /// Reads a condition.
    pub(crate) fn new(text: &str) -> Result<Self, Failure> {
        let expression = Expression::new(text).map_err(|error| {
            Failure::usage(format!(
                "--where: {error}\n  where  {text}\n  next   compare with ==, !=, <, <=, >, >=, join with `and`, `or`, `not`, for \
                 example 'score < 0.5 and tag == \"religion\"'"
            ))
        })?;
        Ok(Self(expression))
    }

    /// Whether it is true of a sample. Fields of the sample come first; then `task`, `id`, `epoch`, `outcome`, `answer`,
    /// `score` (the first scorer's) and `scores.NAME`.
    pub(crate) fn holds(&self, run: &Run, row: &SampleRow) -> Result<bool, Failure> {
        let mut fields = facts(run, row);
        fields.extend(row.sample.fields.clone());
        let failed = |error| Failure::usage(format!("--where: {error}\n  sample {}", row.sample.id));
        self.0.is_true(&fields).map_err(failed)
    }
}

fn facts(run: &Run, row: &SampleRow) -> Map<String, Value> {
    let task = run.tasks.get(row.task as usize).map_or("", |task| task.name.as_str());
    let scores: Map<String, Value> =
        row.scores.iter().map(|score| (score.scorer.clone(), json!(score.value))).collect();
    let facts = [
        ("task", json!(task)),
        ("id", json!(row.sample.id)),
        ("epoch", json!(row.epoch)),
        ("outcome", json!(row.answer.outcome)),
        ("answer", json!(row.answer.output)),
        ("score", json!(row.scores.first().and_then(|score| score.value))),
        ("scores", Value::Object(scores)),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn run(
    args: &ShowArgs,
    condition: &Condition,
    directory: &RunDirectory,
    run: &Run,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let all = args.format.is_json() || args.format.layout().is_some();
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let mut total = 0;
    for row in directory.rows()? {
        let row = row?;
        let task = run.tasks.get(row.task as usize).map(|task| &task.name);
        if args.task.is_some() && args.task.as_ref() != task {
            continue;
        }
        looked_at += 1;
        if condition.holds(run, &row)? {
            total += 1;
            if all || found.len() < LISTED {
                found.push(row);
            }
        }
    }
    if args.format.is_json() {
        output.json(&found);
        return Ok(Exit::Yes);
    }
    if let Some(layout) = args.format.layout() {
        output.say(samples(&found, run).laid_out(layout));
        return Ok(Exit::Yes);
    }
    output.say(format!("  {} of {}", count(total, "sample"), count(looked_at, "sample")));
    let width = found.iter().map(|row| row.sample.id.len().min(40)).max().unwrap_or(0);
    for row in &found {
        let score = row.scores.first().and_then(|score| score.value);
        let score = score.map_or_else(|| "—".to_owned(), results::number);
        let text = row.answer.output.as_deref().unwrap_or(row.answer.outcome.as_str());
        let room = output.width().saturating_sub(width + 14);
        output.say(format!(
            "    {}  {score:>5}  {}",
            styled(STRONG, &padded(&line(&row.sample.id, 41), width)),
            styled(FAINT, &line(text, room)),
        ));
    }
    if total > found.len() as u64 {
        output.say(format!("    … and {} more; --format json or csv gives all", total - found.len() as u64));
    }
    Ok(Exit::Yes)
}

/// The samples, with a column for each scorer of theirs.
fn samples(rows: &[SampleRow], run: &Run) -> Table {
    let mut scorers: Vec<&str> = Vec::new();
    for score in rows.iter().flat_map(|row| &row.scores) {
        if !scorers.contains(&score.scorer.as_str()) {
            scorers.push(&score.scorer);
        }
    }
    let columns = ["task", "sample", "epoch", "outcome"].map(Column::new).into_iter();
    let columns = columns.chain(scorers.iter().map(|name| Column::new(format!("score.{name}"))));
    let mut table = Table::new(columns.chain(["answer", "error"].map(Column::new)).collect());
    for row in rows {
        let task = run.tasks.get(row.task as usize).map_or("", |task| task.name.as_str());
        let mut cells = vec![
            Cell::text(task),
            Cell::text(&*row.sample.id),
            Cell::some(row.epoch.into()),
            Cell::text(row.answer.outcome.as_str()),
        ];
        let score = |name: &&str| row.scores.iter().find(|score| score.scorer == *name)?.value;
        cells.extend(scorers.iter().map(|name| Cell::number(score(name))));
        let text = |text: &Option<String>| text.as_ref().map_or(Cell::Nothing, Cell::text);
        cells.extend([text(&row.answer.output), text(&row.answer.error)]);
        table.push(cells);
    }
    table
}
