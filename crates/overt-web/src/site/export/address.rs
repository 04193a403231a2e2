//! Addresses of a site, and the files that they become.

/// What a static copy has no use for: acts, sessions, searches, and what only a server can answer.
const LEFT_OUT: [&str; 15] = [
    "/compare",
    "/report",
    "/login",
    "/logout",
    "/moderation",
    "/audit",
    "/confirm",
    "/withdraw",
    "/add",
    "/healthz",
    "/health",
    "/metrics",
    "/complaint",
    "/tokens",
    "/admin",
];

/// Files whose names end so are written as they are; everything else is a page, and gets a folder.
const ENDINGS: [&str; 13] =
    ["json", "txt", "xml", "atom", "css", "js", "svg", "gz", "parquet", "tlog-proof", "csv", "md", "pem"];

/// The longest name of a file or folder.
const LONGEST: usize = 200;

/// An address within the site that is written as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// As it was written, escaped.
    path: String,
    /// `page=2`, `after=17` or `listed=200`.
    turn: Option<(String, u64)>,
}

impl Address {
    /// Reads the target of a link; `None` if it leads elsewhere, or to what is not written.
    pub(super) fn read(href: &str) -> Option<Self> {
        let href = href.split('#').next().unwrap_or_default();
        let (path, query) = href.split_once('?').unwrap_or((href, ""));
        if !path.starts_with('/') || path.starts_with("//") || is_left_out(path) {
            return None;
        }
        let segments = path.split('/').skip(1);
        let is_sane = |segment: &str| {
            segment.len() <= LONGEST
                && !matches!(&*unescaped(segment), "." | "..")
                && segment.bytes().all(is_plain)
        };
        if !segments.clone().all(is_sane) || (path != "/" && segments.clone().any(str::is_empty)) {
            return None;
        }
        Some(Self { path: path.to_owned(), turn: turn(query) })
    }

    /// What a server is asked for.
    pub(super) fn request(&self) -> String {
        match &self.turn {
            Some((name, number)) => format!("{}?{name}={number}", self.path),
            None => self.path.clone(),
        }
    }

    /// The path of its file below the export's directory. What a file server unescapes in addresses, it looks for unescaped.
    pub(super) fn file(&self) -> String {
        let link = self.link();
        let path = link.trim_start_matches('/');
        let path = if link.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        path.split('/').map(unescaped).collect::<Vec<_>>().join("/")
    }

    /// The address in the export.
    pub(super) fn link(&self) -> String {
        let path = self.path.split('/').map(marked).collect::<Vec<_>>().join("/");
        let path = path.trim_end_matches('/');
        match &self.turn {
            Some((name, number)) => format!("{path}/{name}-{number}/"),
            None if self.is_file() => path.to_owned(),
            None => format!("{path}/"),
        }
    }

    /// Its link from another page, which does not say under which path of a host the export lies.
    pub(super) fn link_from(&self, page: &Self) -> String {
        format!("{}{}", page.way_up(), self.link().trim_start_matches('/'))
    }

    /// The way from a page's folder to the export's own.
    pub(super) fn way_up(&self) -> String {
        match self.link().matches('/').count() - 1 {
            0 => "./".to_owned(),
            depth => "../".repeat(depth),
        }
    }

    /// The address without its query.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is a further page of a list.
    pub(super) fn is_further(&self) -> bool {
        self.turn.is_some()
    }

    /// Names of tasks and samples are anybody's, so where they stand only the place of a segment says what a page is.
    fn is_file(&self) -> bool {
        let segments: Vec<&str> = self.path.split('/').skip(1).collect();
        let name = segments.last().copied().unwrap_or_default();
        let has_ending = name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
        match *segments.as_slice() {
            ["evaluations", _, "files", _]
            | ["evaluations", _, "samples", _, _, _, "texts", _]
            | ["incidents", _, "export", _]
            | ["tile" | "body" | ".well-known" | "search", ..]
            | ["checkpoint"] => true,
            ["tasks" | "evaluations", ..] => false,
            _ => has_ending,
        }
    }
}

/// A segment that would be taken for what the export itself names so gets a mark before it, which no segment of ours has.
fn marked(segment: &str) -> String {
    let is_ours = segment == "index.html"
        || ["page-", "after-", "listed-"].iter().any(|turn| segment.starts_with(turn));
    if is_ours { format!("={segment}") } else { segment.to_owned() }
}

fn is_left_out(path: &str) -> bool {
    let is_below =
        |root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    LEFT_OUT.iter().any(|root| is_below(root)) || path.ends_with("/sign") || path.ends_with("/widget")
}

