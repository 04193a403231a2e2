//! AVID's own `avidtools` reads our reports, and writes them again as they were.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use overt_report::{Format, export};

use crate::answers::{begun, complete, filled, header, incident, small, source};

/// The Python of the environment that `script/setup --check` makes, if `avidtools` is in it.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("OVERT_INTEROP").map(PathBuf::from);
    let environment =
        named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/overt/interop")))?;
    let python = environment.join("bin/python");
    let asked = Command::new(&python)
        .args(["-I", "-W", "ignore", "-c", "import avidtools.datamodels.report"])
        .output();
    if asked.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("SKIPPED: there is no avidtools for {}; `script/setup --check` installs it", python.display());
    None
}

fn verdicts(python: &Path, reports: &[String]) -> Vec<String> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/avidtools.py");
    let mut command = Command::new(python);
    command.arg("-I").arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(serde_json::to_string(reports).unwrap().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn avidtools_reads_every_kind_of_report_and_nothing_is_lost() {
    let Some(python) = python() else { return };
    let mut bare = small();
    bare.set("systems.0.developers", &["A laboratory"]).unwrap();
    let mut known = bare.clone();
    known.set("impact.taxonomies.0.scheme", &["cve"]).unwrap();
    known.set("impact.taxonomies.0.id", &["CVE-2026-1234"]).unwrap();
    let drafts = [complete(), filled(begun(false, true, "researcher")), bare, known];
    let header = header();
    let mut reports: Vec<String> = drafts
        .iter()
        .map(|draft| export(Format::Avid, &source(&incident(draft), &header)).unwrap().text)
        .collect();
    assert_eq!(verdicts(&python, &reports), vec![String::new(); reports.len()]);
    // And it does look.
    reports.truncate(1);
    reports[0] = reports[0].replace("\"Measurement\"", "\"Guess\"");
    assert!(verdicts(&python, &reports)[0].contains("problemtype"));
}
