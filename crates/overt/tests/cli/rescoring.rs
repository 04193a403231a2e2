//! Scoring a run's answers again.

use std::time::Duration;

use serde_json::{Value, json};

use crate::claims;
use crate::server::{Reply, Server};
use crate::workspace::Workspace;

/// Echoes, but says nothing useful to every fourth question and fails on one.
fn server() -> Server {
    Server::start(Duration::ZERO, |prompt, _| match claims::number_of(prompt) {
        7 => Reply::Error(500, Vec::new(), "{}".into()),
        number if number.is_multiple_of(4) => Reply::Text("I would rather not say.".into()),
        _ => Reply::Text(format!("echo {prompt}")),
    })
}

#[test]
fn the_same_scorers_say_the_same_and_ask_nobody() {
    let server = server();
    let workspace = Workspace::with_echo(20);
    workspace.run(&["eval", "echo.yaml", "--model", &server.model(), "--max-attempts", "1"], 0);
    let (run, before) = (workspace.newest(), server.requests());
    let bytes = std::fs::read(format!("{run}/run.json")).unwrap();
    let (out, said) = workspace.run(&["score", &run], 0);
    assert!(out.contains("includes: 0 of 20 scores changed"), "{out}");
    assert!(said.contains("answers") && said.contains("overt show"), "{said}");
    assert_eq!(server.requests(), before, "nobody is asked");
    assert_eq!(std::fs::read(format!("{run}/run.json")).unwrap(), bytes, "the run stays as it is");
    let new = workspace.runs().into_iter().find(|path| path.display().to_string() != run).unwrap();
    let (old, new) = (Workspace::manifest_of(run.as_ref()), Workspace::manifest_of(&new));
    assert_eq!(old["tasks"][0]["metrics"], new["tasks"][0]["metrics"]);
    assert_eq!(old["tasks"][0]["outcomes"], new["tasks"][0]["outcomes"], "a failure stays one");
    assert_eq!(new["answers_from"]["source"], old["id"]);
    assert_eq!(new["answers_from"]["sha256"], old["files"]["samples.parquet"]);
    assert_eq!(old["system"]["model"], new["system"]["model"]);
}

#[test]
fn other_scorers_are_put_beside_the_old_ones() {
    let server = server();
    let workspace = Workspace::with_echo(20);
    workspace.run(&["eval", "echo.yaml", "--model", &server.model(), "--max-attempts", "1"], 0);
    let run = workspace.newest();
    let stricter = workspace
        .read("echo.yaml")
        .replace(
            "scorers: [{ kind: includes, target: \"{{ question }}\" }]",
            "scorers: [{ kind: includes, target: \"{{ question }}!\" }, { kind: refusal }]",
        )
        .replace(
            "metrics: [",
            "metrics: [{ name: refused, title: refusals, kind: rate, scorer: refusal, direction: lower }, ",
        );
    workspace.write("stricter.yaml", &stricter);
    let (out, _) = workspace.run(&["score", &run, "--scorers", "stricter.yaml"], 0);
    for part in ["14 of 20 scores changed: s1, s2, s3, s5, s6, …", "refusal: new", "refusals", "→"] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    let (json, _) = workspace.run(&["score", &run, "--scorers", "stricter.yaml", "--json"], 0);
    let found: Value = serde_json::from_str(&json).unwrap();
    let metric = &found["changes"][0]["metrics"][1];
    assert_eq!((&metric["metric"], metric["after"]["value"].as_f64()), (&json!("rate"), Some(0.0)));
    assert!(metric["before"]["value"].as_f64().unwrap() > 0.7, "{metric}");

    workspace.write("other.yaml", &stricter.replace("name: echo\n", "name: other\n"));
    let (_, said) = workspace.run(&["score", &run, "--scorers", "other.yaml"], 2);
    assert!(said.contains("the run has no task \"other\"") && said.contains("echo"), "{said}");
}

#[test]
fn verdicts_are_kept_and_another_judge_is_asked_for_its_own() {
    let (system, kind, strict) = (server(), claims::always("good"), claims::always("bad"));
    let workspace = claims::with_judged_echo(12);
    let judged = workspace.read("judged.yaml");
    let eval =
        ["eval", "judged.yaml", "--model", &system.model(), "--judge", &kind.model(), "--max-attempts", "1"];
    workspace.run(&eval, 0);
    let run = workspace.newest();
    assert_eq!(kind.requests(), 11, "a failed answer is not judged");
    let (out, _) = workspace.run(&["score", &run], 0);
    assert!(out.contains("judge: 0 of 12 scores changed"), "{out}");
    assert_eq!(kind.requests(), 11, "verdicts that are there are not asked for");
    let (out, _) = workspace.run(&["score", &run, "--judge", &strict.model()], 0);
    assert!(out.contains("judge: 11 of 12 scores changed"), "{out}");
    assert_eq!((kind.requests(), strict.requests()), (11, 11));
    // Two judges on the same answers are compared; two systems under two judges are not.
    let other = workspace.runs().into_iter().find(|path| {
        let manifest = Workspace::manifest_of(path);
        manifest["judge"]["system"]["name"] == strict.model()
    });
    let other = other.unwrap().display().to_string();
    let (out, _) = workspace.run(&["compare", &run, &other], 0);
    assert!(out.contains("-1.000"), "{out}");
    let again = [
        "eval",
        "judged.yaml",
        "--model",
        &system.model(),
        "--judge",
        &strict.model(),
        "--max-attempts",
        "1",
        "--runs",
        "b",
    ];
    workspace.run(&again, 0);
    let other = workspace.runs_in("b")[0].display().to_string();
    let (out, _) = workspace.run(&["compare", &run, &other], 3);
    assert!(out.contains("the difference would be the judges', too"), "{out}");
    // A new rubric has new questions, and nobody to answer them.
    workspace.write("judged.yaml", &judged.replace("Is it good?", "Is it better?"));
    let (_, said) = workspace.run(&["score", &run, "--scorers", "judged.yaml"], 3);
    assert!(said.contains("recorded; nobody can"), "{said}");
    workspace.run(&["score", &run, "--scorers", "judged.yaml", "--judge", &kind.model()], 0);
    assert_eq!(kind.requests(), 22);
}

#[test]
fn what_cannot_be_scored_again_is_told() {
    let server = Server::start(Duration::ZERO, |prompt, _| Reply::Text(prompt.to_owned()));
    let workspace = Workspace::with_echo(30);
    let (_, said) = workspace.run(&["score"], 2);
    assert!(said.contains("there is no run yet"), "{said}");
    workspace.run(
        &["eval", "echo.yaml", "--model", &server.model(), "--max-tokens", "100", "--concurrency", "1"],
        4,
    );
    let run = workspace.newest();
    let (_, said) = workspace.run(&["score", &run], 2);
    assert!(said.contains("is not finished") && said.contains("overt resume"), "{said}");
    workspace.run(&["resume", &run], 0);
    let rows = workspace.read("echo.jsonl");
    workspace.write("echo.jsonl", &rows.replace("question number 7", "question number 8"));
    let (_, said) = workspace.run(&["score", &run], 2);
    assert!(said.contains("the samples of echo are others now"), "{said}");
    workspace.write("echo.jsonl", &rows);
    let samples = format!("{run}/samples.parquet");
    let mut bytes = std::fs::read(&samples).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&samples, bytes).unwrap();
    let (_, said) = workspace.run(&["score", &run], 3);
    assert!(said.contains("samples.parquet"), "{said}");
}
