//! Words, quotes and patterns of OpenSSH's text files.

/// The words of a line. Quotes hold spaces together; inside of them a backslash makes a quote a character.
pub(super) struct Words<'a> {
    rest: &'a str,
    first: bool,
}

impl<'a> Words<'a> {
    pub(super) const fn new(line: &'a str) -> Self {
        Self { rest: line, first: true }
    }
}

impl Iterator for Words<'_> {
    type Item = Result<String, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest.trim_ascii_start();
        if text.is_empty() {
            return None;
        }
        let Some(end) = end_of(text, |byte| byte.is_ascii_whitespace()) else {
            self.rest = "";
            return Some(Err("a quote is not closed"));
        };
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        // Only the principals may be quoted whole; the quotes of options are the options' business.
        let whole = std::mem::take(&mut self.first).then(|| unquote(word)).flatten();
        Some(Ok(whole.unwrap_or_else(|| word.to_owned())))
    }
}

/// Where the first byte outside quotes stands that ends a word; nowhere if a quote stays open.
fn end_of(text: &str, ends: impl Fn(u8) -> bool) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if !quoted && ends(byte) => return Some(at),
            _ => {}
        }
    }
    (!quoted).then_some(text.len())
}

/// The options of a word, separated by commas outside quotes.
pub(super) fn split_options(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(word);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = end_of(text, |byte| byte == b',').unwrap_or(text.len());
        rest = text.get(end + 1..);
        text.get(..end)
    })
}

/// What stands between the quotes of a text that is quoted from its first character to its last.
pub(super) fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(characters.next()?),
            '"' => return None,
            other => plain.push(other),
        }
    }
    Some(plain)
}

/// Whether a list of patterns matches a name: one of them does, and none with a leading `!` (ssh_config(5), "PATTERNS").
pub(super) fn matches(patterns: &[String], name: &str) -> bool {
    let (no, yes): (Vec<_>, Vec<_>) = patterns.iter().partition(|pattern| pattern.starts_with('!'));
    yes.iter().any(|pattern| matches_one(pattern, name))
        && !no.iter().any(|pattern| matches_one(&pattern[1..], name))
}

/// `*` stands for any characters, `?` for one. Going back to the last `*` alone is enough, and never takes longer than
/// the product of the two lengths.
fn matches_one(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<_>, Vec<_>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some('?') => (at, seen) = (at + 1, seen + 1),
            Some(character) if *character == name[seen] => (at, seen) = (at + 1, seen + 1),
            _ => match star {
                Some((star_at, tried)) => {
                    star = Some((star_at, tried + 1));
                    (at, seen) = (star_at + 1, tried + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

pub(super) fn clip(text: &str) -> String {
    text.chars().take(64).collect()
}
