//! Programs that score, answer and make samples: the examples, and programs that misbehave.

use std::path::Path;
use std::time::Duration;

use crate::server::{Reply, Server};
use crate::workspace::Workspace;

/// Whether there is a Python; without one the example cannot be tried.
fn python() -> bool {
    let there = std::process::Command::new("python3").arg("--version").output().is_ok();
    if !there {
        eprintln!("SKIPPED: there is no python3 on the search path");
    }
    there
}

fn with_example() -> Workspace {
    let workspace = Workspace::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/program-scorer");
    for name in ["twenty-four.yaml", "score.py", "answer.py", "overt_program.py"] {
        workspace.write(name, &std::fs::read_to_string(folder.join(name)).unwrap());
    }
    workspace
}

#[test]
fn the_example_scores_by_its_own_rules() {
    if !python() {
        return;
    }
    let server = Server::start(Duration::ZERO, |prompt, _| {
        Reply::Text(
            match prompt {
                hand if hand.contains("4, 7, 8, 8") => "Let me see.\n(7 - 8 / 8) * 4",
                hand if hand.contains("1, 2, 3, 4") => "1 * 2 * 3 * 4 = 24",
                hand if hand.contains("3, 3, 8, 8") => "__import__('os').system('touch owned')",
                hand if hand.contains("2, 3, 5, 12") => "12 + 12",
                _ => "",
            }
            .into(),
        )
    });
    let workspace = with_example();
    let model = server.model();
    let (_, said) = workspace.run(&["eval", "twenty-four.yaml", "--model", &model], 2);
    assert!(
        said.contains("twenty-four.solved runs a program") && said.contains("--allow-commands"),
        "{said}"
    );
    workspace.run(&["eval", "twenty-four.yaml", "--model", &model, "--dry-run"], 0);
    workspace.run(&["eval", "twenty-four.yaml", "--model", &model, "--allow-commands"], 0);
    let metric = workspace.manifest()["tasks"][0]["metrics"][0].clone();
    assert_eq!((metric["value"].as_f64(), metric["missing"].as_u64()), (Some(0.4), Some(0)), "{metric}");
    assert!(!workspace.path().join("owned").exists());
    let (out, _) = workspace.run(&["show", "--sample", "d"], 0);
    assert!(out.contains("it uses the numbers [12, 12]"), "{out}");
    let (out, _) = workspace.run(&["score", "--allow-commands"], 0);
    assert!(out.contains("solved: 0 of 5 scores changed"), "{out}");
    let (_, said) = workspace.run(&["score"], 2);
    assert!(said.contains("--allow-commands"), "{said}");
}

/// The echo task with a shell script as its scorer.
fn with_script(script: &str, timeout: f64) -> Workspace {
    let workspace = Workspace::with_echo(12);
    workspace.write("score.sh", script);
    let task = workspace
        .read("echo.yaml")
        .replace(
            "{ kind: includes, target: \"{{ question }}\" }",
            &format!("{{ kind: command, command: [sh, score.sh], timeout: {timeout} }}"),
        )
        .replace("scorer: includes", "scorer: command");
    workspace.write("task.yaml", &task);
    workspace
}

#[cfg(unix)]
#[test]
fn a_program_that_fails_now_and_then_leaves_scores_missing() {
    let server = Server::obedient();
    // Dies on one sample, is silent on another, writes garbage on a third.
    let script = r#"while read -r line; do case "$line" in
*'"s3"'*) echo "I give up" >&2; exit 1;;
*'"s5"'*) sleep 60;;
*'"s7"'*) echo "42";;
*) echo '{"value": 1}';;
esac; done"#;
    let workspace = with_script(script, 0.5);
    let (out, _) = workspace.run(&["eval", "task.yaml", "--model", &server.model(), "--allow-commands"], 0);
    assert!(out.contains("3 missing"), "{out}");
    let metric = workspace.manifest()["tasks"][0]["metrics"][0].clone();
    assert_eq!((metric["n"].as_u64(), metric["value"].as_f64()), (Some(9), Some(1.0)), "{metric}");
    for (sample, why) in [("s3", "I give up"), ("s5", "no reply within 0.5 s"), ("s7", "no JSON object: 42")]
    {
        let (out, _) = workspace.run(&["show", "--sample", sample], 0);
        assert!(out.contains(why), "{why} is not in\n{out}");
    }
}

#[cfg(unix)]
#[test]
fn a_program_that_never_works_stops_the_run_and_the_answers_stay() {
    let server = Server::obedient();
    let workspace = with_script("echo 'no such library' >&2; exit 1", 5.0);
    let eval = ["eval", "task.yaml", "--model", &server.model(), "--allow-commands"];
    let (_, said) = workspace.run(&eval, 2);
    assert!(said.contains("does not work") && said.contains("no such library"), "{said}");
    let asked: u32 = server.asked().values().sum();
    workspace.write("score.sh", "while read -r line; do echo '{\"value\": 1}'; done");
    workspace.run(&["resume", "--allow-commands"], 0);
    assert!(server.asked().values().sum::<u32>() <= 12.max(asked), "what was answered is not asked again");
    assert_eq!(workspace.manifest()["tasks"][0]["metrics"][0]["n"], 12);

    let missing = workspace.read("task.yaml").replace("[sh, score.sh]", "[./not-there]");
    workspace.write("task.yaml", &missing);
    let (_, said) = workspace.run(&eval, 2);
    assert!(said.contains("does not work") && said.contains("not-there"), "{said}");
}

