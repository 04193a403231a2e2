//! A task's scorers.

use serde_json::{Map, Value};

use super::value::{filled_list, found, number, whole, word};
use super::{Decode, Fields, Report, judge, text};
use crate::yaml::{Node, NodeValue};
use crate::{ChoiceBy, NamedScorer, Quantifier, Scorer, SimilarityMeasure, Unparsed, nearest};

/// The names of a task's scorers with their kinds, as they stand in the file: known even where a scorer is wrong.
pub(super) struct Known<'n> {
    scorers: Vec<(&'n str, &'n Node)>,
    /// Whether every scorer's name could be read.
    complete: bool,
}

impl<'n> Known<'n> {
    pub(super) fn of(list: Option<&'n Node>) -> Self {
        let Some(Node { value: NodeValue::List(items), .. }) = list else {
            return Self { scorers: Vec::new(), complete: false };
        };
        let scorers: Vec<_> = items.iter().filter_map(|node| Some((name_of(node)?.0, node))).collect();
        Self { complete: scorers.len() == items.len(), scorers }
    }

    /// A name that must be one of the scorers' names.
    pub(super) fn decode(&self, node: &Node, report: &mut Report<'_>) -> Option<String> {
        let name = String::decode(node, report)?;
        if self.complete && self.scorers.iter().all(|(known, _)| *known != name) {
            let names: Vec<&str> = self.scorers.iter().map(|(name, _)| *name).collect();
            let fix = match nearest(&name, names.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("the scorers are {}", names.join(", ")),
            };
            report.error(node, format!("no scorer is named `{name}`"), fix);
            return None;
        }
        Some(name)
    }

    /// A scorer that gives 1 or 0.
    pub(super) fn decode_verdict(&self, node: &Node, report: &mut Report<'_>) -> Option<String> {
        let name = self.decode(node, report)?;
        let scorer = self.scorers.iter().find(|(known, _)| *known == name).map(|(_, scorer)| *scorer);
        if scorer.is_some_and(gives_measure) {
            let message = format!("a scorer that gives 1 or 0 is needed; `{name}` gives a measure");
            report.error(node, message, "take another scorer, or a metric of kind `mean`");
            return None;
        }
        Some(name)
    }

    /// A scorer of kind `confidence`.
    pub(super) fn decode_confidence(&self, node: &Node, report: &mut Report<'_>) -> Option<String> {
        let name = self.decode(node, report)?;
        let scorer = self.scorers.iter().find(|(known, _)| *known == name).map(|(_, scorer)| *scorer);
        if scorer.is_some_and(|scorer| !gives_confidence(scorer)) {
            let message = format!("a scorer of kind `confidence` is needed; `{name}` is of another kind");
            report.error(
                node,
                message,
                "add `{ name: confidence, kind: confidence }` to the scorers, and name it here",
            );
            return None;
        }
        Some(name)
    }
}

/// Whether a scorer says how sure an answer is. One whose kind is not known is reported for that.
fn gives_confidence(scorer: &Node) -> bool {
    match text_of(scorer, "kind") {
        Some(("choice", _)) => text_of(scorer, "by").is_some_and(|(by, _)| by == "first_token_confidence"),
        Some((kind, _)) => kind == "confidence",
        None => true,
    }
}

fn gives_measure(scorer: &Node) -> bool {
    match text_of(scorer, "kind") {
        Some(("confidence" | "similarity", _)) => true,
        Some(("choice", _)) => text_of(scorer, "by")
            .is_some_and(|(by, _)| matches!(by, "first_token_probability" | "first_token_confidence")),
        Some(("judge", _)) => judge::gives_measure(scorer),
        Some(("instructions", _)) => {
            !matches!(field(scorer, "strict").map(|n| &n.value), Some(NodeValue::Bool(true)))
        }
        _ => false,
    }
}

/// A mapping's field, if the node is one and has it.
pub(super) fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    match &node.value {
        NodeValue::Map(entries) => entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value),
        _ => None,
    }
}

pub(super) fn text_of<'n>(node: &'n Node, name: &str) -> Option<(&'n str, &'n Node)> {
    let node = field(node, name)?;
    Some((node.text()?, node))
}

/// A scorer's name, and where it stands: its kind names it if nothing else does.
pub(super) fn name_of(node: &Node) -> Option<(&str, &Node)> {
    text_of(node, "name").or_else(|| text_of(node, "kind"))
}

pub(super) fn decode(node: &Node, report: &mut Report<'_>) -> Option<NamedScorer> {
    let mut fields = Fields::open(node, "a scorer", report)?;
    let name = fields.optional_with("name", text::inner_name);
    let named = fields.node("name").is_some();
    let kind =
        fields.required_with("kind", "exact", |node, report| kind(node, report, Scorer::KINDS, "scorer"));
    let Some(kind) = kind else {
        fields.report_missing();
        return None;
    };
    fields.call(format!("a scorer of kind `{kind}`"));
    let scorer = of_kind(kind, &mut fields);
    fields.finish();
    let name = if named { name? } else { kind.to_owned() };
    Some(NamedScorer { name, scorer: scorer? })
}

/// The kind that a node names.
pub(super) fn kind(
    node: &Node,
    report: &mut Report<'_>,
    kinds: &'static [&'static str],
    what: &str,
) -> Option<&'static str> {
    let text = String::decode(node, report)?;
    let known = kinds.iter().find(|kind| **kind == text).copied();
    if known.is_none() {
        let fix = match nearest(&text, kinds.iter().copied()) {
            Some(kind) => format!("did you mean `{kind}`?"),
            None => format!("the kinds are {}", kinds.join(", ")),
        };
        report.error(node, format!("there is no {what} of kind `{text}`"), fix);
    }
    known
}

