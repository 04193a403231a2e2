//! Files beside a log: put there by digest, fetched with the record alone, and gone when the record goes.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::log::Serving;
use crate::publishing::{outcome, ran};
use crate::workspace::Workspace;

const ALL: [&str; 6] = ["files", "manifest", "sample-tree", "prompts", "scores", "metrics"];

/// A published run whose files lie beside the log, and a reader who has nothing but the record.
fn uploaded(flags: &[&str]) -> Workspace {
    let workspace = ran();
    workspace.run(&["log", "init", "log", "--origin", "log.example.org/t", "--no-passphrase"], 0);
    let publish = ["publish", "--key", "me", "--log", "log", "--upload", "--out", "published"];
    let (said, _) = workspace.run(&[&publish[..], flags].concat(), 0);
    assert!(said.contains("beside the log"), "{said}");
    fs::create_dir(workspace.path().join("reader")).unwrap();
    fs::copy(
        workspace.path().join("published/evaluation.overt.json"),
        workspace.path().join("reader/evaluation.overt.json"),
    )
    .unwrap();
    workspace
}

fn verified(workspace: &Workspace, log: &str, code: i32) -> Value {
    let verify = ["verify", "reader/evaluation.overt.json", "--policy", "log/log.policy", "--json"];
    let (out, _) = workspace.run(&[&verify[..], &["--log", log]].concat(), code);
    serde_json::from_str(&out).unwrap()
}

/// The file beside the log that has this name in the published folder.
fn beside(workspace: &Workspace, name: &str) -> PathBuf {
    let digest = overt_record::Hash::of(fs::read(workspace.path().join("published").join(name)).unwrap());
    workspace.path().join(format!("log/files/{digest}"))
}

#[test]
fn whoever_has_the_record_alone_checks_everything_with_the_files_beside_the_log() {
    let workspace = uploaded(&[]);
    let serving = Serving::start(&workspace, &["log", "serve", "log"]);
    for log in ["log", serving.url.as_str()] {
        let found = verified(&workspace, log, 0);
        for id in ALL {
            assert_eq!(outcome(&found, id).0, "passed", "{log}: {id}: {}", outcome(&found, id).1);
        }
    }
    // Nothing is fetched unless a log is named, and nothing is left behind.
    let (out, _) = workspace.run(&["verify", "reader/evaluation.overt.json", "--json"], 0);
    assert_eq!(outcome(&serde_json::from_str(&out).unwrap(), "files").0, "not_checked");
    assert_eq!(fs::read_dir(workspace.path().join("reader")).unwrap().count(), 1);
    // The same again is no harm.
    let again = ["publish", "--key", "me", "--log", "log", "--upload", "--out", "published"];
    workspace.run(&again, 0);
}

#[test]
fn what_is_withheld_is_withheld_beside_the_log_too() {
    let workspace = uploaded(&["--withhold", "id in ['s1', 's2']"]);
    let found = verified(&workspace, "log", 0);
    assert!(outcome(&found, "sample-tree").1.contains("2 of them withheld"), "{found}");
    for entry in fs::read_dir(workspace.path().join("log/files")).unwrap().flatten() {
        let bytes = fs::read(entry.path()).unwrap();
        assert!(!bytes.starts_with(b"PAR1"), "the whole samples lie beside the log");
        assert!(!bytes.starts_with(b"{\"secret\""), "the secret lies beside the log");
    }
}

#[test]
fn a_log_that_has_other_files_is_found_out_before_they_are_read() {
    let workspace = uploaded(&[]);
    let run = beside(&workspace, "run.json");
    let honest = fs::read(&run).unwrap();
    let replace = |bytes: &[u8]| {
        fs::remove_file(&run).unwrap();
        fs::write(&run, bytes).unwrap();
    };
    for forged in [b"".as_slice(), b"{}", &[&honest[..], b" "].concat()] {
        replace(forged);
        let found = verified(&workspace, "log", 1);
        let (failed, why) = outcome(&found, "files");
        assert_eq!(failed, "failed", "{why}");
        assert!(why.contains("another SHA-256"), "{why}");
    }
    replace(&honest);
    verified(&workspace, "log", 0);
    fs::remove_file(&run).unwrap();
    assert!(outcome(&verified(&workspace, "log", 1), "files").1.contains("has no file with the digest"));
    // A list of something else is no list.
    replace_list(&workspace, "{\"files\":{\"../../run.json\":{\"bytes\":1,\"sha256\":\"00\"}}}");
    assert!(outcome(&verified(&workspace, "log", 1), "files").1.contains("can't be read"));
    // One that names another digest than the record does is told apart from it.
    let zeros = "0".repeat(64);
    replace_list(
        &workspace,
        &format!("{{\"files\":{{\"run.json\":{{\"bytes\":1,\"sha256\":\"{zeros}\"}}}}}}"),
    );
    assert!(outcome(&verified(&workspace, "log", 1), "files").1.contains("the record has the digest"));
}

fn replace_list(workspace: &Workspace, text: &str) {
    let files = fs::read_dir(workspace.path().join("log/files")).unwrap().flatten();
    let list = files.map(|entry| entry.path()).find(|path| path.extension().is_some()).unwrap();
    fs::remove_file(&list).unwrap();
    fs::write(list, text).unwrap();
}

