//! Logs, witnesses and mirrors, as those who run them meet them.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

use overt_record::dsse::Envelope;
use overt_record::fork::ForkProof;
use overt_record::in_toto::PAYLOAD_TYPE;
use overt_record::policy::{Freshness, Policy};
use overt_record::record::{Header, Issuer, MediaType, PublicStatement};
use overt_record::tlog_proof::TlogProof;
use overt_record::{
    Algorithm, Bundle, Hash, LogOpening, Name, PrivateKey, Record, Text, Timestamp, sigstore,
};
use serde_json::Value;

use crate::workspace::Workspace;

pub(crate) const ORIGIN: &str = "log.example.org/2026";

/// Writes a signed statement as `NAME.sigstore.json`.
pub(crate) fn statement(workspace: &Workspace, name: &str) -> String {
    let key = PrivateKey::generate(Algorithm::Ed25519, &[9; 32]);
    let issuer = Issuer { name: Name::new("Tester").unwrap(), key: key.public(), uri: None };
    let text = format!("The statement {name}.");
    let body = PublicStatement {
        title: Name::new(name).unwrap(),
        language: Name::new("en").unwrap(),
        version: Name::new("1").unwrap(),
        replaces: None,
        translates: None,
        media_type: MediaType::Plain,
        sha256: Hash::of(&text),
        text: Text::new(text).unwrap(),
    };
    let header = Header { issuer, issued_at: Timestamp::from_unix(1_790_000_000).unwrap() };
    let payload = Record::new(header, body).unwrap().to_payload().unwrap();
    let envelope = Envelope::sign(PAYLOAD_TYPE, payload, &key).unwrap();
    let file = format!("{name}.sigstore.json");
    fs::write(workspace.path().join(&file), sigstore::Bundle::new(envelope).to_json().unwrap()).unwrap();
    file
}

pub(crate) fn begin(workspace: &Workspace, directory: &str) {
    workspace.run(&["log", "init", directory, "--origin", ORIGIN, "--no-passphrase"], 0);
}

/// A log with so many statements.
pub(crate) fn filled(workspace: &Workspace, directory: &str, names: &[&str]) {
    begin(workspace, directory);
    for name in names {
        workspace.run(&["log", "add", directory, &statement(workspace, name)], 0);
    }
}

pub(crate) fn vkey(workspace: &Workspace, file: &str) -> String {
    let said: Value = serde_json::from_str(&workspace.read(file)).unwrap();
    said["vkeys"][0].as_str().unwrap().to_owned()
}

/// The proof beside a statement, checked offline by a policy and against the record.
fn proven(workspace: &Workspace, name: &str, policy: &str) -> TlogProof {
    let proof = TlogProof::parse(workspace.read(&format!("{name}.tlog-proof")).as_bytes()).unwrap();
    let opening = LogOpening::parse(proof.extra().unwrap()).unwrap();
    let policy = Policy::parse(workspace.read(policy).as_bytes()).unwrap();
    let logged = proof.verify(&opening.leaf.to_bytes().unwrap(), &policy, Freshness::AnyAge).unwrap();
    assert!(logged.assessment.quorum.holds());
    let bundle = Bundle::parse(workspace.read(&format!("{name}.sigstore.json")).as_bytes()).unwrap();
    let commit = overt_record::log_entry::commitment(&opening.salt, &bundle.envelope.digest());
    assert_eq!(commit, opening.leaf.commit);
    proof
}

/// A command that serves until it is told to end.
pub(crate) struct Serving {
    child: Child,
    pub(crate) url: String,
}

