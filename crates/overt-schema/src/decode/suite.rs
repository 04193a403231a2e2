//! A suite file.

use super::task::report_duplicates;
use super::value::{filled_list, list};
use super::{Decode, Fields, Report, scorer, text};
use crate::source::Place;
use crate::yaml::{Node, NodeValue};
use crate::{Requirement, Suite, SuiteTask, nearest};

pub(super) fn decode(node: &Node, report: &mut Report<'_>) -> Option<Suite> {
    let mut fields = Fields::open(node, "a suite", report)?;
    let name = fields.required_with("name", "my-suite", text::name);
    let title = fields.required_with("title", "one line for people", text::line);
    let description = fields.required_with("description", "what the suite is for", text::filled);
    let version = fields.required_with("version", "\"1.0.0\"", text::line);
    let licence = fields.required_with("licence", "CC-BY-4.0", text::line);
    let task_nodes = fields.node("tasks");
    let example = "[{ task: over-refusal, version: \"1.0.0\" }]";
    let tasks = fields.required_with("tasks", example, filled_list("task", SuiteTask::decode));
    let known = task_names(task_nodes);
    let require = fields
        .optional_with("require", |node, report| {
            list(node, report, |node, report| requirement(node, report, known.as_deref()))
        })
        .unwrap_or_default();
    report_duplicates(task_nodes, fields.report, "task", "remove one of the two", |node| {
        scorer::text_of(node, "task")
    });
    fields.finish();
    Some(Suite {
        name: name?,
        title: title?,
        description: description?,
        version: version?,
        licence: licence?,
        tasks: tasks?,
        require,
    })
}

impl Decode for SuiteTask {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        let mut fields = Fields::open(node, "a task of a suite", report)?;
        let task = fields.required_with("task", "over-refusal", task_reference);
        let version = fields.required_with("version", "\"1.0.0\"", text::line);
        fields.finish();
        Some(Self { task: task?, version: version? })
    }
}

/// A built-in task's name, or a task file beside the suite file.
fn task_reference(node: &Node, report: &mut Report<'_>) -> Option<String> {
    match &node.value {
        NodeValue::Text(text) if is_file(text) => text::path(node, report),
        _ => text::name(node, report),
    }
}

fn is_file(reference: &str) -> bool {
    let ending = std::path::Path::new(reference).extension();
    reference.contains(['/', '\\']) || ending.is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// The tasks' names, if all of them are names: what a task file names its task is not known here.
fn task_names(list: Option<&Node>) -> Option<Vec<&str>> {
    let NodeValue::List(items) = &list?.value else {
        return None;
    };
    let name = |node| scorer::text_of(node, "task").map(|(name, _)| name).filter(|name| !is_file(name));
    items.iter().map(name).collect()
}

fn requirement(node: &Node, report: &mut Report<'_>, known: Option<&[&str]>) -> Option<String> {
    let expression = String::decode(node, report)?;
    let requirement = match Requirement::parse(&expression) {
        Ok(requirement) => requirement,
        Err(error) => {
            let place = within(node, report, &error.text);
            let fix = "write `TASK.METRIC <= NUMBER` (or <, >=, >), and `point` at its end if the estimate is meant";
            report.add(place, format!("not a requirement: {}", error.message), Some(fix.into()));
            return None;
        }
    };
    if let Some(known) = known
        && !known.contains(&requirement.task.as_str())
    {
        let place = within(node, report, &requirement.task);
        let fix = match nearest(&requirement.task, known.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("the suite's tasks are {}", known.join(", ")),
        };
        report.add(place, format!("the suite has no task `{}`", requirement.task), Some(fix));
        return None;
    }
    Some(expression)
}

/// The place of a part of a node's text.
fn within(node: &Node, report: &Report<'_>, part: &str) -> Place {
    let written = report.source.slice(node.start, node.end);
    match written.find(part).filter(|_| !part.is_empty()) {
        Some(offset) => report.source.place(node.start, offset, part.chars().count()),
        None => report.place(node),
    }
}
