//! A task's dataset.

use serde_json::{Map, Value};

use super::value::{filled_list, number, rows, whole, word};
use super::{Decode, Fields, Report, text};
use crate::yaml::{Node, NodeValue};
use crate::{Dataset, Format};

/// Exactly one of them is given.
const SOURCES: [&str; 5] = ["path", "url", "hf", "samples", "command"];

/// What belongs to `hf`.
const OF_HUB: [&str; 3] = ["config", "split", "revision"];

/// What belongs to `command`.
const OF_COMMAND: [&str; 2] = ["timeout", "memory"];

impl Decode for Dataset {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        let mut fields = Fields::open(node, "`dataset`", report)?;
        let given: Vec<&str> = SOURCES.into_iter().filter(|name| fields.node(name).is_some()).collect();
        let path = fields.optional_with("path", text::path);
        let url = fields.optional_with("url", url);
        let hf = fields.optional_with("hf", repository);
        let samples = fields.optional_with("samples", rows("sample"));
        let command = fields.optional_with("command", filled_list("word", text::line));
        let has_digest = fields.node("sha256").is_some();
        let has_format = fields.node("format").is_some();
        let dataset = Self {
            sha256: fields.optional("sha256"),
            format: fields.optional_with("format", word::<Format>(&["jsonl", "json", "csv", "parquet"])),
            fields: fields.optional_with("fields", renames).unwrap_or_default(),
            filter: fields.optional_with("where", text::expression),
            shuffle: fields.optional("shuffle"),
            limit: fields.optional_with("limit", limit),
            shuffle_choices: fields.optional("shuffle_choices"),
            config: fields.optional_with("config", text::line),
            split: fields.optional_with("split", text::line),
            revision: fields.optional_with("revision", revision),
            timeout: fields.optional_with("timeout", number(0.001..=86_400.0)),
            memory: fields.optional_with("memory", whole(16..=u32::MAX)),
            path,
            url,
            hf,
            samples,
            command,
        };
        check_source(&mut fields, &given);
        if let [source] = given.as_slice() {
            if *source != "hf" {
                refuse(&mut fields, &OF_HUB, "`hf`, a dataset of the Hugging Face hub");
            }
            if *source != "command" {
                refuse(&mut fields, &OF_COMMAND, "`command`, a program that makes the samples");
            }
        }
        match given.as_slice() {
            ["samples"] if has_digest || has_format => {
                let name = if has_digest { "sha256" } else { "format" };
                fields.error_at(name, format!("`{name}` is for files, not for `samples`"), "remove it");
            }
            ["command"] if has_format => {
                let message = "`format` is for files; a program writes one JSON object a line";
                fields.error_at("format", message, "remove it");
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
            let fix = "add `path: samples.jsonl`, or `url` with `sha256`, or `hf` with a dataset of the Hugging Face hub, \
                 or `samples` with the rows themselves, or `command` with a program that makes them";
            fields.error("`dataset` needs one of `path`, `url`, `hf`, `samples` and `command`", fix);
        }
        [_] => {}
        [.., second] => {
            let message = format!("`dataset` has {}; one of them is enough", quoted(given));
            fields.error_at(second, message, "keep one and remove the others");
        }
    }
}

/// Reports settings that belong to another source.
fn refuse(fields: &mut Fields<'_, '_, '_>, names: &[&'static str], owner: &str) {
    for name in names {
        if fields.node(name).is_some() {
            fields.error_at(name, format!("`{name}` belongs to {owner}"), "remove it");
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
        let fix = "add `format: jsonl`, `format: json`, `format: csv` or `format: parquet`";
        fields.error_at(field, "the name's ending does not tell the format", fix);
    }
}

/// `organisation/name`.
fn repository(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let name = text::line(node, report)?;
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    match name.split_once('/') {
        Some((owner, repository)) if part(owner) && part(repository) => Some(name),
        _ => {
            let fix = "write it as its page's address does after `/datasets/`, for example `openai/gsm8k`";
            report.error(node, "a dataset of the Hugging Face hub is `organisation/name`", fix);
            None
        }
    }
}

/// A commit, branch, tag or reference such as `refs/convert/parquet`.
fn revision(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let revision = text::line(node, report)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if revision.chars().all(fits) && !revision.contains("..") && !revision.starts_with(['/', '-']) {
        return Some(revision);
    }
    report.error(node, "this names no commit, branch or tag", "write a commit's 40 hexadecimal digits");
    None
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

/// `{ field: column }`, or `{ field: [column, column] }`.
fn renames(node: &Node, report: &mut Report<'_>) -> Option<Map<String, Value>> {
    let NodeValue::Map(entries) = &node.value else {
        let message =
            format!("a mapping from fields to columns is expected; found {}", super::value::found(node));
        report.error(node, message, "write for example `{ target: answer }`");
        return None;
    };
    let pairs: Vec<_> = entries
        .iter()
        .map(|entry| {
            let columns = match &entry.value.value {
                NodeValue::List(_) => Value::from(filled_list("column", text::filled)(&entry.value, report)?),
                _ => Value::from(text::filled(&entry.value, report)?),
            };
            Some((entry.key.clone(), columns))
        })
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