impl Serving {
    pub(crate) fn start(workspace: &Workspace, arguments: &[&str]) -> Self {
        let mut child = Process::new(assert_cmd::cargo::cargo_bin("overt"))
            .current_dir(workspace.path())
            .env("OVERT_HOME", workspace.path().join("home"))
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // What was made or published first is told before the address.
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("://")).unwrap_or_default();
        drop(lines);
        let url = line.find("http").map(|start| line[start..].trim().to_owned());
        let url = url.unwrap_or_else(|| {
            let mut said = String::new();
            child.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
            panic!("{line:?} {said}")
        });
        Self { child, url }
    }

    /// Asks it politely to end, and returns what it said on standard error.
    pub(crate) fn end(mut self) -> String {
        let status = Process::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended if the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_directory(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_log_in_a_directory_is_begun_filled_shown_and_checked() {
    let workspace = Workspace::new();
    begin(&workspace, "log");
    let policy = workspace.read("log/log.policy");
    assert_eq!(policy, format!("log {} https://{ORIGIN}\nquorum none\n", vkey(&workspace, "log/log.json")));
    let (shown, _) = workspace.run(&["log", "show", "log"], 0);
    assert!(shown.contains("entries   0"), "{shown}");
    let files = ["one", "two", "three"].map(|name| statement(&workspace, name));
    let (said, _) = workspace.run(&["log", "add", "log", &files[0], &files[1]], 0);
    assert!(said.contains(&format!("{ORIGIN} index 0")) && said.contains("index 1"), "{said}");
    assert_eq!(proven(&workspace, "two", "log/log.policy").index(), 1);
    // The same again is where it was.
    let (said, _) = workspace.run(&["log", "add", "log", &files[1], &files[2]], 0);
    assert!(said.contains("index 1") && said.contains("index 2"), "{said}");

    let (shown, _) = workspace.run(&["log", "show", "log", "--json", "--limit", "2"], 0);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["origin"], &shown["size"]), (&ORIGIN.into(), &3.into()));
    let indices: Vec<&Value> =
        shown["entries"].as_array().unwrap().iter().map(|entry| &entry["index"]).collect();
    assert_eq!(indices, [1, 2]);
    assert_eq!(shown["entries"][0]["leaf"]["kind"], "statement");
    let (note, _) = workspace.run(&["log", "checkpoint", "log"], 0);
    assert_eq!(note, workspace.read("log/checkpoint"));
    let (table, _) = workspace.run(&["log", "show", "log"], 0);
    assert!(table.contains("statement"), "{table}");
    let (sound, _) = workspace.run(&["log", "fsck", "log"], 0);
    assert!(sound.contains("sound"), "{sound}");
    let (lines, _) = workspace.run(&["log", "follow", "log", "--once", "--from", "1"], 0);
    assert_eq!(lines.lines().count(), 2, "{lines}");
    for (line, index) in lines.lines().zip(1..) {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["index"], index);
    }
}

#[test]
fn the_proof_of_an_overt_bundle_goes_into_it() {
    let workspace = Workspace::new();
    begin(&workspace, "log");
    let signed = workspace.read(&statement(&workspace, "one"));
    let bundle = Bundle::parse(signed.as_bytes()).unwrap();
    fs::write(workspace.path().join("one.overt.json"), bundle.to_json().unwrap()).unwrap();
    workspace.run(&["log", "add", "log", "one.overt.json"], 0);
    let logged = Bundle::parse(workspace.read("one.overt.json").as_bytes()).unwrap();
    assert_eq!(logged.proof.unwrap().index(), 0);
    workspace.run(&["verify", "one.overt.json", "--policy", "log/log.policy"], 0);
}

#[test]
fn a_post_quantum_log_is_believed_only_with_both_signatures() {
    let workspace = Workspace::new();
    let init = ["log", "init", "log", "--origin", ORIGIN, "--no-passphrase", "--post-quantum"];
    workspace.run(&init, 0);
    workspace.run(&["log", "add", "log", &statement(&workspace, "one")], 0);
    let proof = proven(&workspace, "one", "log/log.policy");
    assert_eq!(proof.note().signatures().len(), 2);
    // The same checkpoint without the second signature is not enough.
    let note = workspace.read("log/checkpoint");
    let signatures: Vec<&str> = note.lines().filter(|line| line.starts_with('—')).collect();
    let one = note.lines().filter(|line| *line != signatures[1]).map(|line| format!("{line}\n"));
    fs::remove_file(workspace.path().join("log/checkpoint")).unwrap();
    workspace.write("log/checkpoint", &one.collect::<String>());
    let (_, said) = workspace.run(&["log", "show", "log"], 3);
    assert!(said.contains("post-quantum"), "{said}");
}

