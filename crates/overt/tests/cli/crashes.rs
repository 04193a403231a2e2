//! Killed at any moment, a run loses nothing that was finished and asks nothing twice.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use crate::server::{Reply, Server};
use crate::workspace::Workspace;

const SAMPLES: usize = 120;

/// The binary as a child that can be killed.
fn spawn(workspace: &Workspace, arguments: &[&str]) -> std::process::Child {
    Process::new(assert_cmd::cargo::cargo_bin("overt"))
        .current_dir(workspace.path())
        .env("OVERT_HOME", workspace.path().join("home"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &std::process::Child, name: &str) {
    assert!(Process::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Lines that are whole in the newest run's journal.
fn finished_lines(workspace: &Workspace) -> usize {
    let Some(run) = workspace.runs().pop() else { return 0 };
    let journal = fs::read(run.join("journal.jsonl")).unwrap_or_default();
    journal.iter().filter(|byte| **byte == b'\n').count()
}

#[test]
fn kill_9_at_many_moments_loses_no_finished_sample_and_asks_none_of_them_twice() {
    let server = Server::start(Duration::from_millis(4), |prompt, _| Reply::Text(format!("echo {prompt}")));
    let model = server.model();
    let workspace = Workspace::with_echo(SAMPLES);
    let mut child = spawn(&workspace, &["eval", "echo.yaml", "--model", &model, "--concurrency", "4"]);
    let mut finished = 0;
    let mut kills = 0;
    for round in 0..100u64 {
        std::thread::sleep(Duration::from_millis(25 + round * 11 % 40));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "round {round}: {status}");
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        if !workspace.runs().is_empty() && workspace.manifest()["status"] == "finished" {
            // It died with all of its work done. One more process finds nothing to do but to clear up.
            child = spawn(&workspace, &["resume", &workspace.newest()]);
            break;
        }
        let now = finished_lines(&workspace);
        assert!(now >= finished, "a finished sample was lost: {finished} became {now}");
        finished = now;
        if workspace.runs().is_empty() {
            child = spawn(&workspace, &["eval", "echo.yaml", "--model", &model, "--concurrency", "4"]);
        } else {
            let run = workspace.newest();
            child = spawn(&workspace, &["resume", &run, "--concurrency", "4"]);
        }
    }
    child.wait().unwrap();
    assert!(kills >= 3, "the run was over before it could be killed {kills} times");
    let manifest = workspace.manifest();
    assert_eq!(manifest["status"], "finished", "{manifest:#}");
    assert_eq!(manifest["tasks"][0]["outcomes"], serde_json::json!({ "ok": SAMPLES }));
    assert_eq!(manifest["tasks"][0]["metrics"][0]["value"], 1.0);
    // Whatever was in flight when a process died may be asked again: four at a time, no more.
    let repeats: u32 = server.asked().values().map(|count| count - 1).sum();
    assert!(repeats as usize <= kills * 4, "{repeats} repeats after {kills} kills");
    assert!(!workspace.runs()[0].join("journal.jsonl").exists());
}

#[test]
fn a_process_that_died_in_its_last_step_leaves_nothing_behind() {
    let server = Server::obedient();
    let workspace = Workspace::with_echo(3);
    workspace.run(&["eval", "echo.yaml", "--model", &server.model()], 0);
    let journal = workspace.runs()[0].join("journal.jsonl");
    fs::write(&journal, "{}\n").unwrap();
    workspace.run(&["resume"], 0);
    assert!(!journal.exists());
    assert_eq!(workspace.manifest()["tasks"][0]["outcomes"]["ok"], 3);
}

#[test]
fn ctrl_c_finishes_what_is_in_flight_and_leaves_a_resumable_run() {
    let server = Server::start(Duration::from_millis(20), |prompt, _| Reply::Text(format!("echo {prompt}")));
    let model = server.model();
    let workspace = Workspace::with_echo(SAMPLES);
    let mut child = spawn(&workspace, &["eval", "echo.yaml", "--model", &model, "--concurrency", "4"]);
    while finished_lines(&workspace) < 8 {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "-INT");
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(4), "{said}");
    assert!(said.contains("overt resume"), "{said}");
    let finished = finished_lines(&workspace);
    assert_eq!(server.asked().len(), finished, "everything that was asked was kept");
    workspace.run(&["resume"], 0);
    assert!(server.asked().values().all(|count| *count == 1), "nothing was asked twice");
    assert_eq!(workspace.manifest()["tasks"][0]["outcomes"]["ok"], SAMPLES);
}

#[test]
fn a_second_ctrl_c_leaves_at_once() {
    let server = Server::start(Duration::from_secs(30), |_, _| Reply::Text("late".into()));
    let model = server.model();
    let workspace = Workspace::with_echo(10);
    let mut child = spawn(&workspace, &["eval", "echo.yaml", "--model", &model]);
    while server.asked().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let began = std::time::Instant::now();
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "the first one waits for what is in flight");
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn two_processes_cannot_write_one_run() {
    let server = Server::start(Duration::from_millis(100), |prompt, _| Reply::Text(prompt.to_owned()));
    let model = server.model();
    let workspace = Workspace::with_echo(40);
    let mut child = spawn(&workspace, &["eval", "echo.yaml", "--model", &model, "--concurrency", "1"]);
    while finished_lines(&workspace) < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (_, said) = workspace.run(&["resume", &workspace.newest()], 3);
    assert!(said.contains("another process is writing this run"), "{said}");
    // Reading is always possible.
    let (shown, _) = workspace.run(&["show", &workspace.newest()], 0);
    assert!(shown.contains("not finished"), "{shown}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_torn_last_line_is_cut_off_and_its_sample_asked_again() {
    let server = Server::start(Duration::from_millis(10), |prompt, _| Reply::Text(format!("echo {prompt}")));
    let model = server.model();
    let workspace = Workspace::with_echo(30);
    let mut child = spawn(&workspace, &["eval", "echo.yaml", "--model", &model, "--concurrency", "2"]);
    while finished_lines(&workspace) < 5 {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let journal = workspace.runs()[0].join("journal.jsonl");
    let bytes = fs::read(&journal).unwrap();
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap();
    fs::write(&journal, &bytes[..whole - 40]).unwrap();
    workspace.run(&["resume"], 0);
    assert_eq!(workspace.manifest()["tasks"][0]["outcomes"]["ok"], 30);
}

#[test]
fn a_run_resumes_from_another_directory_and_after_it_moved_with_its_task() {
    let answer = |_: &str, before: u32| match before {
        0 => Reply::Error(500, Vec::new(), "{}".into()),
        _ => Reply::Text("yes".to_owned()),
    };
    let server = Server::start(Duration::ZERO, answer);
    let workspace = Workspace::with_echo(3);
    workspace.run(&["eval", "echo.yaml", "--model", &server.model(), "--max-attempts", "1"], 0);
    let run = workspace.runs().pop().unwrap();
    let tasks = fs::read_to_string(run.join("tasks.json")).unwrap();
    assert!(tasks.contains("\"../../echo.yaml\""), "{tasks}");
    let moved = tempfile::tempdir().unwrap();
    let there = moved.path().join("project");
    fs::rename(workspace.path(), &there).unwrap();
    fs::create_dir_all(workspace.path()).unwrap();
    let run = there.join("runs").join(run.file_name().unwrap());
    workspace.run(&["resume", run.to_str().unwrap()], 0);
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    assert_eq!(manifest["tasks"][0]["outcomes"]["ok"], 3);
}

#[test]
fn an_interrupted_run_ends_like_an_undisturbed_one() {
    let answer = |prompt: &str, _: u32| {
        Reply::Text(if prompt.ends_with('3') { "no".to_owned() } else { format!("echo {prompt}") })
    };
    let server = Server::start(Duration::from_millis(5), answer);
    let model = server.model();
    let workspace = Workspace::with_echo(60);
    workspace.run(&["eval", "echo.yaml", "--model", &model], 0);
    let undisturbed = workspace.manifest();
    let mut child = spawn(&workspace, &["eval", "echo.yaml", "--model", &model, "--concurrency", "3"]);
    while workspace.runs().len() < 2 || finished_lines(&workspace) < 10 {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    workspace.run(&["resume"], 0);
    let resumed = workspace.manifest();
    assert_eq!(undisturbed["tasks"][0]["metrics"], resumed["tasks"][0]["metrics"]);
    let keys: HashMap<_, _> = server.asked();
    assert_eq!(keys.len(), 60);
}
