//! `overt show --group`: the metrics of each group of samples, with intervals that hold for all groups together.

use overt_eval::RunDirectory;
use overt_schema::Run;
use overt_score::{GroupedResults, Groups};

use super::select::Condition;
use crate::cli::ShowArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, FAINT, Output, STRONG, styled};
use crate::report::{Cell, Column, Table, metric_cells, metric_columns};
use crate::results;
use crate::text::{grouped, line, padded};

pub(super) fn run(
    args: &ShowArgs,
    field: &str,
    condition: Option<&Condition>,
    directory: &RunDirectory,
    run: &Run,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let tables = tables(args, field, condition, directory, run)?;
    if args.format.is_json() {
        output.json(&tables);
        return Ok(Exit::Yes);
    }
    if let Some(layout) = args.format.layout() {
        output.say(in_one(&tables, field).laid_out(layout));
        return Ok(Exit::Yes);
    }
    for table in &tables {
        print(table, field, run.settings.level, output);
    }
    Ok(Exit::Yes)
}

/// The groups of every task that was chosen.
fn tables(
    args: &ShowArgs,
    field: &str,
    condition: Option<&Condition>,
    directory: &RunDirectory,
    run: &Run,
) -> Result<Vec<GroupedResults>, Failure> {
    let name = |task: u32| run.tasks.get(task as usize).map(|task| &task.name);
    let chosen = |task: u32| args.task.is_none() || args.task.as_ref() == name(task);
    let mut groups = Groups::new(field, run.tasks.len());
    for row in directory.rows()? {
        let row = row?;
        if chosen(row.task) {
            groups.see(row.task as usize, &row.sample).map_err(|error| {
                Failure::usage(format!(
                    "{error}\n  task   {}\n  next   choose a field with few values",
                    name(row.task).map_or("?", String::as_str)
                ))
            })?;
        }
    }
    if groups.is_empty() {
        return Err(Failure::usage(format!(
            "no sample has the field {field:?}\n  run    {}\n  next   `overt show --sample ID --json` shows the fields of a sample",
            run.id
        )));
    }
    let materials = directory.materials()?;
    let tasks = materials.tasks.iter().map(|source| &source.task);
    let mut summaries = groups.summaries(tasks, run.settings.level).map_err(Failure::usage)?;
    for row in directory.rows()? {
        let row = row?;
        if chosen(row.task) && condition.map_or(Ok(true), |condition| condition.holds(run, &row))? {
            summaries.add(row.task as usize, &row.sample, row.epoch, row.answer.outcome, &row.scores);
        }
    }
    Ok(summaries.finish())
}

/// All groups of all tasks, a row for each metric.
fn in_one(tables: &[GroupedResults], field: &str) -> Table {
    let columns = vec![Column::new("task"), Column::only_in_csv("field"), Column::new("group")];
    let mut table = Table::new(columns.into_iter().chain(metric_columns()).collect());
    for GroupedResults { task, groups, .. } in tables {
        for (group, metric) in groups.iter().flat_map(|group| group.metrics.iter().map(move |m| (group, m))) {
            let of_group = [Cell::text(&**task), Cell::text(field), Cell::text(&*group.value)];
            table.push(of_group.into_iter().chain(metric_cells(metric)).collect());
        }
    }
    table
}

fn print(table: &GroupedResults, field: &str, level: f64, output: &mut Output) {
    output.say(format!("{}  by {}", styled(STRONG, &table.task), line(field, 40)));
    let width = table.groups.iter().map(|group| group.value.chars().count().min(34)).max().unwrap_or(0);
    let metrics = table.groups.first().map_or(0, |group| group.metrics.len());
    for position in 0..metrics {
        let Some(metric) = table.groups[0].metrics.get(position) else { continue };
        output.say(format!(
            "  {}  {}",
            line(&metric.title, 60),
            styled(FAINT, results::direction(metric.direction))
        ));
        for group in &table.groups {
            let Some(metric) = group.metrics.get(position) else { continue };
            let missing = match metric.missing {
                0 => String::new(),
                missing => styled(BAD, &format!("  {} missing", grouped(missing))),
            };
            output.say(format!(
                "    {}  {}  n={}{missing}",
                padded(&line(&group.value, 35), width),
                padded(&results::estimate(metric), 22),
                grouped(metric.n),
            ));
        }
    }
    output.say(styled(
        FAINT,
        &format!(
            "  Each interval is at {:.2} %, so that all {} of a metric hold together at {:.0} % (Bonferroni).",
            table.level * 100.0,
            table.groups.len(),
            level * 100.0
        ),
    ));
    if table.without > 0 {
        output.say(styled(FAINT, &format!("  {} samples have no field {field:?}.", grouped(table.without))));
    }
    output.say("");
}
