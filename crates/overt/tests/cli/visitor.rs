//! A visitor of a site, with one cookie jar and no JavaScript.

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// Somebody who looks at a site.
pub(crate) struct Visitor {
    host: String,
    cookie: RefCell<Option<String>>,
    /// The address that a proxy in front would name.
    address: Option<String>,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) text: String,
    /// Where it leads on, if it does.
    pub(crate) location: Option<String>,
}

impl Visitor {
    /// `url` is the site's address, as `overt serve` prints it.
    pub(crate) fn of(url: &str) -> Self {
        let host = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { host, cookie: RefCell::new(None), address: None }
    }

    /// The same, from another address, as a proxy in front of the site would name it.
    pub(crate) fn coming_from(self, address: String) -> Self {
        Self { address: Some(address), ..self }
    }

    pub(crate) fn get(&self, path: &str) -> Page {
        self.ask("GET", path, &[])
    }

    /// Opens a page with a form and sends it, with its token and these answers.
    pub(crate) fn fill_in(&self, path: &str, answers: &[(&str, &str)]) -> Page {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{path}\n{}", page.text);
        let token = between(&page.text, "name=\"form-token\" value=\"", "\"");
        let token = token.unwrap_or_else(|| panic!("{path} has no form\n{}", page.text));
        self.ask("POST", path, &[&[("form-token", token.as_str())], answers].concat())
    }

    fn ask(&self, method: &str, path: &str, form: &[(&str, &str)]) -> Page {
        let page = if method == "GET" { self.try_get(path) } else { self.try_post(path, form) };
        page.unwrap_or_else(|| panic!("{method} {path} was not answered"))
    }

    /// `None` if no whole answer came, as from a site that dies.
    pub(crate) fn try_get(&self, path: &str) -> Option<Page> {
        self.exchange("GET", path, "", b"")
    }

    /// The same for a form.
    pub(crate) fn try_post(&self, path: &str, form: &[(&str, &str)]) -> Option<Page> {
        let fields: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        self.exchange("POST", path, "application/x-www-form-urlencoded", fields.join("&").as_bytes())
    }

    /// The same for anything.
    pub(crate) fn exchange(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Page> {
        let (host, line) = (&self.host, |name: &str, value: &str| format!("{name}: {value}\r\n"));
        let cookie = self.cookie.borrow().as_deref().map(|cookie| line("Cookie", cookie)).unwrap_or_default();
        let address = self.address.as_deref().map(|from| line("X-Forwarded-For", from)).unwrap_or_default();
        let kind = if kind.is_empty() { String::new() } else { line("Content-Type", kind) };
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{cookie}{address}{kind}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(host).ok()?;
        stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).ok()?;
        self.read(&String::from_utf8_lossy(&reply))
    }

    fn read(&self, reply: &str) -> Option<Page> {
        let (head, text) = reply.split_once("\r\n\r\n")?;
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines
                .filter(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
                .next()
        };
        if header("content-length").is_some_and(|length| length.parse() != Ok(text.len())) {
            return None;
        }
        if let Some(cookie) = header("set-cookie") {
            *self.cookie.borrow_mut() = cookie.split(';').next().map(str::to_owned);
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Page { status, text: text.to_owned(), location: header("location") })
    }
}

/// What stands between two texts.
pub(crate) fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found.to_owned())
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