/// Bytes that stand in an escaped segment.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%@:+,=!$&'()*;".contains(&byte)
}

/// Which page of a list a query asks for. Anything else it may say is a filter, and the list without it is shown; which
/// language a page is in is none, for an export is in one.
fn turn(query: &str) -> Option<(String, u64)> {
    let mut pairs = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
    let (name, value) = pairs.next()?.split_once('=')?;
    let number = value.parse().ok()?;
    (pairs.next().is_none() && matches!(name, "page" | "after" | "listed")).then(|| (name.to_owned(), number))
}

/// A segment as a file's name: unescaped, but for what no file's name may have.
fn unescaped(segment: &str) -> String {
    let mut out = Vec::with_capacity(segment.len());
    let bytes = segment.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let code = segment
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) if code != b'/' && code != 0 => {
                out.push(code);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| segment.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(href: &str) -> Option<String> {
        Address::read(href).map(|address| address.file())
    }

    #[test]
    fn addresses_become_files_that_a_file_server_finds() {
        for (href, expected) in [
            ("/", "index.html"),
            ("/evaluations", "evaluations/index.html"),
            ("/evaluations?after=17", "evaluations/after-17/index.html"),
            ("/tasks?page=2#x", "tasks/page-2/index.html"),
            ("/evaluations?system=x&after=17", "evaluations/index.html"),
            ("/statements/ab/signatures?lang=en&after=100", "statements/ab/signatures/after-100/index.html"),
            (
                "/statements/ab/signatures?lang=en&listed=100",
                "statements/ab/signatures/listed-100/index.html",
            ),
            ("/statements/ab/signatures?lang=de", "statements/ab/signatures/index.html"),
            ("/search/site/k6d61.json", "search/site/k6d61.json"),
            ("/find?q=x", "find/index.html"),
            ("/records/ab.overt.json", "records/ab.overt.json"),
            ("/tile/0/x001/067.p/3", "tile/0/x001/067.p/3"),
            ("/checkpoint", "checkpoint"),
            ("/tasks/a%20b", "tasks/a b/index.html"),
            ("/tasks/a%2Fb", "tasks/a%2Fb/index.html"),
        ] {
            assert_eq!(file(href).as_deref(), Some(expected), "{href}");
        }
    }

    #[test]
    fn links_lead_from_page_to_page_wherever_the_export_lies() {
        let from = |page: &str, to: &str| {
            let (page, to) = (Address::read(page).unwrap(), Address::read(to).unwrap());
            to.link_from(&page)
        };
        for (page, to, link) in [
            ("/", "/", "./"),
            ("/", "/about", "./about/"),
            ("/about", "/", "../"),
            ("/evaluations/ab", "/evaluations?after=3", "../../evaluations/after-3/"),
            ("/tasks/a%2Fb", "/tasks/a:b", "../../tasks/a:b/"),
            ("/evaluations?after=3", "/records/ab.overt.json", "../../records/ab.overt.json"),
        ] {
            assert_eq!(from(page, to), link, "{page} to {to}");
        }
    }

    #[test]
    fn names_that_are_anybodys_never_take_the_place_of_a_page() {
        for (href, expected) in [
            ("/tasks/index.html", "tasks/=index.html/index.html"),
            ("/tasks/page-2", "tasks/=page-2/index.html"),
            ("/tasks/x.json", "tasks/x.json/index.html"),
            (
                "/evaluations/ab/samples/index.html/texts/0",
                "evaluations/ab/samples/=index.html/texts/0/index.html",
            ),
            (
                "/evaluations/ab/samples/t/texts/0/texts/output",
                "evaluations/ab/samples/t/texts/0/texts/output",
            ),
            ("/evaluations/ab/samples/t/a.js/0", "evaluations/ab/samples/t/a.js/0/index.html"),
            ("/evaluations/ab/files/run.json", "evaluations/ab/files/run.json"),
        ] {
            assert_eq!(file(href).as_deref(), Some(expected), "{href}");
        }
    }

    #[test]
    fn what_leads_elsewhere_or_out_of_the_directory_is_no_file() {
        let long = format!("/tasks/{}", "a".repeat(300));
        for href in [
            "",
            "x",
            "//example.org/",
            "https://example.org/",
            "/../x",
            "/a/../../x",
            "/a//b",
            "/report",
            "/report/1",
            "/a b",
            "/é",
            &long,
        ] {
            assert_eq!(file(href), None, "{href}");
        }
        assert_eq!(file("/tasks/%2e%2e").as_deref(), None);
    }
}
