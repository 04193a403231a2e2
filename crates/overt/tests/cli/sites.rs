//! A public site as its operator and its visitors meet it.

use std::fs;
use std::process::Command as Process;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::log::Serving;
use crate::publishing::ran;
use crate::visitor::{Visitor, between};
use crate::workspace::Workspace;

const LETTER: &str = "A Letter\n\nWe ask for\n\n  1. one thing, and\n  2. another.\n\nSignatories\n\n  1. A Reader, Example Library\n  2. Another Reader\n\nSee all 40 signatures\n";

/// A site with a letter in its log; the statement's digest.
fn with_letter(workspace: &Workspace) -> String {
    workspace.run(&["site", "init", "--no-passphrase"], 0);
    workspace.write("letter.txt", LETTER);
    let import = ["statement", "import", "letter.txt", "--log", "site/log", "--key", "site"];
    let (said, _) = workspace.run(&import, 0);
    said.lines().find_map(|line| line.trim().strip_prefix("record  ")).unwrap().to_owned()
}

/// The text of the first mail that comes, without its transfer encoding.
fn mail(workspace: &Workspace) -> String {
    let begin = Instant::now();
    loop {
        let files = fs::read_dir(workspace.path().join("site/mails")).unwrap().flatten();
        let mail =
            files.map(|file| file.path()).find(|path| path.extension().is_some_and(|ending| ending == "eml"));
        if let Some(path) = mail {
            return fs::read_to_string(path).unwrap().replace("=\r\n", "").replace("=3D", "=");
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "no mail came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_letter_is_signed_by_mail_and_the_signature_is_in_the_log() {
    let workspace = Workspace::new();
    let record = with_letter(&workspace);
    let serving = Serving::start(&workspace, &["serve"]);
    let visitor = Visitor::of(&serving.url);
    let page = visitor.get(&format!("/statements/{record}"));
    assert!(
        page.status == 200 && page.text.contains("A Reader") && page.text.contains("40"),
        "{}",
        page.text
    );

    let answers = [
        ("name", "Reader Three"),
        ("shown", "name"),
        ("capacity", "person"),
        ("address", "three@example.edu"),
        ("agreed", "yes"),
    ];
    let sent = visitor.fill_in(&format!("/statements/{record}/sign"), &answers);
    assert_eq!(sent.status, 200, "{}", sent.text);
    let mail = mail(&workspace);
    let secret = between(&mail, "/confirm/", "?").unwrap();
    let secret = secret.split_whitespace().next().unwrap().to_owned();
    let confirmed = visitor.fill_in(&format!("/confirm/{secret}"), &[]);
    assert!(confirmed.status < 400, "{}", confirmed.text);
    let list = visitor.get(&format!("/statements/{record}/signatures"));
    assert!(list.text.contains("Reader Three"), "{}", list.text);
    assert!(!list.text.contains("three@example.edu"));
    serving.end();

    // Anybody who reads the log gets the same list.
    let (pem, _) = workspace.run(&["key", "export", "site"], 0);
    workspace.write("site.pem", &pem);
    let listing =
        ["statement", "list", "statement.overt.json", "site/log", "--vouching", "site.pem", "--json"];
    let listed: Value = serde_json::from_str(&workspace.run(&listing, 0).0).unwrap();
    assert_eq!(listed["signatures"][0]["name"], "Reader Three", "{listed}");
    assert_eq!(listed["signatures"][0]["domain"], "example.edu", "{listed}");
    assert_eq!((&listed["counts"]["listed"], &listed["counts"]["statedTotal"]), (&2.into(), &40.into()));
}

#[test]
fn an_organisation_signs_by_its_domain_and_who_reads_it_asks_the_domain() {
    let workspace = Workspace::new();
    with_letter(&workspace);
    workspace.run(&["key", "new", "institute", "--issuer", "Example Institute", "--no-passphrase"], 0);
    let sign = ["statement", "sign", "statement.overt.json", "--organisation", "--name", "Example Institute"];
    let with = ["--log", "site/log", "--key", "institute", "--domain", "institute.invalid"];
    let (_, told) = workspace.run(&[sign.as_slice(), with.as_slice()].concat(), 0);
    for words in ["https://institute.invalid/.well-known/overt-key", "_overt-key.institute.invalid TXT "] {
        assert!(told.contains(words), "{told}");
    }
    // Nobody publishes anything below .invalid (RFC 2606): the signature holds, and whose it is nobody can say.
    let verify = ["verify", "endorsement.overt.json", "--domain", "institute.invalid"];
    let (page, told) = workspace.run(&verify, 1);
    assert!(page.contains("✗ the issuer's key is one that you trust"), "{page}");
    assert!(told.contains("institute.invalid: https://institute.invalid/.well-known/overt-key: "), "{told}");
    let list = ["statement", "list", "statement.overt.json", "site/log", "--format", "json"];
    let (listed, _) = workspace.run(&[list.as_slice(), &["--domain", "institute.invalid"]].concat(), 0);
    assert!(listed.contains("Example Institute") && !listed.contains("domain_key\": 1"), "{listed}");
    workspace.run(&["verify", "endorsement.overt.json", "--domain", "a\u{1b}[2Jb"], 2);
}

#[test]
fn one_command_makes_a_public_page_of_a_run() {
    let workspace = ran();
    let serving = Serving::start(&workspace, &["serve", "--no-passphrase", "--publish"]);
    let visitor = Visitor::of(&serving.url);
    let page = visitor.get("/evaluations");
    let record = between(&page.text, "href=\"/evaluations/", "\"");
    let record = record.unwrap_or_else(|| panic!("{}", page.text));
    let page = visitor.get(&format!("/evaluations/{record}"));
    assert!(page.status == 200 && page.text.contains("0.65"), "{}", page.text);
    let samples = visitor.get(&format!("/evaluations/{record}/samples"));
    assert!(samples.text.contains("question number"), "{}", samples.text);
    // The log is the same address.
    let checkpoint = visitor.get("/checkpoint");
    assert!(checkpoint.text.starts_with("localhost/"), "{}", checkpoint.text);
    let said = serving.end();
    assert!(!said.contains("error"), "{said}");
    // What was published once is published again without another record.
    let serving = Serving::start(&workspace, &["serve", "--publish"]);
    assert!(Visitor::of(&serving.url).get("/checkpoint").text.contains("\n1\n"));
}

#[test]
fn a_site_is_written_as_files_and_its_index_is_made_anew() {
    let workspace = Workspace::new();
    let record = with_letter(&workspace);
    let (said, _) = workspace.run(&["site", "export", "--out", "public", "--json"], 0);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert!(said["files"].as_u64().unwrap() > 10, "{said}");
    let page = workspace.read(&format!("public/statements/{record}/index.html"));
    assert!(page.contains("Another Reader"), "{page}");
    fs::remove_dir_all(workspace.path().join("site/derived")).unwrap();
    let (said, _) = workspace.run(&["index", "rebuild", "--json"], 0);
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["entries"], 2);
    let (said, _) = workspace.run(&["site", "export", "--out", "public", "--json"], 0);
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["changed"], 0, "{said}");
    workspace.write("mine/notes.txt", "mine");
    let (_, said) = workspace.run(&["site", "export", "--out", "mine"], 2);
    assert!(said.contains("not an export"), "{said}");
}

