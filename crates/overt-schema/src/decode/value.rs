//! Single values: texts, numbers, lists, words of a fixed set.

use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Report;
use crate::yaml::{Node, NodeValue, to_json_map};
use crate::{Digest, nearest};

/// What can be read from a node. `None` means that the reason was reported.
pub(super) trait Decode: Sized {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self>;
}

/// What a node is, for messages.
pub(super) fn found(node: &Node) -> String {
    match &node.value {
        NodeValue::Null => "nothing".into(),
        NodeValue::Bool(truth) => format!("the truth value {truth}"),
        NodeValue::Number(number) => format!("the number {number}"),
        NodeValue::Text(text) if text.chars().count() > 40 || text.contains('\n') => "a text".into(),
        NodeValue::Text(text) => format!("the text \"{text}\""),
        NodeValue::List(_) => "a list".into(),
        NodeValue::Map(_) => "a mapping".into(),
    }
}

fn expected(node: &Node, report: &mut Report<'_>, what: &str, fix: impl Into<String>) {
    report.error(node, format!("{what} is expected here; found {}", found(node)), fix);
}

impl Decode for String {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        match &node.value {
            NodeValue::Text(text) => return Some(text.clone()),
            NodeValue::Number(_) | NodeValue::Bool(_) => {
                let written = report.source.slice(node.start, node.end).trim_end();
                let fix = format!("put it between quotes: \"{written}\"");
                expected(node, report, "a text", fix);
            }
            NodeValue::Map(_) => {
                let fix = "a text that begins with `{` or contains `: ` needs quotes, or a block that starts with `|-`";
                expected(node, report, "a text", fix);
            }
            NodeValue::Null | NodeValue::List(_) => expected(node, report, "a text", "write one text"),
        }
        None
    }
}

impl Decode for bool {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        if let NodeValue::Bool(truth) = node.value {
            return Some(truth);
        }
        expected(node, report, "true or false", "write `true` or `false`, without quotes");
        None
    }
}

impl Decode for f64 {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        if let NodeValue::Number(number) = &node.value {
            return number.as_f64();
        }
        expected(node, report, "a number", "write a number, without quotes and without a unit");
        None
    }
}

impl Decode for u64 {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        let whole = match &node.value {
            NodeValue::Number(number) => number.as_u64(),
            _ => None,
        };
        if whole.is_none() {
            expected(node, report, "a whole number from 0 on", "write it in digits, without quotes");
        }
        whole
    }
}

impl Decode for u32 {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        whole(0..=u32::MAX)(node, report)
    }
}

impl Decode for Digest {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        let text = String::decode(node, report)?;
        text.parse()
            .map_err(|error: crate::NotADigest| {
                report.error(node, error.to_string(), "write what `sha256sum FILE` prints");
            })
            .ok()
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        list(node, report, T::decode)
    }
}

impl Decode for Map<String, Value> {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        if let NodeValue::Map(entries) = &node.value {
            return Some(to_json_map(entries));
        }
        expected(node, report, "a mapping of fields", "write it as `{ question: …, target: … }`");
        None
    }
}

impl Decode for Value {
    fn decode(node: &Node, _: &mut Report<'_>) -> Option<Self> {
        Some(node.to_json())
    }
}

/// The most items of a list that a person writes; rows of data may be more.
const MAX_ITEMS: usize = 1000;

/// A list of what `decode` reads. `None` if one of its items could not be read.
pub(super) fn list<'n, 's, T>(
    node: &'n Node,
    report: &mut Report<'s>,
    decode: impl FnMut(&'n Node, &mut Report<'s>) -> Option<T>,
) -> Option<Vec<T>> {
    let items = items(node, report)?;
    if items.len() > MAX_ITEMS {
        let message = format!("the list has {} items; at most {MAX_ITEMS} are expected", items.len());
        report.error(node, message, "divide it among several files");
        return None;
    }
    each(items, report, decode)
}

