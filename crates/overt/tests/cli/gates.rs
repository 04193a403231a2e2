//! Gates: `overt check` stops what must be stopped, and says why in every form.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::server::{Reply, Server};
use crate::workspace::Workspace;

/// Half of the answers are wrong, and all of them would like to be obeyed.
const HOSTILE: &str = "no ]]></failure> \u{1b}[2J <script>alert(1)</script> | ![x](http://x) `&\u{1}";

fn half_wrong() -> Workspace {
    let server = Server::start(Duration::ZERO, |prompt, _| {
        let last = prompt.chars().last().and_then(|c| c.to_digit(10)).unwrap_or(0);
        Reply::Text(if last % 2 == 1 { HOSTILE.to_owned() } else { prompt.to_owned() })
    });
    let workspace = Workspace::with_echo(40);
    workspace.run(&["eval", "echo.yaml", "--model", &server.model()], 0);
    workspace
}

#[test]
fn a_missed_requirement_is_a_no_with_its_samples() {
    let workspace = half_wrong();
    let (out, _) = workspace.run(&["check", "--require", "echo.rate >= 0.9"], 1);
    assert!(out.contains("missed") && out.contains("the interval's lower end"), "{out}");
    assert!(out.contains("20 samples count against it") && out.contains("--sample s1"), "{out}");
    assert!(!out.contains('\u{1b}'), "{out}");
    workspace.run(&["check", "--require", "echo.rate >= 0.2"], 0);
    workspace.run(&["check", "--require", "echo.rate >= 0.2", "--require", "echo.rate <= 0.3"], 1);
}

#[test]
fn a_requirement_that_cannot_be_judged_is_neither_yes_nor_no() {
    let workspace = half_wrong();
    let (out, _) = workspace.run(&["check", "--require", "other.rate >= 0.9"], 3);
    assert!(out.contains("undecided") && out.contains("no task `other`"), "{out}");
    let (_, said) = workspace.run(&["check", "--require", "echo.rate == 1"], 2);
    assert!(said.contains("--require"), "{said}");
    let (_, said) = workspace.run(&["check"], 2);
    assert!(said.contains("nothing is required"), "{said}");
}

#[test]
fn an_unfinished_run_passes_no_gate() {
    let server = Server::start(Duration::ZERO, |_, _| Reply::Error(401, Vec::new(), "{}".into()));
    let workspace = Workspace::with_echo(3);
    workspace.run(&["eval", "echo.yaml", "--model", &server.model()], 3);
    let (_, said) = workspace.run(&["check", "--require", "echo.rate >= 0"], 3);
    assert!(said.contains("not finished") && said.contains("overt resume"), "{said}");
}

#[test]
fn junit_is_well_formed_whatever_a_model_wrote() {
    let workspace = half_wrong();
    let requires =
        ["--require", "echo.rate >= 0.9", "--require", "echo.rate <= 0.9", "--require", "echo.x > 0"];
    workspace.run(&[&["check", "--junit", "junit.xml"][..], &requires].concat(), 1);
    let text = fs::read_to_string(workspace.path().join("junit.xml")).unwrap();
    let xml = roxmltree::Document::parse(&text).unwrap();
    let root = xml.root_element();
    let attribute = |name| root.attribute(name).unwrap();
    assert_eq!((attribute("tests"), attribute("failures"), attribute("errors")), ("3", "1", "1"));
    let failure = xml.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert!(failure.attribute("message").unwrap().contains("is not >= 0.9"));
    assert!(failure.text().unwrap().contains("<script>"), "shown as text: {}", failure.text().unwrap());
    assert!(!xml.descendants().any(|node| node.has_tag_name("script")));
}

#[test]
fn sarif_names_every_sample_against_a_requirement() {
    let workspace = half_wrong();
    workspace.run(&["check", "--require", "echo.rate >= 0.9", "--sarif", "overt.sarif"], 1);
    let log: Value =
        serde_json::from_slice(&fs::read(workspace.path().join("overt.sarif")).unwrap()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "echo.rate >= 0.9");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 20);
    assert_eq!(results[0]["locations"][0]["logicalLocations"][0]["name"], "s1");
    let prints: std::collections::HashSet<_> =
        results.iter().map(|result| result["partialFingerprints"]["overtSample/v1"].to_string()).collect();
    assert_eq!(prints.len(), 20, "each alert is known again by its own fingerprint");
}

#[test]
fn markdown_is_added_and_holds_no_markup_of_the_model() {
    let workspace = half_wrong();
    workspace.write("summary.md", "before\n");
    workspace.run(&["check", "--require", "echo.rate >= 0.9", "--markdown", "summary.md"], 1);
    let text = fs::read_to_string(workspace.path().join("summary.md")).unwrap();
    assert!(text.starts_with("before\n## overt: 0 of 1 requirements met"), "{text}");
    assert!(!text.contains("<script>") && !text.contains("![x]("), "{text}");
    assert!(text.lines().filter(|line| line.starts_with("| `s")).count() == 20, "{text}");
}

#[test]
fn a_report_that_cannot_be_written_is_told() {
    let workspace = half_wrong();
    let (_, said) =
        workspace.run(&["check", "--require", "echo.rate >= 0.9", "--junit", "no/such/dir.xml"], 2);
    assert!(said.contains("no/such/dir.xml"), "{said}");
}
