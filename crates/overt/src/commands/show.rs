//! `overt show`: what a run found, where it went wrong, and what was said.

mod groups;
mod judged;
mod select;

pub(crate) use select::Condition;

use overt_eval::RunDirectory;
use overt_schema::{
    Direction, Outcome, Run, SampleRow, Score, Status, TaskRun, ToolCall, ToolDefinition, nearest,
};

use crate::cli::ShowArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, FAINT, Output, STRONG, styled};
use crate::report::{Cell, Column, Table, metric_cells, metric_columns};
use crate::results;
use crate::runs;
use crate::text::{grouped, line, seconds, tool_names, wrapped};

/// Characters of one message that a transcript shows.
const MESSAGE_LIMIT: usize = 20_000;

pub(crate) fn run(args: &ShowArgs, output: &mut Output) -> Result<Exit, Failure> {
    let directory = runs::open(args.run.as_ref(), &args.runs)?;
    let manifest = directory.manifest()?;
    if let Some(task) = &args.task {
        known_task(&manifest, task)?;
    }
    let condition = args.filter.as_deref().map(Condition::new).transpose()?;
    if let Some(field) = &args.group {
        return groups::run(args, field, condition.as_ref(), &directory, &manifest, output);
    }
    if let Some(condition) = &condition {
        return select::run(args, condition, &directory, &manifest, output);
    }
    match (&args.sample, args.format.layout()) {
        (Some(_), Some(_)) => Err(Failure::usage(
            "a transcript is no table\n  next   show it as text or with --format json, or list samples with --where",
        )),
        (Some(id), None) => sample(args, &directory, &manifest, id, output),
        (None, Some(layout)) => {
            if manifest.status == Status::Running {
                output
                    .warn(styled(BAD, "  The run is not finished: there are no results yet, only samples."));
            }
            output.say(results_table(args, &manifest).laid_out(layout));
            Ok(Exit::Yes)
        }
        (None, None) if args.format.is_json() => {
            output.json(&manifest);
            Ok(Exit::Yes)
        }
        (None, None) => overview(args, &directory, &manifest, output),
    }
}

/// Every metric of the run, or of one task.
fn results_table(args: &ShowArgs, run: &Run) -> Table {
    let columns = vec![Column::new("task"), Column::only_in_csv("version")];
    let mut table = Table::new(columns.into_iter().chain(metric_columns()).collect());
    for task in run.tasks.iter().filter(|task| args.task.as_ref().is_none_or(|name| *name == task.name)) {
        for metric in &task.metrics {
            let of_task = [Cell::text(&*task.name), Cell::text(&*task.version)];
            table.push(of_task.into_iter().chain(metric_cells(metric)).collect());
        }
    }
    table
}

fn known_task<'a>(manifest: &'a Run, name: &str) -> Result<&'a TaskRun, Failure> {
    manifest.tasks.iter().find(|task| task.name == name).ok_or_else(|| {
        let names: Vec<&str> = manifest.tasks.iter().map(|task| task.name.as_str()).collect();
        let hint = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("its tasks are {}", names.join(", ")),
        };
        Failure::usage(format!("the run has no task {name:?}\n  run    {}\n  next   {hint}", manifest.id))
    })
}

fn overview(
    args: &ShowArgs,
    directory: &RunDirectory,
    run: &Run,
    output: &mut Output,
) -> Result<Exit, Failure> {
    output.say(format!("  run     {}", directory.path().display()));
    results::parties(output, run);
    if let Some(suite) = &run.suite {
        output.say(format!("  suite   {} {}", line(&suite.name, 40), line(&suite.version, 20)));
    }
    output.say(format!("  began   {}   overt {}", run.created, run.overt.version));
    for note in &run.notes {
        output.say(format!("  note    {}", line(note, 100)));
    }
    if run.status == Status::Running {
        output.say(styled(BAD, "  The run is not finished: there are no results yet, only samples."));
        output.say(format!("  next    overt resume {}", directory.path().display()));
    }
    let mut worst = Worst::new(run, args.worst);
    let mut failures = Failures::new(run);
    for row in directory.rows()? {
        let row = row?;
        failures.see(&row);
        worst.see(row);
    }
    for (position, task) in run.tasks.iter().enumerate() {
        if args.task.as_ref().is_some_and(|name| *name != task.name) {
            continue;
        }
        output.say("");
        results::task_detail(output, task);
        failures.print(position, output);
        worst.print(position, output);
    }
    if !run.requirements.is_empty() {
        output.say("");
        results::requirements(output, run);
    }
    output.say("");
    output.say(format!("  {}", results::totals(run, None)));
    Ok(Exit::Yes)
}

