//! The end of a run: from journal to table, from scores to results.

use overt_schema::{Cost, Outcomes, Prices, Requirement, RequirementResult, Run, Status, TaskRun, Usage};

use crate::RunError;
use crate::budget::{Budget, Spent};
use crate::directory::{JOURNAL, MANIFEST, RunDirectory, SAMPLES, TASKS, digest_of, write_atomically};
use crate::error::EvalError;
use crate::journal::Journal;
use crate::judging;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::table::{TaskColumns, Writer};
use crate::tally::Tally;

/// Writes the table and the final manifest, then removes the journal. Until the manifest says `finished` the journal
/// is the truth, so a crash in between only means doing this again.
pub(crate) fn finish(
    plan: &Plan,
    mut run: Run,
    directory: &RunDirectory,
    journal: &Journal,
    ledger: &Ledger,
    budget: Budget,
) -> Result<Run, EvalError> {
    let columns: Vec<TaskColumns> = plan
        .tasks
        .iter()
        .map(|task| TaskColumns {
            name: task.source.task.name.clone(),
            cluster: task.source.task.cluster.clone(),
        })
        .collect();
    let path = directory.file(SAMPLES);
    let mut failed = None;
    let mut spent = Spent::default();
    let written = write_atomically(&path, |file| {
        tally(plan, &mut run, journal, ledger, &mut spent, |task_rows| {
            let mut table = Writer::new(&path, file, &columns).map_err(RunError::from)?;
            task_rows(&mut table)?;
            Ok(table.finish().map_err(RunError::from)?)
        })
        .map_err(|error| {
            failed = Some(error);
            std::io::ErrorKind::Other.into()
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    written.map_err(|source| RunError::Io { path: path.clone(), doing: "write the samples", source })?;

    let cost = |spent: Usage, prices: Option<Prices>| {
        prices.map(|prices| Cost { amount: prices.of(&spent), prices })
    };
    run.cost = cost(spent.system, budget.prices);
    if let Some(judge) = &mut run.judge {
        judge.cost = cost(spent.judge, budget.judge_prices);
    }
    run.requirements = requirements(plan, &run.tasks)?;
    run.status = Status::Finished;
    run.finished = Some(crate::timestamp(&jiff::Timestamp::now()));
    run.notes.retain(|note| !note.starts_with("interrupted"));
    for name in [SAMPLES, TASKS] {
        let path = directory.file(name);
        let digest = digest_of(&path).map_err(|source| RunError::Io { path, doing: "read", source })?;
        run.files.insert(name.to_owned(), digest);
    }
    directory.write_manifest(&run)?;
    let journal = directory.file(JOURNAL);
    std::fs::remove_file(&journal).map_err(|source| RunError::Io {
        path: journal,
        doing: "remove the journal",
        source,
    })?;
    debug_assert!(directory.file(MANIFEST).exists());
    Ok(run)
}

/// Hands every row, in order, to the table and to the summaries.
fn tally(
    plan: &Plan,
    run: &mut Run,
    journal: &Journal,
    ledger: &Ledger,
    spent: &mut Spent,
    with_table: impl FnOnce(&mut dyn FnMut(&mut Writer<'_>) -> Result<(), EvalError>) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    run.usage = Usage::default();
    if let Some(judge) = &mut run.judge {
        (judge.usage, judge.outcomes) = (Usage::default(), Outcomes::new());
    }
    with_table(&mut |table| {
        let mut buffer = Vec::new();
        for (position, (task, entry)) in plan.tasks.iter().zip(&mut run.tasks).enumerate() {
            let mut results =
                Tally::new(&task.source.task, entry, plan.tasks.len(), &run.settings, run.judge.as_ref())?;
            results.reserve(ledger.lines(position).count());
            entry.usage = Usage::default();
            entry.cached = 0;
            for (_, offset) in ledger.lines(position) {
                let row = journal.read(offset, &mut buffer)?;
                table.write(&row).map_err(RunError::from)?;
                results.add(row.index, row.epoch, &row.sample, row.answer.outcome, &row.scores);
                entry.usage += row.answer.usage;
                entry.cached += u64::from(row.answer.served.cached);
                spent.system += row.answer.spent();
                spent.judge += judging::spent(&row);
                if let Some(judge) = &mut run.judge {
                    for said in &row.judgements {
                        *judge.outcomes.entry(said.answer.outcome).or_default() += 1;
                        judge.usage += said.answer.usage;
                    }
                }
            }
            results.finish(entry);
            run.usage += entry.usage;
        }
        Ok(())
    })
}

/// Judges the suite's requirements.
fn requirements(plan: &Plan, tasks: &[TaskRun]) -> Result<Vec<RequirementResult>, EvalError> {
    let expressions = plan.suite.iter().flat_map(|suite| &suite.require);
    expressions
        .map(|expression| {
            let requirement = Requirement::parse(expression)
                .map_err(|source| EvalError::Requirement { expression: expression.clone(), source })?;
            Ok(requirement.judge(tasks))
        })
        .collect()
}

/// Takes a finished run up again: its table becomes a journal, so that what failed can be asked once more.
pub(crate) fn reopen(directory: &RunDirectory, run: &mut Run) -> Result<(), EvalError> {
    let path = directory.file(JOURNAL);
    let mut failed = None;
    let rows = directory.rows()?;
    let written = write_atomically(&path, |file| {
        let mut out = std::io::BufWriter::new(file);
        for row in rows {
            match row {
                Ok(row) => {
                    serde_json::to_writer(&mut out, &row)?;
                    std::io::Write::write_all(&mut out, b"\n")?;
                }
                Err(error) => {
                    failed = Some(error);
                    return Err(std::io::ErrorKind::Other.into());
                }
            }
        }
        std::io::Write::flush(&mut out)
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    written.map_err(|source| RunError::Io { path, doing: "write the journal", source })?;
    run.status = Status::Running;
    run.finished = None;
    directory.write_manifest(run)?;
    Ok(())
}
