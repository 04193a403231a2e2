//! Publishing a run, and checking what was published.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::claims;
use crate::server::{Reply, Server};
use crate::workspace::Workspace;

/// Echoes two of three questions.
fn server() -> Server {
    Server::start(Duration::ZERO, |prompt, _| match claims::number_of(prompt) {
        number if number.is_multiple_of(3) => Reply::Text("I would rather not say.".into()),
        _ => Reply::Text(format!("echo {prompt}")),
    })
}

/// A finished run of twenty samples, and a key that lies open.
pub(crate) fn ran() -> Workspace {
    let (server, workspace) = (server(), Workspace::with_echo(20));
    workspace.run(&["eval", "echo.yaml", "--model", &server.model()], 0);
    workspace.run(&["key", "new", "me", "--issuer", "A laboratory", "--no-passphrase"], 0);
    workspace
}

pub(crate) fn published(workspace: &Workspace, flags: &[&str]) -> PathBuf {
    workspace.run(&[&["publish", "--out", "published", "--force"], flags].concat(), 0);
    workspace.path().join("published")
}

/// What a check of a verification came to.
pub(crate) fn outcome(found: &Value, id: &str) -> (String, String) {
    let check = found["checks"].as_array().unwrap().iter().find(|check| check["id"] == id);
    let check = check.unwrap_or_else(|| panic!("no check {id} in {found}"));
    (check["outcome"].as_str().unwrap().to_owned(), check["detail"].as_str().unwrap().to_owned())
}

pub(crate) fn verify(workspace: &Workspace, what: &Path, code: i32) -> Value {
    let (out, _) = workspace.run(&["verify", "--json", &what.display().to_string()], code);
    if code == 0 {
        holds_in_javascript(what);
    }
    serde_json::from_str(&out).unwrap()
}

/// The other verifier has to say the same of every record that is made here.
fn holds_in_javascript(what: &Path) {
    let bundle = if what.is_dir() { what.join("evaluation.overt.json") } else { what.to_owned() };
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/verify.js");
    match std::process::Command::new("node").arg(verifier).arg(&bundle).output() {
        Err(_) => eprintln!(
            "SKIPPED: Node.js is not here, so web/verify.js says nothing of the records of these tests"
        ),
        Ok(said) => {
            let text = String::from_utf8_lossy(&said.stdout);
            assert!(said.status.success(), "{}\n{text}", bundle.display());
        }
    }
}

pub(crate) fn fails(workspace: &Workspace, folder: &Path, id: &str, words: &str) {
    let found = verify(workspace, folder, 1);
    let (outcome, detail) = outcome(&found, id);
    assert_eq!(outcome, "failed", "{id}: {detail}\n{found}");
    assert!(detail.contains(words), "{id}: {detail:?} does not say {words:?}");
}

/// The lines of the published samples, changed.
pub(crate) fn change_samples(folder: &Path, change: impl FnOnce(&mut Vec<Value>)) {
    let path = folder.join("samples.jsonl.gz");
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    change(&mut lines);
    let mut out = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
    for line in lines {
        writeln!(out, "{line}").unwrap();
    }
    out.finish().unwrap();
}

