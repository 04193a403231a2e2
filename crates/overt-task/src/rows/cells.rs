//! CSV with a header line. Every cell is text: a column of numbers is compared with `level|int > 3`.

use std::io::{self, BufRead, Read};

use csv::ByteRecord;
use serde_json::{Map, Value};

use super::{MAX_ROW, Name, Row, RowError, RowProblem, Trouble};
use crate::error::excerpt;

pub(super) struct Cells {
    reader: csv::Reader<Metered>,
    record: ByteRecord,
    /// Empty until the first line has been read.
    header: Vec<String>,
    last: LastRecord,
    ended: bool,
}

/// What has to be known of the record before the current one.
#[derive(Default)]
struct LastRecord {
    line: u64,
    spans_lines: bool,
}

const QUOTES_NEXT: &str = "close the quote, and write a quote inside a quoted cell twice";

impl Cells {
    pub(super) fn new(text: Box<dyn BufRead>) -> Self {
        let metered = Metered { text, left: MAX_ROW, quotes: 0 };
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(metered);
        Self {
            reader,
            record: ByteRecord::new(),
            header: Vec::new(),
            last: LastRecord::default(),
            ended: false,
        }
    }

    pub(super) fn next(&mut self, name: &Name) -> Result<Option<Row>, Trouble> {
        if self.ended {
            return Ok(None);
        }
        let row = self.read(name);
        self.ended = matches!(row, Ok(None) | Err(Trouble::Fatal(_)));
        row
    }

    fn read(&mut self, name: &Name) -> Result<Option<Row>, Trouble> {
        if self.header.is_empty() {
            if !self.advance(name)? {
                return Ok(None);
            }
            self.header = self.read_header(name)?;
        }
        if self.advance(name)? {
            return self.row(name).map(Some);
        }
        self.refuse_open_quote(name)?;
        Ok(None)
    }

    fn advance(&mut self, name: &Name) -> Result<bool, Trouble> {
        self.reader.get_mut().left = MAX_ROW;
        self.last = LastRecord {
            line: self.number(),
            spans_lines: self.record.iter().any(|cell| cell.contains(&b'\n')),
        };
        let line = self.reader.position().line();
        self.reader.read_byte_record(&mut self.record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(source) if source.kind() == io::ErrorKind::FileTooLarge => name.too_long(line),
            csv::ErrorKind::Io(source) => name.read_error(source),
            other => name.form_error(name.at(line), format!("not CSV: {other:?}"), QUOTES_NEXT),
        })
    }

    /// A quote that is never closed swallows all lines after it into one cell, which the reader lets pass.
    fn refuse_open_quote(&self, name: &Name) -> Result<(), Trouble> {
        if self.last.spans_lines && self.reader.get_ref().quotes % 2 == 1 {
            return Err(name.form_error(name.at(self.last.line), "a quote (\") is not closed", QUOTES_NEXT));
        }
        Ok(())
    }

    /// The cells of the last row, quotes aside.
    pub(super) fn line(&self) -> Vec<u8> {
        self.record.iter().collect::<Vec<_>>().join(&b',')
    }

    /// The line on which the record begins.
    fn number(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    fn read_header(&self, name: &Name) -> Result<Vec<String>, Trouble> {
        let mut header: Vec<String> = Vec::new();
        for cell in &self.record {
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
            return Err(name.form_error(
                name.at(self.number()),
                reason,
                "name each column once, in the first line",
            ));
        }
        Ok(header)
    }

    fn row(&self, name: &Name) -> Result<Row, Trouble> {
        let (at, header) = (self.number(), &self.header);
        let trouble = |problem, cell: &[u8], around| {
            Trouble::Row(RowError { place: name.at(at), problem, text: excerpt(cell, around) })
        };
        if self.record.len() != header.len() {
            let problem = RowProblem::Cells { expected: header.len(), found: self.record.len() };
            return Err(trouble(problem, &self.line(), 0));
        }
        let mut fields = Map::with_capacity(header.len());
        for (column, cell) in header.iter().zip(&self.record) {
            let text = std::str::from_utf8(cell)
                .map_err(|error| trouble(RowProblem::NotUtf8, cell, error.valid_up_to()))?;
            if let Some(nul) = cell.iter().position(|byte| *byte == 0) {
                return Err(trouble(RowProblem::Nul, cell, nul));
            }
            fields.insert(column.clone(), Value::String(text.to_owned()));
        }
        Ok(Row { at, fields })
    }
}

/// The text, with a bound on how much of it one record may take and a count of its quotes.
struct Metered {
    text: Box<dyn BufRead>,
    left: usize,
    quotes: u64,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let bound = buffer.len().min(self.left);
        let count = self.text.read(&mut buffer[..bound])?;
        self.left -= count;
        self.quotes += buffer[..count].iter().filter(|byte| **byte == b'"').count() as u64;
        Ok(count)
    }
}
