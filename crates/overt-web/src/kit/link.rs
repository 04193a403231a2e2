//! Addresses: what comes from outside is escaped before it stands in one.

use std::fmt::Write as _;

/// A text as one segment of a path.
///
/// Browsers resolve `.` and `..` in a path, escaped or not, and an empty segment is easily lost: these, and what begins
/// with `~`, get a `~` put before them. [`unsegment`] takes it away.
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    if matches!(text, "" | "." | "..") || text.starts_with('~') {
        out.push('~');
    }
    escape(text, &mut out);
    out
}

/// The text of a segment that was unescaped already.
pub fn unsegment(segment: &str) -> &str {
    segment.strip_prefix('~').unwrap_or(segment)
}

/// Everything but unreserved characters (RFC 3986, section 2.3) is escaped.
fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            byte => {
                // Writing to a String does not fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

/// What stands after the question mark, pair by pair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(&'static str, String)>);

impl Query {
    /// Without a pair.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one pair more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// With one pair more, if there is a value.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Without the pairs of a name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| *known != name);
        self
    }

    /// The pairs, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The address of a path with this query.
    pub fn on(&self, path: &str) -> String {
        let mut out = path.to_owned();
        for (at, (name, value)) in self.0.iter().enumerate() {
            out.push(if at == 0 { '?' } else { '&' });
            escape(name, &mut out);
            out.push('=');
            escape(value, &mut out);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_never_one_that_a_browser_resolves() {
        let texts = ["", ".", "..", "~", "~..", "a/b", "a b&c=?#%2e", "é", "\u{0}\n"];
        for text in texts {
            let written = segment(text);
            assert!(!written.contains('/') && !["", ".", ".."].contains(&&*written), "{written}");
            assert!(written.bytes().all(|byte| byte.is_ascii_graphic()), "{written}");
        }
        assert_eq!(["a/b", ".", "~x"].map(segment), ["a%2Fb", "~.", "~~x"]);
        assert_eq!(["~.", "~", "~~x", "plain"].map(unsegment), [".", "", "~x", "plain"]);
    }

    #[test]
    fn a_query_escapes_what_it_is_given() {
        let query = Query::new().with("text", "a&b=\"<é").with_some("task", None::<String>).with("page", "2");
        assert_eq!(query.on("/x"), "/x?text=a%26b%3D%22%3C%C3%A9&page=2");
        assert_eq!(query.without("text").on("/x"), "/x?page=2");
        assert_eq!(Query::new().on("/x"), "/x");
    }
}
