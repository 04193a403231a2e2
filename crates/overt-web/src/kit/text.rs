//! Text from outside: what a model wrote, names, titles.
//!
//! It is escaped like everything, and more: characters that are invisible, that a page would obey, or that turn the direction of the text
//! around are replaced by a mark that names them. An answer can so neither hide what it says nor change how its surroundings read.

use maud::{Markup, PreEscaped, html};

/// Codes that one mark names; of a longer row it says how many more there are.
const NAMED: usize = 4;

/// What is left of a text that is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut<'a> {
    /// What is shown.
    pub head: &'a str,
    /// How many bytes are not shown.
    pub more: usize,
}

/// The first bytes of a text, at most `limit`, ending between two characters.
pub fn cut(text: &str, limit: usize) -> Cut<'_> {
    if text.len() <= limit {
        return Cut { head: text, more: 0 };
    }
    let end = text.floor_char_boundary(limit);
    Cut { head: &text[..end], more: text.len() - end }
}

/// A text with line breaks, as it is, with everything invisible made visible.
pub fn visible(text: &str) -> Markup {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut hidden: Vec<char> = Vec::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\r' && rest.peek() == Some(&'\n') {
            continue;
        }
        if is_hidden(c, before, rest.peek().copied()) {
            hidden.push(c);
        } else {
            mark(&mut hidden, &mut out);
            escape(c, &mut out);
        }
        before = c;
    }
    mark(&mut hidden, &mut out);
    PreEscaped(out)
}

/// A name or a title within a line: cut to so many characters, isolated in its direction, line breaks shown.
pub fn inline(text: &str, limit: usize) -> Markup {
    let mut characters = text.trim().chars();
    let head: String = characters.by_ref().take(limit).map(|c| if c == '\n' { '⏎' } else { c }).collect();
    let more = characters.next().is_some();
    html! { bdi { (visible(&head)) @if more { "…" } } }
}

/// The same for a place where there can be no markup: an attribute, the page's title.
pub fn plain(text: &str, limit: usize) -> String {
    let mut characters = text.trim().chars().peekable();
    let mut before = ' ';
    let mut out = String::new();
    for _ in 0..limit {
        let Some(c) = characters.next() else { return out };
        let c = if c == '\n' { ' ' } else { c };
        out.push(if is_hidden(c, before, characters.peek().copied()) { '\u{fffd}' } else { c });
        before = c;
    }
    if characters.next().is_some() {
        out.push('…');
    }
    out
}

fn escape(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        c => out.push(c),
    }
}

/// Writes one mark for a row of hidden characters.
fn mark(hidden: &mut Vec<char>, out: &mut String) {
    if hidden.is_empty() {
        return;
    }
    let named: Vec<String> = hidden.iter().take(NAMED).map(|c| name(*c)).collect();
    let title: Vec<&str> = hidden.iter().take(NAMED).map(|c| meaning(*c)).collect();
    let more = hidden.len().saturating_sub(NAMED);
    let mark = html! {
        span.ctl title=(title.join(", ")) { (named.join(" ")) @if more > 0 { " +" (more) } }
    };
    out.push_str(&mark.into_string());
    hidden.clear();
}

fn name(c: char) -> String {
    match c {
        '\u{1b}' => "ESC".into(),
        '\0' => "NUL".into(),
        '\r' => "CR".into(),
        // A tag character stands for the ASCII character 0xE0000 below it.
        '\u{e0020}'..='\u{e007e}' => {
            let stands = char::from_u32(c as u32 - 0xe0000).unwrap_or('?');
            format!("tag {stands}")
        }
        c => format!("U+{:04X}", c as u32),
    }
}

fn meaning(c: char) -> &'static str {
    match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            "changes the direction of text"
        }
        '\u{e0000}'..='\u{e007f}' => "a tag: invisible text",
        c if c.is_control() => "a control character",
        _ => "an invisible character",
    }
}

/// Whether a character would not be seen, or be obeyed.
fn is_hidden(c: char, before: char, after: Option<char>) -> bool {
    match c {
        '\n' | '\t' => false,
        c if c.is_control() => true,
        // Joiners and variation selectors belong to scripts and to emoji; between ASCII characters they only hide.
        '\u{200c}' | '\u{200d}' => before.is_ascii() || after.is_none_or(|c| c.is_ascii()),
        '\u{fe00}'..='\u{fe0f}' => before.is_ascii() && !is_keycap_base(before) || is_selector(before),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
        // Private use has no meaning that a reader could know, and noncharacters none at all.
        | '\u{e000}'..='\u{f8ff}'
        | '\u{f0000}'..='\u{10ffff}' => true,
        _ => false,
    }
}

/// Digits, `#` and `*` are the bases of keycap emoji.
fn is_keycap_base(c: char) -> bool {
    c.is_ascii_digit() || c == '#' || c == '*'
}

fn is_selector(c: char) -> bool {
    ('\u{fe00}'..='\u{fe0f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        visible(text).into_string()
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(shown("<script>\"&'"), "&lt;script&gt;&quot;&amp;'");
        assert_eq!(inline("<b>", 10).into_string(), "<bdi>&lt;b&gt;</bdi>");
    }

    #[test]
    fn what_hides_or_turns_round_is_named() {
        for (text, name) in [
            ("a\u{202e}b", "U+202E"),
            ("a\u{0}b", "NUL"),
            ("a\u{1b}[2J", "ESC"),
            ("a\u{200b}b", "U+200B"),
            ("a\u{2066}b", "U+2066"),
            ("a\u{9b}b", "U+009B"),
            ("a\u{2028}b", "U+2028"),
            ("a\u{e0041}", "tag A"),
            ("a\u{200d}b", "U+200D"),
        ] {
            let shown = shown(text);
            assert!(shown.contains(name), "{shown}");
            assert!(text.chars().filter(|c| !c.is_ascii_graphic()).all(|c| !shown.contains(c)), "{shown}");
        }
    }

    #[test]
    fn what_scripts_and_emoji_need_stays() {
        for text in [
            "👩\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم",
            "日本語\tx\ny",
            "क\u{94d}\u{200d}ष",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_flood_of_hidden_characters_is_one_mark() {
        let flood = "\u{e0041}".repeat(100_000);
        let shown = shown(&flood);
        assert!(shown.len() < 300 && shown.contains("+99996"), "{}", shown.len());
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("ééé", 3), Cut { head: "é", more: 4 });
        assert_eq!(cut("abc", 3), Cut { head: "abc", more: 0 });
        assert_eq!(inline("abcdef", 3).into_string(), "<bdi>abc…</bdi>");
        assert_eq!(plain(" a\nb\u{202e}c", 9), "a b\u{fffd}c");
        assert_eq!(plain("می\u{200c}خواهم", 9), "می\u{200c}خواهم");
        assert_eq!((plain("abc", 3), plain("abcd", 3)), ("abc".into(), "abc…".into()));
    }
}
