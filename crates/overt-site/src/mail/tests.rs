use std::sync::Mutex;

use lettre::message::header::Subject;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;

fn sender() -> Sender {
    Sender {
        name: "Example Signatures".parse().unwrap(),
        address: MailAddress::parse("sign@example.org").unwrap(),
    }
}

fn mail(subject: &str, text: &str) -> Mail {
    Mail {
        to: MailAddress::parse("reader@example.edu").unwrap(),
        subject: subject.parse().unwrap(),
        text: text.parse().unwrap(),
        id: "00112233445566778899aabbccddeeff".into(),
    }
}

#[test]
fn a_mail_is_plain_text_and_says_that_a_machine_wrote_it() {
    let text = String::from_utf8(
        message(&mail("Bestätigung — 確認", "Zeile é\nnext"), &sender()).unwrap().formatted(),
    )
    .unwrap();
    for header in [
        "From: \"Example Signatures\" <sign@example.org>",
        "To: reader@example.edu",
        "Auto-Submitted: auto-generated",
        "Message-ID: <00112233445566778899aabbccddeeff@example.org>",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(text.contains(header), "{header}\n{text}");
    }
    assert!(text.is_ascii() && !text.to_lowercase().contains("<html"));
    assert_eq!(text.matches("\r\n").count(), text.matches('\n').count());
}

#[test]
fn nothing_in_a_mail_can_add_a_header() {
    for hostile in
        ["a\r\nBcc: x@example.com", "a\nBcc: x@example.com", "a\rb", "a\0b", "a\u{85}b", "a\u{2028}b"]
    {
        assert!(hostile.parse::<Name>().is_err(), "a subject can't hold it: {hostile:?}");
        assert!(MailAddress::parse(&format!("reader@example.edu{hostile}")).is_err());
        // Made fit, as mails make their subjects, it is one line.
        let subject = Name::cleaned(hostile).unwrap();
        let mail = Mail { subject, ..mail("x", "y") };
        let formatted = message(&mail, &sender()).unwrap();
        assert!(formatted.headers().get::<Subject>().is_some());
        let text = String::from_utf8(formatted.formatted()).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
    }
    // A line of a text that looks like the end of a mail, or like a header, is text.
    let text = "first\n.\nBcc: x@example.com\n\nFrom: y";
    let formatted = String::from_utf8(message(&mail("x", text), &sender()).unwrap().formatted()).unwrap();
    let (head, body) = formatted.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("Bcc") && body.contains("Bcc"));
}

#[tokio::test]
async fn mails_are_written_as_files_and_the_same_mail_once() {
    let directory = tempfile::tempdir().unwrap();
    let mailer = DirectoryMailer::new(directory.path().into(), sender());
    for _ in 0..2 {
        mailer.send(&mail("x", "words")).await.unwrap();
    }
    let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().flatten().collect();
    assert_eq!(files.len(), 1);
    assert!(std::fs::read_to_string(files[0].path()).unwrap().contains("words"));
    let escaping = Mail { id: "../../x".into(), ..mail("x", "y") };
    assert!(matches!(mailer.send(&escaping).await, Err(MailError::Refused(_))));
    let nowhere = DirectoryMailer::new(directory.path().join("none"), sender());
    assert!(matches!(nowhere.send(&mail("x", "y")).await, Err(MailError::Later(_))));
}

/// A server that answers each command by a rule, and keeps what it was told.
struct FakeServer {
    port: u16,
    told: std::sync::Arc<Mutex<Vec<String>>>,
}

/// `None` drops the connection.
async fn fake(answer: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> FakeServer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = std::sync::Arc::new(Mutex::new(Vec::new()));
    let keeps = told.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (reader, mut writer) = stream.into_split();
            let mut lines = BufReader::new(reader).lines();
            let _ = writer.write_all(b"220 fake\r\n").await;
            let mut data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                keeps.lock().unwrap().push(line.clone());
                let command = if data && line == "." { "." } else { line.as_str() };
                if data && command != "." {
                    continue;
                }
                data = command == "DATA";
                let Some(reply) = answer(command) else { break };
                let _ = writer.write_all(format!("{reply}\r\n").as_bytes()).await;
            }
        }
    });
    FakeServer { port, told }
}

fn polite(command: &str) -> &'static str {
    match command.split(' ').next().unwrap_or_default() {
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 ok",
    }
}

fn smtp(port: u16, encryption: Encryption) -> SmtpMailer {
    let options = SmtpOptions { host: "127.0.0.1".into(), port, encryption, credentials: None };
    SmtpMailer::new(options, sender()).unwrap()
}

#[tokio::test]
async fn a_server_that_takes_a_mail_gets_it_for_one_person() {
    let server = fake(|command| Some(polite(command))).await;
    smtp(server.port, Encryption::None).send(&mail("x", "first\n.\n.second")).await.unwrap();
    let told = server.told.lock().unwrap().join("\n");
    assert!(told.contains("MAIL FROM:<sign@example.org>") && told.contains("EHLO example.org"));
    assert_eq!(told.matches("RCPT TO:<").count(), 1);
}

#[tokio::test]
async fn what_a_server_refuses_is_refused_and_what_breaks_is_tried_later() {
    let refuses = fake(|command| {
        if command.starts_with("RCPT") {
            Some("550 no such user reader@example.edu")
        } else {
            Some(polite(command))
        }
    })
    .await;
    let error = smtp(refuses.port, Encryption::None).send(&mail("x", "y")).await.unwrap_err();
    assert!(matches!(&error, MailError::Refused(words) if !words.contains("reader")), "{error:?}");
    let greylists =
        fake(|command| if command.starts_with("RCPT") { Some("451 later") } else { Some(polite(command)) })
            .await;
    assert!(matches!(
        smtp(greylists.port, Encryption::None).send(&mail("x", "y")).await,
        Err(MailError::Later(_))
    ));
    for drops in ["EHLO", "MAIL", "RCPT", "DATA", "."] {
        let server =
            fake(move |command| if command.starts_with(drops) { None } else { Some(polite(command)) }).await;
        let found = smtp(server.port, Encryption::None).send(&mail("x", "y")).await;
        assert!(matches!(found, Err(MailError::Later(_))), "{drops}: {found:?}");
    }
    assert!(matches!(smtp(1, Encryption::None).send(&mail("x", "y")).await, Err(MailError::Later(_))));
}

#[tokio::test]
async fn where_encryption_is_asked_for_nothing_goes_out_without() {
    let server = fake(|command| Some(polite(command))).await;
    let found = smtp(server.port, Encryption::StartTls).send(&mail("x", "y")).await;
    assert!(found.is_err());
    assert!(!server.told.lock().unwrap().iter().any(|line| line.starts_with("MAIL")));
}
