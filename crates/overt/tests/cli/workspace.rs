//! A fresh directory with a task in it, and the binary set loose there.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// A working directory of its own, with its own home.
pub(crate) struct Workspace {
    directory: tempfile::TempDir,
}

/// A task whose answers contain the question; `{n}` samples.
const TASK: &str = r#"name: echo
title: Does it echo?
description: A task for tests.
version: "1"
licence: CC0-1.0
dataset: { path: echo.jsonl }
prompt: { user: "{{ question }}" }
scorers: [{ kind: includes, target: "{{ question }}" }]
metrics: [{ name: rate, title: echo rate, kind: rate, scorer: includes, direction: higher }]
"#;

impl Workspace {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// With the echo task and this many samples.
    pub(crate) fn with_echo(samples: usize) -> Self {
        let workspace = Self::new();
        workspace.write("echo.yaml", TASK);
        let rows: Vec<String> =
            (0..samples).map(|i| format!(r#"{{"id":"s{i}","question":"question number {i}"}}"#)).collect();
        workspace.write("echo.jsonl", &(rows.join("\n") + "\n"));
        workspace
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// The binary, in this directory, with nothing of the surroundings but the path.
    pub(crate) fn overt(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("overt").unwrap();
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("OVERT_HOME", self.path().join("home"))
            .args(arguments);
        command
    }

    /// Runs it, expects the exit code, and returns standard output and standard error.
    pub(crate) fn run(&self, arguments: &[&str], code: i32) -> (String, String) {
        let output = self.overt(arguments).output().unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "overt {arguments:?}\n--- out\n{out}\n--- err\n{err}");
        (out, err)
    }

    /// The run directories, oldest first.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        self.runs_in("runs")
    }

    /// The same in another folder.
    pub(crate) fn runs_in(&self, folder: &str) -> Vec<PathBuf> {
        let mut runs: Vec<PathBuf> = fs::read_dir(self.path().join(folder))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.join("run.json").is_file())
            .collect();
        runs.sort();
        runs
    }

    /// The newest run's directory, as an argument.
    pub(crate) fn newest(&self) -> String {
        self.runs().pop().unwrap().display().to_string()
    }

    /// The newest run's manifest.
    pub(crate) fn manifest(&self) -> Value {
        Self::manifest_of(Path::new(&self.newest()))
    }

    /// The manifest of a run.
    pub(crate) fn manifest_of(run: &Path) -> Value {
        serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap()
    }
}
