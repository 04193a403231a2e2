//! `docs/evidence.md`, command by command.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command of the document: who types it, what, and the exit code that it says.
struct Typed {
    who: String,
    what: String,
    exit: i32,
}

fn typed(document: &str) -> Vec<Typed> {
    let mut inside = false;
    let mut all = Vec::new();
    for line in document.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
            continue;
        }
        if let Some((who, what)) = line.split_once("$ ").filter(|_| inside) {
            let (what, exit) = match what.split_once("    # exit ") {
                Some((what, exit)) => (what, exit.trim().parse().unwrap()),
                None => (what, 0),
            };
            all.push(Typed { who: who.to_owned(), what: what.to_owned(), exit });
        }
    }
    all
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn every_command_of_the_walk_through_does_what_it_says() {
    let Some(model) = std::env::var_os("OVERT_TEST_MODEL").map(PathBuf::from) else {
        eprintln!(
            "SKIPPED: the walk through docs/evidence.md needs a model: OVERT_TEST_MODEL names its file"
        );
        return;
    };
    let with_node = Command::new("node").arg("--version").output().is_ok_and(|said| said.status.success());
    if !with_node {
        eprintln!("SKIPPED: the steps of docs/evidence.md that need Node.js");
    }
    let scene = tempfile::tempdir().unwrap();
    let binary = assert_cmd::cargo::cargo_bin("overt");
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let commands = typed(&fs::read_to_string(root().join("docs/evidence.md")).unwrap());
    assert!(commands.len() > 15, "the document has its commands in blocks of ```console");
    for Typed { who, what, exit } in commands {
        if what.starts_with("node ") && !with_node {
            continue;
        }
        let directory = scene.path().join(&who);
        let home = directory.join("home");
        if !home.exists() {
            fs::create_dir_all(&home).unwrap();
            symlink(model.parent().unwrap(), home.join("models")).unwrap();
        }
        let ran = Command::new("sh")
            .args(["-c", &what])
            .current_dir(&directory)
            .env("PATH", &path)
            .env("OVERT_HOME", &home)
            .env("WEB", root().join("web"))
            .output()
            .unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert_eq!(ran.status.code(), Some(exit), "{who}$ {what}\n{said}");
        eprintln!("{who}$ {what}\n{said}");
    }
    // What the words of the document promise beyond exit codes.
    let published = scene.path().join("published");
    assert!(!published.join("samples.parquet").exists(), "withheld texts lie in no file");
    let forks: Vec<_> = fs::read_dir(scene.path().join("watcher/copy/forks")).unwrap().collect();
    assert_eq!(forks.len(), 1);
}
