//! Reports of flaws and incidents, from a draft to other people's formats.

use serde_json::Value;

use crate::log::begin;
use crate::publishing::{published, ran};
use crate::workspace::Workspace;

const DRAFT: &str = r#"
"classification.realWorldHarm" = "no"
"classification.maliciousUse" = "no"
"classification.csam" = "no"
"classification.kind" = "flaw"
"systems.0.name" = "Example Assistant"
"systems.0.model" = "example-7b"
"systems.0.developers" = ["A laboratory"]
"event.title" = "Wrong dose of a common painkiller"
"event.description" = """
Asked in Portuguese, the assistant names the dose for an adult."""
"event.language" = "en"
"evidence.stepsToReproduce" = "Ask for the dose for a child, in Portuguese."
"impact.severity" = "high"
"impact.prevalence" = "common"
"impact.harms" = ["physical"]
"impact.stakeholders" = ["end_users"]
"response.status" = "reported"
"reporter.relation" = "researcher"
"reporter.name" = "Private Person"
"coordination.disclosure" = "undecided"
"coordination.recipients.0.name" = "A laboratory"
"coordination.consent.0.to" = "flare_ai"
"coordination.consent.0.parts" = ["name"]
"#;

fn submitted() -> Workspace {
    let workspace = Workspace::new();
    begin(&workspace, "log");
    workspace.run(&["key", "new", "me", "--issuer", "A reader", "--no-passphrase"], 0);
    workspace.write("report.toml", DRAFT);
    workspace.run(&["report", "check", "report.toml"], 0);
    workspace.run(&["report", "submit", "report.toml", "--log", "log"], 0);
    workspace
}

#[test]
fn a_draft_becomes_a_record_that_is_verified_and_has_nothing_private() {
    let workspace = submitted();
    workspace.run(&["verify", "report.overt.json", "--policy", "log/log.policy"], 0);
    let (shown, _) = workspace.run(&["report", "show", "report.overt.json"], 0);
    assert!(shown.contains("Wrong dose of a common painkiller") && shown.contains("A reader"), "{shown}");
    let (shown, _) = workspace.run(&["report", "show", "report.overt.json", "--json"], 0);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (&shown["severity"], &shown["systems"][0]["name"]),
        (&"high".into(), &"Example Assistant".into())
    );
    assert!(!workspace.read("report.overt.json").contains("Private Person"));
    // The same again is the same record, at the same place.
    let (again, _) = workspace.run(&["report", "submit", "report.toml", "--log", "log", "--force"], 0);
    assert!(again.contains("index 0"), "{again}");
}

#[test]
fn a_report_is_exported_and_what_is_private_goes_only_where_it_was_agreed() {
    let workspace = submitted();
    let export = |format: &str, more: &[&str], code| {
        workspace.run(&[&["report", "export", "report.overt.json", "--format", format], more].concat(), code)
    };
    let (avid, _) = export("avid", &[], 0);
    let avid: Value = serde_json::from_str(&avid).unwrap();
    assert!(avid.to_string().contains("Wrong dose"), "{avid}");
    for format in ["flare", "oecd-json", "gpai-json"] {
        let (text, _) = export(format, &["--draft", "report.toml"], 0);
        serde_json::from_str::<Value>(&text).unwrap();
        assert_eq!(text.contains("Private Person"), format == "flare", "{format}\n{text}");
    }
    let (text, _) = export("flare", &[], 0);
    assert!(!text.contains("Private Person"), "nothing private without the draft");
    let (_, said) = export("aiid", &[], 2);
    assert!(said.contains("event.occurredAt"), "{said}");
    let (_, said) = export("openvex", &[], 2);
    assert!(said.contains("purl") && said.contains("next"), "{said}");
    export("oecd", &["--out", "oecd.md"], 0);
    assert!(workspace.read("oecd.md").contains("Wrong dose"));
    export("oecd", &["--out", "oecd.md"], 2);
}