/// Samples that brought no answer, by kind, with an example of what was said.
struct Failures(Vec<Vec<(Outcome, u64, String)>>);

impl Failures {
    fn new(run: &Run) -> Self {
        Self(vec![Vec::new(); run.tasks.len()])
    }

    fn see(&mut self, row: &SampleRow) {
        let Some(kinds) = self.0.get_mut(row.task as usize) else { return };
        let outcome = row.answer.outcome;
        if outcome.has_answer() {
            return;
        }
        if let Some((_, count, _)) = kinds.iter_mut().find(|(kind, ..)| *kind == outcome) {
            *count += 1;
        } else {
            let said = row.answer.error.clone().unwrap_or_default();
            kinds.push((outcome, 1, format!("{}: {}", row.sample.id, line(&said, 90))));
        }
    }

    fn print(&self, task: usize, output: &mut Output) {
        for (outcome, count, example) in self.0.get(task).into_iter().flatten() {
            output.say(format!(
                "  {}  {} samples, for example {}",
                styled(BAD, outcome.as_str()),
                grouped(*count),
                line(example, 110)
            ));
        }
    }
}

/// The samples with the worst headline scores.
struct Worst {
    keep: usize,
    tasks: Vec<Kept>,
}

struct Kept {
    scorer: Option<String>,
    direction: Direction,
    rows: Vec<(f64, SampleRow)>,
}

impl Worst {
    fn new(run: &Run, keep: usize) -> Self {
        let kept = |task: &TaskRun| Kept {
            scorer: None,
            direction: task.metrics.first().map_or(Direction::None, |metric| metric.direction),
            rows: Vec::new(),
        };
        Self { keep, tasks: run.tasks.iter().map(kept).collect() }
    }

    fn see(&mut self, row: SampleRow) {
        let Some(kept) = self.tasks.get_mut(row.task as usize) else { return };
        // The headline's scorer is the first one of a task.
        let scorer = kept
            .scorer
            .get_or_insert_with(|| row.scores.first().map(|score| score.scorer.clone()).unwrap_or_default());
        let value = row.scores.iter().find(|score| score.scorer == *scorer).and_then(|score| score.value);
        let Some(value) = value else { return };
        let badness = match kept.direction {
            Direction::Lower => value,
            Direction::Higher | Direction::Zero | Direction::None => -value,
        };
        let at = kept.rows.partition_point(|(other, _)| *other >= badness);
        if at < self.keep {
            kept.rows.insert(at, (badness, row));
            kept.rows.truncate(self.keep);
        }
    }

    fn print(&self, task: usize, output: &mut Output) {
        let Some(kept) = self.tasks.get(task) else { return };
        if kept.rows.is_empty() {
            return;
        }
        output.say(styled(FAINT, "  worst samples"));
        for (_, row) in &kept.rows {
            let score = row.scores.first().and_then(|score| score.value).unwrap_or_default();
            let text = row.answer.output.as_deref().unwrap_or_default();
            let width = output.width().saturating_sub(row.sample.id.len() + 14);
            output.say(format!(
                "    {}  {}  {}",
                line(&row.sample.id, 40),
                results::number(score),
                styled(FAINT, &line(text, width)),
            ));
        }
    }
}