#[test]
fn a_run_that_is_published_whole_is_checked_to_the_last_digit() {
    let workspace = ran();
    let folder = published(&workspace, &["--limitations", "Twenty echoes."]);
    let found = verify(&workspace, &folder, 0);
    for id in [
        "format",
        "payload",
        "signature",
        "schema",
        "subjects",
        "files",
        "manifest",
        "sample-tree",
        "prompts",
        "scores",
        "metrics",
    ] {
        assert_eq!(outcome(&found, id).0, "passed", "{id}: {}", outcome(&found, id).1);
    }
    for id in ["issuer", "checkpoint", "witnesses", "plan"] {
        assert_eq!(outcome(&found, id).0, "not_checked", "{id}");
    }
    assert_eq!(outcome(&found, "scores").1, "20 scores given again");
    assert!(outcome(&found, "sample-tree").1.contains("those of the datasets"));
    assert_eq!(outcome(&found, "plan").1, "not pre-registered");
    let (page, _) = workspace.run(&["verify", "published"], 0);
    for words in [
        "A laboratory",
        "Twenty echoes.",
        "echo.rate  0.65",
        "everything that was checked holds",
        "this does not prove",
    ] {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
}

#[test]
fn a_key_that_is_trusted_is_named_and_another_is_refused() {
    let workspace = ran();
    published(&workspace, &[]);
    let (pem, _) = workspace.run(&["key", "export", "me"], 0);
    workspace.write("lab.pem", &pem);
    let (out, _) = workspace.run(&["verify", "published", "--trust", "lab.pem", "--json"], 0);
    assert_eq!(outcome(&serde_json::from_str(&out).unwrap(), "issuer").0, "passed");
    let (signers, _) = workspace.run(&["key", "export", "me", "--format", "allowed-signers"], 0);
    workspace.write("allowed_signers", &signers);
    workspace.run(&["verify", "published", "--trust", "allowed_signers"], 0);
    workspace
        .run(&["key", "new", "other", "--issuer", "Another", "--no-passphrase", "--algorithm", "p256"], 0);
    let (pem, _) = workspace.run(&["key", "export", "other"], 0);
    workspace.write("other.pem", &pem);
    workspace.run(&["verify", "published", "--trust", "other.pem"], 1);
    // With a key of the other kind everything works as well.
    workspace.run(&["publish", "--key", "other", "--out", "again"], 0);
    workspace.run(&["verify", "again", "--trust", "other.pem"], 0);
}

#[test]
fn withheld_samples_stay_private_and_countable_and_the_results_are_computed_all_the_same() {
    let workspace = ran();
    let folder = published(&workspace, &["--withhold", "id in ['s1', 's2', 's3']"]);
    assert!(!folder.join("samples.parquet").exists() && !folder.join("openings.json").exists());
    let found = verify(&workspace, &folder, 0);
    assert!(outcome(&found, "sample-tree").1.contains("3 of them withheld"), "{found}");
    assert_eq!(outcome(&found, "scores").1, "17 scores given again; not those of 3 withheld samples");
    assert_eq!(outcome(&found, "metrics").0, "passed");
    let mut private = 0;
    change_samples(&folder, |lines| {
        private = lines.iter().filter(|line| line.get("content").is_none()).count();
        assert!(!lines.iter().any(|line| line.to_string().contains("question number 2\"")));
    });
    assert_eq!(private, 3);

    let bundle = folder.join("evaluation.overt.json").display().to_string();
    let reveal = |id: &str, code| {
        let out = format!("{id}.overt.json");
        workspace.run(&["reveal", "--sample", id, "--bundle", &bundle, "--out", &out], code)
    };
    reveal("s2", 0);
    let (out, _) = workspace.run(&["verify", "s2.overt.json", "--files", "published", "--json"], 0);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(outcome(&found, "samples").0, "passed");
    assert!(found["revealed"][0]["content"].as_str().unwrap().contains("question number 2"));
    let (_, said) = reveal("s99", 2);
    assert!(said.contains("no sample s99"), "{said}");
}

#[test]
fn whatever_is_changed_about_the_files_is_found() {
    let workspace = ran();
    let folder = published(&workspace, &["--withhold", "id in ['s1']"]);
    let fresh = || {
        let copy = workspace.path().join("copy");
        let _ = fs::remove_dir_all(&copy);
        fs::create_dir(&copy).unwrap();
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        copy
    };
    let tree = |words: &str, change: &dyn Fn(&mut Vec<Value>)| {
        let copy = fresh();
        change_samples(&copy, |lines| change(lines));
        fails(&workspace, &copy, "sample-tree", words);
    };
    tree("Merkle root", &|lines| lines.swap(4, 5));
    tree("19 samples, and 20", &|lines| {
        lines.pop();
    });
    tree("21 samples, and 20", &|lines| lines.push(lines[3].clone()));
    tree("Merkle root", &|lines| lines[3]["shown"]["scores"][0]["value"] = 1.into());
    tree("Merkle root", &|lines| lines[3]["content"]["answer"]["output"] = "a better answer".into());
    tree("withheld", &|lines| {
        let commitment = lines[3]["shownSalt"].clone();
        let line = lines[3].as_object_mut().unwrap();
        line.remove("content");
        line.remove("contentSalt");
        line.insert("contentCommitment".into(), commitment);
    });
    tree("neither content nor", &|lines| {
        lines[3].as_object_mut().unwrap().remove("contentSalt");
    });
    for name in ["run.json", "tasks.json"] {
        let copy = fresh();
        let text = fs::read_to_string(copy.join(name)).unwrap().replacen("echo", "ecco", 1);
        fs::write(copy.join(name), text).unwrap();
        fails(&workspace, &copy, "files", name);
    }
    for (name, bytes) in
        [("samples.jsonl.gz", b"\x1f\x8b garbage".as_slice()), ("samples.jsonl.gz", b""), ("run.json", b"")]
    {
        let copy = fresh();
        fs::write(copy.join(name), bytes).unwrap();
        verify(&workspace, &copy, 1);
    }
    // Deeply nested lines and endless ones are refused, not swallowed.
    let copy = fresh();
    change_samples(&copy, |lines| lines[0]["shown"]["id"] = "[".repeat(1 << 20).into());
    verify(&workspace, &copy, 1);
    // What is not there is said to be unchecked, and nothing fails.
    let copy = fresh();
    fs::remove_file(copy.join("samples.jsonl.gz")).unwrap();
    let found = verify(&workspace, &copy, 0);
    assert_eq!(outcome(&found, "metrics").0, "not_checked");
    let alone = workspace.path().join("alone");
    fs::create_dir(&alone).unwrap();
    fs::copy(folder.join("evaluation.sigstore.json"), alone.join("evaluation.sigstore.json")).unwrap();
    let found = verify(&workspace, &alone.join("evaluation.sigstore.json"), 0);
    assert_eq!(outcome(&found, "files").0, "not_checked");
}

#[test]
fn a_publisher_who_lies_about_results_signs_what_anybody_can_refute() {
    let workspace = ran();
    let path = PathBuf::from(workspace.newest()).join("run.json");
    let honest = fs::read_to_string(&path).unwrap();
    assert!(honest.contains("\"value\":0.65"), "{honest}");
    fs::write(&path, honest.replacen("\"value\":0.65", "\"value\":0.75", 1)).unwrap();
    let folder = published(&workspace, &[]);
    fails(&workspace, &folder, "metrics", "0.75 was signed, the scores give 0.65");
    assert_eq!(outcome(&verify(&workspace, &folder, 1), "signature").0, "passed");
    // One unit in the last place is enough.
    fs::write(&path, honest.replacen("\"value\":0.65", "\"value\":0.6500000000000001", 1)).unwrap();
    let folder = published(&workspace, &["--key", "me"]);
    fails(&workspace, &folder, "metrics", "0.6500000000000001 was signed");
}

#[test]
fn a_run_that_stopped_early_by_its_rule_is_verified_whatever_came_first() {
    let (server, workspace) = (server(), Workspace::with_echo(300));
    workspace.run(&["key", "new", "me", "--issuer", "A laboratory", "--no-passphrase"], 0);
    let asked = ["eval", "echo.yaml", "--model", &server.model(), "--concurrency", "16"];
    workspace.run(&[&asked[..], &["--until", "half-width <= 0.12"]].concat(), 0);
    let outcomes = &workspace.manifest()["tasks"][0]["outcomes"];
    assert!(outcomes["ok"].as_u64().unwrap() < 300, "{outcomes}");
    let folder = published(&workspace, &[]);
    let found = verify(&workspace, &folder, 0);
    assert_eq!(outcome(&found, "sample-tree").0, "passed");
    assert!(!outcome(&found, "sample-tree").1.contains("datasets"), "not all of the dataset was asked");
}

#[test]
fn a_judged_run_with_its_measurement_and_the_starter_suite_are_verified_by_both() {
    let judge = Server::start(Duration::ZERO, |shown, _| {
        claims::verdict(shown.contains("is sound\n") || shown.contains("5 is rotten"))
    });
    let system = Server::start(Duration::ZERO, |prompt, _| {
        Reply::Text(claims::claim(claims::number_of(prompt), true))
    });
    let workspace = claims::workspace(12);
    workspace.run(&["key", "new", "me", "--issuer", "A laboratory", "--no-passphrase"], 0);
    workspace.write("labels.jsonl", &claims::labels(40));
    let judge = judge.model();
    let measure = ["judge", "measure", "claims.yaml", "--labels", "labels.jsonl", "--judge", &judge];
    workspace.run(&[&measure[..], &["--out", "measured.json"]].concat(), 0);
    let eval = ["eval", "claims.yaml", "--model", &system.model(), "--judge", &judge];
    workspace.run(&[&eval[..], &["--measured", "measured.json"]].concat(), 0);
    let folder = published(&workspace, &[]);
    let found = verify(&workspace, &folder, 0);
    assert_eq!(outcome(&found, "metrics").0, "passed");
    let record = &found["record"]["payload"]["predicate"];
    assert!(record["judge"]["measurements"][0]["kappa"].is_object(), "{record}");
    assert!(record["tasks"][0]["metrics"][0]["corrected"].is_object(), "{record}");

    let obedient = Server::obedient();
    workspace.run(&["eval", "starter", "--limit", "6", "--model", &obedient.model(), "--runs", "suite"], 0);
    let run = workspace.runs_in("suite").remove(0).display().to_string();
    workspace.run(&["publish", &run, "--out", "starter"], 0);
    verify(&workspace, &workspace.path().join("starter"), 0);
}

#[test]
fn publishing_twice_says_the_same_twice() {
    let workspace = ran();
    let record = |out: &str| {
        let (said, _) = workspace.run(&["publish", "--out", out], 0);
        said.lines().find(|line| line.contains("record")).unwrap().to_owned()
    };
    assert_eq!(record("one"), record("two"));
    let bundle =
        |folder: &str| fs::read(workspace.path().join(folder).join("evaluation.overt.json")).unwrap();
    assert_eq!(bundle("one"), bundle("two"));
}

#[test]
fn a_plan_is_kept_or_departures_are_told_and_runs_are_counted() {
    let (server, workspace) = (server(), Workspace::with_echo(20));
    workspace.run(&["key", "new", "me", "--issuer", "A laboratory", "--no-passphrase"], 0);
    workspace.run(&["log", "init", "log", "--origin", "log.example.org/t", "--no-passphrase"], 0);
    let model = server.model();
    let plan = [
        "plan",
        "echo.yaml",
        "--model",
        &model,
        "--claim",
        "echo.rate >= 0.9",
        "--key",
        "me",
        "--log",
        "log",
    ];
    let (_, said) = workspace.run(&["plan", "echo.yaml", "--model", &model, "--claim", "echo.rat >= 0.9"], 2);
    assert!(said.contains("metrics  rate"), "{said}");
    workspace.run(&[&plan[..], &["--out", "plan.overt.json"]].concat(), 0);
    let (_, said) = workspace.run(&["eval", "--plan", "plan.overt.json", "--seed", "7"], 2);
    assert!(said.contains("seed: planned 0, did 7") && said.contains("--allow-deviations"), "{said}");
    assert_eq!(server.requests(), 0, "nobody was asked");
    workspace.run(&["eval", "--plan", "plan.overt.json"], 0);
    workspace.run(&["eval", "--plan", "plan.overt.json", "--limit", "10", "--allow-deviations"], 0);
    let publish = |run: &Path, out: &str| {
        workspace
            .run(&["publish", &run.display().to_string(), "--key", "me", "--log", "log", "--out", out], 0)
    };
    let numbered = |number: u64| {
        let is_it = |run: &PathBuf| Workspace::manifest_of(run)["plan"]["number"] == number;
        workspace.runs().into_iter().find(is_it).unwrap()
    };
    publish(&numbered(2), "second");
    let check = |folder: &str| {
        let (out, _) = workspace.run(&["verify", folder, "--policy", "log/log.policy", "--json"], 0);
        let found: Value = serde_json::from_str(&out).unwrap();
        (outcome(&found, "plan"), outcome(&found, "claim").1)
    };
    let ((passed, second), _) = check("second");
    assert_eq!(passed, "passed");
    assert!(second.contains("run 2 of 2 of this plan, 1 of them unpublished"), "{second}");
    assert!(second.contains("limit: planned none, did 10"), "{second}");
    publish(&numbered(1), "first");
    let ((_, first), claim) = check("first");
    assert!(first.contains("planned at log index 0") && first.contains("ran afterwards"), "{first}");
    assert!(first.contains("0 of them unpublished; deviations: none"), "{first}");
    assert!(claim.contains("did not hold"), "{claim}");

    // Without a policy nobody vouches for the order.
    let (out, _) = workspace.run(&["verify", "first", "--json"], 0);
    assert_eq!(outcome(&serde_json::from_str(&out).unwrap(), "plan").0, "not_checked");

    // A plan that came after the run is none: its digest is in the manifest, and the clocks speak against it.
    let first = workspace.path().join("first");
    fs::write(
        first.join("plan.overt.json"),
        fs::read(workspace.path().join("second/evaluation.overt.json")).unwrap(),
    )
    .unwrap();
    let (out, _) = workspace.run(&["verify", "first", "--policy", "log/log.policy", "--json"], 1);
    assert!(outcome(&serde_json::from_str(&out).unwrap(), "plan").1.contains("another one"));
}

#[test]
fn online_it_is_asked_what_came_later() {
    let workspace = ran();
    workspace.run(&["log", "init", "log", "--origin", "log.example.org/t", "--no-passphrase"], 0);
    workspace.run(&["publish", "--key", "me", "--log", "log", "--out", "published"], 0);
    let online = ["verify", "published", "--policy", "log/log.policy", "--online", "--log", "log", "--json"];
    let (out, _) = workspace.run(&online, 0);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(outcome(&found, "online").0, "passed");
    assert_eq!(found["logged"]["index"], 0);
    // What was signed before a key was retired stays; what is signed afterwards, or by a key that was stolen, does not.
    let told = |folder: &str, code: i32| {
        let (out, _) = workspace.run(&[&["verify", folder], &online[2..]].concat(), code);
        outcome(&serde_json::from_str(&out).unwrap(), "online").1
    };
    workspace.run(&["key", "revoke", "me", "--reason", "retired", "--log", "log"], 0);
    assert!(told("published", 0).contains("the key was revoked (retired)"));
    std::thread::sleep(Duration::from_millis(1100));
    workspace.run(&["eval", "echo.yaml", "--model", &server().model()], 0);
    workspace.run(&["publish", "--key", "me", "--log", "log", "--out", "late"], 0);
    assert!(told("late", 1).contains("the key was revoked (retired)"));
    workspace.run(&["key", "revoke", "me", "--reason", "compromised", "--log", "log"], 0);
    assert!(told("published", 1).contains("compromised"));
    // A log that cannot be asked is no finding about the record.
    let down =
        ["verify", "published", "--policy", "log/log.policy", "--online", "--log", "http://127.0.0.1:9"];
    workspace.run(&down, 3);
}

#[test]
fn a_reproduction_agrees_differs_or_cannot_tell() {
    let workspace = ran();
    published(&workspace, &[]);
    let twin = server();
    let model = twin.model();
    let reproduce = |flags: &[&str], code| {
        let (out, _) = workspace
            .run(&[&["reproduce", "published", "--json", "--task", "echo.yaml"], flags].concat(), code);
        serde_json::from_str::<Value>(&out).unwrap()
    };
    // Twenty pairs without a difference leave room for one of a tenth, and not of a half.
    let found = reproduce(&["--model", &model, "--margin", "0.5"], 0);
    assert_eq!((&found["verdict"], &found["comparisons"][0]["difference"]), (&"agree".into(), &"0".into()));
    assert_eq!(found["comparisons"][0]["test"]["method"], "mcnemar-exact");
    let id = Workspace::manifest_of(&workspace.path().join("published"))["id"].as_str().unwrap().to_owned();
    let own = format!("runs/{id}");
    let run = workspace.runs().into_iter().find(|run| !run.ends_with(&id)).unwrap().display().to_string();
    let (_, said) = workspace.run(&["reproduce", "published", "--run", &own], 2);
    assert!(said.contains("the original's own run"), "{said}");
    assert_eq!(reproduce(&["--run", &run, "--margin", "0.05"], 3)["verdict"], "cannot_tell");
    let silent = Server::start(Duration::ZERO, |_, _| Reply::Text("no".into()));
    let found = reproduce(&["--model", &silent.model()], 1);
    assert_eq!(
        (&found["verdict"], &found["comparisons"][0]["difference"]),
        (&"differ".into(), &"-0.65".into())
    );
    // Without the original's files the comparison rests on the intervals, and says so.
    fs::create_dir(workspace.path().join("alone")).unwrap();
    fs::copy(
        workspace.path().join("published/evaluation.overt.json"),
        workspace.path().join("alone/evaluation.overt.json"),
    )
    .unwrap();
    let (out, _) = workspace
        .run(&["reproduce", "alone", "--run", &run, "--margin", "0.5", "--json", "--out", "r.overt.json"], 0);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["comparisons"][0]["interval"]["method"], "recovered-variance");
    workspace.run(&["verify", "r.overt.json"], 0);
}

