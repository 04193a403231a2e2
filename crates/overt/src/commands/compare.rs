//! `overt compare`: is the difference between two runs real?

use overt_eval::RunDirectory;
use overt_schema::{Run, Status};
use overt_score::{Comparison, compare};

use crate::cli::CompareArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, FAINT, Output, STRONG, styled};
use crate::results::{self, number};
use crate::text::{grouped, line, padded};

/// The comparison of one task.
#[derive(serde::Serialize)]
struct TaskComparison {
    task: String,
    /// Why the two cannot be compared; then there is nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_comparable: Option<String>,
    metrics: Vec<Comparison>,
}

#[derive(serde::Serialize)]
struct Report {
    format: &'static str,
    a: String,
    b: String,
    tasks: Vec<TaskComparison>,
}

pub(crate) fn run(args: &CompareArgs, output: &mut Output) -> Result<Exit, Failure> {
    let (a, b) = (RunDirectory::open(&args.a)?, RunDirectory::open(&args.b)?);
    let (run_a, run_b) = (a.manifest()?, b.manifest()?);
    let mut tasks = Vec::new();
    for (position, task) in run_a.tasks.iter().enumerate() {
        let other = run_b.tasks.iter().position(|other| other.name == task.name);
        let Some(other) = other else {
            tasks.push(apart(&task.name, "the second run does not have this task".into()));
            continue;
        };
        tasks.push(match difference_in_kind(&run_a, position, &run_b, other) {
            Some(why) => apart(&task.name, why),
            None => TaskComparison {
                task: task.name.clone(),
                not_comparable: None,
                metrics: metrics(&a, position, &b, other, run_a.settings.level)?,
            },
        });
    }
    let nothing = tasks.iter().all(|task| task.not_comparable.is_some());
    let report = Report { format: "overt-comparison/1", a: run_a.id.clone(), b: run_b.id.clone(), tasks };
    if args.json {
        output.json(&report);
    } else {
        print(&report, &run_a, &run_b, output);
    }
    Ok(if nothing { Exit::Undecided } else { Exit::Yes })
}

fn apart(task: &str, why: String) -> TaskComparison {
    TaskComparison { task: task.to_owned(), not_comparable: Some(why), metrics: Vec::new() }
}

/// Why two runs of a task do not measure the same thing.
fn difference_in_kind(a: &Run, at_a: usize, b: &Run, at_b: usize) -> Option<String> {
    let (one, two) = (&a.tasks[at_a], &b.tasks[at_b]);
    if a.status != Status::Finished || b.status != Status::Finished {
        Some("a run is not finished".into())
    } else if one.task_digest != two.task_digest {
        Some(format!("the task differs: version {} and version {}", one.version, two.version))
    } else if one.dataset.sha256 != two.dataset.sha256 {
        Some("the data differs".into())
    } else {
        None
    }
}

fn metrics(
    a: &RunDirectory,
    at_a: usize,
    b: &RunDirectory,
    at_b: usize,
    level: f64,
) -> Result<Vec<Comparison>, Failure> {
    let materials = a.materials()?;
    let Some(source) = materials.tasks.get(at_a) else { return Ok(Vec::new()) };
    let rows = |directory: &RunDirectory, at: usize| -> Result<Vec<overt_schema::SampleRow>, Failure> {
        let mut rows = Vec::new();
        for row in directory.rows()? {
            let row = row?;
            if row.task as usize == at {
                rows.push(row);
            }
        }
        Ok(rows)
    };
    compare(&source.task, level, rows(a, at_a)?.iter(), rows(b, at_b)?.iter()).map_err(Failure::usage)
}

fn print(report: &Report, a: &Run, b: &Run, output: &mut Output) {
    output.say(format!("  a  {}   {}", report.a, results::system_line(&a.system)));
    output.say(format!("  b  {}   {}", report.b, results::system_line(&b.system)));
    output.say("");
    let width = report.tasks.iter().map(|task| task.task.len()).max().unwrap_or(0);
    for task in &report.tasks {
        if let Some(why) = &task.not_comparable {
            output.say(format!(
                "  {}  {}",
                padded(&task.task, width),
                styled(BAD, &format!("not comparable: {why}"))
            ));
            continue;
        }
        for metric in &task.metrics {
            output.say(row(task, metric, width));
        }
    }
    output.say("");
    output.say(styled(FAINT, "  Differences are b minus a, paired on the samples that both answered."));
}

fn row(task: &TaskComparison, metric: &Comparison, width: usize) -> String {
    let value = metric.difference.map_or_else(|| "—".to_owned(), |value| format!("{value:+.3}"));
    let interval = metric
        .interval
        .as_ref()
        .map_or(String::new(), |interval| format!("[{:+.3}, {:+.3}]", interval.low, interval.high));
    let mut parts = vec![format!("n={}", grouped(metric.pairs))];
    parts.extend(metric.p_value.map(|p| if p < 0.001 { "p<0.001".to_owned() } else { format!("p={p:.3}") }));
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
