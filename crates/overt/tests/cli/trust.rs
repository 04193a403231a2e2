//! Whom a reader trusts, and what is said when a file is not what it should be.

use std::fs;

use serde_json::Value;

use crate::log::{begin, statement, vkey};
use crate::publishing::{outcome, ran};
use crate::workspace::Workspace;

fn exported(workspace: &Workspace, key: &str, file: &str) {
    let (pem, _) = workspace.run(&["key", "export", key], 0);
    workspace.write(file, &pem);
}

fn issuer(workspace: &Workspace, flags: &[&str], code: i32) -> (String, String) {
    let (out, _) = workspace.run(&[&["verify", "published", "--json"], flags].concat(), code);
    outcome(&serde_json::from_str(&out).unwrap(), "issuer")
}

/// A run that is published with the key that followed the one in `old.pem`.
fn rotated(reason: &str) -> Workspace {
    let workspace = ran();
    begin(&workspace, "log");
    workspace.write("words", "correct horse\n");
    workspace.run(&["key", "new", "lab", "--issuer", "The lab", "--passphrase-file", "words"], 0);
    exported(&workspace, "lab", "old.pem");
    let rotate = ["key", "rotate", "lab", "--log", "log", "--passphrase-file", "words", "--reason", reason];
    workspace.run(&rotate, 0);
    let publish = ["publish", "--key", "lab", "--passphrase-file", "words", "--log", "log"];
    workspace.run(&[&publish[..], &["--out", "published"]].concat(), 0);
    workspace
}

#[test]
fn a_key_that_followed_a_trusted_one_is_trusted_by_its_history_or_the_log() {
    let workspace = rotated("scheduled");
    let (failed, why) = issuer(&workspace, &["--trust", "old.pem"], 1);
    assert_eq!(failed, "failed", "{why}");
    let history = ["--trust", "old.pem", "--key-history", "lab-rotate.overt.json"];
    let online = ["--trust", "old.pem", "--policy", "log/log.policy", "--log", "log"];
    for flags in [&history[..], &online, &[&online[..], &["--online"]].concat()] {
        let (passed, words) = issuer(&workspace, flags, 0);
        assert_eq!(passed, "passed", "{words}");
        assert!(words.contains("old, whose key gave way to this one on 20"), "{words}");
    }
    // A stranger's history opens no door.
    exported(&workspace, "me", "stranger.pem");
    let stranger = ["--trust", "stranger.pem", "--key-history", "lab-rotate.overt.json"];
    assert_eq!(issuer(&workspace, &stranger, 1).0, "failed");
    // What is no record of a key is no history.
    let (_, said) =
        workspace.run(&["verify", "published", "--trust", "old.pem", "--key-history", "echo.yaml"], 2);
    assert!(said.contains("this looks like a task file") && said.contains("option --key-history"), "{said}");
}

#[test]
fn a_rotation_that_a_thief_could_have_made_is_not_followed() {
    let workspace = rotated("compromised");
    let history = ["--trust", "old.pem", "--key-history", "lab-rotate.overt.json"];
    let (failed, why) = issuer(&workspace, &history, 1);
    assert!(failed == "failed" && why.contains("other hands"), "{why}");
    // Nor is one of a key that was revoked as compromised, whenever that was.
    let workspace = rotated("scheduled");
    let keys: Vec<Value> = serde_json::from_str(&workspace.run(&["key", "list", "--json"], 0).0).unwrap();
    let old = keys.iter().filter_map(|key| key["key"].as_str()).find(|key| key.starts_with("lab.")).unwrap();
    let revoke =
        ["key", "revoke", old, "--reason", "compromised", "--passphrase-file", "words", "--log", "log"];
    workspace.run(&[&revoke[..], &["--out", "revoked.overt.json"]].concat(), 0);
    let both = [&history[..], &["--key-history", "revoked.overt.json"]].concat();
    let (failed, why) = issuer(&workspace, &both, 1);
    assert!(failed == "failed" && why.contains("the old key was revoked"), "{why}");
    let online = ["--trust", "old.pem", "--policy", "log/log.policy", "--log", "log"];
    assert!(issuer(&workspace, &online, 1).1.contains("the old key was revoked"));
}

