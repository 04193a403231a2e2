//! The house rules, held by a machine: who may use whom, what pure crates may not touch, what files are called, how
//! long they get. Every complaint reads `path:line: what; what to do instead`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// The house, top to bottom. A crate may use those it names, and no other of ours. ARCHITECTURE.md explains them.
const MAY_USE: [(&str, &[&str]); 14] = [
    (
        "overt",
        &[
            "overt-web",
            "overt-site",
            "overt-statement",
            "overt-report",
            "overt-evidence",
            "overt-log",
            "overt-model",
            "overt-eval",
            "overt-task",
            "overt-score",
            "overt-schema",
            "overt-record",
            "overt-stats",
        ],
    ),
    (
        "overt-web",
        &[
            "overt-site",
            "overt-statement",
            "overt-report",
            "overt-evidence",
            "overt-log",
            "overt-eval",
            "overt-score",
            "overt-schema",
            "overt-record",
            "overt-stats",
        ],
    ),
    ("overt-site", &["overt-statement", "overt-report", "overt-log", "overt-record"]),
    ("overt-statement", &["overt-record"]),
    ("overt-report", &["overt-record"]),
    ("overt-evidence", &["overt-eval", "overt-score", "overt-schema", "overt-record", "overt-stats"]),
    ("overt-log", &["overt-record"]),
    ("overt-model", &["overt-eval", "overt-schema"]),
    ("overt-eval", &["overt-task", "overt-score", "overt-schema", "overt-stats"]),
    ("overt-task", &["overt-schema"]),
    ("overt-score", &["overt-schema", "overt-stats"]),
    ("overt-schema", &[]),
    ("overt-record", &[]),
    ("overt-stats", &[]),
];

/// Crates that compute and do nothing else.
const PURE: [&str; 6] =
    ["overt-statement", "overt-report", "overt-score", "overt-schema", "overt-record", "overt-stats"];

/// What a pure crate may not depend on.
const IMPURE_DEPENDENCIES: [&str; 12] = [
    "tokio",
    "reqwest",
    "hyper",
    "axum",
    "tempfile",
    "rustix",
    "jiff",
    "getrandom",
    "rand",
    "llama-cpp-2",
    "fs-err",
    "arrow",
];

/// What a pure crate's code may not name.
const IMPURE_PATHS: [&str; 9] = [
    "std::fs",
    "std::net",
    "std::env::",
    "std::process",
    "std::time::SystemTime",
    "SystemTime::now",
    "Instant::now",
    "std::thread",
    "unsafe {",
];

/// Names that tell nothing about what a file holds.
const EMPTY_NAMES: [&str; 8] = ["mod", "util", "utils", "helper", "helpers", "common", "misc", "types"];

/// A file longer than this holds more than one idea.
const MAX_LINES: usize = 700;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every file under `crates`, `script`, `bench` and `docs`, and those of the root.
fn files() -> Vec<PathBuf> {
    fn walk(path: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && name != "target" && name != ".git" && name != "runs" {
                walk(&path, into);
            } else if path.is_file() {
                into.push(path);
            }
        }
    }
    let mut all = Vec::new();
    walk(&root(), &mut all);
    all.sort();
    all
}

fn rust_files() -> Vec<PathBuf> {
    files().into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn crates_use_only_crates_below_them() {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let mut complaints = Vec::new();
    for package in &metadata.packages {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == package.name.as_str()) else {
            complaints.push(format!(
                "{}: the crate is not in the house; give it a charter in ARCHITECTURE.md and a line in house.rs",
                package.name
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let ours = MAY_USE.iter().any(|(name, _)| *name == dependency.name);
            if ours
                && dependency.kind == DependencyKind::Normal
                && !allowed.contains(&dependency.name.as_str())
            {
                complaints.push(format!(
                    "{}: uses {}; move what is needed down, or take it in as a value",
                    package.name, dependency.name
                ));
            }
            if PURE.contains(&package.name.as_str())
                && dependency.kind == DependencyKind::Normal
                && IMPURE_DEPENDENCIES.contains(&dependency.name.as_str())
            {
                complaints.push(format!(
                    "{}: is pure and depends on {}; do that in a crate above and pass the result in",
                    package.name, dependency.name
                ));
            }
        }
    }
    assert_eq!(metadata.packages.len(), MAY_USE.len(), "a crate of the house is missing");
    assert_none(complaints);
}

#[test]
fn pure_crates_touch_nothing_outside() {
    let mut complaints = Vec::new();
    for path in rust_files() {
        let name = shown(&path);
        if !PURE.iter().any(|pure| name.starts_with(&format!("crates/{pure}/src/"))) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            for banned in IMPURE_PATHS {
                if line.contains(banned) && !line.trim_start().starts_with("//") {
                    complaints.push(format!(
                        "{name}:{}: {banned} in a pure crate; take it in as a value",
                        number + 1
                    ));
                }
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn files_are_named_after_what_they_hold_and_hold_one_idea() {
    let mut complaints = Vec::new();
    for path in rust_files() {
        let name = shown(&path);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if EMPTY_NAMES.contains(&stem.as_ref()) {
            complaints
                .push(format!("{name}:1: the name tells nothing; name it after the noun that it holds"));
        }
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        if lines > MAX_LINES {
            complaints.push(format!(
                "{name}:{lines}: over {MAX_LINES} lines; split it where the second idea begins"
            ));
        }
    }
    assert_none(complaints);
}

#[test]
fn nothing_is_left_to_do_in_comments_and_no_machine_is_named() {
    // Assembled here, so that this file does not complain about itself.
    let words = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
        ["/wo", "rk/main"],
        ["/ro", "ot/"],
        ["static.crates", ".io"],
    ];
    let words = words.map(|[a, b]| format!("{a}{b}"));
    let mut complaints = Vec::new();
    for path in files() {
        let name = shown(&path);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if name == "Cargo.lock"
            || name == "LICENSE"
            || path.extension().is_some_and(|ending| ending == "jsonl")
        {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for word in &words {
                if line.contains(word.as_str()) {
                    complaints.push(format!("{name}:{}: {word}; finish it, or open an issue", number + 1));
                }
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn every_library_says_its_charter_and_shows_an_example() {
    let mut complaints = Vec::new();
    for (name, _) in &MAY_USE[1..] {
        let path = root().join(format!("crates/{name}/src/lib.rs"));
        let text = fs::read_to_string(&path).unwrap();
        for (needed, what) in [("**Charter.**", "its charter"), ("//! ```", "an example that is a test")] {
            if !text.contains(needed) {
                complaints.push(format!("{}:1: lib.rs lacks {what}; it is read first", shown(&path)));
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn every_exit_code_is_documented() {
    let text = fs::read_to_string(root().join("docs/commands.md")).unwrap();
    for code in ["`0`", "`1`", "`2`", "`3`", "`4`", "`101`"] {
        assert!(text.contains(code), "docs/commands.md: exit code {code} is missing; say when it is given");
    }
}

#[test]
fn the_architecture_names_every_crate_and_stays_short() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (name, _) in MAY_USE {
        assert!(text.contains(&format!("`{name}`")), "ARCHITECTURE.md: {name} is missing; give its charter");
    }
    assert!(text.lines().count() <= 160, "ARCHITECTURE.md: over two pages; say only what rarely changes");
}