fn of_kind(kind: &str, fields: &mut Fields<'_, '_, '_>) -> Option<Scorer> {
    Some(match kind {
        "exact" => Scorer::Exact {
            target: target(fields),
            ignore_case: fields.or_default("ignore_case"),
            ignore_punctuation: fields.or_default("ignore_punctuation"),
        },
        "includes" => Scorer::Includes {
            target: target(fields),
            require: fields.optional_with("require", word::<Quantifier>(&["any", "all"])).unwrap_or_default(),
            match_case: fields.or_default("match_case"),
            within_words: fields.or_default("within_words"),
        },
        "match" => return matching(fields),
        "number" => Scorer::Number {
            target: target(fields),
            tolerance: fields.optional_with("tolerance", number(0.0..=f64::MAX)).unwrap_or_default(),
            relative: fields.optional_with("relative", number(0.0..=f64::MAX)).unwrap_or_default(),
            units: fields.optional_with("units", units).unwrap_or_default(),
            unparsed: unparsed(fields),
        },
        "choice" => Scorer::Choice {
            target: target(fields),
            unparsed: unparsed(fields),
            by: fields.optional_with("by", word::<ChoiceBy>(ChoiceBy::NAMES)).unwrap_or_default(),
        },
        "json" => Scorer::Json {
            schema: fields.optional_with("schema", schema),
            path: fields.optional_with("path", pointer),
            equals: fields.optional_with("equals", text::template),
            embedded: fields.or_default("embedded"),
        },
        "instructions" => Scorer::Instructions {
            field: fields
                .optional_with("field", text::line)
                .unwrap_or_else(crate::scorer::instructions_field),
            strict: fields.or_default("strict"),
        },
        "refusal" => Scorer::Refusal {},
        "canary" => Scorer::Canary {
            canary: fields.optional_with("canary", text::template),
            plain: fields.or_default("plain"),
        },
        "confidence" => Scorer::Confidence { pattern: fields.optional_with("pattern", confidence_pattern) },
        "similarity" => {
            let measures = word::<SimilarityMeasure>(SimilarityMeasure::NAMES);
            let measure = fields.required_with("measure", "chrf", measures);
            let target = target(fields);
            Scorer::Similarity { measure: measure?, target }
        }
        "judge" => Scorer::Judge(judge::rubric(fields)?),
        "command" => Scorer::Command {
            command: fields.required_with(
                "command",
                "[python3, ./score.py]",
                filled_list("word", text::line),
            )?,
            timeout: fields
                .optional_with("timeout", number(0.001..=86_400.0))
                .unwrap_or_else(crate::scorer::command_seconds),
            memory: fields
                .optional_with("memory", whole(16..=u32::MAX))
                .unwrap_or_else(crate::scorer::command_memory),
        },
        _ => return None,
    })
}

fn target(fields: &mut Fields<'_, '_, '_>) -> Option<String> {
    fields.optional_with("target", text::template)
}

fn unparsed(fields: &mut Fields<'_, '_, '_>) -> Unparsed {
    fields.optional_with("unparsed", word::<Unparsed>(&["wrong", "missing"])).unwrap_or_default()
}

fn matching(fields: &mut Fields<'_, '_, '_>) -> Option<Scorer> {
    let pattern = fields.required_with("pattern", "'answer is (\\d+)'", text::pattern);
    let group: Option<u32> = fields.optional("group");
    let target = target(fields);
    let ignore_case = fields.or_default("ignore_case");
    let unparsed = unparsed(fields);
    if let (Some((_, groups)), Some(group)) = (&pattern, group)
        && usize::try_from(group).is_ok_and(|group| group > *groups)
    {
        let message = format!("the pattern has no group {group}; it has {groups}");
        fields.error_at("group", message, "groups are counted from 1 by their opening brackets");
    }
    Some(Scorer::Match { pattern: pattern?.0, group, target, ignore_case, unparsed })
}

fn confidence_pattern(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let (pattern, groups) = text::pattern(node, report)?;
    if groups == 0 {
        let fix = "put round brackets around the number: 'Sure: (\\d+)%'";
        report.error(node, "the pattern needs a group that holds the confidence", fix);
        return None;
    }
    Some(pattern)
}

fn units(node: &Node, report: &mut Report<'_>) -> Option<Map<String, Value>> {
    let NodeValue::Map(entries) = &node.value else {
        let message = format!("a mapping from units to factors is expected; found {}", found(node));
        report.error(node, message, "write for example `{ km: 1000, m: 1 }`");
        return None;
    };
    let factor = number(f64::MIN_POSITIVE..=f64::MAX);
    let pairs: Vec<_> = entries
        .iter()
        .map(|entry| Some((entry.key.clone(), factor(&entry.value, report).map(Value::from)?)))
        .collect();
    pairs.into_iter().collect()
}

fn schema(node: &Node, report: &mut Report<'_>) -> Option<Value> {
    if matches!(node.value, NodeValue::Map(_) | NodeValue::Bool(_)) {
        return Some(node.to_json());
    }
    report.error(
        node,
        format!("a JSON Schema is expected; found {}", found(node)),
        "write for example `{ type: object }`",
    );
    None
}

/// A JSON Pointer (RFC 6901): empty, or parts that each begin with `/`, in which `~` is written `~0` or `~1`.
fn pointer(node: &Node, report: &mut Report<'_>) -> Option<String> {
    let pointer = String::decode(node, report)?;
    let escapes = pointer.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
    if (pointer.is_empty() || pointer.starts_with('/')) && escapes {
        return Some(pointer);
    }
    report.error(node, "a JSON Pointer is expected here", "write for example `/items/0/name`");
    None
}