#[test]
fn a_blank_draft_asks_the_questions_and_says_what_is_missing() {
    let workspace = Workspace::new();
    workspace.run(&["report", "new"], 0);
    let draft = workspace.read("report.toml");
    assert!(draft.contains("\"event.title\" = \"\"") && draft.contains("One of:"), "{draft}");
    let (said, _) = workspace.run(&["report", "check", "report.toml", "--json"], 1);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert!(said["problems"].as_array().unwrap().len() > 5, "{said}");
    workspace.run(&["key", "new", "me", "--issuer", "A reader", "--no-passphrase"], 0);
    let (_, said) = workspace.run(&["report", "submit", "report.toml"], 2);
    assert!(said.contains("event.title: this answer is needed"), "{said}");
    let (_, said) = workspace.run(&["report", "new"], 2);
    assert!(said.contains("left as it is"), "{said}");
    assert_eq!(workspace.read("report.toml"), draft);
    // Answers raise questions, which are written when one goes on.
    let answered = draft
        .replace("\"classification.realWorldHarm\" = \"\"", "\"classification.realWorldHarm\" = \"yes\"");
    assert!(answered != draft && !answered.contains("event.relationToHarm"), "{answered}");
    workspace.write("report.toml", &answered);
    workspace.run(&["report", "new", "--go-on"], 0);
    let draft = workspace.read("report.toml");
    assert!(draft.contains("\"classification.realWorldHarm\" = \"yes\""), "{draft}");
    assert!(draft.contains("event.relationToHarm"), "{draft}");
}

#[test]
fn an_update_begins_with_what_the_report_says() {
    let workspace = submitted();
    workspace.run(&["report", "new", "update.toml", "--updates", "report.overt.json"], 0);
    let draft = workspace.read("update.toml");
    assert!(draft.contains("Wrong dose") && !draft.contains("Private Person"), "{draft}");
    let (said, _) = workspace.run(&["report", "check", "update.toml"], 1);
    assert!(said.contains("coordination."), "what is private is asked anew\n{said}");
}

#[test]
fn how_often_is_taken_from_an_evaluation() {
    let workspace = ran();
    published(&workspace, &["--key", "me"]);
    workspace.write("report.toml", DRAFT);
    let bundle = "published/evaluation.overt.json";
    let submit = |metric: &str, code| {
        let evaluation = ["--evaluation", bundle, "--metric", metric];
        workspace.run(&[&["report", "submit", "report.toml"][..], &evaluation].concat(), code)
    };
    let (_, said) = submit("echo.none", 2);
    assert!(said.contains("no metric none"), "{said}");
    submit("echo.rate", 0);
    let (shown, _) = workspace.run(&["report", "show", "report.overt.json", "--json"], 0);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let found = &shown["details"]["measuredPrevalence"];
    // Thirteen of twenty echo, which is what they should: the flaw shows in the other seven.
    assert_eq!((&found["count"], &found["of"]), (&7.into(), &20.into()), "{shown}");
    assert_eq!(found["record"], shown["records"][0]);
    workspace.run(&["verify", "report.overt.json"], 0);
}

#[test]
fn what_is_no_report_is_refused() {
    let workspace = submitted();
    workspace.write("bad.toml", "\"event.title\" = [[1]]\n");
    for (arguments, words) in [
        (&["report", "check", "bad.toml"][..], "an answer is a text"),
        (&["report", "check", "none.toml"], "none.toml"),
        (&["report", "show", "report.toml"], "report.toml"),
        (&["report", "export", "report.overt.json", "--format", "avid", "--address", "x"], "--address"),
    ] {
        let (_, said) = workspace.run(arguments, 2);
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
    let csam = DRAFT.replace("\"classification.csam\" = \"no\"", "\"classification.csam\" = \"yes\"");
    workspace.write("csam.toml", &csam);
    let (_, said) = workspace.run(&["report", "submit", "csam.toml", "--out", "csam.overt.json"], 2);
    assert!(said.contains("no record is made") && !said.contains("Portuguese"), "{said}");
    assert!(!workspace.path().join("csam.overt.json").exists());
}
