//! A task's dataset.

use serde_json::{Map, Value};

use super::value::{rows, word};
use super::{Decode, Fields, Report, text};
use crate::yaml::{Node, NodeValue};
use crate::{Dataset, Format};

impl Decode for Dataset {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        let mut fields = Fields::open(node, "`dataset`", report)?;
        let given: Vec<&str> =
            ["path", "url", "samples"].into_iter().filter(|name| fields.node(name).is_some()).collect();
        let path = fields.optional_with("path", text::path);
        let url = fields.optional_with("url", url);
        let samples = fields.optional_with("samples", rows("sample"));
        let has_digest = fields.node("sha256").is_some();
        let has_format = fields.node("format").is_some();
        let dataset = Self {
            sha256: fields.optional("sha256"),
            format: fields.optional_with("format", word::<Format>(&["jsonl", "json", "csv"])),
            fields: fields.optional_with("fields", renames).unwrap_or_default(),
            filter: fields.optional_with("where", text::expression),
            shuffle: fields.optional("shuffle"),
            limit: fields.optional_with("limit", limit),
            shuffle_choices: fields.optional("shuffle_choices"),
            path,
            url,
            samples,
        };
        check_source(&mut fields, &given);
        match given.as_slice() {
            ["samples"] if has_digest || has_format => {
                let name = if has_digest { "sha256" } else { "format" };
                fields.error_at(name, format!("`{name}` is for files, not for `samples`"), "remove it");
            }
            ["url"] if !has_digest => {
                let fix =
                    "add `sha256: …`, which `sha256sum FILE` prints, so that nobody can change the data";
                fields.error_at("url", "a `url` needs a `sha256`", fix);
            }
            ["path" | "url"] if !has_format => check_ending(&mut fields, &dataset),
            _ => {}
        }
        fields.finish();
        Some(dataset)
    }
}

fn check_source(fields: &mut Fields<'_, '_, '_>, given: &[&str]) {
    match given {
        [] => {
            let fix =
                "add `path: samples.jsonl`, or `url` with `sha256`, or `samples` with the rows themselves";
            fields.error("`dataset` needs one of `path`, `url` and `samples`", fix);
        }
        [_] => {}
        [.., second] => {
            let message = format!("`dataset` has {}; one of them is enough", quoted(given));
            fields.error_at(second, message, "keep one and remove the others");
        }
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

/// Without `format` the file's name has to tell it.
fn check_ending(fields: &mut Fields<'_, '_, '_>, dataset: &Dataset) {
    let (field, name) = match (&dataset.path, &dataset.url) {
        (Some(path), _) => ("path", path),
        (None, Some(url)) => ("url", url),
        (None, None) => return,
    };
    let without_query = name.split(['?', '#']).next().unwrap_or_default();
    if Format::of_name(without_query).is_none() {
        let fix = "add `format: jsonl`, `format: json` or `format: csv`";
        fields.error_at(field, "the name's ending does not tell the format", fix);
    }
}

fn url(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let url = text::line(node, report)?;
    let host =
        url.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    match host {
        Some(host) if !host.is_empty() && !url.contains(char::is_whitespace) => {
            if host.contains('@') {
                report.error(
                    node,
                    "an address in a task must not carry a password",
                    "remove what stands before `@`",
                );
                return None;
            }
            Some(url)
        }
        _ => {
            report.error(
                node,
                "an https address is expected here",
                "write for example `https://host/file.jsonl`",
            );
            None
        }
    }
}

/// `{ field: column }`.
fn renames(node: &Node, report: &mut Report<'_>) -> Option<Map<String, Value>> {
    let NodeValue::Map(entries) = &node.value else {
        let message =
            format!("a mapping from fields to columns is expected; found {}", super::value::found(node));
        report.error(node, message, "write for example `{ target: answer }`");
        return None;
    };
    let pairs: Vec<_> = entries
        .iter()
        .map(|entry| Some((entry.key.clone(), Value::String(text::filled(&entry.value, report)?))))
        .collect();
    pairs.into_iter().collect()
}

fn limit(node: &Node, report: &mut Report<'_>) -> Option<u64> {
    let limit = u64::decode(node, report)?;
    if limit == 0 {
        report.error(node, "a limit of 0 leaves no samples", "write at least 1, or remove it");
        return None;
    }
    Some(limit)
}
