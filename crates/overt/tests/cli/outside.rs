//! Records that are signed elsewhere: by ssh-keygen with a key that overt never sees, and by openssl.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::publishing::{outcome, ran, verify};
use crate::workspace::Workspace;

fn is_here(program: &str, argument: &str) -> bool {
    let found = Command::new(program).arg(argument).output().is_ok();
    if !found {
        eprintln!("SKIPPED: {program} is not here, so nothing is signed with it");
    }
    found
}

fn ssh_keygen(folder: &Path, arguments: &[&str]) {
    let done = Command::new("ssh-keygen").args(arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A key of OpenSSH in a folder that overt is never told of, and its public half as `hw` in the keyring.
fn elsewhere(workspace: &Workspace, kind: &str) {
    fs::create_dir(workspace.path().join("device")).unwrap();
    ssh_keygen(workspace.path(), &["-q", "-t", kind, "-N", "", "-f", "device/key"]);
    fs::copy(workspace.path().join("device/key.pub"), workspace.path().join("hw.pub")).unwrap();
    workspace.run(&["key", "new", "hw", "--issuer", "A laboratory", "--public", "hw.pub"], 0);
}

fn sign(workspace: &Workspace, file: &str) {
    ssh_keygen(workspace.path(), &["-q", "-Y", "sign", "-n", "overt-dsse-v1", "-f", "device/key", file]);
}

#[test]
fn a_key_that_never_comes_here_issues_records() {
    if !is_here("ssh-keygen", "-?") {
        return;
    }
    for kind in ["ed25519", "ecdsa"] {
        let workspace = ran();
        elsewhere(&workspace, kind);
        workspace.run(&["log", "init", "log", "--origin", "log.example.org/t", "--no-passphrase"], 0);
        let publish = ["publish", "--key", "hw", "--log", "log", "--out", "published"];
        let (_, said) = workspace.run(&publish, 2);
        assert!(said.contains("private half") && said.contains("--unsigned-out"), "{said}");
        let (_, said) = workspace.run(&[&publish[..], &["--unsigned-out", "run.tosign"]].concat(), 0);
        assert!(said.contains("ssh-keygen -Y sign -n overt-dsse-v1"), "{said}");
        assert!(!workspace.path().join("published").exists(), "nothing is laid out unsigned");
        assert!(workspace.read("run.tosign").starts_with("DSSEv1 "));
        // The moment is the one that was signed, however long the device takes.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        sign(&workspace, "run.tosign");
        let signed = [&publish[..], &["--signature", "run.tosign.sig"]].concat();
        workspace.run(&signed, 0);
        let found = verify(&workspace, &workspace.path().join("published"), 0);
        for id in ["signature", "manifest", "metrics"] {
            assert_eq!(outcome(&found, id).0, "passed", "{kind} {id}");
        }
        workspace.run(&["key", "export", "hw", "--format", "allowed-signers"], 0);
        let (signers, _) = workspace.run(&["key", "export", "hw", "--format", "allowed-signers"], 0);
        workspace.write("allowed_signers", &signers);
        let verify = ["verify", "published", "--policy", "log/log.policy", "--trust", "allowed_signers"];
        workspace.run(&verify, 0);
        // The same once more is the same record.
        workspace.run(&signed, 0);
        let (shown, _) = workspace.run(&["log", "show", "log", "--json"], 0);
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["size"], 1);
    }
}

#[test]
fn plans_and_changes_of_keys_are_signed_elsewhere_too() {
    if !is_here("ssh-keygen", "-?") {
        return;
    }
    let workspace = ran();
    elsewhere(&workspace, "ed25519");
    let model =
        Workspace::manifest_of(workspace.newest().as_ref())["system"]["name"].as_str().unwrap().to_owned();
    let plan = ["plan", "echo.yaml", "--model", &model, "--claim", "echo.rate >= 0.5", "--key", "hw"];
    workspace.run(&[&plan[..], &["--unsigned-out", "plan.tosign"]].concat(), 0);
    sign(&workspace, "plan.tosign");
    let signed = ["--signature", "plan.tosign.sig", "--out", "plan.overt.json"];
    workspace.run(&[&plan[..], &signed].concat(), 0);
    let (out, _) = workspace.run(&["verify", "plan.overt.json", "--json"], 0);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["record"]["kind"], "plan");
    workspace.run(&["key", "revoke", "hw", "--reason", "retired", "--unsigned-out", "r.tosign"], 0);
    sign(&workspace, "r.tosign");
    workspace.run(&["key", "revoke", "hw", "--reason", "retired", "--signature", "r.tosign.sig"], 0);
    workspace.run(&["verify", "hw-revoke.overt.json"], 0);
}

