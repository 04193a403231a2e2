//! Keys: made, brought, shown, protected, changed.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::workspace::Workspace;

fn new(workspace: &Workspace, name: &str, flags: &[&str], code: i32) -> String {
    workspace.run(&[&["key", "new", name, "--issuer", "A laboratory"], flags].concat(), code).1
}

#[test]
fn a_key_is_encrypted_and_opens_with_its_passphrase_alone() {
    let workspace = Workspace::new();
    workspace.write("right", "correct horse\n");
    workspace.write("wrong", "battery staple\n");
    new(&workspace, "me", &["--passphrase-file", "right"], 0);
    let pem = workspace.read("home/keys/me.pem");
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{pem}");
    let revoke =
        |words: &str, code| workspace.run(&["key", "revoke", "me", "--passphrase-file", words], code).1;
    let said = revoke("wrong", 2);
    assert!(said.contains("passphrase") && !said.contains("battery"), "{said}");
    revoke("right", 0);
    workspace.run(&["verify", "me-revoke.overt.json"], 0);
    let said = workspace.run(&["key", "revoke", "me"], 2).1;
    assert!(said.contains("OVERT_PASSPHRASE"), "{said}");
    workspace.write("empty", "\n");
    assert!(new(&workspace, "other", &["--passphrase-file", "empty"], 2).contains("--no-passphrase"));
}

#[test]
fn names_that_are_no_file_names_and_names_that_are_taken_are_refused() {
    let workspace = Workspace::new();
    for bad in ["../me", "a/b", "Me", "", ".me", "a b", "mé"] {
        assert!(new(&workspace, bad, &["--no-passphrase"], 2).contains("cannot be a key's name"), "{bad:?}");
    }
    new(&workspace, "me", &["--no-passphrase"], 0);
    assert!(new(&workspace, "me", &["--no-passphrase"], 2).contains("already"));
    for bad in ["", "a\u{202e}b", "a\nb", "  a"] {
        let said = workspace.run(&["key", "new", "x", "--issuer", bad, "--no-passphrase"], 2).1;
        assert!(said.contains("--issuer"), "{bad:?}: {said}");
    }
    let said = workspace.run(&["key", "show", "you"], 2).1;
    assert!(said.contains("no key \"you\"") && said.contains("me"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let workspace = Workspace::new();
    new(&workspace, "me", &["--no-passphrase"], 0);
    let path = workspace.path().join("home/keys/me.pem");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let said = workspace.run(&["key", "revoke", "me"], 2).1;
    assert!(said.contains("mode 640") && said.contains("chmod 600"), "{said}");
}

#[test]
fn a_rotated_key_is_followed_by_one_that_agreed() {
    let workspace = Workspace::new();
    workspace.write("words", "correct horse\n");
    new(&workspace, "me", &["--passphrase-file", "words"], 0);
    let id = |name: &str| {
        let (out, _) = workspace.run(&["key", "list", "--json"], 0);
        let keys: Value = serde_json::from_str(&out).unwrap();
        let found = keys
            .as_array()
            .unwrap()
            .iter()
            .find(|key| key["key"].as_str().unwrap().starts_with(name))
            .cloned();
        found.unwrap()["keyId"].as_str().unwrap().to_owned()
    };
    let old = id("me");
    workspace.run(
        &["key", "rotate", "me", "--passphrase-file", "words", "--explanation", "A year has passed."],
        0,
    );
    assert_ne!(id("me"), old);
    assert_eq!(id(&format!("me.{}", &old[..8])), old);
    let (_, said) = workspace.run(
        &[
            "log",
            "redact",
            "me-rotate.overt.json",
            "--reason",
            "error",
            "--authority",
            "us",
            "--key",
            &format!("me.{}", &old[..8]),
        ],
        2,
    );
    assert!(said.contains("was followed by another"), "{said}");
    let (out, _) = workspace.run(&["verify", "me-rotate.overt.json", "--json"], 0);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["record"]["key"].as_str().unwrap(), old);
    assert_eq!(found["record"]["payload"]["predicate"]["change"]["action"], "rotate");
}

#[test]
fn keys_of_openssh_are_brought_here() {
    if Command::new("ssh-keygen").arg("-?").output().is_err() {
        eprintln!("SKIPPED: ssh-keygen is not here");
        return;
    }
    let workspace = Workspace::new();
    for (name, kind, words) in [("plain", "ed25519", ""), ("locked", "ecdsa", "correct horse")] {
        let file = workspace.path().join(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-N", words, "-f"])
            .arg(&file)
            .status()
            .unwrap();
        assert!(made.success());
        workspace.write("words", "correct horse");
        new(&workspace, name, &["--import", name, "--passphrase-file", "words"], 0);
        let (line, _) = workspace.run(&["key", "export", name, "--format", "ssh"], 0);
        let public = workspace.read(&format!("{name}.pub"));
        let key = |line: &str| line.split(' ').nth(1).map(str::to_owned);
        assert_eq!(key(&line), key(&public));
    }
    new(&workspace, "none", &["--import", "plain.pub", "--no-passphrase"], 2);
}