#[test]
fn a_token_lets_somebody_in_until_it_is_revoked() {
    let workspace = Workspace::new();
    with_letter(&workspace);
    let (token, _) = workspace.run(&["site", "token", "new", "Desk 1"], 0);
    let (_, said) = workspace.run(&["site", "token", "new", "Desk 1"], 2);
    assert!(said.contains("has a token already"), "{said}");
    let serving = Serving::start(&workspace, &["serve"]);
    let visitor = Visitor::of(&serving.url);
    assert_eq!(visitor.get("/moderation").location.as_deref(), Some("/login"));
    let entered = visitor.fill_in("/login", &[("token", token.trim())]);
    assert_eq!(entered.status, 303, "{}", entered.text);
    assert_eq!(visitor.get("/moderation").status, 200);
    let (_, said) = workspace.run(&["site", "token", "list"], 3);
    assert!(said.contains("in use"), "{said}");
    serving.end();
    workspace.run(&["site", "token", "revoke", "Desk 1", "--reason", "left"], 0);
    let (listed, _) = workspace.run(&["site", "token", "list", "--json"], 0);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert!(listed[0]["revoked"].is_string() && !listed.to_string().contains(token.trim()), "{listed}");
    let serving = Serving::start(&workspace, &["serve"]);
    let visitor = Visitor::of(&serving.url);
    let refused = visitor.fill_in("/login", &[("token", token.trim())]);
    assert!((400..500).contains(&refused.status), "{}", refused.text);
}