#[test]
fn files_go_with_the_record_that_is_erased() {
    let workspace = uploaded(&[]);
    let count = || fs::read_dir(workspace.path().join("log/files")).unwrap().count();
    assert!(count() >= 5, "run.json, tasks.json, samples.parquet, openings.json and their list");
    let told = ["--reason", "personal-data", "--authority", "The issuer", "--key", "me", "--log", "log"];
    workspace.run(&[&["log", "redact", "reader/evaluation.overt.json"], &told[..]].concat(), 0);
    let (said, _) = workspace.run(&["log", "erase", "log", "--entry", "0", "--redaction", "1"], 0);
    assert!(said.contains("4 files beside the log went, too"), "{said}");
    assert_eq!(count(), 0);
    // They do not come back.
    let again = ["publish", "--key", "me", "--log", "log", "--upload", "--out", "published"];
    let (_, said) = workspace.run(&again, 2);
    assert!(said.contains("was taken down"), "{said}");
    assert_eq!(count(), 0);
    let found = verified(&workspace, "log", 0);
    assert_eq!(outcome(&found, "files").0, "not_checked");
}

#[test]
fn files_go_to_a_log_elsewhere_if_its_operator_takes_them() {
    let workspace = ran();
    workspace.run(&["log", "init", "log", "--origin", "log.example.org/t", "--no-passphrase"], 0);
    let everyone = "[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n";
    workspace.write("none.toml", everyone);
    workspace.write("files.toml", &format!("{everyone}[files]\nkeys = [\"*\"]\n"));
    let publish = |serving: &Serving, code: i32| {
        let log = ["--log", serving.url.as_str(), "--policy", "log/log.policy"];
        let publish = ["publish", "--key", "me", "--upload", "--out", "published"];
        let (said, error) = workspace.run(&[&publish[..], &log[..]].concat(), code);
        said + &error
    };
    let refusing = Serving::start(&workspace, &["log", "serve", "log", "--admission", "none.toml"]);
    let said = publish(&refusing, 2);
    assert!(said.contains("takes no files over HTTP") && said.contains("the record is logged"), "{said}");
    refusing.end();
    // The same command again goes on where it was refused: the record is logged once.
    let serving = Serving::start(&workspace, &["log", "serve", "log", "--admission", "files.toml"]);
    for _ in 0..2 {
        let said = publish(&serving, 0);
        assert!(said.contains("index 0") && said.contains("4 files beside the log"), "{said}");
    }
    fs::create_dir(workspace.path().join("reader")).unwrap();
    let record = "evaluation.overt.json";
    let (from, to) = (format!("published/{record}"), format!("reader/{record}"));
    fs::copy(workspace.path().join(from), workspace.path().join(to)).unwrap();
    let found = verified(&workspace, &serving.url, 0);
    for id in ALL {
        assert_eq!(outcome(&found, id).0, "passed", "{id}: {}", outcome(&found, id).1);
    }
}

#[test]
fn a_log_that_is_not_there_or_a_key_that_is_elsewhere_is_found_out_before_anything_is_signed() {
    let workspace = ran();
    let (_, said) = workspace.run(&["publish", "--upload"], 2);
    assert!(said.contains("--log"), "{said}");
    let upload = ["publish", "--upload", "--log", "https://log.example.org", "--policy", "p", "--out", "x"];
    let (_, said) = workspace.run(&[&upload[..], &["--unsigned-out", "run.tosign"]].concat(), 2);
    assert!(said.contains("--upload") && said.contains("which is not here"), "{said}");
    assert!(!workspace.path().join("x").exists() && !workspace.path().join("run.tosign").exists());
    let (_, said) = workspace.run(&["publish", "--upload", "--log", "nowhere", "--out", "x"], 2);
    assert!(said.contains("no such directory") && !workspace.path().join("x").exists(), "{said}");
}

#[test]
fn a_copy_has_the_files_too_and_follows_what_the_log_takes_down() {
    let workspace = uploaded(&[]);
    let serving = Serving::start(&workspace, &["log", "serve", "log"]);
    let mirror = |flags: &[&str], code| {
        let mirror = ["log", "mirror", &serving.url, "copy", "--policy", "log/log.policy", "--once"];
        workspace.run(&[&mirror[..], flags].concat(), code)
    };
    let refused = mirror(&["--files"], 2).1;
    assert!(refused.contains("--bodies"), "{refused}");
    // No room is a trouble that is told, and no failure: the rest is copied.
    let (said, trouble) = mirror(&["--bodies", "--files", "--files-bytes", "100"], 0);
    assert!(said.contains("1 record") && trouble.contains("--files-bytes"), "{said}{trouble}");
    let (said, _) = mirror(&["--bodies", "--files"], 0);
    assert!(said.contains("files of 1 record"), "{said}");
    for id in ALL {
        let found = verified(&workspace, "copy", 0);
        assert_eq!(outcome(&found, id).0, "passed", "{id}: {}", outcome(&found, id).1);
    }
    let kept = fs::read_dir(workspace.path().join("copy/files")).unwrap().count();
    assert!(kept > 4, "{kept}");
    serving.end();

    let told = ["--reason", "personal-data", "--authority", "The issuer", "--key", "me", "--log", "log"];
    workspace.run(&[&["log", "redact", "reader/evaluation.overt.json"], &told[..]].concat(), 0);
    let local =
        ["log", "mirror", "log", "copy", "--policy", "log/log.policy", "--once", "--bodies", "--files"];
    let (said, _) = workspace.run(&local, 0);
    assert!(!said.contains("taken down"), "the log has it still: {said}");
    workspace.run(&["log", "erase", "log", "--entry", "0", "--redaction", "1"], 0);
    let (said, _) = workspace.run(&local, 0);
    assert!(said.contains("taken down the record of entry 0, as the redaction at 1 says"), "{said}");
    assert_eq!(fs::read_dir(workspace.path().join("copy/files")).unwrap().count(), 0);
    let (sound, _) = workspace.run(&["log", "fsck", "copy"], 0);
    assert!(sound.contains("1 here"), "{sound}");
}