fn sample(
    args: &ShowArgs,
    directory: &RunDirectory,
    run: &Run,
    id: &str,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut found = Vec::new();
    let mut ids = Vec::new();
    for row in directory.rows()? {
        let row = row?;
        let task = run.tasks.get(row.task as usize);
        if args.task.as_ref().is_some_and(|name| task.is_none_or(|task| task.name != *name)) {
            continue;
        }
        if row.sample.id == id {
            found.push(row);
        } else if found.is_empty() {
            ids.push(row.sample.id);
        }
    }
    if found.is_empty() {
        let hint = nearest(id, ids.iter().map(String::as_str)).map_or_else(
            || "`overt show` lists samples".to_owned(),
            |near| format!("did you mean {near:?}?"),
        );
        return Err(Failure::usage(format!(
            "the run has no sample {id:?} so far\n  run    {}\n  next   {hint}",
            run.id
        )));
    }
    if args.format.is_json() {
        output.json(&found);
        return Ok(Exit::Yes);
    }
    let tasks = directory.materials()?.tasks;
    for row in &found {
        let tools = tasks.get(row.task as usize).map_or(&[][..], |of| &of.task.prompt.tools);
        transcript(row, run, tools, output);
    }
    Ok(Exit::Yes)
}

fn transcript(row: &SampleRow, run: &Run, tools: &[ToolDefinition], output: &mut Output) {
    let width = output.width();
    let task = run.tasks.get(row.task as usize);
    let name = task.map_or("?", |task| task.name.as_str());
    let epoch = if task.is_some_and(|task| task.epochs > 1) {
        format!("  epoch {}", row.epoch)
    } else {
        String::new()
    };
    output.say(format!("{}  {name}{epoch}", styled(STRONG, &line(&row.sample.id, 60))));
    if let Some(tools) = tool_names(tools) {
        output.say(styled(FAINT, &format!("  tools {tools}")));
    }
    for message in &row.messages {
        output.say(styled(FAINT, &format!("  {}", message.role.as_str())));
        output.say(wrapped(&message.shown(), width, "    ", MESSAGE_LIMIT));
    }
    output.say(styled(FAINT, "  assistant (the answer)"));
    let calls = &row.answer.tool_calls;
    match row.answer.output.as_deref().map(|text| ToolCall::words(text, calls)) {
        Some(text) if text.trim().is_empty() && calls.is_empty() => output.say(styled(FAINT, "    (empty)")),
        Some(text) if text.trim().is_empty() => {}
        Some(text) => output.say(wrapped(text, width, "    ", MESSAGE_LIMIT)),
        None => output.say(styled(BAD, "    (none)")),
    }
    for call in calls {
        output.say(wrapped(&call.to_string(), width, "    ", MESSAGE_LIMIT));
    }
    let finish =
        row.answer.finish_reason.as_deref().map_or(String::new(), |why| format!(" ({})", line(why, 40)));
    let cached = if row.answer.served.cached { ", from the cache" } else { "" };
    output.say(format!("  outcome   {}{finish}{cached}", row.answer.outcome.as_str()));
    let filters = &row.answer.served.filters;
    if !filters.is_empty() {
        let found: Vec<String> = filters.iter().map(ToString::to_string).collect();
        output.say(format!("  filters   {}", line(&found.join(", "), width)));
    }
    if let Some(error) = &row.answer.error {
        output.say(styled(BAD, &wrapped(error, width, "    ", 2000)));
    }
    for field in ["target", "choices"] {
        if let Some(value) = row.sample.fields.get(field) {
            output.say(format!("  {field:8}  {}", line(&value.to_string(), width)));
        }
    }
    judged::transcripts(&row.judgements, output);
    for score in &row.scores {
        output.say(format!("  score     {}", score_line(score)));
    }
    let took: f64 = row.answer.attempts.iter().map(|attempt| attempt.took_ms).sum::<f64>() / 1e3;
    output.say(styled(
        FAINT,
        &format!(
            "  {} prompt + {} answer tokens · {} · {} attempts",
            grouped(row.answer.usage.prompt_tokens),
            grouped(row.answer.usage.completion_tokens),
            seconds(took),
            row.answer.attempts.len()
        ),
    ));
    output.say("");
}

fn score_line(score: &Score) -> String {
    let value = score.value.map_or_else(|| "missing".to_owned(), results::number);
    let mut text = format!("{} {value}", score.scorer);
    if let Some(answer) = &score.answer {
        text.push_str(&format!("  read {:?}", line(answer, 60)));
    }
    if score.unparsed {
        text.push_str("  (could not be read)");
    }
    if let Some(explanation) = &score.explanation {
        text.push_str(&format!("  {}", line(explanation, 120)));
    }
    text
}