#[test]
fn a_program_is_a_system() {
    if !python() {
        return;
    }
    let workspace = with_example();
    let eval = ["eval", "twenty-four.yaml", "--model", "command:python3 answer.py", "--allow-commands"];
    workspace.run(&eval, 0);
    let manifest = workspace.manifest();
    assert_eq!(manifest["tasks"][0]["metrics"][0]["value"].as_f64(), Some(1.0), "{manifest:#}");
    assert_eq!(
        (&manifest["system"]["reach"], &manifest["system"]["model"]),
        (&"program".into(), &"python3 answer.py".into())
    );
    let digest = manifest["system"]["details"]["sha256 of answer.py"].as_str().unwrap();
    assert_eq!(digest.len(), 64);
}

#[cfg(unix)]
#[test]
fn a_program_that_answers_badly_is_a_system_that_fails() {
    let workspace = Workspace::with_echo(6);
    let script = r#"while read -r line; do case "$line" in
*"number 1"*) echo '{"error": "no idea"}';;
*"number 2"*) echo '{"words": 3}';;
*"number 3"*) exit 1;;
*) echo '{"text": "question number 0 4 5", "usage": {"completion_tokens": 2}}';;
esac; done"#;
    workspace.write("answer.sh", script);
    workspace.write("overt.toml", "[systems.mine]\nmodel = \"command:sh answer.sh\"\n");
    workspace.run(&["eval", "echo.yaml", "--model", "mine"], 0);
    let manifest = workspace.manifest();
    let outcomes = &manifest["tasks"][0]["outcomes"];
    assert_eq!(*outcomes, serde_json::json!({ "ok": 3, "provider_error": 3 }));
    assert_eq!(manifest["usage"]["completion_tokens"], 6);
    for wrong in ["command:", "command: ", "command:echo 'open"] {
        let (_, said) = workspace.run(&["eval", "echo.yaml", "--model", wrong], 2);
        assert!(said.contains("a command line"), "{said}");
    }
    let (_, said) = workspace.run(&["eval", "echo.yaml", "--model", "command:./not-there"], 3);
    assert!(said.contains("not-there"), "{said}");
    // A run directory of somebody else's must not start programs.
    let run = workspace.newest();
    let (_, said) = workspace.run(&["resume", &run], 2);
    assert!(said.contains("may not start one by itself") && said.contains("--model"), "{said}");
}

fn with_fresh_sums() -> Workspace {
    let workspace = Workspace::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/program-samples");
    for name in ["fresh-sums.yaml", "fresh_sums.py"] {
        workspace.write(name, &std::fs::read_to_string(folder.join(name)).unwrap());
    }
    workspace
}

/// Adds what it is asked to add.
fn adder() -> Server {
    Server::start(Duration::ZERO, |prompt, _| {
        let numbers = prompt.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
        Reply::Text(numbers.take(2).sum::<u64>().to_string())
    })
}

#[test]
fn the_example_makes_its_samples_by_the_seed() {
    if !python() {
        return;
    }
    let (workspace, server) = (with_fresh_sums(), adder());
    let model = server.model();
    let eval = ["eval", "fresh-sums.yaml", "--model", &model, "--limit", "12", "--seed", "5"];
    let (_, said) = workspace.run(&eval, 2);
    assert!(said.contains("task fresh-sums: a program makes the samples"), "{said}");
    assert!(said.contains("python3 fresh_sums.py") && said.contains("--allow-commands"), "{said}");
    let allowed = [&eval[..], &["--allow-commands"]].concat();
    let (out, _) = workspace.run(&[&allowed[..], &["--dry-run"]].concat(), 0);
    assert!(out.contains("12 samples") && out.contains("What is"), "{out}");
    assert!(server.asked().is_empty() && workspace.runs().is_empty());
    workspace.run(&allowed, 0);
    let first = workspace.manifest()["tasks"][0].clone();
    assert_eq!((&first["planned"], &first["metrics"][0]["value"]), (&12.into(), &1.into()), "{first:#}");
    assert_eq!(first["dataset"]["source"], "command:python3 fresh_sums.py");
    workspace.run(&allowed, 0);
    assert_eq!(workspace.manifest()["tasks"][0]["dataset"], first["dataset"], "the same seed");
    let (out, _) = workspace.run(&["data", "list"], 0);
    assert!(out.contains("command:python3 fresh_sums.py"), "{out}");
    let runs: Vec<String> = workspace.runs().iter().map(|run| run.display().to_string()).collect();
    workspace.run(&["compare", &runs[0], &runs[1]], 0);
}

