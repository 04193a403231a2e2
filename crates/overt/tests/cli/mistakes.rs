//! Mistakes in what is typed and written: the message names the place and the next step.

use crate::server::Server;
use crate::workspace::Workspace;

#[test]
fn unknown_names_get_the_nearest_one() {
    let workspace = Workspace::with_echo(1);
    for (arguments, wanted) in [
        (&["eval", "over-refusl", "--dry-run"][..], "over-refusal"),
        (&["eval", "startr", "--dry-run"], "starter"),
        (&["eval", "echo.yaml", "--model", "smollm2-135n"], "smollm2-135m"),
        (&["eval", "echo.yaml", "--sample-id", "s00", "--dry-run"], "s0"),
        (&["task", "show", "languagse"], "languages"),
        (&["model", "show", "smolm2-135m"], "smollm2-135m"),
    ] {
        let (_, said) = workspace.run(arguments, 2);
        assert!(said.contains(wanted), "{arguments:?}: {said}");
    }
}

#[test]
fn a_broken_task_file_is_told_with_every_place() {
    let workspace = Workspace::new();
    workspace.write(
        "bad.yaml",
        "name: Bad Name\ntitle: t\ndescription: d\nversion: '1'\nlicence: CC0-1.0\ndataset: { path: x.jsonl }\nprompt: { usr: 'x' }\nscorers: [{ kind: exat }]\nmetrics: [{ name: m, kind: rate, scorer: nope, direction: up }]\n",
    );
    let (out, said) = workspace.run(&["task", "check", "bad.yaml"], 1);
    let all = out + &said;
    for wanted in ["bad.yaml:1", "bad.yaml:7", "bad.yaml:8", "bad.yaml:9", "exact", "user"] {
        assert!(all.contains(wanted), "{wanted} is not in:\n{all}");
    }
    let (_, said) = workspace.run(&["eval", "bad.yaml", "--dry-run"], 2);
    assert!(said.contains("bad.yaml:7"), "{said}");
}

#[test]
fn broken_yaml_and_broken_data_name_line_and_column() {
    let workspace = Workspace::with_echo(3);
    workspace.write("broken.yaml", "name: a\n  title: [b\n");
    let (_, said) = workspace.run(&["eval", "broken.yaml"], 2);
    assert!(said.contains("broken.yaml:2"), "{said}");
    workspace.write("echo.jsonl", "{\"id\":\"a\",\"question\":\"q\"}\n{\"id\":\"b\",\"question\": }\n");
    let (_, said) = workspace.run(&["eval", "echo.yaml"], 2);
    assert!(said.contains("echo.jsonl:2"), "{said}");
    workspace.write("echo.jsonl", "{\"id\":\"a\",\"question\":\"q\"}\n{\"id\":\"a\",\"question\":\"r\"}\n");
    let (_, said) = workspace.run(&["eval", "echo.yaml"], 2);
    assert!(said.contains("\"a\"") && said.contains('2'), "{said}");
    workspace.write("echo.jsonl", "");
    let (_, said) = workspace.run(&["eval", "echo.yaml"], 2);
    assert!(said.contains("echo.jsonl"), "{said}");
}

#[test]
fn a_template_that_fails_on_one_sample_is_found_before_anything_is_asked() {
    let server = Server::obedient();
    let workspace = Workspace::with_echo(0);
    let rows: String = (0..1000)
        .map(|i| {
            if i == 731 {
                "{\"id\":\"s731\"}\n".into()
            } else {
                format!("{{\"id\":\"s{i}\",\"question\":\"q{i}\"}}\n")
            }
        })
        .collect();
    workspace.write("echo.jsonl", &rows);
    let (_, said) = workspace.run(&["eval", "echo.yaml", "--model", &server.model()], 2);
    assert!(said.contains("s731") && said.contains("question"), "{said}");
    assert!(server.asked().is_empty() && workspace.runs().is_empty());
}

#[test]
fn a_dataset_that_does_not_match_its_digest_is_refused() {
    let workspace = Workspace::with_echo(2);
    let task = std::fs::read_to_string(workspace.path().join("echo.yaml")).unwrap();
    let pinned = task.replace("echo.jsonl }", &format!("echo.jsonl, sha256: {} }}", "ab".repeat(32)));
    workspace.write("echo.yaml", &pinned);
    let (_, said) = workspace.run(&["eval", "echo.yaml"], 2);
    assert!(said.contains("digest") && said.contains("expected") && said.contains("found"), "{said}");
}

#[test]
fn a_task_that_changed_cannot_slip_into_a_resumed_run() {
    let server = Server::start(std::time::Duration::ZERO, |prompt, before| {
        if prompt.ends_with('0') && before == 0 {
            crate::server::Reply::Error(500, Vec::new(), "{}".into())
        } else {
            crate::server::Reply::Text(prompt.to_owned())
        }
    });
    let workspace = Workspace::with_echo(5);
    workspace.run(&["eval", "echo.yaml", "--model", &server.model(), "--max-attempts", "1"], 0);
    workspace.write("echo.jsonl", "{\"id\":\"s0\",\"question\":\"another\"}\n");
    let (_, said) = workspace.run(&["resume"], 2);
    assert!(said.contains("cannot go on") && said.contains("samples"), "{said}");
}

#[test]
fn a_run_that_is_none_is_explained() {
    let workspace = Workspace::new();
    let (_, said) = workspace.run(&["show"], 2);
    assert!(said.contains("there is no run yet"), "{said}");
    let (_, said) = workspace.run(&["show", "nowhere"], 2);
    assert!(said.contains("there is no such run"), "{said}");
    let (_, said) = workspace.run(&["resume", "."], 2);
    assert!(said.contains("run.json"), "{said}");
}

#[test]
fn unknown_keys_of_the_configuration_are_told_with_their_line() {
    let workspace = Workspace::with_echo(1);
    workspace.write("overt.toml", "[systems.a]\nbase_url = \"http://127.0.0.1:1/v1\"\nmodle = \"x\"\n");
    let (_, said) = workspace.run(&["eval", "echo.yaml", "--model", "a"], 2);
    assert!(said.contains("overt.toml") && said.contains("modle") && said.contains("model"), "{said}");
}

#[test]
fn flags_out_of_range_are_refused() {
    let workspace = Workspace::with_echo(1);
    for arguments in [
        &["eval", "--limit", "0"][..],
        &["eval", "--concurrency", "0"],
        &["eval", "--level", "95"],
        &["eval", "--nonsense"],
        &["evil"],
    ] {
        workspace.run(arguments, 2);
    }
}

#[test]
fn a_check_finds_what_only_a_scorer_sees() {
    let workspace = Workspace::with_echo(3);
    let task = std::fs::read_to_string(workspace.path().join("echo.yaml")).unwrap();
    workspace.write(
        "echo.yaml",
        &task
            .replace("{ kind: includes, target: \"{{ question }}\" }", "{ kind: instructions }")
            .replace("kind: rate, scorer: includes", "kind: mean, range: [0, 1], scorer: instructions"),
    );
    workspace.write(
        "echo.jsonl",
        "{\"id\":\"a\",\"question\":\"q\",\"instructions\":[{\"kind\":\"lowercase\"}]}\n{\"id\":\"b\",\"question\":\"q\",\"instructions\":[{\"kind\":\"singing\"}]}\n",
    );
    let (out, _) = workspace.run(&["task", "check", "echo.yaml"], 1);
    assert!(out.contains("singing"), "{out}");
}
