//! What a publisher could sign who has the key and no shame.

use std::fs;
use std::path::{Path, PathBuf};

use overt_eval::RunDirectory;
use serde_json::Value;

use crate::publishing::{change_samples, fails, published, ran, verify};
use crate::workspace::Workspace;

/// Signs a published folder anew after a change of its samples, its manifest and its record, as its publisher could.
fn forged(
    workspace: &Workspace,
    samples: impl FnOnce(&mut Vec<Value>),
    manifest: impl FnOnce(&mut Value),
    record: impl FnOnce(&mut overt_record::record::Evaluation),
) -> PathBuf {
    use overt_evidence::{Publication, PublishedSample, evaluation};
    use overt_record::dsse::Envelope;
    use overt_record::record::{Body, Header};
    use overt_record::{Bundle, Hash, Part, PrivateKey, Record, Salt, SampleLeaf, sample_root};
    use overt_schema::canonical_json;

    let folder = published(workspace, &["--withhold", "id in ['s1']"]);
    let mut leaves = Vec::new();
    change_samples(&folder, |lines| {
        samples(lines);
        for line in lines {
            let sample: PublishedSample = serde_json::from_value(line.clone()).unwrap();
            let salt = |hash: Hash| Salt::from_bytes(*hash.as_bytes());
            let shown = Part::Shown.commit(&salt(sample.shown_salt), &canonical_json(&sample.shown).unwrap());
            let content = sample.content_commitment.unwrap_or_else(|| {
                let bytes = canonical_json(&sample.content).unwrap();
                Part::Content.commit(&salt(sample.content_salt.unwrap()), &bytes)
            });
            leaves.push(SampleLeaf { shown, content });
        }
    });
    let path = folder.join("run.json");
    let mut run: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest(&mut run);
    fs::write(&path, run.to_string()).unwrap();
    let report =
        overt_record::Verifier::default().verify(&fs::read(folder.join("evaluation.overt.json")).unwrap());
    let signed = report.record.unwrap().record;
    let Body::Evaluation(before) = signed.body() else { panic!("no evaluation") };
    let publication = Publication {
        evaluator: before.evaluator.clone(),
        plan: None,
        corrects: None,
        withheld: before.samples.withheld,
    };
    let run = serde_json::from_value(run).unwrap();
    let mut body =
        evaluation(&run, Hash::of(fs::read(&path).unwrap()), sample_root(leaves), publication).unwrap();
    record(&mut body);
    let Header { issuer, issued_at } = signed.header().clone();
    let payload = Record::new(Header { issuer, issued_at }, body).unwrap().to_payload().unwrap();
    let key = PrivateKey::from_pem(&workspace.read("home/keys/me.pem"), None).unwrap();
    let envelope = Envelope::sign(overt_record::in_toto::PAYLOAD_TYPE, payload, &key).unwrap();
    fs::write(folder.join("evaluation.overt.json"), Bundle::new(envelope).to_json().unwrap()).unwrap();
    folder
}

