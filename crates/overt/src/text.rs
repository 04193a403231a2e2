//! Text for terminals: what came from a model or a file is made harmless, lines are wrapped, numbers get a form.

use overt_schema::ToolDefinition;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Replaces everything that a terminal could obey: control characters, escape sequences, and the characters that
/// change the direction of text or are invisible. Line breaks stay, tabs become spaces.
pub(crate) fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push('\n'),
            '\t' => safe.push_str("    "),
            '\r' => {}
            c if c.is_control() => safe.push(picture(c)),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                safe.push('\u{fffd}');
            }
            c => safe.push(c),
        }
    }
    safe
}

/// The visible picture of a control character.
fn picture(c: char) -> char {
    match c {
        '\u{7f}' => '\u{2421}',
        c if (c as u32) < 0x20 => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        _ => '\u{fffd}',
    }
}

/// One line: harmless, line breaks shown as ⏎, cut to a display width with an ellipsis.
pub(crate) fn line(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    // Far more than fits is never looked at: an output can have megabytes.
    let head: String = text.chars().take(width * 4 + 64).collect();
    for c in harmless(head.trim()).chars() {
        let c = if c == '\n' { '⏎' } else { c };
        let w = c.width().unwrap_or(0);
        if used + w > width.saturating_sub(1) {
            out.push('…');
            return out;
        }
        used += w;
        out.push(c);
    }
    out
}

/// Harmless text, wrapped to a width, each line indented. A text beyond `limit` characters is cut, and says so.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str, limit: usize) -> String {
    let total = text.chars().count();
    let head: String = text.chars().take(limit).collect();
    let safe = harmless(head.trim_end());
    let options = textwrap::Options::new(width.max(20)).initial_indent(indent).subsequent_indent(indent);
    let mut lines: Vec<String> = Vec::new();
    for paragraph in safe.split('\n') {
        if paragraph.trim().is_empty() {
            lines.push(String::new());
        } else {
            lines.extend(textwrap::wrap(paragraph, &options).into_iter().map(std::borrow::Cow::into_owned));
        }
    }
    if total > limit {
        lines.push(format!("{indent}… and {} more characters", grouped((total - limit) as u64)));
    }
    lines.join("\n")
}

/// Harmless words in lines of a width, each indented. Only spaces are places to break at: a date, a digest or a path stays
/// whole, if need be beyond the width.
pub(crate) fn worded(text: &str, width: usize, indent: &str) -> String {
    let safe = harmless(text.trim());
    let options = textwrap::Options::new(width.max(20))
        .initial_indent(indent)
        .subsequent_indent(indent)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(&safe, options)
}

/// Pads to a display width on the right.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let used = text.width();
    format!("{text}{}", " ".repeat(width.saturating_sub(used)))
}

/// A whole number with thin groups: `12 345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// A quantity in round form: `148 k`, `2.1 M`.
pub(crate) fn round(number: u64) -> String {
    match number {
        0..=9_999 => grouped(number),
        10_000..=999_999 => format!("{} k", number / 1000),
        _ => format!("{:.1} M", number as f64 / 1e6),
    }
}

/// Bytes: `98 MB`, `1.6 GB`.
pub(crate) fn bytes(number: u64) -> String {
    match number {
        0..=999 => format!("{number} B"),
        1_000..=999_999 => format!("{} kB", number / 1000),
        1_000_000..=999_999_999 => format!("{} MB", number / 1_000_000),
        _ => format!("{:.1} GB", number as f64 / 1e9),
    }
}

/// A duration: `0.8 s`, `71 s`, `12 min 5 s`, `3 h 20 min`.
pub(crate) fn seconds(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        _ if seconds < 10.0 => format!("{seconds:.1} s"),
        0..120 => format!("{whole} s"),
        120..7200 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

/// The names of tools: `get_weather, search`; `None` if there are none.
pub(crate) fn tool_names(tools: &[ToolDefinition]) -> Option<String> {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    (!names.is_empty()).then(|| line(&names.join(", "), 100))
}

/// `1 sample`, `2 samples`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_obey() {
        let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}a\u{9b}31mb\u{202e}c\rd\0e\nf\tg";
        let safe = harmless(hostile);
        assert!(safe.chars().all(|c| c == '\n' || !c.is_control()), "{safe:?}");
        assert_eq!(safe, "␛[2J␛]0;owned␇a�31mb�cd␀e\nf    g");
    }

    #[test]
    fn a_line_keeps_to_its_width_also_with_wide_characters() {
        assert_eq!(line("a\nb", 10), "a⏎b");
        assert_eq!(line("日本語日本語", 7), "日本語…");
        assert!(line(&"x".repeat(10_000_000), 20).width() <= 20);
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        let text = wrapped(&"word ".repeat(1000), 40, "  ", 100);
        assert!(text.ends_with("… and 4 900 more characters"), "{text}");
        assert!(text.lines().all(|line| line.width() <= 40));
    }

    #[test]
    fn what_is_copied_from_a_line_is_never_broken() {
        let (date, digest, path) =
            ("2026-11-24T16:00:00Z", "5f".repeat(32), "/a/rather-long/path/to-some-file");
        let text = format!("logged at {date} as {digest} from {path}, and so on and so forth");
        for width in 1..120 {
            let lines = worded(&text, width, "      ");
            for whole in [date, &digest, path] {
                assert!(lines.lines().any(|line| line.contains(whole)), "{width}: {lines}");
            }
        }
    }

    #[test]
    fn numbers_have_a_form() {
        assert_eq!([grouped(0), grouped(1234), grouped(1_234_567)], ["0", "1 234", "1 234 567"]);
        assert_eq!(
            [seconds(0.84), seconds(71.2), seconds(725.0), seconds(12_000.0)],
            ["0.8 s", "71 s", "12 min 5 s", "3 h 20 min"]
        );
        assert_eq!([count(1, "task"), count(2000, "task")], ["1 task", "2 000 tasks"]);
    }
}