/// A list that is not empty.
pub(super) fn filled_list<'n, 's, T>(
    what: &'static str,
    decode: impl FnMut(&'n Node, &mut Report<'s>) -> Option<T>,
) -> impl FnOnce(&'n Node, &mut Report<'s>) -> Option<Vec<T>> {
    move |node, report| filled(list(node, report, decode)?, what, node, report)
}

/// Rows of fields, at least one.
pub(super) fn rows<'n, 's>(
    what: &'static str,
) -> impl FnOnce(&'n Node, &mut Report<'s>) -> Option<Vec<Map<String, Value>>> {
    move |node, report| filled(each(items(node, report)?, report, Map::decode)?, what, node, report)
}

fn items<'n>(node: &'n Node, report: &mut Report<'_>) -> Option<&'n [Node]> {
    if let NodeValue::List(items) = &node.value {
        return Some(items);
    }
    expected(node, report, "a list", "put each item on a line of its own that starts with `- `");
    None
}

/// Reads every item, so that every mistake is met, but no more than are told.
fn each<'n, 's, T>(
    items: &'n [Node],
    report: &mut Report<'s>,
    mut decode: impl FnMut(&'n Node, &mut Report<'s>) -> Option<T>,
) -> Option<Vec<T>> {
    let mut decoded = Vec::with_capacity(items.len());
    for item in items {
        match decode(item, report) {
            Some(value) => decoded.push(value),
            None if report.is_full() => return None,
            None => {}
        }
    }
    (decoded.len() == items.len()).then_some(decoded)
}

fn filled<T>(items: Vec<T>, what: &str, node: &Node, report: &mut Report<'_>) -> Option<Vec<T>> {
    if items.is_empty() {
        report.error(node, format!("the list is empty; at least one {what} is needed"), "add one");
        return None;
    }
    Some(items)
}

/// A whole number within bounds.
pub(super) fn whole(range: RangeInclusive<u32>) -> impl Fn(&Node, &mut Report<'_>) -> Option<u32> {
    move |node, report| {
        let number = u64::decode(node, report)?;
        let fitting = u32::try_from(number).ok().filter(|number| range.contains(number));
        if fitting.is_none() {
            let bounds = bounds(f64::from(*range.start()), f64::from(*range.end()), f64::from(u32::MAX));
            report.error(node, format!("{number} is not {bounds}"), format!("write a whole number {bounds}"));
        }
        fitting
    }
}

/// A number within bounds.
pub(super) fn number(range: RangeInclusive<f64>) -> impl Fn(&Node, &mut Report<'_>) -> Option<f64> {
    move |node, report| {
        let number = f64::decode(node, report)?;
        if !range.contains(&number) {
            let bounds = bounds(*range.start(), *range.end(), f64::MAX);
            report.error(node, format!("{number} is not {bounds}"), format!("write a number {bounds}"));
            return None;
        }
        Some(number)
    }
}

/// Bounds in words; an end at `no_end` is none.
fn bounds(low: f64, high: f64, no_end: f64) -> String {
    match low {
        _ if high < no_end => format!("between {low} and {high}"),
        f64::MIN_POSITIVE => "above 0".into(),
        low => format!("at least {low}"),
    }
}

/// One word of a fixed set, as the type's own serde names say.
pub(super) fn word<T: DeserializeOwned>(
    words: &'static [&'static str],
) -> impl Fn(&Node, &mut Report<'_>) -> Option<T> {
    move |node, report| {
        let text = String::decode(node, report)?;
        let known = words.contains(&text.as_str());
        let value = if known { serde_json::from_value(Value::String(text.clone())).ok() } else { None };
        if value.is_none() {
            let fix = match nearest(&text, words.iter().copied()) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("write one of {}", words.join(", ")),
            };
            report.error(node, format!("`{text}` is none of {}", words.join(", ")), fix);
        }
        value
    }
}