#[test]
fn what_only_a_publisher_can_forge_is_found_as_well() {
    let workspace = ran();
    let nothing = |_: &mut Vec<Value>| {};
    let folder = forged(&workspace, nothing, |_| {}, |_| {});
    verify(&workspace, &folder, 0);
    // A wrong answer is left out and a right one shown twice: every count stays.
    let folder = forged(&workspace, |lines| lines[3] = lines[4].clone(), |_| {}, |_| {});
    fails(&workspace, &folder, "sample-tree", "comes a second time");
    let twin = |lines: &mut Vec<Value>| {
        let mut twin = lines[4].clone();
        twin["shown"]["index"] = 3.into();
        twin["content"]["index"] = 3.into();
        lines[3] = twin;
    };
    let folder = forged(&workspace, twin, |_| {}, |_| {});
    fails(&workspace, &folder, "sample-tree", "s4, comes a second time");
    // What the system was told is hidden.
    let untold = |lines: &mut Vec<Value>| lines[3]["content"]["messages"] = serde_json::json!([]);
    let folder = forged(&workspace, untold, |_| {}, |_| {});
    fails(&workspace, &folder, "prompts", "not told what the task says");
    // Scores of scorers that the task does not have.
    let more = |lines: &mut Vec<Value>| {
        for part in ["shown", "content"] {
            let score = lines[3][part]["scores"][0].clone();
            lines[3][part]["scores"].as_array_mut().unwrap().push(score);
        }
    };
    let folder = forged(&workspace, more, |_| {}, |_| {});
    fails(&workspace, &folder, "scores", "scores of no scorer");
    // Another name for the same task, requirements that nobody made, and a number that would fill the memory.
    for part in ["name", "title", "version"] {
        let renamed = |run: &mut Value| run["tasks"][0][part] = "another".into();
        let folder = forged(&workspace, nothing, renamed, |_| {});
        fails(&workspace, &folder, "metrics", "another task");
    }
    let required = |run: &mut Value| {
        run["requirements"] =
            serde_json::json!([{ "expression": "echo.rate >= 0.6", "held": true, "reason": "it is" }]);
    };
    let folder = forged(&workspace, nothing, required, |_| {});
    fails(&workspace, &folder, "metrics", "what the suite requires");
    let huge = |run: &mut Value| {
        run["tasks"][0]["stopped"] = "it was enough".into();
        run["tasks"][0]["planned"] = 1_000_000_000_000_u64.into();
        run["settings"]["early"] = serde_json::json!({ "half_width": 0.1, "decide": [] });
    };
    let folder = forged(&workspace, nothing, huge, |_| {});
    fails(&workspace, &folder, "metrics", "more than an order");
    // A task that stops when it suits: without a rule, with a rule that is not met, with other samples than were drawn.
    let fewer = |lines: &mut Vec<Value>| lines.truncate(15);
    let stops = |run: &mut Value| {
        run["tasks"][0]["stopped"] = "it was enough".into();
        run["tasks"][0]["outcomes"]["ok"] = 15.into();
    };
    let folder = forged(&workspace, fewer, stops, |_| {});
    fails(&workspace, &folder, "sample-tree", "15 of 20 samples came, and no rule ends it early");
    let with_rule = |half: f64| {
        move |run: &mut Value| {
            stops(run);
            run["settings"]["early"] = serde_json::json!({ "half_width": half, "decide": [] });
        }
    };
    let folder = forged(&workspace, fewer, with_rule(0.001), |_| {});
    fails(&workspace, &folder, "sample-tree", "`half-width <= 0.001` was not met");
    let folder = forged(&workspace, fewer, with_rule(0.9), |_| {});
    fails(&workspace, &folder, "sample-tree", "not the first ones of the order");
    // Another question than the dataset has: nothing is withheld that could excuse it.
    let row =
        RunDirectory::open(Path::new(&workspace.newest())).unwrap().rows().unwrap().nth(1).unwrap().unwrap();
    let swapped = |lines: &mut Vec<Value>| {
        lines[3]["content"]["sample"]["fields"]["hint"] = "an easier one".into();
        let line = lines[1].as_object_mut().unwrap();
        line.remove("contentCommitment");
        line.insert("content".into(), serde_json::to_value(row).unwrap());
        line.insert("contentSalt".into(), line["shownSalt"].clone());
    };
    let folder = forged(&workspace, swapped, |_| {}, |record| record.samples.withheld = 0);
    fails(&workspace, &folder, "sample-tree", "not those of the dataset");
    // A plan that the run followed is left out of the record, or another one named.
    let digest = "1".repeat(64);
    let planned = |run: &mut Value| run["plan"] = serde_json::json!({ "record": digest, "number": 1 });
    let folder = forged(&workspace, nothing, planned, |_| {});
    fails(&workspace, &folder, "manifest", "the plan");
}

#[test]
fn a_pipe_among_published_files_is_not_waited_for() {
    let workspace = ran();
    let folder = published(&workspace, &[]);
    let pipe = |name: &str| {
        let path = folder.join(name);
        let _ = fs::remove_file(&path);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    };
    pipe("plan.overt.json");
    verify(&workspace, &folder, 0);
    pipe("samples.parquet");
    fails(&workspace, &folder, "files", "samples.parquet is no file");
    fs::remove_file(folder.join("evaluation.overt.json")).unwrap();
    let (_, said) = workspace.run(&["verify", "published"], 2);
    assert!(said.contains("there is no record in"), "{said}");
}
