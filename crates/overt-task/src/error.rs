//! What can be wrong with a dataset, said to the person who has to mend it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use overt_schema::{Digest, TemplateError};

use crate::hub::HubProblem;
use crate::making::ProgramProblem;
use crate::rows::TableProblem;

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as a person would find it, or the task's name for inline samples.
    pub file: Arc<str>,
    /// What `row` counts.
    pub unit: Unit,
    /// The line of the file, or the position in the list or table, from 1.
    pub row: u64,
    /// The character within the line, from 1, if known.
    pub column: Option<u64>,
}

/// What a [`Place`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Lines of a file.
    Line,
    /// Items of `dataset.samples` in the task file.
    Item,
    /// Rows of a file that has no lines, or of several files one after the other.
    Row,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Unit::Line => write!(f, "{}:{}", self.file, self.row)?,
            Unit::Item => write!(f, "{}, item {} of dataset.samples", self.file, self.row)?,
            Unit::Row => write!(f, "{}, row {}", self.file, self.row)?,
        }
        match self.column {
            Some(column) => write!(f, ":{column}"),
            None => Ok(()),
        }
    }
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}\n  where    {place}\n  found    {text}\n  next     {}", problem.next())]
pub struct RowError {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: RowProblem,
    /// The offending text, cut to a line, with control characters escaped.
    pub text: String,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// It is not JSON or CSV.
    #[error("a row cannot be read: {0}")]
    Syntax(String),
    /// It is JSON, but no object.
    #[error("a row is {0}, not an object")]
    NotAnObject(&'static str),
    /// It is not text.
    #[error("a row is not UTF-8 text")]
    NotUtf8,
    /// It holds a NUL byte.
    #[error("a row contains a NUL byte")]
    Nul,
    /// It is larger than a row may be.
    #[error("a row has more than {} MiB", crate::rows::MAX_ROW >> 20)]
    TooLong,
    /// A column holds an infinite number.
    #[error("the column `{0}` holds an infinite number, which JSON does not have")]
    Infinite(String),
    /// A column holds a date or time that the calendar does not have.
    #[error("the column `{0}` holds a date or time that no calendar has")]
    Moment(String),
    /// A CSV row does not have the header's number of cells.
    #[error("a row has {found} cells and the header has {expected}")]
    Cells {
        /// Columns of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A column that `dataset.fields` names is absent.
    #[error("a row has no column `{column}`, which dataset.fields.{field} names{}", meant(nearest.as_deref()))]
    NoColumn {
        /// The field that should have come from it.
        field: String,
        /// The column.
        column: String,
        /// The row's column that may have been meant.
        nearest: Option<String>,
    },
    /// The field `id` is neither a text nor a whole number.
    #[error("a row's id is {0}, not a text or a whole number")]
    Id(&'static str),
    /// The filter cannot be evaluated.
    #[error("dataset.where fails on a row: {0}")]
    Filter(Box<TemplateError>),
    /// `shuffle_choices` is asked for and the row has no list of choices.
    #[error("dataset.shuffle_choices needs a list in the field `choices`; this row has {0}")]
    NoChoices(&'static str),
    /// `shuffle_choices` would lose track of the right choice.
    #[error("the target names none of the row's {0} choices, so it cannot move with them")]
    Target(usize),
    /// A field that the task refers to is absent.
    #[error("a row has no field `{field}`, which {wanted_by} needs{}", meant(nearest.as_deref()))]
    NoField {
        /// The field.
        field: String,
        /// The part of the task that refers to it, for example `metrics.bias`.
        wanted_by: String,
        /// The row's field that may have been meant.
        nearest: Option<String>,
    },
    /// A metric's filter cannot be evaluated.
    #[error("metrics.{metric}.where fails on a row: {error}")]
    Where {
        /// The metric.
        metric: String,
        /// What the expression lacks.
        error: Box<TemplateError>,
    },
    /// A template of the task fails on this row.
    #[error("sample {id:?} cannot be rendered: {reason}")]
    Render {
        /// The sample.
        id: String,
        /// What the template engine says, with its place in the template.
        reason: String,
    },
}

impl RowProblem {
    fn next(&self) -> &'static str {
        match self {
            Self::Syntax(_) | Self::NotAnObject(_) => {
                "mend the row, or say dataset.format if the file is of another format"
            }
            Self::NotUtf8 => "save the file as UTF-8",
            Self::Nul => "remove the NUL byte; the file may be UTF-16 or damaged",
            Self::TooLong => "split the row, or leave out what the task does not use",
            Self::Infinite(_) | Self::Moment(_) => "mend the row, or write a file without this column",
            Self::Cells { .. } => {
                "mend the row; a cell that contains a comma, quote or line break needs quotes"
            }
            Self::NoColumn { .. } => "mend dataset.fields, or the row",
            Self::Id(_) => "give each row a text or a whole number as id, or leave ids out altogether",
            Self::Filter(_) | Self::Where { .. } => {
                "mend the expression; `name is defined and …` tolerates rows without the field"
            }
            Self::NoChoices(_) => "mend the row, or take shuffle_choices out of the task",
            Self::Target(_) => "give the target as the right choice's letter, zero-based index or text",
            Self::NoField { .. } => "add the field to the row, or change the task",
            Self::Render { .. } => "mend the template or the row",
        }
    }
}

/// Why a task's dataset cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// There is no such file.
    #[error("there is no dataset file {}\n  next     dataset.path is relative to the task file; mend it, or put the file there", .0.display())]
    Missing(PathBuf),
    /// The embedded task names a file that is not embedded with it.
    #[error("the built-in dataset `{0}` is not in this build\n  next     this is a bug; please report it")]
    NotEmbedded(String),
    /// The file cannot be read (or decompressed) to its end.
    #[error("cannot read the dataset {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The name's ending does not tell the format.
    #[error(
        "the format of the dataset {0} is not known from its name\n  next     set dataset.format to jsonl, json, csv or parquet"
    )]
    UnknownFormat(String),
    /// The dataset names no source, or more than one.
    #[error(
        "a dataset needs exactly one of path, url, hf, samples and command\n  next     mend the task's dataset"
    )]
    Source,
    /// A Parquet file that cannot be used.
    #[error("the dataset {file} cannot be used: {problem}\n  next     {}", problem.next())]
    Table {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: TableProblem,
    },
    /// The Hugging Face hub does not give the dataset.
    #[error("cannot get the dataset hf:{dataset}: {problem}\n  next     {}", problem.next(dataset))]
    Hub {
        /// `organisation/name`.
        dataset: String,
        /// Why not.
        problem: HubProblem,
    },
    /// A program makes the samples, and did not yet.
    #[error(
        "a program makes the samples, which a task may not run by itself\n  program  {0}\n  next     read the task and its program; then allow it with --allow-commands"
    )]
    NotMade(String),
    /// The program that makes the samples failed.
    #[error(
        "the program that makes the samples failed: {problem}\n  program  {program}\n  next     run it by hand in the task's folder: it writes one JSON object a line (docs/programs.md)"
    )]
    Program {
        /// The program and its arguments.
        program: String,
        /// What went wrong.
        problem: ProgramProblem,
    },
    /// A URL without a digest.
    #[error(
        "the dataset {0} is not pinned\n  next     add dataset.sha256, the SHA-256 digest of the file as stored"
    )]
    Unpinned(String),
    /// A URL that is not https, and not http on this machine.
    #[error("the dataset's address {0} is not https\n  next     use an https address, or a local path")]
    Insecure(String),
    /// The dataset at a URL has not been fetched yet.
    #[error("the dataset {url} is not in the cache yet\n  cache    {}\n  next     run the task once with a network connection", path.display())]
    NotFetched {
        /// Where it comes from.
        url: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// The download failed.
    #[error(
        "cannot fetch the dataset {url}: {reason}\n  next     check the address and the network connection, then try again"
    )]
    Fetch {
        /// Where it should have come from.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The download is larger than datasets may be.
    #[error(
        "the dataset {url} has more than {limit} bytes\n  next     fetch it yourself and use dataset.path"
    )]
    TooLarge {
        /// Where it comes from.
        url: String,
        /// The most bytes allowed.
        limit: u64,
    },
    /// The cache or the spool cannot be written: full disk, missing permission.
    #[error("cannot write to {}: {source}\n  next     make room or choose another cache directory", path.display())]
    Write {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not the one that the task's author pinned.
    #[error(
        "the dataset does not match its digest\n  file     {file}\n  expected sha256 {expected}\n  found    sha256 {found}\n  next     {next}"
    )]
    Digest {
        /// The file or address.
        file: String,
        /// What the task says.
        expected: Digest,
        /// What is there.
        found: Digest,
        /// What to do.
        next: String,
    },
    /// A row cannot be used.
    #[error(transparent)]
    Row(#[from] Box<RowError>),
    /// A JSON file is no array, or ends within it; a line or element is too long; a header is wrong.
    #[error("{reason}\n  where    {place}\n  next     {next}")]
    Form {
        /// Where.
        place: Place,
        /// What.
        reason: String,
        /// What to do.
        next: &'static str,
    },
    /// Not one row.
    #[error("the dataset {0} has no rows\n  next     put rows into it")]
    Empty(String),
    /// Rows, but none that the filter lets through.
    #[error(
        "dataset.where leaves none of the {rows} rows of {file}\n  where    {filter}\n  next     mend the expression"
    )]
    AllFiltered {
        /// The file.
        file: String,
        /// How many rows there are.
        rows: u64,
        /// The expression.
        filter: String,
    },
    /// The filter is no expression.
    #[error(
        "dataset.where is not an expression: {0}\n  next     mend it; for example `difficulty == \"hard\"`"
    )]
    Filter(Box<TemplateError>),
    /// A worked example cannot be rendered.
    #[error("the prompt cannot be rendered: {0}\n  next     mend the template or the example")]
    Prompt(Box<TemplateError>),
    /// `dataset.fields` has a value that names no column.
    #[error(
        "dataset.fields.{0} is not the name of a column\n  next     write `field: column`, both as text, or `field: [column, column]`"
    )]
    Fields(String),
    /// Two rows have the same id.
    #[error(
        "two rows have the id {id:?}\n  first    {first}\n  again    {second}\n  next     give each row an id of its own, or leave ids out altogether"
    )]
    DuplicateId {
        /// The id.
        id: String,
        /// Where it stands first.
        first: Box<Place>,
        /// Where it stands again.
        second: Box<Place>,
    },
    /// A sample was asked for that the task does not have.
    #[error("the task has no sample {id:?}{}\n  next     an id is the row's field `id`, or without one the row's number", meant(nearest.as_deref()))]
    UnknownSample {
        /// What was asked for.
        id: String,
        /// The id that may have been meant.
        nearest: Option<String>,
    },
}

