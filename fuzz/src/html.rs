//! A reader of HTML that takes what overt writes and nothing else: whatever it takes, every browser reads alike.

/// The start of an element.
pub struct Tag<'a> {
    pub name: &'a str,
    /// Names with their values as they are meant; an attribute without a value has an empty one.
    pub attributes: Vec<(&'a str, String)>,
    /// The elements around it, the innermost last.
    pub around: Vec<&'a str>,
}

impl Tag<'_> {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

const VOID: [&str; 7] = ["br", "col", "hr", "img", "input", "link", "meta"];

/// Reads a page or a part of one, and gives the words in it but for those that stand in fields of forms.
///
/// # Panics
/// When an element is not closed where it should be, an attribute is not quoted or there twice, a `<`, `>` or `"` stands
/// among words, or an `&` begins no entity that overt writes.
pub fn read<'a>(page: &'a str, mut each: impl FnMut(&Tag<'a>)) -> String {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap_or(page);
    let mut open: Vec<&str> = Vec::new();
    let mut words = String::new();
    while let Some(at) = rest.find('<') {
        let said = meant(&rest[..at]);
        if open.last() != Some(&"textarea") {
            words.push_str(&said);
        }
        rest = &rest[at + 1..];
        if let Some(closing) = rest.strip_prefix('/') {
            let (name, after) = closing.split_once('>').expect("an end tag ends");
            assert_eq!(open.pop(), Some(name), "an element closes where another is open");
            rest = after;
            continue;
        }
        let (name, after) = name(rest);
        let (attributes, after) = attributes(after);
        each(&Tag { name, attributes, around: open.clone() });
        if !VOID.contains(&name) {
            open.push(name);
        }
        rest = after;
    }
    words.push_str(&meant(rest));
    assert!(open.is_empty(), "elements stay open: {open:?}");
    words
}

fn name(text: &str) -> (&str, &str) {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-:".contains(c);
    let end = text.find(|c: char| !is_part(c) && !c.is_ascii_uppercase()).unwrap_or(text.len());
    assert!(text.starts_with(|c: char| c.is_ascii_lowercase()), "a tag begins with its name");
    text.split_at(end)
}

fn attributes(mut rest: &str) -> (Vec<(&str, String)>, &str) {
    let mut found: Vec<(&str, String)> = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let (attribute, after) = name(rest.strip_prefix(' ').expect("one space stands before an attribute"));
        let (value, after) = match after.strip_prefix("=\"") {
            Some(after) => after.split_once('"').expect("a value is quoted to its end"),
            None => ("", after),
        };
        assert!(found.iter().all(|(known, _)| *known != attribute), "an attribute stands twice");
        found.push((attribute, meant(value)));
        rest = after;
    }
}

/// The words without their escapes.
fn meant(words: &str) -> String {
    assert!(!words.contains(['<', '>', '"']), "markup among words");
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (entity, after) = rest[at + 1..].split_once(';').expect("an entity ends");
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("an entity that overt does not write: {other}"),
        });
        rest = after;
    }
    out + rest
}

/// Whether a character is obeyed or hides something: controls, and what turns the direction of text round.
pub fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
        || matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}