#[test]
fn what_cannot_be_published_is_said_in_one_error() {
    let (server, workspace) = (server(), Workspace::with_echo(4));
    let (_, said) = workspace.run(&["publish"], 2);
    assert!(said.contains("no run yet"), "{said}");
    workspace.run(&["eval", "echo.yaml", "--model", &server.model()], 0);
    let (_, said) = workspace.run(&["publish"], 2);
    assert!(said.contains("no key to sign with") && said.contains("overt key new"), "{said}");
    workspace.run(&["key", "new", "me", "--issuer", "A laboratory", "--no-passphrase"], 0);
    let (_, said) = workspace.run(&["publish", "--withhold", "nonsense ==="], 2);
    assert!(said.contains("nonsense"), "{said}");
    workspace.run(&["publish", "--withhold", "no_such_field == 1", "--out", "bad"], 2);
    assert!(!workspace.path().join("bad").exists(), "nothing is left that should be private");
    for bad in ["missing.json", "echo.yaml", "home"] {
        let code = if bad == "echo.yaml" { 1 } else { 2 };
        workspace.run(&["verify", bad], code);
    }
    workspace.run(&["verify", "http://[::1", "--json"], 2);
}

#[test]
fn what_was_public_in_a_folder_does_not_stay_there_when_it_is_withheld() {
    let workspace = ran();
    let folder = published(&workspace, &[]);
    assert!(folder.join("samples.parquet").exists() && folder.join("openings.json").exists());
    published(&workspace, &["--withhold", "id in ['s1']"]);
    assert!(!folder.join("samples.parquet").exists() && !folder.join("openings.json").exists());
    verify(&workspace, &folder, 0);
    published(&workspace, &[]);
    assert!(!folder.join("samples.jsonl.gz").exists());
    verify(&workspace, &folder, 0);
    // The run itself is no place for it.
    let run = workspace.newest();
    workspace.run(&["publish", "--out", &run, "--withhold", "id in ['s1']"], 2);
    assert!(Path::new(&run).join("samples.parquet").exists());
    // Nor is a folder emptied because a condition fails.
    workspace.write("precious", "mine");
    workspace.run(&["publish", "--out", ".", "--withhold", "no_such_field == 1"], 2);
    let (_, said) = workspace.run(&["publish", "--out", "."], 2);
    assert!(said.contains("not empty") && said.contains("--force"), "{said}");
    assert_eq!(workspace.read("precious"), "mine");
}