#[test]
fn a_served_log_takes_records_and_is_followed() {
    let workspace = Workspace::new();
    begin(&workspace, "log");
    let serving = Serving::start(&workspace, &["log", "serve", "log"]);
    let url = serving.url.clone();
    let trust = ["--policy", "log/log.policy"];
    let with_trust =
        |arguments: &[&str]| [arguments, &trust].concat().iter().map(ToString::to_string).collect::<Vec<_>>();
    let run = |arguments: &[&str], code| {
        let arguments = with_trust(arguments);
        workspace.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), code)
    };
    for name in ["one", "two"] {
        run(&["log", "add", &url, &statement(&workspace, name)], 0);
    }
    proven(&workspace, "two", "log/log.policy");
    let (lines, _) = run(&["log", "follow", &url, "--once"], 0);
    assert_eq!(lines.lines().count(), 2, "{lines}");
    // Another process writes into the same directory, and then the server again: no history is lost.
    workspace.run(&["log", "add", "log", &statement(&workspace, "three")], 0);
    let (said, _) = run(&["log", "add", &url, &statement(&workspace, "four")], 0);
    assert!(said.contains("index 3"), "{said}");
    let (lines, _) = run(&["log", "follow", &url, "--once"], 0);
    assert_eq!(lines.lines().count(), 4, "{lines}");
    run(&["log", "mirror", &url, "copy", "--once"], 0);
    workspace.run(&["log", "fsck", "copy"], 0);
    let (copied, _) = run(&["log", "mirror", &url, "whole", "--once", "--bodies"], 0);
    assert!(copied.contains("4 records"), "{copied}");
    let (sound, _) = workspace.run(&["log", "fsck", "whole"], 0);
    assert!(sound.contains("4 here"), "{sound}");
    let (_, said) = workspace.run(&["log", "add", "copy", "one.sigstore.json"], 2);
    assert!(said.contains("is a copy"), "{said}");
    let said = serving.end();
    assert!(said.contains("0  2") && said.contains("statement"), "{said}");
    run(&["log", "show", &url], 3);
    let (_, said) = run(&["log", "add", &url, "one.sigstore.json"], 3);
    assert!(said.contains("submit again"), "{said}");
}

#[test]
fn a_witness_cosigns_what_a_log_serves() {
    let workspace = Workspace::new();
    begin(&workspace, "log");
    let init = ["witness", "init", "witness", "--name", "witness.example.org/w1", "--no-passphrase"];
    workspace.run(&init, 0);
    let witness = Serving::start(&workspace, &["witness", "serve", "witness", "--logs", "log/log.policy"]);
    let (log, w1) = (vkey(&workspace, "log/log.json"), vkey(&workspace, "witness/witness.json"));
    workspace.write("trust.policy", &format!("log {log}\nwitness w1 {w1} {}\nquorum w1\n", witness.url));
    let serving = Serving::start(&workspace, &["log", "serve", "log", "--policy", "trust.policy"]);
    workspace
        .run(&["log", "add", &serving.url, &statement(&workspace, "one"), "--policy", "trust.policy"], 0);
    proven(&workspace, "one", "trust.policy");
    let (note, _) = workspace.run(&["log", "checkpoint", &serving.url, "--policy", "trust.policy"], 0);
    assert!(note.contains("\n— witness.example.org/w1 "), "{note}");
    serving.end();
    // Of a log that nobody serves, whoever adds asks the witnesses.
    workspace.run(&["log", "add", "log", &statement(&workspace, "two"), "--policy", "trust.policy"], 0);
    proven(&workspace, "two", "trust.policy");
    witness.end();
}

#[test]
fn a_mirror_catches_a_log_that_was_rewritten_and_keeps_a_proof() {
    let workspace = Workspace::new();
    filled(&workspace, "honest", &["one", "two"]);
    filled(&workspace, "evil", &["other", "two", "three"]);
    let look = |log: &str, code| workspace.run(&["log", "mirror", log, "copy", "--once"], code);
    look("honest", 0);
    let (unchanged, _) = look("honest", 0);
    assert!(unchanged.contains("unchanged"), "{unchanged}");
    let (_, said) = look("evil", 1);
    assert!(said.contains("forked"), "{said}");
    let kept = said.split_whitespace().rfind(|word| word.ends_with(".fork.json")).unwrap();
    let proof = ForkProof::parse(workspace.read(kept).as_bytes()).unwrap();
    assert_eq!(proof.log().to_string(), vkey(&workspace, "honest/log.json"));
    assert_eq!(proof.verify().unwrap().origin, ORIGIN);
    // The copy is still the honest one.
    look("honest", 0);
}

#[test]
fn a_mirror_catches_a_log_that_was_set_back() {
    let workspace = Workspace::new();
    filled(&workspace, "log", &["one"]);
    copy_directory(&workspace.path().join("log"), &workspace.path().join("old"));
    workspace.run(&["log", "add", "log", &statement(&workspace, "two")], 0);
    workspace.run(&["log", "mirror", "log", "copy", "--once"], 0);
    let (_, said) = workspace.run(&["log", "mirror", "old", "copy", "--once"], 1);
    assert!(said.contains("rolled-back"), "{said}");
}