impl DatasetError {
    /// Whether the surroundings are at fault (network, disk) and not the task or its data: trying again may help.
    pub fn is_outside(&self) -> bool {
        use io::ErrorKind::{InvalidData, InvalidInput, IsADirectory, UnexpectedEof};
        match self {
            // What cannot be decompressed, or is no file, stays so.
            Self::Read { source, .. } => {
                !matches!(source.kind(), InvalidData | InvalidInput | IsADirectory | UnexpectedEof)
            }
            Self::Hub { problem, .. } => problem.is_outside(),
            Self::NotFetched { .. } | Self::Fetch { .. } | Self::Write { .. } => true,
            _ => false,
        }
    }

    /// About a dataset of which no sample remains.
    pub(crate) fn nothing(file: &str, rows: u64, filter: Option<&str>) -> Self {
        let file = file.to_owned();
        match filter {
            Some(filter) if rows > 0 => Self::AllFiltered { file, rows, filter: filter.to_owned() },
            _ => Self::Empty(file),
        }
    }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// The text around a byte position, for messages: at most 72 characters, control characters escaped.
pub(crate) fn excerpt(text: &[u8], around: usize) -> String {
    const BEFORE: usize = 24;
    const LENGTH: usize = 72;
    let start = if text.len() <= LENGTH { 0 } else { around.min(text.len()).saturating_sub(BEFORE) };
    // A character is at most four bytes; a cut one at either end shows as U+FFFD and is dropped.
    let end = text.len().min(start + 4 * LENGTH);
    let lossy = String::from_utf8_lossy(&text[start..end]);
    let whole = if start > 0 { lossy.trim_start_matches('\u{fffd}') } else { &lossy };
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    let mut characters = whole.trim_end_matches(['\n', '\r']).chars();
    for character in characters.by_ref().take(LENGTH) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if characters.next().is_some() || end < text.len() {
        shown.push('…');
    }
    shown
}

/// A JSON value's kind in plain words.
pub(crate) fn kind(value: &serde_json::Value) -> &'static str {
    use serde_json::Value;
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty text",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_without_control_characters() {
        assert_eq!(excerpt(b"{\"a\": \x1b[31m}\r\n", 0), "{\"a\": \\u{1b}[31m}");
        let long = "ä".repeat(300);
        let shown = excerpt(long.as_bytes(), 301);
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.chars().count() <= 74 && !shown.contains('\u{fffd}'), "{shown}");
        assert_eq!(excerpt(b"", 10), "");
    }

    #[test]
    fn a_row_error_says_what_where_and_what_next() {
        let error = RowError {
            place: Place { file: "data/x.jsonl".into(), unit: Unit::Line, row: 7, column: Some(3) },
            problem: RowProblem::NoColumn {
                field: "target".into(),
                column: "anwser".into(),
                nearest: Some("answer".into()),
            },
            text: "{}".into(),
        };
        assert_eq!(
            error.to_string(),
            "a row has no column `anwser`, which dataset.fields.target names; did you mean `answer`?\n  \
             where    data/x.jsonl:7:3\n  found    {}\n  next     mend dataset.fields, or the row"
        );
    }
}
