//! When a record was issued, and what is not overwritten.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::publishing::ran;
use crate::workspace::Workspace;

fn issued_at(workspace: &Workspace, bundle: &str) -> String {
    let (out, _) = workspace.run(&["verify", bundle, "--json"], 0);
    let found: Value = serde_json::from_str(&out).unwrap();
    found["record"]["issuedAt"].as_str().unwrap().to_owned()
}

/// Time is told in seconds.
fn a_second_later() {
    std::thread::sleep(Duration::from_millis(1100));
}

#[test]
fn a_try_that_told_nobody_leaves_no_time_behind_and_one_that_may_have_arrived_does() {
    let workspace = ran();
    workspace.run(&["log", "init", "log", "--origin", "log.example.org/t", "--no-passphrase"], 0);
    workspace.run(&["publish", "--key", "me", "--log", "nowhere", "--out", "one"], 2);
    let first = fs::metadata(workspace.path().join("one")).unwrap().modified().unwrap();
    a_second_later();
    // Whether this one arrived, nobody knows: the log does not answer.
    let down = ["--log", "http://127.0.0.1:9", "--policy", "log/log.policy"];
    workspace.run(&[&["publish", "--key", "me", "--out", "one"], &down[..]].concat(), 3);
    let kept = fs::read_dir(workspace.path().join("home/unlogged")).unwrap().flatten().next().unwrap();
    let sent = issued_at(&workspace, &kept.path().display().to_string());
    let sent_at: jiff::Timestamp = sent.parse().unwrap();
    assert!(sent_at > jiff::Timestamp::try_from(first).unwrap(), "the first try told nobody: {sent}");
    a_second_later();
    workspace.run(&["publish", "--key", "me", "--log", "log", "--out", "one"], 0);
    assert_eq!(issued_at(&workspace, "one"), sent, "the log would have found what was sent");
    // Other words are another record, of now.
    workspace.run(&["publish", "--key", "me", "--limitations", "Other words.", "--out", "two"], 0);
    assert_ne!(issued_at(&workspace, "two"), sent);
}

#[test]
fn no_command_writes_over_what_is_there_unless_it_is_told_to() {
    let workspace = ran();
    workspace.run(&["publish", "--out", "published", "--withhold", "id in ['s1', 's2']"], 0);
    // Another record of the run does not take its place, and the same one may get a proof.
    let (_, said) = workspace.run(&["publish", "--out", "published", "--limitations", "Other words."], 2);
    assert!(said.contains("another record of this run") && said.contains("--force"), "{said}");
    workspace.run(&["publish", "--out", "published", "--withhold", "id in ['s1', 's2']"], 0);
    for precious in ["plan.json", "sample.json", "again.json"] {
        workspace.write(precious, "precious");
    }
    let run = workspace.newest();
    let bundle = "published/evaluation.overt.json";
    let writes: [&[&str]; 2] = [
        &["reveal", "--sample", "s1", "--bundle", bundle, "--out", "sample.json"],
        &["reproduce", "published", "--run", &run, "--out", "again.json"],
    ];
    for command in writes {
        let (_, said) = workspace.run(command, 2);
        assert!(said.contains("there is a file already") && said.contains("--force"), "{said}");
    }
    for precious in ["sample.json", "again.json"] {
        assert_eq!(workspace.read(precious), "precious");
    }
    workspace.run(&[writes[0], &["--force"]].concat(), 0);
    workspace.run(&["verify", "sample.json", "--files", "published"], 0);
    // A folder with other things in it is left alone.
    fs::create_dir(workspace.path().join("other")).unwrap();
    workspace.write("other/precious", "precious");
    let (_, said) = workspace.run(&["publish", "--out", "other"], 2);
    assert!(said.contains("not empty"), "{said}");
    assert_eq!(fs::read_dir(workspace.path().join("other")).unwrap().count(), 1);
}

#[test]
fn what_is_planned_already_is_not_planned_again() {
    let workspace = ran();
    workspace.write("plan.json", "precious");
    let plan = ["plan", "echo.yaml", "--model", "mockllm/model"];
    let model =
        Workspace::manifest_of(workspace.newest().as_ref())["system"]["name"].as_str().unwrap().to_owned();
    let plan = [plan[0], plan[1], plan[2], &model, "--claim", "echo.rate >= 0.5"];
    let (_, said) = workspace.run(&[&plan[..], &["--out", "plan.json"]].concat(), 2);
    assert!(said.contains("there is a file already"), "{said}");
    assert_eq!(workspace.read("plan.json"), "precious");
    workspace.run(&[&plan[..], &["--out", "one.overt.json"]].concat(), 0);
    let (_, said) = workspace.run(&[&plan[..], &["--out", "two.overt.json"]].concat(), 2);
    assert!(said.contains("you planned just this on") && said.contains("0 runs"), "{said}");
    assert!(!workspace.path().join("two.overt.json").exists());
    // Something else is another plan, and so is the same by another key, or with --force.
    workspace.run(&[&plan[..], &["--claim", "echo.rate <= 0.9", "--out", "two.overt.json"]].concat(), 0);
    workspace.run(&["key", "new", "other", "--issuer", "Another", "--no-passphrase"], 0);
    workspace.run(&[&plan[..], &["--key", "other", "--out", "three.overt.json"]].concat(), 0);
    a_second_later();
    workspace.run(&[&plan[..], &["--key", "me", "--force", "--out", "one.overt.json"]].concat(), 0);
}
