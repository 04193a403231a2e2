//! CSV with a header line. Every cell is text: a column of numbers is compared with `level|int > 3`.

use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader};
use serde_json::{Map, Value};

use super::{MAX_ROW, Name, Row, RowError, RowProblem, Trouble, count};
use crate::error::excerpt;

pub(super) struct Cells {
    text: Box<dyn BufRead>,
    parser: Reader,
    /// The line of the next byte.
    line: u64,
    record: Record,
    /// Empty until the first line has been read.
    header: Vec<String>,
    ended: bool,
}

/// The cells of one record, one after the other.
#[derive(Default)]
struct Record {
    /// The line on which it begins.
    line: u64,
    bytes: Vec<u8>,
    /// Where each cell ends in `bytes`.
    ends: Vec<usize>,
}

const QUOTES_NEXT: &str = "close the quote, and write a quote inside a quoted cell twice";

impl Cells {
    pub(super) fn new(text: Box<dyn BufRead>) -> Self {
        let (record, header) = (Record::default(), Vec::new());
        Self { text, parser: Reader::new(), line: 1, record, header, ended: false }
    }

    pub(super) fn next(&mut self, name: &Name) -> Result<Option<Row>, Trouble> {
        if self.ended {
            return Ok(None);
        }
        let row = self.read(name);
        self.ended = matches!(row, Ok(None) | Err(Trouble::Fatal(_)));
        row
    }

    /// The cells of the last row, quotes aside.
    pub(super) fn row_text(&self) -> Vec<u8> {
        self.record.cells().collect::<Vec<_>>().join(&b',')
    }

    fn read(&mut self, name: &Name) -> Result<Option<Row>, Trouble> {
        if self.header.is_empty() {
            if !self.advance(name)? {
                return Ok(None);
            }
            self.header = self.read_header(name)?;
        }
        if self.advance(name)? { self.row(name).map(Some) } else { Ok(None) }
    }

    /// Reads the next record; `false` at the end.
    fn advance(&mut self, name: &Name) -> Result<bool, Trouble> {
        if !self.skip_blank_lines(name)? {
            return Ok(false);
        }
        let (mut bytes, mut ends, mut quotes) = (0, 0, 0);
        self.record.line = self.line;
        loop {
            let input = self.text.fill_buf().map_err(|error| name.read_error(error))?;
            let at_end = input.is_empty();
            let Record { bytes: into, ends: into_ends, .. } = &mut self.record;
            let (result, read, written, ended) =
                self.parser.read_record(input, &mut into[bytes..], &mut into_ends[ends..]);
            self.line += count(&input[..read], b'\n');
            quotes += count(&input[..read], b'"');
            self.text.consume(read);
            bytes += written;
            ends += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if bytes > MAX_ROW => {
                    return Err(name.too_long(self.record.line));
                }
                ReadRecordResult::OutputFull => into.resize((2 * bytes).max(1024), 0),
                ReadRecordResult::OutputEndsFull => into_ends.resize((2 * ends).max(32), 0),
                ReadRecordResult::End => return Ok(false),
                // A quote that is never closed swallows all lines after it into one cell.
                ReadRecordResult::Record if at_end && quotes % 2 == 1 && self.line > self.record.line => {
                    let place = name.at(self.record.line);
                    return Err(Trouble::form(place, "a quote (\") is not closed", QUOTES_NEXT));
                }
                ReadRecordResult::Record => {
                    self.record.bytes.truncate(bytes);
                    self.record.ends.truncate(ends);
                    return Ok(true);
                }
            }
        }
    }

    /// Passes over line breaks, so that a record's line is that of its first byte; `false` at the end.
    fn skip_blank_lines(&mut self, name: &Name) -> Result<bool, Trouble> {
        loop {
            let input = self.text.fill_buf().map_err(|error| name.read_error(error))?;
            let blank = input.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
            let is_more = blank < input.len();
            if blank == 0 {
                return Ok(is_more);
            }
            self.line += count(&input[..blank], b'\n');
            self.text.consume(blank);
            if is_more {
                return Ok(true);
            }
        }
    }

    fn read_header(&self, name: &Name) -> Result<Vec<String>, Trouble> {
        let mut header: Vec<String> = Vec::new();
        for cell in self.record.cells() {
            let column = String::from_utf8_lossy(cell).trim().to_owned();
            let reason = if column.is_empty() {
                format!("column {} of the header has no name", header.len() + 1)
            } else if header.contains(&column) {
                format!("the header names the column `{column}` twice")
            } else if column.contains(['\0', '\u{fffd}']) {
                "the header is not UTF-8 text".to_owned()
            } else {
                header.push(column);
                continue;
            };
            let place = name.at(self.record.line);
            return Err(Trouble::form(place, reason, "name each column once, in the first line"));
        }
        Ok(header)
    }

    fn row(&self, name: &Name) -> Result<Row, Trouble> {
        let Self { record, header, .. } = self;
        let trouble = |problem, cell: &[u8], around| {
            let text = excerpt(cell, around);
            Trouble::Row(Box::new(RowError { place: name.at(record.line), problem, text }))
        };
        if record.ends.len() != header.len() {
            let problem = RowProblem::Cells { expected: header.len(), found: record.ends.len() };
            return Err(trouble(problem, &self.row_text(), 0));
        }
        let mut fields = Map::with_capacity(header.len());
        for (column, cell) in header.iter().zip(record.cells()) {
            let text = std::str::from_utf8(cell)
                .map_err(|error| trouble(RowProblem::NotUtf8, cell, error.valid_up_to()))?;
            if let Some(nul) = cell.iter().position(|byte| *byte == 0) {
                return Err(trouble(RowProblem::Nul, cell, nul));
            }
            fields.insert(column.clone(), Value::String(text.to_owned()));
        }
        Ok(Row { at: record.line, fields })
    }
}

impl Record {
    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }
}
