//! `overt log follow` across restarts, and what is told while one waits.

use std::fs;

use crate::log::{Serving, begin, copy_directory, filled, statement};
use crate::workspace::Workspace;

fn add(workspace: &Workspace, log: &str, name: &str) {
    workspace.run(&["log", "add", log, &statement(workspace, name)], 0);
}

fn follow(workspace: &Workspace, log: &str, code: i32) -> (String, String) {
    workspace.run(&["log", "follow", log, "--once", "--state", "seen"], code)
}

#[test]
fn a_place_is_kept_across_restarts() {
    let workspace = Workspace::new();
    filled(&workspace, "log", &["one", "two"]);
    let indices = |out: &str| -> Vec<u64> {
        let read = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["index"].as_u64();
        out.lines().filter_map(read).collect()
    };
    assert_eq!(indices(&follow(&workspace, "log", 0).0), [0, 1]);
    assert_eq!(indices(&follow(&workspace, "log", 0).0), [0; 0]);
    add(&workspace, "log", "three");
    assert_eq!(indices(&follow(&workspace, "log", 0).0), [2]);
    assert!(workspace.read("seen").starts_with("overt-follow v1\nnext 3\n"));
    let (_, said) = workspace.run(&["log", "follow", "log", "--once", "--state", "seen", "--from", "1"], 2);
    assert!(said.contains("--from"), "{said}");
}

#[test]
fn a_log_that_was_set_back_or_rewritten_between_two_looks_is_caught() {
    let workspace = Workspace::new();
    filled(&workspace, "log", &["one"]);
    copy_directory(&workspace.path().join("log"), &workspace.path().join("old"));
    add(&workspace, "log", "two");
    follow(&workspace, "log", 0);
    let state = workspace.read("seen");
    let (_, said) = follow(&workspace, "old", 1);
    assert!(
        said.contains("set back") && said.contains("2 entries") && said.contains("shows 1 now"),
        "{said}"
    );
    // Of the same key, with other entries: a fork.
    filled(&workspace, "evil", &["other", "two", "three"]);
    let (_, said) = follow(&workspace, "evil", 1);
    assert!(said.contains("forked"), "{said}");
    assert_eq!(workspace.read("seen"), state, "what was seen stays");
    follow(&workspace, "log", 0);
}

#[test]
fn a_state_that_is_none_is_refused() {
    let workspace = Workspace::new();
    filled(&workspace, "log", &["one"]);
    follow(&workspace, "log", 0);
    let state = workspace.read("seen");
    for wrong in ["", "{}", "overt-follow v1\nnext 1\n", &state.replace("next 1", "next 2"), &state[..60]] {
        workspace.write("seen", wrong);
        let (_, said) = follow(&workspace, "log", 2);
        assert!(said.contains("state"), "{wrong:?}: {said}");
        assert_eq!(workspace.read("seen"), wrong);
    }
    fs::create_dir(workspace.path().join("folder")).unwrap();
    let (_, said) = workspace.run(&["log", "follow", "log", "--once", "--state", "folder"], 2);
    assert!(said.contains("--state"), "{said}");
}

#[test]
fn an_entry_that_is_not_there_yet_is_said_to_be_waited_for() {
    let workspace = Workspace::new();
    filled(&workspace, "log", &["one"]);
    let (out, said) = workspace.run(&["log", "follow", "log", "--once", "--from", "1000"], 0);
    assert!(out.is_empty() && said.contains("no entry 1 000 yet: the log has 1 entry"), "{said}");
    let (_, said) = workspace.run(&["log", "follow", "log", "--once", "--from", "1"], 0);
    assert!(!said.contains("yet"), "{said}");
}

#[test]
fn a_served_log_shows_what_another_process_added() {
    let workspace = Workspace::new();
    begin(&workspace, "log");
    let serving = Serving::start(&workspace, &["log", "serve", "log"]);
    add(&workspace, "log", "one");
    let shown =
        || workspace.run(&["log", "follow", &serving.url, "--once", "--policy", "log/log.policy"], 0).0;
    let seen = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        shown().lines().count() == 1
    });
    assert!(seen, "after ten seconds the server still shows the old checkpoint");
    assert!(serving.end().contains("statement"), "it is told of, too");
}

/// Runs a command on a terminal of its own, and returns what appears there.
fn on_a_terminal(workspace: &Workspace, arguments: &[&str]) -> Option<String> {
    let binary = assert_cmd::cargo::cargo_bin("overt");
    let line = format!("{} {}", binary.display(), arguments.join(" "));
    let output = std::process::Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(workspace.path())
        .env("OVERT_HOME", workspace.path().join("home"))
        .output();
    let Ok(output) = output else {
        eprintln!("SKIPPED: there is no `script` to give a command a terminal");
        return None;
    };
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_wait_is_told_of_on_a_terminal() {
    let workspace = Workspace::new();
    begin(&workspace, "log");
    // It takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let file = statement(&workspace, "one");
    let policy = "log/log.policy";
    std::thread::spawn(move || {
        let held: Vec<_> = silent.incoming().take(1).collect();
        std::thread::sleep(std::time::Duration::from_secs(2));
        drop((held, silent));
    });
    let Some(shown) = on_a_terminal(&workspace, &["log", "add", &url, &file, "--policy", policy]) else {
        return;
    };
    assert!(shown.contains("waiting") && shown.contains("the log takes the record in"), "{shown}");
}
