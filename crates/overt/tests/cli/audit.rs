//! One audit from end to end: two endpoints on a bad network, a judge that errs and was measured, a cap on the costs,
//! stopping early, results side by side, and a pipeline that fails for the right reason.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::claims;
use crate::server::{Reply, Server};
use crate::workspace::Workspace;

const SAMPLES: usize = 900;

/// Answers soundly to so many of ten questions. Every fifth request meets a fault first.
fn endpoint(sound: usize) -> Server {
    let requests = AtomicU32::new(0);
    Server::start(Duration::ZERO, move |prompt, before| {
        let number = claims::number_of(prompt);
        match requests.fetch_add(1, Ordering::Relaxed) % 15 {
            0 if before == 0 => Reply::Error(429, vec![("retry-after", "0".into())], "{}".into()),
            5 if before == 0 => Reply::Error(500, Vec::new(), "{}".into()),
            10 if before == 0 => Reply::Cut,
            _ => Reply::Text(claims::claim(number, number * 7 % 10 < sound)),
        }
    })
}

/// Takes one rotten claim of ten for sound, and fails now and then, too.
fn judge() -> Server {
    let requests = Arc::new(AtomicU32::new(0));
    Server::start(Duration::ZERO, move |shown, before| {
        if requests.fetch_add(1, Ordering::Relaxed) % 20 == 7 && before == 0 {
            return Reply::Error(503, Vec::new(), "{}".into());
        }
        let numbers = shown.split("claim ").filter_map(|part| part.split(' ').next()?.parse::<usize>().ok());
        // By the tens, which have nothing to do with what is sound: the errors are the same for everybody.
        let taken_in = numbers.last().is_some_and(|number| number / 10 % 10 == 3);
        claims::verdict(shown.contains("is sound\n") || taken_in)
    })
}

fn workspace(one: &Server, two: &Server, judge: &Server) -> Workspace {
    let workspace = claims::workspace(SAMPLES);
    let prices = "prices = { input = 100, output = 400 }\n";
    let systems = [one.entry("first"), two.entry("second"), judge.entry("arbiter")];
    workspace.write("overt.toml", &systems.map(|entry| entry + prices).concat());
    workspace.write("labelled.jsonl", &claims::labels(600));
    workspace
}

#[test]
fn an_audit_of_two_endpoints_on_a_bad_network() {
    let (one, two, judge) = (endpoint(9), endpoint(5), judge());
    let workspace = workspace(&one, &two, &judge);
    workspace.run(
        &[
            "judge",
            "measure",
            "claims.yaml",
            "--labels",
            "labelled.jsonl",
            "--judge",
            "arbiter",
            "--out",
            "m.json",
        ],
        0,
    );
    let measured: Value = serde_json::from_str(&workspace.read("m.json")).unwrap();
    assert_eq!((&measured["result"]["n"], &measured["result"]["missing"]), (&json!(600), &json!(0)));

    let eval = [
        "eval",
        "claims.yaml",
        "--model",
        "first",
        "--model",
        "second",
        "--judge",
        "arbiter",
        "--measured",
        "m.json",
        "--max-cost",
        "3",
        "--until",
        "half-width <= 0.13",
        "--concurrency",
        "8",
    ];
    let (out, said) = workspace.run(&eval, 0);
    for part in
        ["first", "second", "corrected for the judge's errors", "corrected-sequence", "stopped early", "cost"]
    {
        assert!(out.contains(part), "{part} is not in\n{out}\n{said}");
    }
    let runs = workspace.runs();
    assert_eq!(runs.len(), 2);
    for run in &runs {
        let manifest = Workspace::manifest_of(run);
        let (task, name) = (&manifest["tasks"][0], manifest["system"]["name"].as_str().unwrap());
        let truth = if name == "first" { 0.9 } else { 0.5 };
        let corrected = &task["metrics"][0]["corrected"];
        let end = |end: &str| corrected["interval"][end].as_f64().unwrap();
        assert!(end("low") <= truth && truth <= end("high"), "{name}: {corrected}");
        assert!((end("high") - end("low")) / 2.0 <= 0.15, "{name}: {corrected}");
        let outcomes = task["outcomes"].as_object().unwrap();
        let asked: u64 = outcomes.values().filter_map(Value::as_u64).sum();
        assert!(asked < SAMPLES as u64 && task["stopped"].is_string(), "{name}: {outcomes:?}");
        assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["ok"], "faults were overcome: {outcomes:?}");
        let spent = manifest["cost"]["amount"].as_f64().unwrap()
            + manifest["judge"]["cost"]["amount"].as_f64().unwrap();
        assert!(spent <= 3.0, "{spent}");
        assert_eq!(manifest["judge"]["measurements"][0]["rubric_digest"], measured["rubric_digest"]);
    }

    // A pipeline: the first passes, the second fails, with the samples that speak against it.
    let named = |name: &str| {
        let run = runs.iter().find(|run| Workspace::manifest_of(run)["system"]["name"] == name).unwrap();
        run.display().to_string()
    };
    let require = ["--require", "claims.rate >= 0.7"];
    workspace.run(&[&["check", &named("first")][..], &require].concat(), 0);
    let files = ["--sarif", "found.sarif", "--junit", "junit.xml", "--markdown", "summary.md"];
    let second = named("second");
    let (out, _) = workspace.run(&[&["check", &second][..], &require, &files].concat(), 1);
    assert!(out.contains("missed") && out.contains("the corrected interval's lower end"), "{out}");
    let sarif: Value = serde_json::from_str(&workspace.read("found.sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty() && sarif.to_string().contains("is rotten"), "the samples are named");
    assert!(
        workspace.read("junit.xml").contains("claims.rate")
            && workspace.read("summary.md").contains("claims.rate")
    );
}
