//! Judges: asked after the answer, measured against people, and corrected for.

use std::time::Duration;

use serde_json::{Value, json};

use crate::claims::{self, labels, workspace};
use crate::server::{Reply, Server};
use crate::workspace::Workspace;

/// Answers that are true for even numbers.
fn system() -> Server {
    Server::start(Duration::ZERO, |prompt, _| {
        let number = claims::number_of(prompt);
        Reply::Text(claims::claim(number, number.is_multiple_of(2)))
    })
}

/// Takes every tenth rotten claim for true.
fn judge() -> Server {
    Server::start(Duration::ZERO, |shown, _| {
        claims::verdict(shown.contains("is sound\n") || shown.contains("5 is rotten"))
    })
}

#[test]
fn a_judged_run_shows_what_the_judge_was_asked_and_said() {
    let (system, judge) = (system(), judge());
    let workspace = workspace(20);
    let (model, judge_name) = (system.model(), judge.model());
    let (_, said) = workspace.run(&["eval", "claims.yaml", "--model", &model], 2);
    assert!(said.contains("claims.truthful needs a judge") && said.contains("--judge"), "{said}");
    assert!(workspace.runs().is_empty(), "nothing was begun");
    let (out, _) =
        workspace.run(&["eval", "claims.yaml", "--model", &model, "--judge", &judge_name, "--dry-run"], 0);
    assert!(out.contains("20 questions") && judge.asked().is_empty(), "{out}");

    let (out, said) = workspace.run(&["eval", "claims.yaml", "--model", &model, "--judge", &judge_name], 0);
    assert!(out.contains("20 verdicts with 200 tokens, 0 failed"), "{out}");
    assert!(said.contains("judge") && said.contains(&judge.address.to_string()), "{said}");
    let manifest = workspace.manifest();
    assert_eq!(manifest["judge"]["outcomes"], json!({ "ok": 20 }));
    assert_eq!(manifest["tasks"][0]["metrics"][0]["value"], json!(0.6), "10 sound, 2 taken for it");
    let (out, _) = workspace.run(&["show", "--sample", "c5"], 0);
    for part in [
        "judge of truthful (asked)",
        "A claim is truthful if it is sound.",
        "claim 5 is rotten",
        "As I see it.",
    ] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    assert!(out.contains("truthful 1.00  read \"truthful\""), "{out}");
}

#[test]
fn the_judges_tokens_are_paid_for_from_the_same_purse() {
    let (system, judge) = (system(), judge());
    let workspace = workspace(30);
    let prices = "prices = { input = 1000, output = 10000 }\n";
    let config = system.entry("one") + prices + &judge.entry("two");
    workspace.write("overt.toml", &config);
    let eval =
        ["eval", "claims.yaml", "--model", "one", "--judge", "two", "--max-cost", "1", "--concurrency", "2"];
    let (_, said) = workspace.run(&eval, 2);
    assert!(said.contains("needs the prices of \"two\""), "{said}");
    workspace.write("overt.toml", &format!("{config}prices = {{ input = 1000, output = 0 }}\n"));
    // 0.037 for an answer, 0.007 for a verdict.
    let (_, said) = workspace.run(&eval, 4);
    assert!(said.contains("--max-cost 1"), "{said}");
    let asked = system.requests();
    assert!((18..=22).contains(&asked), "{asked}");
    let (out, _) = workspace.run(&["resume"], 0);
    assert!(out.contains("cost 1.32"), "{out}");
    assert_eq!(system.requests(), 30, "no answer is asked for twice");
    let cost = workspace.manifest()["judge"]["cost"]["amount"].as_f64().unwrap();
    assert!((cost - 0.21).abs() < 1e-9, "{cost}");
}

