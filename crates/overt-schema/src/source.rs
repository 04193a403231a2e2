//! The text of a file, and places within it.

/// A file's text with what is needed to show places in it.
pub(crate) struct Source<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
    /// The byte position of every [`STRIDE`]th character.
    marks: Vec<usize>,
}

/// Characters between two marks.
const STRIDE: usize = 256;

/// A place: a line and column from 1, and how many characters of the line are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) width: usize,
}

impl<'t> Source<'t> {
    pub(crate) fn new(file: &'t str, text: &'t str) -> Self {
        let marks = text.char_indices().step_by(STRIDE).map(|(byte, _)| byte).collect();
        Self { file, text, marks }
    }

    /// A line of the text without its line break; empty past the end.
    pub(crate) fn line(&self, line: usize) -> &'t str {
        let line = self.text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// The text between two positions counted in characters.
    pub(crate) fn slice(&self, start: usize, end: usize) -> &'t str {
        let from = self.byte(start);
        let to = self.byte(end).max(from);
        &self.text[from..to]
    }

    /// The byte position of a character, or the text's end.
    fn byte(&self, character: usize) -> usize {
        let Some(&mark) = self.marks.get(character / STRIDE) else {
            return self.text.len();
        };
        let after = self.text[mark..].char_indices().nth(character % STRIDE);
        after.map_or(self.text.len(), |(byte, _)| mark + byte)
    }

    /// The place of `width` characters that start `offset` bytes into what starts at character `start`.
    pub(crate) fn place(&self, start: usize, offset: usize, width: usize) -> Place {
        let before = &self.text[..self.byte(start) + offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        Place { line, column: before[line_start..].chars().count() + 1, width: width.max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_found_however_many_bytes_they_have() {
        let text: String = (0..2000).map(|n| if n % 3 == 0 { 'é' } else { 'a' }).collect();
        let source = Source::new("f", &text);
        let characters: Vec<char> = text.chars().collect();
        for start in [0, 1, 255, 256, 257, 511, 1999, 2000, 5000] {
            let end = (start + 2).min(2000);
            let expected: String = characters.get(start..end).unwrap_or_default().iter().collect();
            assert_eq!(source.slice(start, start + 2), expected, "{start}");
        }
    }

    #[test]
    fn a_place_counts_lines_and_characters() {
        let source = Source::new("f", "é: 1\r\nüb: { c }");
        assert_eq!(source.place(6, 3, 2), Place { line: 2, column: 3, width: 2 });
        assert_eq!((source.line(1), source.line(2), source.line(3)), ("é: 1", "üb: { c }", ""));
    }
}
