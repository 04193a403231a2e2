//! `overt compare`: is the difference between two runs real?

use std::path::{Path, PathBuf};

use overt_eval::{RunDirectory, SAMPLES};
use overt_schema::{Run, SampleRow};
use overt_score::{Ran, TaskComparison, Tested, adjust, compare, not_comparable};

use crate::cli::CompareArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, FAINT, Output, STRONG, styled};
use crate::report::{Cell, Column, Table, direction};
use crate::results::{self, number};
use crate::text::{grouped, line, padded};

/// A run beside the first one.
#[derive(serde::Serialize)]
struct Other {
    b: String,
    tasks: Vec<TaskComparison>,
}

#[derive(serde::Serialize)]
struct Report {
    format: &'static str,
    a: String,
    /// How many tests the adjusted p-values are adjusted for.
    tests: usize,
    others: Vec<Other>,
}

/// A run that is compared.
struct Compared {
    directory: RunDirectory,
    run: Run,
}

impl Compared {
    fn open(path: &Path) -> Result<Self, Failure> {
        let directory = RunDirectory::open(path)?;
        let run = directory.manifest()?;
        Ok(Self { directory, run })
    }

    fn ran(&self, position: usize) -> Ran<'_> {
        // A name is not enough: two runs of one second in two folders share it.
        let from = self.run.answers_from.as_ref().map(|from| from.sha256);
        Ran { run: &self.run, position, answers: from.or(self.run.files.get(SAMPLES).copied()) }
    }

    fn rows(&self, task: usize) -> Result<Vec<SampleRow>, Failure> {
        let mut rows = Vec::new();
        for row in self.directory.rows()? {
            let row = row?;
            if row.task as usize == task {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

pub(crate) fn run(args: &CompareArgs, output: &mut Output) -> Result<Exit, Failure> {
    let (runs, report) = report(&args.runs)?;
    match args.format.layout() {
        Some(layout) => output.say(table(&report).laid_out(layout)),
        None if args.format.is_json() => output.json(&report),
        None => print(&report, &runs, output),
    }
    let decided =
        report.others.iter().flat_map(|other| &other.tasks).any(|task| task.not_comparable.is_none());
    Ok(if decided { Exit::Yes } else { Exit::Undecided })
}

/// The same for runs that were just made: their headlines in one table, then how they differ.
pub(crate) fn beside(paths: &[PathBuf], json: bool, output: &mut Output) -> Result<(), Failure> {
    let (runs, report) = report(paths)?;
    if json {
        output.json(&report);
        return Ok(());
    }
    headlines(&runs, output);
    output.say("");
    print(&report, &runs, output);
    Ok(())
}

fn report(paths: &[PathBuf]) -> Result<(Vec<Compared>, Report), Failure> {
    let runs = paths.iter().map(|path| Compared::open(path)).collect::<Result<Vec<_>, _>>()?;
    let Some((first, rest)) = runs.split_first() else {
        return Err(Failure::usage("there is nothing to compare"));
    };
    let mut others = Vec::new();
    for other in rest {
        others.push(Other { b: other.run.id.clone(), tasks: tasks(first, other)? });
    }
    let tests = adjust(others.iter_mut().flat_map(|other| &mut other.tasks)).map_err(Failure::undecided)?;
    let report = Report { format: "overt-comparison/2", a: first.run.id.clone(), tests, others };
    Ok((runs, report))
}

fn tasks(first: &Compared, other: &Compared) -> Result<Vec<TaskComparison>, Failure> {
    let mut compared = Vec::new();
    let materials = first.directory.materials()?;
    for (position, task) in first.run.tasks.iter().enumerate() {
        let Some(source) = materials.tasks.get(position) else { continue };
        let Some(place) = other.run.tasks.iter().position(|theirs| theirs.name == task.name) else {
            compared.push(TaskComparison::apart(&*task.name, "the other run does not have this task"));
            continue;
        };
        let task = &source.task;
        compared.push(if let Some(why) = not_comparable(first.ran(position), other.ran(place), task) {
            TaskComparison::apart(&*task.name, why)
        } else {
            let (one, two) = (first.rows(position)?, other.rows(place)?);
            let metrics = compare(task, first.run.settings.level, one.iter(), two.iter());
            TaskComparison::of(&*task.name, metrics.map_err(Failure::usage)?)
        });
    }
    Ok(compared)
}

/// The first metric of every task, run beside run.
fn headlines(runs: &[Compared], output: &mut Output) {
    let Some(first) = runs.first() else { return };
    for task in &first.run.tasks {
        let Some(headline) = task.metrics.first() else { continue };
        output.say(format!(
            "  {}  {}  {}",
            styled(STRONG, &task.name),
            line(&headline.title, 40),
            styled(FAINT, results::direction(headline.direction))
        ));
        let width = runs.iter().map(|run| run.run.system.name.len().min(40)).max().unwrap_or(0);
        for Compared { run, .. } in runs {
            let metric = run.tasks.iter().find(|theirs| theirs.name == task.name);
            let metric = metric.and_then(|task| task.metrics.first());
            let found = metric.map_or_else(
                || "—".to_owned(),
                |metric| format!("{}  n={}", padded(&results::estimate(metric), 22), grouped(metric.n)),
            );
            output.say(format!("    {}  {found}", padded(&line(&run.system.name, 41), width)));
            if let Some(corrected) = metric.and_then(results::corrected) {
                output
                    .say(format!("    {}  {corrected}", padded("  corrected for the judge's errors", width)));
            }
        }
    }
}

/// Every comparison of the report, a row for each metric, or for a task that cannot be compared.
fn table(report: &Report) -> Table {
    let of_several =
        |name: &str| if report.others.len() > 1 { Column::new(name) } else { Column::only_in_csv(name) };
    let column = |name: &str| match name {
        "run_b" => of_several(name),
        "task" | "metric" | "a" | "b" | "difference" | "low" | "high" | "p_adjusted" | "pairs"
        | "unpaired" | "note" => Column::new(name),
        "p_value" if report.tests < 2 => Column::new(name),
        _ => Column::only_in_csv(name),
    };
    let names = [
        "run_a",
        "run_b",
        "task",
        "metric",
        "title",
        "direction",
        "a",
        "b",
        "difference",
        "low",
        "high",
        "level",
        "method",
        "p_value",
        "p_adjusted",
        "p_method",
        "pairs",
        "unpaired",
        "clusters",
        "detectable_difference",
        "note",
    ];
    let mut table = Table::new(names.map(column).into());
    for other in &report.others {
        for task in &other.tasks {
            let start = [&report.a, &other.b, &task.task].map(|name| Cell::text(&**name));
            if let Some(why) = &task.not_comparable {
                let mut row = start.to_vec();
                row.resize(names.len() - 1, Cell::Nothing);
                row.push(Cell::text(format!("not comparable: {why}")));
                table.push(row);
            }
            for tested in &task.metrics {
                table.push(start.iter().cloned().chain(cells(tested, report.tests)).collect());
            }
        }
    }
    table
}

/// The cells of a comparison, after those that say what is compared.
fn cells(tested: &Tested, tests: usize) -> Vec<Cell> {
    let metric = &tested.comparison;
    let interval = metric.interval.as_ref();
    let text = |text: Option<&String>| text.map_or(Cell::Nothing, Cell::text);
    let probability = |p: Option<f64>| p.map_or(Cell::Nothing, Cell::Probability);
    vec![
        Cell::text(&*metric.name),
        Cell::text(&*metric.title),
        Cell::text(direction(metric.direction)),
        Cell::number(metric.a),
        Cell::number(metric.b),
        Cell::number(metric.difference),
        Cell::number(interval.map(|interval| interval.low)),
        Cell::number(interval.map(|interval| interval.high)),
        Cell::number(interval.map(|interval| interval.level)),
        text(interval.map(|interval| &interval.method)),
        probability(metric.p_value),
        probability(tested.p_adjusted.filter(|_| tests > 1)),
        text(metric.p_method.as_ref()),
        Cell::Count(metric.pairs),
        Cell::some(metric.unpaired),
        metric.clusters.map_or(Cell::Nothing, Cell::Count),
        Cell::number(metric.detectable_difference),
        text(metric.note.as_ref()),
    ]
}

fn print(report: &Report, runs: &[Compared], output: &mut Output) {
    let Some((first, rest)) = runs.split_first() else { return };
    output.say(format!("  a  {}   {}", report.a, results::system_line(&first.run.system)));
    for (other, compared) in report.others.iter().zip(rest) {
        output.say(format!("  b  {}   {}", other.b, results::system_line(&compared.run.system)));
        output.say("");
        let width = other.tasks.iter().map(|task| task.task.len()).max().unwrap_or(0);
        for task in &other.tasks {
            if let Some(why) = &task.not_comparable {
                output.say(format!(
                    "  {}  {}",
                    padded(&task.task, width),
                    styled(BAD, &line(&format!("not comparable: {why}"), 200))
                ));
                continue;
            }
            for metric in &task.metrics {
                output.say(row(task, metric, report.tests, width));
            }
        }
        output.say("");
    }
    output.say(styled(FAINT, "  Differences are b minus a, paired on the samples that both answered."));
    if report.tests > 1 {
        let many = format!(
            "  With {} tests, one of 20 true zeros would show p < 0.05 by chance; `adj` is p adjusted for that (Holm).",
            report.tests
        );
        output.say(styled(FAINT, &many));
    }
}

fn row(task: &TaskComparison, tested: &Tested, tests: usize, width: usize) -> String {
    let metric = &tested.comparison;
    let value = metric.difference.map_or_else(|| "—".to_owned(), |value| format!("{value:+.3}"));
    let interval = metric
        .interval
        .as_ref()
        .map_or(String::new(), |interval| format!("[{:+.3}, {:+.3}]", interval.low, interval.high));
    let mut parts = vec![format!("n={}", grouped(metric.pairs))];
    parts.extend(metric.p_value.map(|p| probability("p", p)));
    parts.extend(tested.p_adjusted.filter(|_| tests > 1).map(|p| probability("adj", p)));
    parts.extend(metric.detectable_difference.map(|d| format!("detectable {}", number(d))));
    if metric.unpaired > 0 {
        parts.push(styled(BAD, &format!("{} not paired", grouped(metric.unpaired))));
    }
    parts.extend(metric.note.as_ref().map(|note| styled(FAINT, &line(note, 80))));
    format!(
        "  {}  {}  {}  {}  {}",
        styled(STRONG, &padded(&task.task, width)),
        padded(&line(&metric.title, 32), 32),
        padded(&value, 7),
        padded(&interval, 18),
        parts.join("  "),
    )
}

fn probability(name: &str, p: f64) -> String {
    if p < 0.001 { format!("{name}<0.001") } else { format!("{name}={p:.3}") }
}