#[test]
fn fsck_finds_one_flipped_byte() {
    let workspace = Workspace::new();
    filled(&workspace, "log", &["one", "two", "three"]);
    let damaged = workspace.path().join("log/tile/entries/000.p/3");
    let mut bytes = fs::read(&damaged).unwrap();
    bytes[40] ^= 1;
    fs::remove_file(&damaged).unwrap();
    fs::write(&damaged, bytes).unwrap();
    let (said, _) = workspace.run(&["log", "fsck", "log"], 1);
    assert!(said.contains("deviates"), "{said}");
    let (_, said) = workspace.run(&["log", "show", "log"], 1);
    assert!(said.contains("do not believe"), "{said}");
}

#[test]
fn what_is_wrong_with_a_log_is_said_with_a_way_out() {
    let workspace = Workspace::new();
    filled(&workspace, "log", &["one"]);
    workspace.run(&["witness", "init", "witness", "--name", "w", "--no-passphrase"], 0);
    let other = vkey(&workspace, "witness/witness.json");
    workspace.write("garbage.policy", "nonsense \u{1b}[2J\n");
    workspace.write("garbage.sigstore.json", "{}");
    workspace.write("empty.toml", "");
    fs::create_dir(workspace.path().join("bare")).unwrap();
    let cases: [(&[&str], i32, &str); 16] = [
        (&["log", "init", "log", "--origin", "x"], 2, "there is a log in log already"),
        (&["log", "init", "home", "--origin", "x"], 2, "not empty"),
        (&["log", "init", "new", "--origin", "a b"], 2, "--origin"),
        (&["log", "show", "nowhere"], 2, "no such directory"),
        (&["log", "show", "bare"], 2, "log.json"),
        (&["log", "show", "bare", "--log-key", &other], 2, "is it a log?"),
        (&["log", "show", "log", "--log-key", &other], 1, "no log that the policy believes"),
        (&["log", "show", "log", "--log-key", "x"], 2, "--log-key"),
        (&["log", "show", "log", "--policy", "garbage.policy"], 2, "garbage.policy"),
        (&["log", "show", "https://log.example.org"], 2, "--policy"),
        (&["log", "show", "http://127.0.0.1:1", "--log-key", &other], 3, "did not answer"),
        (&["log", "show", "ftp://x", "--log-key", &other], 2, "https://"),
        (&["log", "add", "log", "garbage.sigstore.json"], 2, "garbage.sigstore.json"),
        (&["log", "fsck", "log", "--log-key", &other], 1, "not signed by this key"),
        (&["log", "serve", "log", "--admission", "empty.toml"], 2, "empty.toml"),
        (&["witness", "serve", "log", "--logs", "garbage.policy"], 2, "there is no witness"),
    ];
    for (arguments, code, message) in cases {
        let (_, said) = workspace.run(arguments, code);
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert!(!said.contains('\u{1b}'), "{arguments:?}: {said:?}");
    }
    let (_, said) =
        workspace.run(&["log", "mirror", "http://127.0.0.1:1", "m", "--once", "--log-key", &other], 3);
    assert!(said.contains("did not answer"), "{said}");
    // Without its key a log is read, and not written.
    fs::rename(workspace.path().join("home"), workspace.path().join("elsewhere")).unwrap();
    workspace.run(&["log", "show", "log"], 0);
    let (_, said) = workspace.run(&["log", "add", "log", "one.sigstore.json"], 2);
    assert!(said.contains("not in this keyring"), "{said}");
    // Another key of the same name is not the log's.
    workspace.run(&["log", "init", "second", "--origin", ORIGIN, "--no-passphrase"], 0);
    let (_, said) = workspace.run(&["log", "add", "log", "one.sigstore.json"], 2);
    assert!(said.contains("is not the one of the log"), "{said}");
}

