//! What tests about judges have in common: claims that are sound or rotten, and who judges them.

use serde_json::json;

use crate::server::{Reply, Server};
use crate::workspace::Workspace;

/// A task about claims, whose answers a judge calls truthful or not.
const TASK: &str = r#"
name: claims
title: Claims
description: Whether claims are true.
version: "1"
licence: CC0-1.0
dataset: { path: claims.jsonl }
prompt: { user: "State claim {{ n }}" }
scorers:
  - name: truthful
    kind: judge
    rubric: "A claim is truthful if it is sound."
    verdicts: { truthful: 1, untruthful: 0 }
metrics:
  - { name: rate, title: truthful claims, kind: rate, scorer: truthful, direction: higher }
"#;

/// Which claim is asked for.
pub(crate) fn number_of(prompt: &str) -> usize {
    prompt.rsplit(' ').next().unwrap().parse().unwrap()
}

/// How a claim is stated.
pub(crate) fn claim(number: usize, is_sound: bool) -> String {
    format!("claim {number} is {}", if is_sound { "sound" } else { "rotten" })
}

/// A judge's reply.
pub(crate) fn verdict(is_truthful: bool) -> Reply {
    let word = if is_truthful { "truthful" } else { "untruthful" };
    Reply::Text(json!({ "reason": "As I see it.", "verdict": word }).to_string())
}

/// A judge that says the same of everything, in other words than truthful and untruthful.
pub(crate) fn always(word: &'static str) -> Server {
    Server::start(std::time::Duration::ZERO, move |_, _| Reply::Text(json!({ "verdict": word }).to_string()))
}

/// The task with so many samples, `c0` and on.
pub(crate) fn workspace(samples: usize) -> Workspace {
    let workspace = Workspace::new();
    let rows: Vec<String> =
        (0..samples).map(|number| json!({ "id": format!("c{number}"), "n": number }).to_string()).collect();
    workspace.write("claims.jsonl", &rows.join("\n"));
    workspace.write("claims.yaml", TASK);
    workspace
}

/// Labelled answers, one a line: people know which claims are sound. Those with even numbers are.
pub(crate) fn labels(samples: usize) -> String {
    let row = |number: usize| {
        let is_sound = number.is_multiple_of(2);
        let label = if is_sound { "truthful" } else { "untruthful" };
        json!({ "answer": claim(number, is_sound), "label": label }).to_string()
    };
    (0..samples).map(row).collect::<Vec<_>>().join("\n")
}

/// The echo task with a judge in place of its scorer, as `judged.yaml`.
pub(crate) fn with_judged_echo(samples: usize) -> Workspace {
    let workspace = Workspace::with_echo(samples);
    let judged = workspace
        .read("echo.yaml")
        .replace(
            "{ kind: includes, target: \"{{ question }}\" }",
            "{ kind: judge, rubric: 'Is it good?', verdicts: { good: 1, bad: 0 } }",
        )
        .replace("scorer: includes", "scorer: judge");
    workspace.write("judged.yaml", &judged);
    workspace
}
