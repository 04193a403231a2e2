//! Rows of a dataset, one after the other, whatever the format.
//!
//! Every format is bounded: a row has at most [`MAX_ROW`] bytes, and nothing is allocated because a file says so.

use std::io::{self, BufRead};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{DatasetError, Place, RowError, RowProblem, Unit, excerpt, kind};

use array::Elements;
use cells::Cells;
use lines::Lines;
pub(crate) use table::Table;
pub use table::TableProblem;

mod array;
mod cells;
mod lines;
mod table;

/// The most bytes that a row may have.
pub(crate) const MAX_ROW: usize = 16 << 20;

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    /// The line or item, from 1.
    pub(crate) at: u64,
    /// The columns.
    pub(crate) fields: Map<String, Value>,
}

/// What stands in the way of a row.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// This row is unusable; the next one may be good.
    Row(Box<RowError>),
    /// Nothing more can be read.
    Fatal(DatasetError),
}

impl Trouble {
    fn form(place: Place, reason: impl Into<String>, next: &'static str) -> Self {
        Self::Fatal(DatasetError::Form { place, reason: reason.into(), next })
    }
}

impl From<Trouble> for DatasetError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Row(error) => Self::Row(error),
            Trouble::Fatal(error) => error,
        }
    }
}

/// The formats that are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFormat {
    /// One JSON object a line.
    Jsonl,
    /// One JSON array of objects.
    Json,
    /// Comma-separated values with a header line.
    Csv,
}

/// A dataset's rows as they are read.
pub(crate) struct Rows<'a> {
    name: Name,
    form: Form<'a>,
}

enum Form<'a> {
    Lines(Lines),
    Array(Elements),
    Cells(Box<Cells>),
    Table(Box<Table>),
    /// Rows of the task file, and how many have been read.
    Inline(&'a [Map<String, Value>], usize),
}

impl<'a> Rows<'a> {
    /// Reads a file's text.
    pub(crate) fn of_text(file: Arc<str>, format: TextFormat, text: Box<dyn BufRead>) -> Self {
        let form = match format {
            TextFormat::Jsonl => Form::Lines(Lines::new(text)),
            TextFormat::Json => Form::Array(Elements::new(text)),
            TextFormat::Csv => Form::Cells(Box::new(Cells::new(text))),
        };
        Self { name: Name { file, unit: Unit::Line }, form }
    }

    /// Reads a Parquet file.
    pub(crate) fn of_table(file: Arc<str>, table: Table) -> Self {
        Self { name: Name { file, unit: Unit::Row }, form: Form::Table(Box::new(table)) }
    }

    /// Walks over rows that stand in the task file.
    pub(crate) fn inline(task: Arc<str>, rows: &'a [Map<String, Value>]) -> Self {
        Self { name: Name { file: task, unit: Unit::Item }, form: Form::Inline(rows, 0) }
    }

    /// The next row; `None` at the end and after [`Trouble::Fatal`].
    pub(crate) fn next(&mut self) -> Result<Option<Row>, Trouble> {
        match &mut self.form {
            Form::Lines(lines) => lines.next(&self.name),
            Form::Array(elements) => elements.next(&self.name),
            Form::Cells(cells) => cells.next(&self.name),
            Form::Table(table) => table.next(&self.name),
            Form::Inline(rows, read) => {
                let Some(fields) = rows.get(*read) else { return Ok(None) };
                *read += 1;
                Ok(Some(Row { at: *read as u64, fields: fields.clone() }))
            }
        }
    }

    /// The last row as JSON text, where the format is JSON: it need not be written again.
    pub(crate) fn json(&self) -> Option<&[u8]> {
        match &self.form {
            Form::Lines(lines) => Some(lines.line().trim_ascii()),
            Form::Array(elements) => Some(elements.element().trim_ascii()),
            Form::Cells(_) | Form::Table(_) | Form::Inline(..) => None,
        }
    }

    /// The last row as a person would look for it, for messages.
    pub(crate) fn shown(&self) -> String {
        match &self.form {
            Form::Lines(lines) => excerpt(lines.line(), 0),
            Form::Array(elements) => excerpt(elements.element(), 0),
            Form::Cells(cells) => excerpt(&cells.row_text(), 0),
            Form::Table(table) => excerpt(&table.row_text(), 0),
            Form::Inline(rows, read) => {
                let row = rows.get(read.saturating_sub(1));
                excerpt(&serde_json::to_vec(&row).unwrap_or_default(), 0)
            }
        }
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }
}

/// What places within a dataset are called.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) file: Arc<str>,
    pub(crate) unit: Unit,
}

impl Name {
    pub(crate) fn at(&self, row: u64) -> Place {
        Place { file: Arc::clone(&self.file), unit: self.unit, row, column: None }
    }

    fn at_column(&self, row: u64, column: u64) -> Place {
        Place { column: Some(column), ..self.at(row) }
    }

    fn read_error(&self, source: io::Error) -> Trouble {
        Trouble::Fatal(DatasetError::Read { file: self.file.to_string(), source })
    }

    fn too_long(&self, row: u64) -> Trouble {
        let reason = format!("a row has more than {} MiB", MAX_ROW >> 20);
        Trouble::form(self.at(row), reason, "split the row, or say dataset.format if it is another format")
    }
}

/// A JSON object's text with the place where it begins.
struct Object<'a> {
    name: &'a Name,
    bytes: &'a [u8],
    /// The line of its first byte.
    line: u64,
    /// The character of its first byte within the line, from 1.
    column: u64,
}

impl Object<'_> {
    fn parse(&self) -> Result<Row, Trouble> {
        let text = std::str::from_utf8(self.bytes)
            .map_err(|error| self.trouble(RowProblem::NotUtf8, error.valid_up_to()))?;
        let first = self.bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
        match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(fields) => Ok(Row { at: self.line, fields }),
            Err(error) => {
                let at = self.offset(error.line(), error.column());
                let problem = if self.bytes.contains(&0) {
                    RowProblem::Nul
                } else if self.bytes.get(first) != Some(&b'{')
                    && let Ok(value) = serde_json::from_str::<Value>(text)
                {
                    RowProblem::NotAnObject(kind(&value))
                } else {
                    RowProblem::Syntax(without_place(&error))
                };
                Err(self.trouble(problem, at))
            }
        }
    }

    /// The byte that serde_json means by a line and a column, both from 1.
    fn offset(&self, line: usize, column: usize) -> usize {
        let breaks = self.bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let start = match line {
            0 | 1 => 0,
            _ => breaks.map(|(at, _)| at + 1).nth(line - 2).unwrap_or(0),
        };
        (start + column.saturating_sub(1)).min(self.bytes.len())
    }

    #[cold]
    fn trouble(&self, problem: RowProblem, offset: usize) -> Trouble {
        let before = &self.bytes[..offset.min(self.bytes.len())];
        let breaks = count(before, b'\n');
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let characters = String::from_utf8_lossy(&before[start..]).chars().count() as u64;
        let column = characters + if breaks == 0 { self.column } else { 1 };
        let end =
            self.bytes[start..].iter().position(|byte| *byte == b'\n').unwrap_or(self.bytes.len() - start);
        Trouble::Row(Box::new(RowError {
            place: self.name.at_column(self.line + breaks, column),
            problem,
            text: excerpt(&self.bytes[start..start + end], offset.saturating_sub(start)),
        }))
    }
}

/// How often a byte occurs.
fn count(bytes: &[u8], wanted: u8) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == wanted)).sum()
}

/// serde_json's message without its own "at line 1 column 2".
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message,
    }
}

#[cfg(test)]
mod tests;