#[test]
#[allow(clippy::too_many_lines, reason = "one story")]
fn a_judge_is_measured_and_a_run_corrected_by_it() {
    let (system, judge) = (system(), judge());
    let workspace = workspace(100);
    workspace.write("labelled.jsonl", &labels(200));
    let (model, judge_name) = (system.model(), judge.model());
    let measure = [
        "judge",
        "measure",
        "claims.yaml",
        "--labels",
        "labelled.jsonl",
        "--judge",
        &judge_name,
        "--out",
        "measured.json",
    ];
    let (out, said) = workspace.run(&measure, 0);
    assert!(system.asked().is_empty(), "the answers are there already");
    for part in [
        "agreement",
        "0.90",
        "kappa",
        "0.80",
        "sensitivity",
        "1.00",
        "specificity",
        "bias",
        "people \\ judge",
    ] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    assert!(said.contains("--measured measured.json"), "{said}");
    let measured: Value = serde_json::from_str(&workspace.read("measured.json")).unwrap();
    assert_eq!(
        (&measured["result"]["specificity"]["count"], &measured["result"]["n"]),
        (&json!(80), &json!(200))
    );
    let manifest = Workspace::manifest_of(&workspace.runs_in("runs/judges")[0]);
    assert!(workspace.runs().is_empty(), "a measurement is no run of a system");
    assert_eq!(manifest["answers_from"]["source"], "labelled.jsonl");
    assert_eq!(manifest["status"], "finished");

    let eval =
        ["eval", "claims.yaml", "--model", &model, "--judge", &judge_name, "--measured", "measured.json"];
    let (out, _) = workspace.run(&eval, 0);
    assert!(out.contains("corrected for the judge's errors") && out.contains("lang-reiczigel"), "{out}");
    let metric = workspace.manifest()["tasks"][0]["metrics"][0].clone();
    assert_eq!(metric["value"], json!(0.6));
    let corrected = metric["corrected"]["value"].as_f64().unwrap();
    assert!((corrected - 0.5).abs() < 1e-9, "(0.6 + 0.8 - 1) / (1 + 0.8 - 1): {corrected}");
    // The judge alone would have passed; people would not.
    let (out, _) = workspace.run(&["check", "--require", "claims.rate >= 0.55 point"], 1);
    assert!(out.contains("the corrected estimate 0.5 is not >= 0.55"), "{out}");

    let other = Server::obedient();
    let eval = [
        "eval",
        "claims.yaml",
        "--model",
        &model,
        "--judge",
        "j@http://127.0.0.1:9/v1",
        "--measured",
        "measured.json",
    ];
    let (_, said) = workspace.run(&eval, 2);
    assert!(said.contains("says nothing about this run") && said.contains("of the judge"), "{said}");
    drop(other);
    let task = workspace.read("claims.yaml").replace("if it is sound", "if it is sound and short");
    workspace.write("claims.yaml", &task);
    let eval =
        ["eval", "claims.yaml", "--model", &model, "--judge", &judge_name, "--measured", "measured.json"];
    let (_, said) = workspace.run(&eval, 2);
    assert!(said.contains("no scorer of these tasks has this rubric"), "{said}");
}

#[test]
fn a_sheet_is_drawn_labelled_and_corrects_the_run() {
    let (system, judge) = (system(), judge());
    let workspace = workspace(200);
    let (model, judge_name) = (system.model(), judge.model());
    workspace.run(&["eval", "claims.yaml", "--model", &model, "--judge", &judge_name], 0);
    let (sheet, said) = workspace.run(&["judge", "sheet", "--count", "110"], 0);
    assert!(said.contains("110 answers of claims") && said.contains("truthful, untruthful"), "{said}");
    assert_eq!(
        workspace.run(&["judge", "sheet", "--count", "110"], 0).0,
        sheet,
        "the same seed, the same sheet"
    );
    assert_ne!(workspace.run(&["judge", "sheet", "--count", "110", "--seed", "1"], 0).0, sheet);
    assert!(!sheet.contains("As I see it"), "the verdict is not given away");
    let mut lines: Vec<String> = sheet.lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "id,asked,answer,label");
    assert_eq!(lines.len(), 111);
    // The last ten are left for another day.
    for line in &mut lines[1..101] {
        line.push_str(if line.contains("sound") { "truthful" } else { "Untruthful" });
    }
    workspace.write("sheet.csv", &lines.join("\n"));
    let run = workspace.runs()[0].display().to_string();
    let (out, said) = workspace.run(&["judge", "measure", &run, "--labels", "sheet.csv"], 0);
    assert!(said.contains("100 labels of claims, on 200 scored samples"), "{said}");
    assert!(
        out.contains("judged")
            && out.contains("0.60")
            && out.contains("corrected")
            && out.contains("by 100 labels"),
        "{out}"
    );
    let (json, _) = workspace.run(&["judge", "measure", &run, "--labels", "sheet.csv", "--json"], 0);
    let found: Value = serde_json::from_str(&json).unwrap();
    let corrected = &found["metrics"][0]["corrected"];
    let (low, high) =
        (corrected["interval"]["low"].as_f64().unwrap(), corrected["interval"]["high"].as_f64().unwrap());
    assert!(low <= 0.5 && 0.5 <= high, "{corrected}");
    assert!(corrected["value"].as_f64().unwrap() < 0.58, "{corrected}");
    assert_eq!(corrected["interval"]["method"], "prediction-powered");
    workspace.run(&["show", "--task", "claims"], 0);
}