#[test]
fn a_proof_of_an_earlier_publication_does_not_stay() {
    let workspace = ran();
    workspace.run(&["log", "init", "log", "--origin", "log.example.org/t", "--no-passphrase"], 0);
    let folder = published(&workspace, &["--key", "me", "--log", "log"]);
    assert!(folder.join("evaluation.tlog-proof").exists());
    published(&workspace, &["--key", "me", "--limitations", "Other words."]);
    assert!(!folder.join("evaluation.tlog-proof").exists());
    verify(&workspace, &folder.join("evaluation.sigstore.json"), 0);
}

#[test]
fn a_published_run_may_not_start_programs_and_other_files_are_no_original() {
    let workspace = ran();
    let path = PathBuf::from(workspace.newest()).join("run.json");
    let mut run: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    run["system"]["name"] = "command:touch pwned".into();
    fs::write(&path, run.to_string()).unwrap();
    let folder = published(&workspace, &["--withhold", "id in ['s1']"]);
    let (_, said) = workspace.run(&["reproduce", "published", "--task", "echo.yaml"], 2);
    assert!(said.contains("names a program"), "{said}");
    assert!(!workspace.path().join("pwned").exists());
    change_samples(&folder, |lines| lines[3]["shown"]["scores"][0]["value"] = 1.into());
    let (_, said) = workspace.run(&["reproduce", "published", "--run", &workspace.newest()], 2);
    assert!(said.contains("not those of its record"), "{said}");
}
