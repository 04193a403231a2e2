//! The text of a file, and places within it.

/// A file's text with what is needed to show places in it.
pub(crate) struct Source<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
}

/// A place: a line and column from 1, and how many characters of the line are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) width: usize,
}

impl<'t> Source<'t> {
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
        self.text.char_indices().nth(character).map_or(self.text.len(), |(byte, _)| byte)
    }

    /// The place of `width` characters that start `offset` bytes into what starts at character `start`.
    pub(crate) fn place(&self, start: usize, offset: usize, width: usize) -> Place {
        let before = &self.text[..self.byte(start) + offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        Place { line, column: before[line_start..].chars().count() + 1, width: width.max(1) }
    }
}