#[test]
fn looking_at_a_task_never_runs_its_program() {
    let workspace = with_fresh_sums();
    workspace.write("fresh_sums.py", "open('ran', 'w')");
    let (out, _) = workspace.run(&["task", "check", "fresh-sums.yaml"], 0);
    assert!(
        out.contains("made by a program, which is not run here: only the task file was checked"),
        "{out}"
    );
    assert!(out.contains("fresh-sums is well: its samples are yet to be made"), "{out}");
    let (out, _) = workspace.run(&["task", "show", "fresh-sums.yaml"], 0);
    assert!(out.contains("made by a program, which is not run here: python3 fresh_sums.py"), "{out}");
    let (out, _) = workspace.run(&["data", "pull", "fresh-sums.yaml"], 0);
    assert!(out.contains("nothing to fetch, a program makes its samples"), "{out}");
    assert!(!workspace.path().join("ran").exists());
}

/// The echo task with a script that makes its twelve samples, others each time.
#[cfg(unix)]
fn with_maker() -> Workspace {
    let workspace = Workspace::with_echo(0);
    let script = r#"echo x >> runs-of-it
for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
  echo "{\"id\": \"s$i\", \"question\": \"question number $i of $(wc -l < runs-of-it | tr -d ' ')\"}"
done"#;
    workspace.write("make.sh", script);
    let task = workspace
        .read("echo.yaml")
        .replace("{ path: echo.jsonl }", "{ command: [sh, ./make.sh], timeout: 20 }");
    workspace.write("task.yaml", &task);
    workspace
}

#[cfg(unix)]
#[test]
fn a_run_that_goes_on_has_the_samples_that_it_had() {
    let (workspace, server) = (with_maker(), Server::obedient());
    let model = server.model();
    let eval = ["eval", "task.yaml", "--model", &model, "--allow-commands"];
    workspace.run(&[&eval[..], &["--max-tokens", "40", "--concurrency", "1"]].concat(), 4);
    let asked: u32 = server.asked().values().sum();
    assert!(asked < 12, "it stopped early");
    let stopped = workspace.newest();
    // Neither needs the program: nobody allows it.
    workspace.run(&["resume", &stopped], 0);
    assert_eq!(server.asked().values().sum::<u32>(), 12);
    let (out, _) = workspace.run(&["score", &stopped], 0);
    assert!(out.contains("0 of 12 scores changed"), "{out}");
    assert_eq!(workspace.read("runs-of-it").lines().count(), 1);
    assert_eq!(workspace.manifest()["tasks"][0]["metrics"][0]["value"].as_f64(), Some(1.0));
    assert!(server.asked().keys().all(|prompt| prompt.ends_with("of 1")), "{:?}", server.asked());

    // Where the cache was cleared, it has to be allowed, and to make the same.
    std::fs::remove_dir_all(workspace.path().join("home/datasets")).unwrap();
    let (_, said) = workspace.run(&["score", &stopped], 2);
    assert!(said.contains("a program makes the samples") && said.contains("--allow-commands"), "{said}");
    let (_, said) = workspace.run(&["score", &stopped, "--allow-commands"], 2);
    assert!(said.contains("does not match its digest") && said.contains("makes other samples now"), "{said}");
    std::fs::remove_file(workspace.path().join("runs-of-it")).unwrap();
    workspace.run(&["score", &stopped, "--allow-commands"], 0);
}

#[cfg(unix)]
#[test]
fn systems_that_are_compared_get_the_same_samples_of_a_program() {
    let (workspace, one, other) = (with_maker(), Server::obedient(), Server::obedient());
    let (a, b) = (one.model(), other.model());
    workspace.run(&["eval", "task.yaml", "--model", &a, "--model", &b, "--allow-commands"], 0);
    assert_eq!(workspace.read("runs-of-it").lines().count(), 1);
    let digests: Vec<serde_json::Value> = workspace
        .runs()
        .iter()
        .map(|run| Workspace::manifest_of(run)["tasks"][0]["dataset"]["samples_sha256"].clone())
        .collect();
    assert_eq!((digests.len(), &digests[0]), (2, &digests[1]));
}

#[cfg(unix)]
#[test]
fn a_program_that_cannot_make_samples_is_told_before_anything_is_asked() {
    let (workspace, server) = (with_maker(), Server::obedient());
    let model = server.model();
    let eval = ["eval", "task.yaml", "--model", &model, "--allow-commands"];
    for (script, why) in [
        ("echo 'no such library' >&2; exit 1", "it said: no such library"),
        ("echo '[1]'", "a row is a list, not an object"),
        ("true", "has no rows"),
        ("echo '{\"id\": \"a\"}'", "question"),
    ] {
        workspace.write("make.sh", script);
        let (_, said) = workspace.run(&eval, 2);
        assert!(said.contains(why), "{why} is not in\n{said}");
    }
    let pinned = workspace.read("task.yaml").replace("timeout: 20", &format!("sha256: {}", "ab".repeat(32)));
    workspace.write("task.yaml", &pinned);
    workspace.write("make.sh", "echo '{\"question\": \"one\"}'");
    let (_, said) = workspace.run(&eval, 2);
    assert!(said.contains("does not match its digest") && said.contains("update dataset.sha256"), "{said}");
    assert!(server.asked().is_empty() && workspace.runs().is_empty());
}
