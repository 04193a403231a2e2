//! Stopping early: no more samples than it takes, and an interval that still holds.

use std::time::Duration;

use crate::server::{Reply, Server};
use crate::workspace::Workspace;

/// Nine of ten answers are right, and wrong ones come back later.
fn nine_of_ten() -> Server {
    Server::start(Duration::from_millis(1), |prompt, _| {
        Reply::Text(if prompt.ends_with('1') { "no".into() } else { prompt.to_owned() })
    })
}

#[test]
fn a_task_stops_when_its_rate_is_known_well_enough() {
    let server = nine_of_ten();
    let workspace = Workspace::with_echo(2000);
    let model = server.model();
    let eval = ["eval", "echo.yaml", "--model", &model, "--until", "half-width <= 0.1", "--concurrency", "8"];
    let (out, _) = workspace.run(&eval, 0);
    assert!(out.contains("stopped early  1 task"), "{out}");
    let task = &workspace.manifest()["tasks"][0];
    let metric = &task["metrics"][0];
    let interval = &metric["interval"];
    let (low, high) = (interval["low"].as_f64().unwrap(), interval["high"].as_f64().unwrap());
    assert!(high - low <= 0.2 + 1e-9 && low < 0.9 && high > 0.9, "{interval}");
    assert_eq!(interval["method"], "beta-binomial-sequence");
    let asked = server.asked().len();
    // 0.09 / 0.1² × 1.96² = 35 would do for a fixed number and a known rate; luck needs less, a sequence mostly more.
    assert!((20..400).contains(&asked), "{asked}");
    assert_eq!(task["outcomes"]["ok"], asked);
    let prompts: Vec<u32> =
        server.asked().keys().filter_map(|p| p.rsplit(' ').next()?.parse().ok()).collect();
    assert!(prompts.iter().any(|n| *n > 1500), "samples come in random order");
    let (out, _) = workspace.run(&["show"], 0);
    assert!(out.contains("half-width <= 0.1") && out.contains("samples were asked"), "{out}");
}

#[test]
fn a_requirement_is_asked_about_until_it_is_decided() {
    let server = nine_of_ten();
    let workspace = Workspace::with_echo(2000);
    let model = server.model();
    workspace.run(&["eval", "echo.yaml", "--model", &model, "--decide", "echo.rate >= 0.6"], 0);
    assert!(server.asked().len() < 500, "{}", server.asked().len());
    workspace.run(&["check", "--require", "echo.rate >= 0.6"], 0);
    std::thread::sleep(Duration::from_millis(1100));
    workspace.run(&["eval", "echo.yaml", "--model", &model, "--decide", "echo.rate >= 0.99"], 0);
    workspace.run(&["check", "--require", "echo.rate >= 0.99"], 1);
}

#[test]
fn a_run_that_stops_early_survives_an_interruption() {
    let server = nine_of_ten();
    let workspace = Workspace::with_echo(2000);
    let model = server.model();
    let until = ["--until", "half-width <= 0.05", "--concurrency", "4"];
    workspace.run(&[&["eval", "echo.yaml", "--model", &model][..], &until].concat(), 0);
    let undisturbed = workspace.manifest()["tasks"][0]["outcomes"]["ok"].as_u64().unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    let capped = [&["eval", "echo.yaml", "--model", &model, "--max-tokens", "500"][..], &until].concat();
    workspace.run(&capped, 4);
    workspace.run(&["resume", "--concurrency", "4"], 0);
    let manifest = workspace.manifest();
    let resumed = manifest["tasks"][0]["outcomes"]["ok"].as_u64().unwrap();
    // The order is the same; only what was in flight when it stopped differs.
    assert!(resumed.abs_diff(undisturbed) <= 8, "{resumed} and {undisturbed}");
    assert!(manifest["tasks"][0]["stopped"].is_string());
}

#[test]
fn what_cannot_stop_early_says_why_before_anything_is_asked() {
    let server = Server::obedient();
    let workspace = Workspace::with_echo(5);
    let model = server.model();
    let eval = |more: &[&str]| {
        let (_, said) = workspace.run(&[&["eval", "echo.yaml", "--model", &model][..], more].concat(), 2);
        said
    };
    assert!(eval(&["--until", "half-width <= 0.1", "--epochs", "3"]).contains("repetitions"));
    assert!(eval(&["--decide", "other.rate <= 0.1"]).contains("is not asked"));
    assert!(eval(&["--decide", "echo.speed <= 0.1"]).contains("no metric `speed`"));
    assert!(eval(&["--until", "width <= 0.1"]).contains("half-width <= 0.03"));
    assert!(server.asked().is_empty());
}
