//! One JSON array of objects, cut into its elements without holding it: each element is parsed by itself.

use std::io::BufRead;

use super::{MAX_ROW, Name, Object, Row, Trouble};

pub(super) struct Elements {
    text: Box<dyn BufRead>,
    state: State,
    element: Vec<u8>,
    /// Where the element begins.
    start: Position,
    /// Where the next byte stands.
    position: Position,
}

#[derive(Clone, Copy)]
struct Position {
    line: u64,
    column: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before the array's bracket.
    Before,
    /// After the bracket or a comma. `first` tells which: an array may be empty, a comma needs an element.
    Between { first: bool },
    /// Within an element.
    Within { depth: u64, string: InString },
    /// After the array.
    After,
    /// All is read, or nothing more can be.
    Ended,
}

#[derive(Clone, Copy, PartialEq)]
enum InString {
    No,
    Yes,
    /// After a backslash.
    Escaped,
}

/// What a byte completes.
enum Step {
    GoOn,
    Element,
    Wrong(&'static str),
}

const ARRAY_NEXT: &str =
    "a JSON dataset is one array of objects; set dataset.format to jsonl for one object a line";

impl Elements {
    pub(super) fn new(text: Box<dyn BufRead>) -> Self {
        let start = Position { line: 1, column: 1 };
        Self { text, state: State::Before, element: Vec::new(), start, position: start }
    }

    pub(super) fn next(&mut self, name: &Name) -> Result<Option<Row>, Trouble> {
        self.element.clear();
        let found = self.find(name);
        match found {
            Ok(true) => {
                let Position { line, column } = self.start;
                Object { name, bytes: &self.element, line, column }.parse().map(Some)
            }
            Ok(false) => Ok(None),
            Err(trouble) => {
                self.state = State::Ended;
                Err(trouble)
            }
        }
    }

    /// The text of the last row.
    pub(super) fn element(&self) -> &[u8] {
        &self.element
    }

    /// Reads up to the end of the next element; `false` if there is none.
    fn find(&mut self, name: &Name) -> Result<bool, Trouble> {
        loop {
            if self.state == State::Ended {
                return Ok(false);
            }
            let chunk = self.text.fill_buf().map_err(|error| name.read_error(error))?;
            if chunk.is_empty() {
                return self.end(name);
            }
            let mut used = 0;
            let mut step = Step::GoOn;
            for &byte in chunk {
                if let State::Between { .. } = self.state {
                    self.start = self.position;
                }
                step = self.state.take(byte);
                if let State::Within { .. } = self.state {
                    self.element.push(byte);
                }
                if let Step::Wrong(_) = step {
                    break;
                }
                self.position.pass(byte);
                used += 1;
                if self.element.len() > MAX_ROW || matches!(step, Step::Element) {
                    break;
                }
            }
            self.text.consume(used);
            match step {
                Step::Wrong(reason) => {
                    let Position { line, column } = self.position;
                    return Err(Trouble::form(name.at_column(line, column), reason, ARRAY_NEXT));
                }
                _ if self.element.len() > MAX_ROW => return Err(name.too_long(self.start.line)),
                Step::Element => return Ok(true),
                Step::GoOn => {}
            }
        }
    }

    fn end(&mut self, name: &Name) -> Result<bool, Trouble> {
        let reason = match self.state {
            State::Before => "the file holds no JSON array",
            State::Between { .. } | State::Within { .. } => "the file ends within the JSON array",
            State::After | State::Ended => {
                self.state = State::Ended;
                return Ok(false);
            }
        };
        let Position { line, column } = self.position;
        Err(Trouble::form(name.at_column(line, column), reason, ARRAY_NEXT))
    }
}

impl Position {
    fn pass(&mut self, byte: u8) {
        if byte == b'\n' {
            *self = Self { line: self.line + 1, column: 1 };
        } else if byte & 0xc0 != 0x80 {
            // Continuation bytes belong to the character before them.
            self.column += 1;
        }
    }
}

impl State {
    fn take(&mut self, byte: u8) -> Step {
        match *self {
            Self::Before | Self::Between { .. } | Self::After if byte.is_ascii_whitespace() => {}
            Self::Before if byte == b'[' => *self = Self::Between { first: true },
            Self::Before => return Step::Wrong("the file does not begin with a JSON array"),
            Self::Between { first: true } if byte == b']' => *self = Self::After,
            Self::Between { .. } if byte == b']' || byte == b',' => {
                return Step::Wrong("a comma without a row beside it");
            }
            Self::Between { .. } => {
                *self = Self::Within { depth: 0, string: InString::No };
                return self.take(byte);
            }
            Self::Within { depth: 0, string: InString::No } if byte == b',' => {
                *self = Self::Between { first: false };
                return Step::Element;
            }
            Self::Within { depth: 0, string: InString::No } if byte == b']' => {
                *self = Self::After;
                return Step::Element;
            }
            Self::Within { depth, string } => *self = within(depth, string, byte),
            Self::After => return Step::Wrong("text after the JSON array"),
            Self::Ended => {}
        }
        Step::GoOn
    }
}

fn within(depth: u64, string: InString, byte: u8) -> State {
    let string_after = match (string, byte) {
        (InString::No, b'"') | (InString::Escaped, _) => InString::Yes,
        (InString::Yes, b'"') | (InString::No, _) => InString::No,
        (InString::Yes, b'\\') => InString::Escaped,
        (InString::Yes, _) => InString::Yes,
    };
    let depth_after = match (string, byte) {
        (InString::No, b'{' | b'[') => depth + 1,
        (InString::No, b'}' | b']') => depth.saturating_sub(1),
        _ => depth,
    };
    State::Within { depth: depth_after, string: string_after }
}