/// The index that `log add` said, if it said one.
fn added(workspace: &Workspace, log: &str, file: &str) -> Option<u64> {
    let output = workspace.overt(&["log", "add", log, file, "--policy", "log/log.policy"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let index = said.split("index ").nth(1)?.split_whitespace().next()?.parse().ok();
    index.filter(|_| output.status.success())
}

#[test]
fn kill_9_of_a_serving_log_loses_nothing_that_was_acknowledged() {
    let workspace = Workspace::new();
    begin(&workspace, "log");
    let mut acknowledged: Vec<(String, u64)> = Vec::new();
    let mut round = 0_u64;
    // On a machine that is busy nothing may be acknowledged so soon: then the log lives longer.
    while round < 6 || acknowledged.is_empty() && round < 12 {
        let delay = if round < 6 { 20 + round * 35 } else { 250 << (round - 6) };
        let mut serving = Serving::start(&workspace, &["log", "serve", "log"]);
        let url = serving.url.clone();
        let files: Vec<String> = (0..6).map(|n| statement(&workspace, &format!("s{round}-{n}"))).collect();
        // Several submit at once, and the log dies while they do.
        let killer = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(delay));
            serving.child.kill().unwrap();
            serving.child.wait().unwrap();
        });
        let answers = std::thread::scope(|scope| {
            let one = |file: String| {
                let (workspace, url) = (&workspace, &url);
                scope.spawn(move || added(workspace, url, &file).map(|index| (file, index)))
            };
            let asked: Vec<_> = files.into_iter().map(one).collect();
            asked.into_iter().filter_map(|asked| asked.join().unwrap()).collect::<Vec<_>>()
        });
        acknowledged.extend(answers);
        killer.join().unwrap();
        workspace.run(&["log", "fsck", "log"], 0);
        round += 1;
    }
    // Submitted again, each is where it was; those that got no answer find a place now.
    for (file, index) in &acknowledged {
        assert_eq!(added(&workspace, "log", file), Some(*index), "{file}");
    }
    assert!(!acknowledged.is_empty(), "no submission was quick enough: the test shows nothing");
    workspace.run(&["log", "fsck", "log"], 0);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_said_and_the_log_goes_on_when_there_is_room() {
    let workspace = Workspace::new();
    filled(&workspace, "log", &["one"]);
    let file = statement(&workspace, "two");
    // No file may grow: every write fails as on a full disk.
    let binary = assert_cmd::cargo::cargo_bin("overt");
    let line = format!("trap '' XFSZ; ulimit -f 0; exec {} log add log {file}", binary.display());
    let output = Process::new("sh")
        .args(["-c", &line])
        .current_dir(workspace.path())
        .env("OVERT_HOME", workspace.path().join("home"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    workspace.run(&["log", "fsck", "log"], 0);
    assert_eq!(added(&workspace, "log", &file), Some(1));
    workspace.run(&["log", "fsck", "log"], 0);
}

#[test]
fn a_record_is_taken_down_and_the_log_keeps_that_it_was_there() {
    let workspace = Workspace::new();
    workspace.run(&["key", "new", "me", "--issuer", "A laboratory", "--no-passphrase"], 0);
    workspace.run(&["key", "new", "other", "--issuer", "Another", "--no-passphrase"], 0);
    begin(&workspace, "log");
    workspace.run(&["key", "revoke", "me", "--log", "log"], 0);
    let bodies = || workspace.run(&["log", "fsck", "log"], 0).0;
    let redact = |key: &str| {
        let told = ["--reason", "personal-data", "--authority", "The issuer", "--key", key, "--log", "log"];
        let redact = ["log", "redact", "me-revoke.overt.json", "--out"];
        workspace.run(&[&redact[..], &[&format!("{key}.overt.json")], &told[..]].concat(), 0).1
    };
    // Somebody else's redaction is logged, and takes nothing down.
    redact("other");
    let erase = |redaction: &str, code| {
        workspace.run(&["log", "erase", "log", "--entry", "0", "--redaction", redaction], code)
    };
    let (_, said) = erase("1", 2);
    assert!(said.contains("neither the record's own nor"), "{said}");
    assert!(redact("me").contains("overt log erase DIR --entry 0 --redaction 2"));
    assert!(bodies().contains("3 here, 0 erased"));
    erase("2", 0);
    assert!(bodies().contains("2 here, 1 erased"));
    // The proof that somebody has goes on to hold, the log is whole, and who asks is told.
    workspace.run(&["verify", "me-revoke.overt.json", "--policy", "log/log.policy"], 0);
    workspace.run(&["log", "fsck", "log"], 0);
    let online = [
        "verify",
        "me-revoke.overt.json",
        "--policy",
        "log/log.policy",
        "--online",
        "--log",
        "log",
        "--json",
    ];
    let (page, _) = workspace.run(&online, 1);
    assert!(page.contains("the record was redacted at index 2"), "{page}");
    erase("2", 0);
    workspace.run(&["log", "erase", "log", "--entry", "9", "--redaction", "2"], 2);
}
