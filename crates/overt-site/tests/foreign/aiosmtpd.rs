//! `aiosmtpd` (PyPI): a server that takes mail, and Python's parser of mails.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use overt_site::mail::{Encryption, Mail, Mailer as _, Sender, SmtpMailer, SmtpOptions};
use overt_statement::MailAddress;
use serde_json::Value;

use crate::judge::Judge;

struct Sink {
    child: Child,
    lines: BufReader<ChildStdout>,
    port: u16,
}

impl Sink {
    fn start() -> Option<Self> {
        let mut command = Judge::python("aiosmtpd.py")?.command([""; 0]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut sink = Self { child, lines, port: 0 };
        let mut line = String::new();
        sink.lines.read_line(&mut line).unwrap();
        let Ok(port) = line.trim().parse() else {
            eprintln!("SKIPPED: aiosmtpd does not start; `script/setup --check` installs it");
            return None;
        };
        sink.port = port;
        Some(sink)
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_word_for_word_and_without_defects() {
    let Some(mut sink) = Sink::start() else { return };
    let options = SmtpOptions {
        host: "127.0.0.1".into(),
        port: sink.port,
        encryption: Encryption::None,
        credentials: None,
    };
    let sender = Sender {
        name: "Signatures, „Beispiel“ <x@example.com>".parse().unwrap(),
        address: MailAddress::parse("sign@example.org").unwrap(),
    };
    let mailer = SmtpMailer::new(options, sender).unwrap();
    let long = "w".repeat(3000);
    let text = format!("Łukasz, 確認\n.\n..two dots\nFrom: nobody\n\ttab = sign\n{long}\n\n— end");
    let subject = format!("Please confirm: Ünïcode 確認 {}", "and long ".repeat(20).trim());
    let mail = Mail {
        to: MailAddress::parse("reader+letters@example.edu").unwrap(),
        subject: subject.parse().unwrap(),
        text: text.parse().unwrap(),
        id: "00112233445566778899aabbccddeeff".into(),
    };
    mailer.send(&mail).await.unwrap();
    let found = sink.next();
    assert_eq!(found["from"], "sign@example.org");
    assert_eq!(found["to"], serde_json::json!(["reader+letters@example.edu"]));
    assert_eq!(found["defects"], serde_json::json!([]));
    assert_eq!(found["type"], "text/plain");
    let header = |wanted: &str| {
        let headers = found["headers"].as_array().unwrap().iter().filter(|header| header[0] == wanted);
        headers.map(|header| header[1].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(header("Subject"), [subject]);
    assert_eq!(header("To"), ["reader+letters@example.edu"]);
    assert!(header("From")[0].ends_with("<sign@example.org>"), "{:?}", header("From"));
    assert_eq!(header("Auto-Submitted"), ["auto-generated"]);
    assert_eq!(header("Message-ID"), ["<00112233445566778899aabbccddeeff@example.org>"]);
    assert_eq!(found["text"].as_str().unwrap().replace("\r\n", "\n").trim_end(), text);
}