#[test]
fn a_signature_over_something_else_is_refused_and_nothing_is_written() {
    if !is_here("ssh-keygen", "-?") {
        return;
    }
    let workspace = ran();
    elsewhere(&workspace, "ed25519");
    let publish = ["publish", "--key", "hw", "--out", "published"];
    let give = |signature: &str, words: &str| {
        let (_, said) = workspace.run(&[&publish[..], &["--signature", signature]].concat(), 2);
        assert!(said.contains(words), "{signature}: {said}");
        assert!(!workspace.path().join("published").exists());
    };
    workspace.write("other", "other bytes");
    sign(&workspace, "other");
    give("other.sig", "was written out to be signed");
    workspace.run(&[&publish[..], &["--unsigned-out", "run.tosign"]].concat(), 0);
    give("other.sig", "not one of \"hw\" over this record");
    give("missing.sig", "option --signature");
    give("echo.yaml", "--signature");
    // Another namespace, another key.
    let wrong = ["-q", "-Y", "sign", "-n", "file", "-f", "device/key", "run.tosign"];
    ssh_keygen(workspace.path(), &wrong);
    give("run.tosign.sig", "not one of \"hw\"");
    fs::remove_file(workspace.path().join("run.tosign.sig")).unwrap();
    ssh_keygen(workspace.path(), &["-q", "-t", "ed25519", "-N", "", "-f", "device/other"]);
    let wrong = ["-q", "-Y", "sign", "-n", "overt-dsse-v1", "-f", "device/other", "run.tosign"];
    ssh_keygen(workspace.path(), &wrong);
    give("run.tosign.sig", "not one of \"hw\"");
    fs::remove_file(workspace.path().join("run.tosign.sig")).unwrap();
    sign(&workspace, "run.tosign");
    // With other words it is another record.
    let other = ["--limitations", "Other words.", "--signature", "run.tosign.sig"];
    let (_, said) = workspace.run(&[&publish[..], &other].concat(), 2);
    assert!(said.contains("was written out to be signed"), "{said}");
    workspace.run(&[&publish[..], &["--signature", "run.tosign.sig"]].concat(), 0);
}

#[test]
fn a_signature_that_openssl_made_is_as_good() {
    if !is_here("openssl", "version") {
        return;
    }
    let workspace = ran();
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl").args(arguments).current_dir(workspace.path()).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "k.pem"]);
    openssl(&["pkey", "-in", "k.pem", "-pubout", "-out", "k.pub"]);
    workspace.run(&["key", "new", "hsm", "--issuer", "A laboratory", "--public", "k.pub"], 0);
    let publish = ["publish", "--key", "hsm", "--out", "published"];
    workspace.run(&[&publish[..], &["--unsigned-out", "run.tosign"]].concat(), 0);
    openssl(&["dgst", "-sha256", "-sign", "k.pem", "-out", "run.sig", "run.tosign"]);
    workspace.run(&[&publish[..], &["--signature", "run.sig"]].concat(), 0);
    verify(&workspace, &workspace.path().join("published"), 0);
}

#[test]
fn a_public_key_is_told_from_other_files() {
    let workspace = Workspace::new();
    workspace.run(&["key", "new", "me", "--issuer", "A laboratory", "--no-passphrase"], 0);
    let new = |file: &str, code| {
        workspace.run(&["key", "new", "hw", "--issuer", "A laboratory", "--public", file], code).1
    };
    assert!(new("home/keys/me.pem", 2).contains("this looks like a private key"));
    assert!(new("missing", 2).contains("option --public"));
    workspace.write("text", "hello");
    assert!(new("text", 2).contains("--public"));
    let (pem, _) = workspace.run(&["key", "export", "me"], 0);
    workspace.write("me.pem", &pem);
    new("me.pem", 0);
    assert!(new("me.pem", 2).contains("already"));
    let (list, _) = workspace.run(&["key", "list"], 0);
    assert!(list.contains("signs elsewhere"), "{list}");
}