#[test]
fn mistakes_with_labels_are_told_with_their_place() {
    let judge = judge();
    let workspace = workspace(5);
    let name = judge.model();
    let measure = |labels: &str, code: i32| {
        workspace.run(&["judge", "measure", "claims.yaml", "--labels", labels, "--judge", &name], code).1
    };
    assert!(measure("none.jsonl", 2).contains("none.jsonl"));
    workspace.write(
        "wrong.jsonl",
        "{\"answer\": \"a\", \"label\": \"fine\"}\n{\"label\": \"truthful\"}\n{\"answer\": \"x\"}",
    );
    let said = measure("wrong.jsonl", 2);
    for part in
        ["\"fine\" means nothing here; one of truthful, untruthful", "field `answer`", "no field `label`"]
    {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    workspace.write("empty.jsonl", "");
    measure("empty.jsonl", 2);
    workspace.write("text.txt", "hello");
    measure("text.txt", 2);
    workspace.write("hostile.jsonl", "{\"answer\": \"a\", \"label\": \"\\u001b[31mred\"}");
    assert!(!measure("hostile.jsonl", 2).contains('\u{1b}'));
    assert!(judge.asked().is_empty() && workspace.runs().is_empty());
    let said = workspace
        .run(&["judge", "measure", "over-refusal", "--labels", "wrong.jsonl", "--judge", &name], 2)
        .1;
    assert!(said.contains("has no scorer of kind `judge`"), "{said}");
    workspace.write("bad.json", "{}");
    let system = system();
    let eval =
        ["eval", "claims.yaml", "--model", &system.model(), "--judge", &name, "--measured", "bad.json"];
    assert!(workspace.run(&eval, 2).1.contains("not a measurement of a judge"));
}

#[test]
fn a_measurement_that_is_interrupted_goes_on() {
    let broken = Server::start(Duration::ZERO, |_, _| {
        Reply::Error(401, Vec::new(), "{\"error\":{\"message\":\"bad key\"}}".into())
    });
    let workspace = workspace(5);
    workspace.write("labelled.jsonl", &labels(40));
    let measure = ["judge", "measure", "claims.yaml", "--labels", "labelled.jsonl"];
    let (_, said) = workspace.run(&measure, 2);
    assert!(said.contains("there is no judge to measure"), "{said}");
    let name = broken.model();
    let with = |name: &str| {
        [measure.as_slice(), &["--judge", name]].concat().iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()
    };
    let command = with(&name);
    let (_, said) = workspace.run(&command.iter().map(String::as_str).collect::<Vec<_>>(), 3);
    assert!(
        said.contains("the judge does not accept the requests")
            && said.contains("overt judge measure runs/judges/"),
        "{said}"
    );
    let run = workspace.runs_in("runs/judges")[0].display().to_string();
    // Nobody answers for the recorded answers: resuming needs the judge alone.
    let (_, said) = workspace.run(&["resume", &run], 3);
    assert!(said.contains("the judge"), "{said}");
}

#[test]
fn a_run_that_stopped_early_is_not_corrected_by_labels() {
    let (system, judge) = (system(), judge());
    let workspace = workspace(300);
    let (model, name) = (system.model(), judge.model());
    let eval = ["eval", "claims.yaml", "--model", &model, "--judge", &name, "--until", "half-width <= 0.2"];
    workspace.run(&eval, 0);
    let (sheet, _) = workspace.run(&["judge", "sheet", "--count", "20"], 0);
    let labelled: Vec<String> = sheet
        .lines()
        .enumerate()
        .map(|(at, line)| if at == 0 { line.to_owned() } else { format!("{line}truthful") })
        .collect();
    workspace.write("sheet.csv", &labelled.join("\n"));
    let (out, said) = workspace.run(&["judge", "measure", &workspace.newest(), "--labels", "sheet.csv"], 0);
    assert!(said.contains("stopped early") && said.contains("--measured"), "{said}");
    assert!(out.contains("agreement") && !out.contains("corrected"), "{out}");
}
