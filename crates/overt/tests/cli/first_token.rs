//! Multiple choice by the log-probabilities of an answer's first token.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::workspace::Workspace;

const TASK: &str = "\
name: letters
title: By the first token
description: A task for tests.
version: '1'
licence: CC0-1.0
dataset:
  samples:
    - { id: spread, question: spread, target: A, choices: [red, green, blue] }
    - { id: plain, question: plain, target: A, choices: [red, green, blue] }
    - { id: none, question: none, target: A, choices: [red, green, blue] }
    - { id: prose, question: prose, target: A, choices: [red, green, blue] }
prompt: { user: '{{ question }}' }
generation: { logprobs: 20, max_tokens: 1 }
scorers:
  - { name: read, kind: choice }
  - { name: first, kind: choice, by: first_token }
  - { name: right, kind: choice, by: first_token_probability }
  - { name: sure, kind: choice, by: first_token_confidence }
metrics:
  - { name: accuracy, kind: rate, scorer: first, direction: higher }
  - { name: right, kind: mean, scorer: right, range: [0, 1], direction: higher }
  - { name: brier, kind: brier, correct: first, confidence: sure, direction: lower }
  - { name: read, kind: rate, scorer: read, direction: higher }
";

/// Writes `B`, and gives these tokens as its alternatives.
fn server() -> Server {
    Server::start(Duration::ZERO, |prompt, _| {
        let shares: &[(&str, f64)] = match prompt {
            // A has 0.5 in two tokens, B 0.3: of 0.8 that is 0.625 and 0.375.
            "spread" => &[("B", 0.3), ("A", 0.25), (" A", 0.25), ("The", 0.1)],
            // A 0.2, B 0.6.
            "plain" => &[("B", 0.6), ("A", 0.2), ("C", 0.2)],
            "prose" => &[("I", 0.7), ("a", 0.2)],
            _ => &[],
        };
        let token = |&(token, share): &(&str, f64)| json!({ "token": token, "logprob": share.ln() });
        let top: Vec<Value> = shares.iter().map(token).collect();
        let logprobs = top.first().cloned().map(|mut first| {
            first["top_logprobs"] = json!(top);
            json!({ "content": [first] })
        });
        Reply::Json(json!({
            "model": "fake-1",
            "choices": [{ "finish_reason": "length", "message": { "content": "B" }, "logprobs": logprobs }],
        }))
    })
}

/// Each metric's value, and how many answers it counts as missing.
fn results(manifest: &Value) -> Vec<(String, f64, u64)> {
    let metrics = manifest["tasks"][0]["metrics"].as_array().unwrap().iter();
    metrics
        .map(|metric| {
            let name = metric["name"].as_str().unwrap().to_owned();
            (name, metric["value"].as_f64().unwrap(), metric["missing"].as_u64().unwrap_or(0))
        })
        .collect()
}

fn assert_right(manifest: &Value) {
    let expected = [
        // `spread` is right, `plain` wrong, `prose` unparsed and wrong, `none` missing.
        ("accuracy", 1.0 / 3.0, 1),
        // 0.625, 0.2 and, without a letter, 0.
        ("right", (0.625 + 0.2) / 3.0, 1),
        // 0.625 and right, 0.6 and wrong; without a letter there is no confidence.
        ("brier", f64::midpoint(0.375 * 0.375, 0.36), 2),
        // What the answer says is `B` each time.
        ("read", 0.0, 0),
    ];
    for ((name, value, missing), (metric, number, lacking)) in expected.into_iter().zip(results(manifest)) {
        assert_eq!((name, missing), (metric.as_str(), lacking));
        assert!((value - number).abs() < 1e-9, "{name}: {number} is not {value}");
    }
}

