//! The cache of answers, from the command line.

use std::time::Duration;

use serde_json::json;

use crate::claims;
use crate::server::{Reply, Server};
use crate::workspace::Workspace;

#[test]
fn what_was_asked_before_is_not_asked_again_nor_paid_for() {
    let server = Server::start(Duration::ZERO, |prompt, _| Reply::Text(prompt.to_owned()));
    let workspace = Workspace::with_echo(20);
    workspace.write("overt.toml", &(server.entry("paid") + "prices = { input = 1000, output = 10000 }\n"));
    let eval = ["eval", "echo.yaml", "--model", "paid"];
    workspace.run(&eval, 0);
    assert_eq!(server.requests(), 20);
    workspace.run(&[&eval[..], &["--cache"]].concat(), 0);
    assert_eq!(server.requests(), 40, "the cache was empty");
    let (out, _) =
        workspace.run(&[&eval[..], &["--cache", "--runs", "again", "--max-cost", "0.05"]].concat(), 0);
    assert_eq!(server.requests(), 40, "everything was there, and cost nothing of the 0.05");
    assert!(out.contains("20 from the cache") && out.contains("cost 0.00"), "{out}");
    let run = workspace.runs_in("again").pop().unwrap();
    let manifest = Workspace::manifest_of(&run);
    assert_eq!(manifest["tasks"][0]["cached"], 20);
    assert_eq!(manifest["usage"]["prompt_tokens"], 140, "lengths are what they were");
    assert_eq!(manifest["system"]["observed"]["models"], json!({}), "nobody was seen today");
    let (out, _) = workspace.run(&["show", &run.display().to_string(), "--sample", "s3"], 0);
    assert!(out.contains("from the cache"), "{out}");
    // Another seed is another question.
    workspace.run(&[&eval[..], &["--cache", "--seed", "1"]].concat(), 0);
    assert_eq!(server.requests(), 60);
}

#[test]
fn a_judges_answers_are_kept_too() {
    let system = Server::obedient();
    let judge = claims::always("good");
    let workspace = claims::with_judged_echo(10);
    let (model, name) = (system.model(), judge.model());
    for _ in 0..2 {
        workspace.run(&["eval", "judged.yaml", "--model", &model, "--judge", &name, "--cache"], 0);
    }
    assert_eq!((system.requests(), judge.requests()), (10, 10));
}
