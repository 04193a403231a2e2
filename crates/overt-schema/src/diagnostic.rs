//! Mistakes in a file, told to the person who can mend them.

use std::fmt;

use crate::source::{Place, Source};

/// One mistake at one place of a file.
///
/// ```text
/// error: `evaluation` has no field `desciption`
///   at   tasks/age.yaml:3:1
///        desciption: What it measures
///        ^^^^^^^^^^
///   fix  did you mean `description`?
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as the caller named it.
    pub file: String,
    /// Line from 1.
    pub line: usize,
    /// Column from 1, in characters.
    pub column: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The line it stands in, as it is in the file (without its line break).
    pub snippet: String,
    /// How many characters of the line are meant, from `column` on.
    pub width: usize,
    /// What to do about it.
    pub fix: Option<String>,
}

/// Columns of a line that are shown; a longer line is cut around the place.
const SHOWN: usize = 100;

impl Diagnostic {
    pub(crate) fn new(source: &Source<'_>, place: Place, message: String, fix: Option<String>) -> Self {
        Self {
            file: source.file.to_owned(),
            line: place.line,
            column: place.column,
            message,
            snippet: source.line(place.line).to_owned(),
            width: place.width,
            fix,
        }
    }

    /// The part of the line that is shown, and how many characters of it stand before the place.
    fn excerpt(&self) -> (String, usize) {
        let before = self.column.saturating_sub(1);
        let skip =
            if before + self.width.min(SHOWN / 2) > SHOWN { before.saturating_sub(SHOWN / 4) } else { 0 };
        // A file is a stranger's: nothing in it may steer a terminal.
        let shown = self.snippet.chars().skip(skip).take(SHOWN).map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        });
        let cut = if skip > 0 { "…" } else { "" };
        (cut.chars().chain(shown).collect(), before - skip + cut.chars().count())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        write!(f, "  at   {}:{}:{}", self.file, self.line, self.column)?;
        let (line, before) = self.excerpt();
        let length = line.chars().count();
        if !line.trim().is_empty() && before <= length {
            let carets = self.width.clamp(1, (length - before).max(1));
            write!(f, "\n       {}\n       {}{}", line.trim_end(), " ".repeat(before), "^".repeat(carets))?;
        }
        match &self.fix {
            Some(fix) => write!(f, "\n  fix  {fix}"),
            None => Ok(()),
        }
    }
}

/// Every mistake of a file, in the order of their places. Never empty when it is returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// How many mistakes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl<'d> IntoIterator for &'d Diagnostics {
    type Item = &'d Diagnostic;
    type IntoIter = std::slice::Iter<'d, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, diagnostic) in self.iter().enumerate() {
            let gap = if position > 0 { "\n\n" } else { "" };
            write!(f, "{gap}{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, line: usize, column: usize, width: usize) -> String {
        let source = Source::new("f.yaml", text);
        Diagnostic::new(&source, Place { line, column, width }, "m".into(), None).to_string()
    }

    #[test]
    fn the_caret_stands_below_the_place() {
        assert_eq!(
            at("a: 1\nbb: 22\n", 2, 5, 2),
            "error: m\n  at   f.yaml:2:5\n       bb: 22\n           ^^"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(5000), "b".repeat(5000));
        let shown = at(&text, 1, 5001, 4);
        let lines: Vec<&str> = shown.lines().collect();
        let place = lines[3].chars().take_while(|c| *c == ' ').count();
        assert_eq!(lines[2].chars().skip(place).take(4).collect::<String>(), "HERE");
        assert!(lines[2].chars().count() < 120);
    }

    #[test]
    fn a_file_cannot_steer_the_terminal() {
        assert!(!at("a: \u{1b}[31mred", 1, 4, 1).contains('\u{1b}'));
    }

    #[test]
    fn a_place_past_the_end_is_shown_without_a_line() {
        assert_eq!(at("a: 1", 9, 3, 1), "error: m\n  at   f.yaml:9:3");
    }
}
