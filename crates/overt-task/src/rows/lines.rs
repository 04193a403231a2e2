//! JSON Lines: one object a line; blank lines are skipped.

use std::io::{BufRead, Read as _};

use super::{MAX_ROW, Name, Object, Row, Trouble};

pub(super) struct Lines {
    text: Box<dyn BufRead>,
    buffer: Vec<u8>,
    line: u64,
    ended: bool,
}

impl Lines {
    pub(super) fn new(text: Box<dyn BufRead>) -> Self {
        Self { text, buffer: Vec::new(), line: 0, ended: false }
    }

    pub(super) fn next(&mut self, name: &Name) -> Result<Option<Row>, Trouble> {
        loop {
            if self.ended || !self.read_line(name)? {
                self.ended = true;
                return Ok(None);
            }
            if !self.buffer.trim_ascii().is_empty() {
                break;
            }
        }
        Object { name, bytes: &self.buffer, line: self.line, column: 1 }.parse().map(Some)
    }

    /// The line of the last row.
    pub(super) fn line(&self) -> &[u8] {
        &self.buffer
    }

    fn read_line(&mut self, name: &Name) -> Result<bool, Trouble> {
        self.buffer.clear();
        self.line += 1;
        let mut bounded = self.text.by_ref().take(MAX_ROW as u64 + 1);
        if let Err(error) = bounded.read_until(b'\n', &mut self.buffer) {
            self.ended = true;
            return Err(name.read_error(error));
        }
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        }
        if self.buffer.len() > MAX_ROW {
            self.ended = true;
            return Err(name.too_long(self.line));
        }
        Ok(!self.buffer.is_empty() || !self.at_end(name)?)
    }

    /// An empty line is either a blank one or the end.
    fn at_end(&mut self, name: &Name) -> Result<bool, Trouble> {
        self.text.fill_buf().map(<[u8]>::is_empty).map_err(|error| name.read_error(error))
    }
}