#[test]
fn a_site_speaks_tls_itself_and_answers_nobody_who_does_not() {
    let workspace = Workspace::new();
    with_letter(&workspace);
    let make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 1 \
                -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1";
    let curl = |arguments: &[&str]| {
        Process::new("curl").arg("-s").args(arguments).current_dir(workspace.path()).output()
    };
    let made = Process::new("openssl").args(make.split_whitespace()).current_dir(workspace.path()).output();
    let (Ok(made), Ok(_)) = (made, curl(&["--version"])) else {
        eprintln!("SKIPPED: openssl and curl are not here, so nobody speaks TLS with a site");
        return;
    };
    assert!(made.status.success(), "{made:?}");
    let serving = Serving::start(&workspace, &["serve", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    let address = serving.url.trim_start_matches("https://").trim_end_matches('/').to_owned();
    // Somebody who connects and says nothing holds up nobody.
    let silent = std::net::TcpStream::connect(&address).unwrap();
    let checkpoint = curl(&["--cacert", "cert.pem", &format!("{}checkpoint", serving.url)]).unwrap();
    assert!(String::from_utf8_lossy(&checkpoint.stdout).starts_with("localhost/"), "{checkpoint:?}");
    let plain = curl(&[&format!("http://{address}/checkpoint")]).unwrap();
    assert!(!plain.status.success() && plain.stdout.is_empty(), "{plain:?}");
    drop(silent);
    serving.end();
    for (certificate, key, words) in [
        ("key.pem", "key.pem", "--tls-cert"),
        ("cert.pem", "cert.pem", "--tls-key"),
        ("none.pem", "key.pem", "none.pem"),
        ("letter.txt", "key.pem", "--tls-cert"),
    ] {
        let (_, said) = workspace.run(&["serve", "--tls-cert", certificate, "--tls-key", key], 2);
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
}

#[test]
fn what_cannot_be_a_site_is_told_with_a_way_out() {
    let workspace = Workspace::new();
    let refused = |arguments: &[&str], code: i32, words: &str| {
        let (_, said) = workspace.run(arguments, code);
        assert!(said.contains(words) && said.contains("next"), "{words:?} is not in\n{said}");
    };
    refused(&["index", "rebuild", "--data", "none"], 2, "there is no site in none");
    refused(&["serve", "--listen", "0.0.0.0:0", "--no-passphrase"], 2, "--url");
    refused(&["site", "init", "--url", "not an address", "--no-passphrase"], 2, "not an address");
    refused(&["site", "init", "--url", "https://example.org/?a", "--no-passphrase"], 2, "query");
    workspace.write("overt.toml", "[site]\nnaem = \"x\"\n");
    let (_, said) = workspace.run(&["site", "init", "--no-passphrase"], 2);
    assert!(said.contains("naem") && said.contains("overt.toml"), "{said}");
    workspace.write(
        "overt.toml",
        "[site]\nadmission = \"admission.toml\"\nurl = \"https://register.example.org\"\n",
    );
    workspace.write("admission.toml", "[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n");
    workspace.run(&["site", "init", "--no-passphrase"], 0);
    assert!(workspace.read("site/log/log.policy").contains("log register.example.org+"));
    refused(&["index", "rebuild"], 2, "authorities");
    workspace.write("notes/mine.txt", "mine");
    let (_, said) = workspace.run(&["site", "init", "--data", "notes", "--no-passphrase"], 2);
    assert!(said.contains("not a site's"), "{said}");
}
