//! Texts with a form: names, lines, templates, expressions, regular expressions, paths.

use std::ops::Range;

use super::{Decode, Report};
use crate::source::Place;
use crate::yaml::Node;
use crate::{Expression, Template, TemplateError};

/// A text that is not empty.
pub(super) fn filled(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let text = String::decode(node, report)?;
    if text.trim().is_empty() {
        report.error(node, "the text is empty", "write one");
        return None;
    }
    Some(text)
}

/// A text of one line.
pub(super) fn line(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let text = filled(node, report)?;
    if text.trim_end().contains('\n') {
        report.error(node, "one line is expected here; the text has several", "say it in one line");
        return None;
    }
    Some(text)
}

/// A name of a task or suite: lower-case letters, digits and hyphens.
pub(super) fn name(node: &Node, report: &mut Report<'_>) -> Option<String> {
    checked_name(node, report, "-", "lower-case letters, digits and hyphens")
}

/// A name within a task: underscores may occur too.
pub(super) fn inner_name(node: &Node, report: &mut Report<'_>) -> Option<String> {
    checked_name(node, report, "-_", "lower-case letters, digits, hyphens and underscores")
}

const LONGEST_NAME: usize = 100;

fn checked_name(node: &Node, report: &mut Report<'_>, joints: &str, said: &str) -> Option<String> {
    let name = String::decode(node, report)?;
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = name.starts_with(letter) && name.chars().all(|c| letter(c) || joints.contains(c));
    if fits && name.len() <= LONGEST_NAME {
        return Some(name);
    }
    let message =
        format!("a name has {said}, begins with a letter or digit, and is at most {LONGEST_NAME} long");
    report.error(node, message, suggested_name(&name, joints));
    None
}

fn suggested_name(name: &str, joints: &str) -> String {
    let lower = name.to_lowercase();
    let mapped = lower.chars().take(LONGEST_NAME).map(|c| match c {
        'a'..='z' | '0'..='9' => c,
        c if joints.contains(c) => c,
        _ => '-',
    });
    let mapped: String = mapped.collect();
    let parts: Vec<&str> = mapped.split('-').filter(|part| !part.is_empty()).collect();
    match parts.join("-").trim_start_matches('_') {
        "" => "choose another name".into(),
        better => format!("for example `{better}`"),
    }
}

/// A template that compiles.
pub(super) fn template(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let source = String::decode(node, report)?;
    match Template::new(&source) {
        Ok(_) => Some(source),
        Err(error) => {
            template_error(node, report, &source, &error, "the template cannot be read");
            None
        }
    }
}

/// An expression that compiles.
pub(super) fn expression(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let source = filled(node, report)?;
    match Expression::new(&source) {
        Ok(_) => Some(source),
        Err(error) => {
            template_error(node, report, &source, &error, "the expression cannot be read");
            None
        }
    }
}

fn template_error(node: &Node, report: &mut Report<'_>, source: &str, error: &TemplateError, what: &str) {
    let fix = error.suggestion.as_ref().map(|name| format!("did you mean `{name}`?"));
    let place = locate(node, report, source, error).unwrap_or_else(|| report.place(node));
    report.add(place, format!("{what}: {}", error.message), fix);
}

/// The place in the file of an error in a template: its text is looked for where the node is written, since
/// indentation, folding and quotes make the file's columns differ from the template's.
fn locate(node: &Node, report: &Report<'_>, source: &str, error: &TemplateError) -> Option<Place> {
    let range = range(source, error)?;
    let needle = source[range.clone()].lines().next().filter(|needle| !needle.is_empty())?;
    let earlier = source[..range.start].matches(needle).count();
    let written = report.source.slice(node.start, node.end);
    let (offset, _) = written.match_indices(needle).nth(earlier)?;
    Some(report.source.place(node.start, offset, needle.chars().count()))
}

/// The place of a name within a node's text, as a whole word.
pub(super) fn locate_name(node: &Node, report: &Report<'_>, name: &str) -> Place {
    let written = report.source.slice(node.start, node.end);
    match crate::template::position_of_word(written, name) {
        Some(offset) => report.source.place(node.start, offset, name.chars().count()),
        None => report.place(node),
    }
}

/// The bytes of a template that an error is about: the offending text, or else the line from there on.
fn range(source: &str, error: &TemplateError) -> Option<Range<usize>> {
    let lines: Vec<&str> = source.split('\n').collect();
    let line_start: usize = lines.iter().take(error.line - 1).map(|line| line.len() + 1).sum();
    let line = lines.get(error.line - 1)?;
    let column = error.column.unwrap_or(1) - 1;
    let within = line.char_indices().nth(column).map_or(line.len(), |(byte, _)| byte);
    let start = line_start + within;
    if !error.text.is_empty() && source[start..].starts_with(&error.text) {
        return Some(start..start + error.text.len());
    }
    let whole_line = line_start + (line.len() - line.trim_start().len());
    let from = if source[start..line_start + line.len()].trim().is_empty() { whole_line } else { start };
    Some(from..line_start + line.trim_end().len().max(from - line_start))
}

/// A regular expression that compiles, with the number of its groups.
pub(super) fn pattern(node: &Node, report: &mut Report<'_>) -> Option<(String, usize)> {
    let source = filled(node, report)?;
    match fancy_regex::Regex::new(&source) {
        Ok(regex) => Some((source, regex.captures_len() - 1)),
        Err(error) => {
            let message = format!("the regular expression cannot be read: {}", last_line(&error.to_string()));
            let double_quoted = report.source.slice(node.start, node.end).starts_with('"');
            let fix = "in double quotes a backslash is doubled; single quotes leave it as it is";
            report.error(node, message, if double_quoted { fix } else { "" });
            None
        }
    }
}

fn last_line(text: &str) -> &str {
    text.trim().lines().last().unwrap_or_default().trim_start_matches("error: ")
}

/// A path of a file beside the file that names it: nothing outside can be reached.
pub(super) fn path(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let path = line(node, report)?;
    let drive = path.as_bytes().get(1) == Some(&b':');
    let inner =
        !path.starts_with(['/', '\\', '~']) && !drive && path.split(['/', '\\']).all(|part| part != "..");
    if !inner || path.contains('\\') || path.contains('\0') {
        let message = "a path leads to a file in the same folder or below, with `/` between its parts";
        report.error(
            node,
            message,
            "move the file beside this one, and write for example `data/samples.jsonl`",
        );
        return None;
    }
    Some(path)
}
