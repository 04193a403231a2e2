//! One person's connection: HTTP/1.1 with keep-alive, a cookie, and the address that a proxy would name.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

/// A connection to the site.
pub(crate) struct Client {
    host: String,
    stream: BufStream<TcpStream>,
}

/// Who asks.
#[derive(Clone)]
pub(crate) struct Person {
    /// As a proxy in front would name it.
    pub(crate) address: String,
    pub(crate) cookie: Option<String>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Client {
    pub(crate) async fn connect(host: &str) -> Self {
        let stream = TcpStream::connect(host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { host: host.to_owned(), stream: BufStream::new(stream) }
    }

    /// The page with a form, and the form's token.
    pub(crate) async fn form(&mut self, path: &str, person: &mut Person) -> String {
        let page = self.ask("GET", path, "", person).await;
        assert_eq!(page.status, 200, "{path}\n{}", page.text);
        between(&page.text, "name=\"form-token\" value=\"", "\"").expect("a form has a token").to_owned()
    }

    pub(crate) async fn send(&mut self, path: &str, form: &str, person: &mut Person) -> Reply {
        self.ask("POST", path, form, person).await
    }

    async fn ask(&mut self, method: &str, path: &str, form: &str, person: &mut Person) -> Reply {
        let cookie = person.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: {}\r\n{cookie}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.host,
            person.address,
            form.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        let status = line.split(' ').nth(1).expect("a status").parse().unwrap();
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().unwrap();
            } else if name.eq_ignore_ascii_case("set-cookie") {
                person.cookie = value.split(';').next().map(str::to_owned);
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.unwrap();
        Reply { status, text: String::from_utf8(body).unwrap() }
    }
}

/// What stands between two texts.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}