#[test]
fn a_wrong_file_for_trust_is_told_for_what_it_is() {
    let workspace = ran();
    begin(&workspace, "log");
    workspace.run(&["publish", "--key", "me", "--out", "published"], 0);
    let (ssh, _) = workspace.run(&["key", "export", "me", "--format", "ssh"], 0);
    workspace.write("key.pub", &ssh);
    workspace.write("cert.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    workspace.write("log.vkey", &vkey(&workspace, "log/log.json"));
    workspace.write("empty", "");
    workspace.write("nonsense", "me namespaces=\"overt-dsse-v1\" \u{1b}[2Jnothing\n");
    fs::write(workspace.path().join("binary"), [0xff, 0xfe, 0]).unwrap();
    let cases = [
        ("home/keys/me.pem", "a private key", "overt key export"),
        ("cert.pem", "a certificate", "openssl x509"),
        ("key.pub", "without the name of its holder", "put the name of its holder before it"),
        ("log/log.policy", "a policy", "--policy"),
        ("log.vkey", "the key of a log", "--policy"),
        ("published/evaluation.overt.json", "a record", "--key-history"),
        ("empty", "the file is empty", "overt key export"),
        ("nonsense", "line 1", "overt key export"),
        ("binary", "binary data", "overt key export"),
        ("missing", "cannot read missing", "option --trust"),
    ];
    for (file, words, next) in cases {
        let (_, said) = workspace.run(&["verify", "published", "--trust", file], 2);
        assert!(said.contains(words) && said.contains(next), "{file}: {said}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
    // One good line is enough, and the others are told of.
    let (signers, _) = workspace.run(&["key", "export", "me", "--format", "allowed-signers"], 0);
    workspace.write("allowed", &format!("you sk-ssh-ed25519@openssh.com AAAA\n{signers}"));
    let (_, said) = workspace.run(&["verify", "published", "--trust", "allowed"], 0);
    assert!(said.contains("allowed:1: not used"), "{said}");
}

#[test]
fn a_file_that_is_no_record_is_told_for_what_it_is() {
    let workspace = ran();
    workspace.run(&["publish", "--out", "published"], 0);
    workspace.write("page.html", "<!DOCTYPE html><html></html>");
    workspace.write("torn.json", "{\"mediaType\":");
    let cases = [
        ("echo.yaml", "a task file"),
        ("published/run.json", "the manifest of a run"),
        ("published/samples.parquet", "a Parquet file"),
        ("page.html", "a web page"),
        ("torn.json", "JSON that is broken or cut off"),
    ];
    for (file, words) in cases {
        let (out, _) = workspace.run(&["verify", file], 1);
        let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(out.contains("a record was expected (*.overt.json or *.sigstore.json)"), "{file}: {out}");
        assert!(out.contains(&format!("this looks like {words}")), "{file}: {out}");
    }
    let (_, said) = workspace.run(&["reveal", "--sample", "s1", "--bundle", "nowhere", "--out", "x"], 2);
    assert!(said.contains("cannot read nowhere") && said.contains("option --bundle"), "{said}");
    let options: [(&str, &[&str]); 4] = [
        ("--policy", &["verify", "published", "--policy", "nowhere"]),
        ("--plan", &["eval", "--plan", "nowhere"]),
        ("--import", &["key", "new", "x", "--issuer", "X", "--import", "nowhere", "--no-passphrase"]),
        ("--passphrase-file", &["key", "new", "x", "--issuer", "X", "--passphrase-file", "nowhere"]),
    ];
    for (option, command) in options {
        let (_, said) = workspace.run(command, 2);
        assert!(said.contains("cannot read nowhere") && said.contains(&format!("option {option}")), "{said}");
    }
}

#[test]
fn a_proof_is_found_beside_a_bundle_of_any_name() {
    let workspace = Workspace::new();
    begin(&workspace, "log");
    let file = statement(&workspace, "one");
    workspace.run(&["log", "add", "log", &file], 0);
    let proof = fs::read(workspace.path().join("one.tlog-proof")).unwrap();
    for (bundle, beside) in [
        ("a.sigstore.json", "a.tlog-proof"),
        ("b.json", "b.tlog-proof"),
        ("c.json", "c.json.tlog-proof"),
        ("d", "d.tlog-proof"),
        ("e.bundle", "e.bundle.tlog-proof"),
        ("f.overt.json", "f.tlog-proof"),
    ] {
        fs::copy(workspace.path().join(&file), workspace.path().join(bundle)).unwrap();
        fs::write(workspace.path().join(beside), &proof).unwrap();
        let (out, _) = workspace.run(&["verify", bundle, "--policy", "log/log.policy", "--json"], 0);
        let found: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(outcome(&found, "checkpoint").0, "passed", "{bundle} {beside}");
    }
    // Under the name that `log add` gives.
    workspace.write("g.bundle", &workspace.read(&file));
    workspace.run(&["log", "add", "log", "g.bundle"], 0);
    workspace.run(&["verify", "g.bundle", "--policy", "log/log.policy"], 0);
}

#[test]
fn a_log_is_not_called_by_an_address_with_a_scheme_or_by_what_stands_in_none() {
    let workspace = Workspace::new();
    let cases = [
        ("https://log.example.org/2026", "it has a scheme (https://)"),
        ("log.example.org/2026/", "slash"),
        ("/log", "slash"),
        ("log//2026", "slash"),
        ("a b", "spaces"),
        ("a+b", "\"+\""),
        ("log.example.org?x", "character"),
        ("l\u{f6}g.example.org", "ASCII"),
        ("", "empty"),
    ];
    for (name, why) in cases {
        for command in [["log", "init", "new", "--origin"], ["witness", "init", "new", "--name"]] {
            let (_, said) = workspace.run(&[&command[..], &[name]].concat(), 2);
            assert!(said.contains(command[3]) && said.contains(why), "{name:?}: {said}");
            assert!(!workspace.path().join("new").exists());
        }
    }
}

#[test]
fn a_record_comes_from_standard_input_too_and_no_file_beside_it_is_read() {
    let workspace = ran();
    workspace.run(&["publish", "--key", "me", "--out", "published"], 0);
    let bundle = fs::read(workspace.path().join("published/evaluation.overt.json")).unwrap();
    for (given, code) in [(bundle.clone(), 0), (bundle[..500].to_vec(), 1), (Vec::new(), 1)] {
        let mut command = workspace.overt(&["verify", "-", "--json"]);
        command.current_dir(workspace.path().join("published"));
        let output = command.write_stdin(given).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(code == 1 || outcome(&found, "files").0 == "not_checked", "{found}");
    }
}
