//! A task's prompt and its worked examples.

use super::value::{filled_list, rows, whole};
use super::{Decode, Fields, Report, text};
use crate::yaml::{Node, NodeValue};
use crate::{FewShot, Prompt, Turn};

impl Decode for Prompt {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        let mut fields = Fields::open(node, "`prompt`", report)?;
        let turns_node = fields.node("turns");
        let given = (fields.node("user").is_some(), turns_node.is_some());
        let prompt = Self {
            system: fields.optional_with("system", text::template),
            user: fields.optional_with("user", text::template),
            turns: fields.optional_with("turns", filled_list("turn", Turn::decode)).unwrap_or_default(),
        };
        match given {
            (true, true) => {
                let message = "`prompt` has `user` and `turns`; one of them is enough";
                fields.error_at("user", message, "make it the last of the `turns`");
            }
            (false, false) => {
                fields.error("`prompt` needs `user` or `turns`", "add `user: \"{{ question }}\"`");
            }
            _ => {}
        }
        if let Some(turns) = turns_node {
            check_order(turns, fields.report);
        }
        fields.finish();
        Some(prompt)
    }
}

/// A conversation begins and ends with the user; the system is not made to speak twice in a row.
fn check_order(turns: &Node, report: &mut Report<'_>) {
    let NodeValue::List(turns) = &turns.value else {
        return;
    };
    let mut before_is_user = false;
    for turn in turns {
        let assistant = has(turn, "assistant");
        if assistant && !before_is_user {
            let message = "a scripted answer needs a user's turn right before it";
            report.error(turn, message, "put a `user` turn before it, or remove it");
        }
        before_is_user = !assistant;
    }
    if let Some(last) = turns.last().filter(|turn| has(turn, "assistant")) {
        let message = "the conversation ends with a scripted answer, so nothing is asked of the system";
        report.error(last, message, "add a `user` turn after it, or remove it");
    }
}

fn has(node: &Node, name: &str) -> bool {
    match &node.value {
        NodeValue::Map(entries) => entries.iter().any(|entry| entry.key == name),
        _ => false,
    }
}

impl Decode for Turn {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        let mut fields = Fields::open(node, "a turn", report)?;
        let given = (fields.node("user").is_some(), fields.node("assistant").is_some());
        let turn = Self {
            user: fields.optional_with("user", text::template),
            assistant: fields.optional_with("assistant", text::template),
        };
        match given {
            (true, true) => {
                fields.error_at(
                    "assistant",
                    "a turn is `user` or `assistant`, not both",
                    "make two turns of it",
                );
            }
            (false, false) => fields.error("a turn needs `user` or `assistant`", "add `user: \"…\"`"),
            _ => {}
        }
        fields.finish();
        Some(turn)
    }
}

impl Decode for FewShot {
    fn decode(node: &Node, report: &mut Report<'_>) -> Option<Self> {
        let mut fields = Fields::open(node, "`few_shot`", report)?;
        let example = "[{ question: …, target: … }]";
        let examples = fields.required_with("examples", example, rows("example"));
        let answer = fields.required_with("answer", "\"{{ target }}\"", text::template);
        let count = fields.optional_with("count", whole(1..=u32::MAX));
        let seed = fields.or_default("seed");
        if let (Some(examples), Some(count)) = (&examples, count)
            && u32::try_from(examples.len()).is_ok_and(|length| length < count)
        {
            let message = format!("{count} examples cannot be drawn from {}", examples.len());
            fields.error_at("count", message, "add examples, or lower `count`");
        }
        fields.finish();
        Some(Self { examples: examples?, answer: answer?, count, seed })
    }
}