#[test]
fn letters_are_weighed_and_weighed_again_from_the_record() {
    let server = server();
    let workspace = Workspace::new();
    workspace.write("letters.yaml", TASK);
    workspace.run(&["task", "check", "letters.yaml"], 0);
    workspace.run(&["eval", "letters.yaml", "--model", &server.model()], 0);
    let run = workspace.newest();
    assert_right(&workspace.manifest());
    let (out, _) = workspace.run(&["show", &run, "--sample", "spread"], 0);
    assert!(out.contains("A 0.625, B 0.375") && out.contains("0.800 of the first token's"), "{out}");
    let (out, _) = workspace.run(&["show", &run, "--sample", "none"], 0);
    assert!(out.contains("the system gave no log-probabilities"), "{out}");

    let (out, _) = workspace.run(&["score", &run], 0);
    for scorer in ["read", "first", "right", "sure"] {
        assert!(out.contains(&format!("{scorer}: 0 of 4 scores changed")), "{out}");
    }
    assert_eq!(server.asked().values().sum::<u32>(), 4, "nobody is asked again");
    let replay = format!("replay:{run}");
    workspace.run(&["eval", "letters.yaml", "--model", &replay, "--runs", "replayed"], 0);
    assert_right(&Workspace::manifest_of(&workspace.runs_in("replayed")[0]));
}

#[test]
fn the_cache_keeps_log_probabilities_though_one_token_is_a_cut_answer() {
    let server = server();
    let workspace = Workspace::new();
    workspace.write(
        "letters.yaml",
        &TASK.replace("    - { id: none, question: none, target: A, choices: [red, green, blue] }\n", ""),
    );
    for runs in ["first", "second"] {
        workspace.run(&["eval", "letters.yaml", "--model", &server.model(), "--cache", "--runs", runs], 0);
    }
    assert_eq!(server.asked().values().sum::<u32>(), 3);
    let [first, second] = ["first", "second"].map(|runs| Workspace::manifest_of(&workspace.runs_in(runs)[0]));
    assert_eq!(results(&first), results(&second));
    assert_eq!(second["tasks"][0]["cached"], 3);
}

#[test]
fn a_task_that_does_not_ask_for_them_is_told_to() {
    let workspace = Workspace::new();
    workspace.write("letters.yaml", &TASK.replace("generation: { logprobs: 20, max_tokens: 1 }\n", ""));
    let (out, _) = workspace.run(&["task", "check", "letters.yaml"], 1);
    assert!(out.contains("add `generation: { logprobs: 20, max_tokens: 1 }`"), "{out}");
    assert!(out.contains("3 mistakes"), "{out}");
    workspace.write("letters.yaml", &TASK.replace(", choices: [red, green, blue]", ""));
    let (out, _) = workspace.run(&["task", "check", "letters.yaml"], 1);
    assert!(out.contains("`choices`"), "{out}");
}

#[test]
fn a_system_that_is_known_to_give_none_is_not_asked() {
    let server = Server::obedient();
    let workspace = Workspace::with_echo(2);
    workspace.write("letters.yaml", TASK);
    let model = server.model();
    let refused = |system: &str| {
        let asked = server.bodies().len();
        let (_, said) = workspace.run(&["eval", "letters.yaml", "--model", system, "--runs", "refused"], 2);
        assert!(said.contains("task letters: first decides by log-probabilities"), "{said}");
        assert!(said.contains("gives none") && said.contains("by: answer"), "{said}");
        assert_eq!(server.bodies().len(), asked);
        assert!(!workspace.path().join("refused").exists());
    };
    workspace.run(&["eval", "echo.yaml", "--model", &model], 0);
    refused(&format!("replay:{}", workspace.newest()));
    // Nobody knows yet: each answer says for itself that it has none.
    workspace.run(&["eval", "letters.yaml", "--model", &model, "--runs", "unknown"], 0);
    workspace.write("overt.toml", &(server.entry("silent") + "omit = [\"logprobs\"]\n"));
    refused("silent");
    let (out, _) = workspace.run(&["model", "probe", &model], 0);
    assert!(out.contains("logprobs"), "{out}");
    refused(&model);
}
