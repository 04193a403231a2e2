//! A dataset's rows on their way to becoming samples: mapped, filtered, named.

use std::collections::VecDeque;
use std::io::BufRead;
use std::path::Path;

use overt_schema::{Dataset, Digest, Expression, Format};
use serde_json::{Map, Value};

use crate::choices;
use crate::error::{DatasetError, RowError, RowProblem, Unit, kind};
use crate::loaded::LoadedTask;
use crate::located::{Located, Part, Pinned};
use crate::mapping::Mapping;
use crate::rows::{Name, Row, Rows, TextFormat, Trouble};
use crate::source::{Concatenation, StoredDigest};

/// A row that has become a sample.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) at: u64,
    pub(crate) id: String,
    pub(crate) fields: Map<String, Value>,
}

/// The rows of a task's dataset, in the order of its files.
pub(crate) struct Feed<'a> {
    rows: Rows<'a>,
    treatment: Treatment,
    /// Rows seen so far, those left out by the filter included.
    seen: u64,
    /// What places are called: lines of the file, or rows of several.
    name: Name,
    source: String,
    stored: Stored,
}

/// What happens to each row.
struct Treatment {
    mapping: Mapping,
    filter: Option<Expression>,
    shuffle_choices: Option<u64>,
}

/// What the dataset's digest is taken from.
enum Stored {
    Files(Files),
    Inline(Digest),
}

/// The files of a dataset: the one that is being read, and those after it.
struct Files {
    open: OpenPart,
    rest: VecDeque<Part>,
    /// If there are several.
    whole: Option<Concatenation>,
    pinned: Option<Pinned>,
}

struct OpenPart {
    name: String,
    digest: StoredDigest,
    pinned: Option<Pinned>,
}

impl<'a> Feed<'a> {
    /// Opens the dataset of a task. What comes over the network must be in the cache already.
    pub(crate) fn open(task: &'a LoadedTask, cache: &Path) -> Result<Self, DatasetError> {
        let dataset = &task.task.dataset;
        let treatment = Treatment::new(dataset)?;
        let elsewhere = (&dataset.path, &dataset.url, &dataset.hf, &dataset.command);
        if let (Some(rows), (None, None, None, None)) = (&dataset.samples, elsewhere) {
            let stored = Stored::Inline(digest_of_rows(rows)?);
            let rows = Rows::inline(task.origin.to_string().into(), rows);
            let (name, source) = (rows.name().clone(), "inline".to_owned());
            return Ok(Self { rows, treatment, seen: 0, name, source, stored });
        }
        let Located { source, name, mut parts, pinned } = Located::of(task, cache)?;
        let first = parts.pop_front().ok_or_else(|| DatasetError::Empty(name.clone()))?;
        let whole = (!parts.is_empty()).then(Concatenation::default);
        let (rows, open) = open_part(first, whole.clone())?;
        let several = Name { file: name.into(), unit: Unit::Row };
        let name = if parts.is_empty() { rows.name().clone() } else { several };
        let stored = Stored::Files(Files { open, rest: parts, whole, pinned });
        Ok(Self { rows, treatment, seen: 0, name, source, stored })
    }

    /// What a run's manifest says about where the rows come from.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Rows read so far.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// The next sample; rows that the filter leaves out are passed over.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, Trouble> {
        while let Some(Row { at, fields }) = self.next_row()? {
            self.seen += 1;
            let at = if self.has_one_file() { at } else { self.seen };
            let treated =
                self.treatment.treat(fields, self.seen).map_err(|problem| self.trouble(at, problem))?;
            if let Some((id, fields)) = treated {
                return Ok(Some(Item { at, id, fields }));
            }
        }
        Ok(None)
    }

    fn has_one_file(&self) -> bool {
        matches!(&self.stored, Stored::Inline(_) | Stored::Files(Files { whole: None, .. }))
    }

    fn next_row(&mut self) -> Result<Option<Row>, Trouble> {
        loop {
            if let Some(row) = self.rows.next()? {
                return Ok(Some(row));
            }
            let Stored::Files(files) = &mut self.stored else { return Ok(None) };
            let Some(next) = files.rest.pop_front() else { return Ok(None) };
            // The digest of several files needs the end of each before the beginning of the next.
            files.open.finish().map_err(Trouble::Fatal)?;
            (self.rows, files.open) = open_part(next, files.whole.clone()).map_err(Trouble::Fatal)?;
        }
    }

    /// The last sample's fields as JSON text, if they are still as the file has them.
    pub(crate) fn json(&self) -> Option<&[u8]> {
        if self.treatment.keeps_fields() { self.rows.json() } else { None }
    }

    /// The last row as a person would look for it, for messages.
    pub(crate) fn shown(&self) -> String {
        self.rows.shown()
    }

    #[cold]
    fn trouble(&self, at: u64, problem: RowProblem) -> Trouble {
        Trouble::Row(Box::new(RowError { place: self.name().at(at), problem, text: self.rows.shown() }))
    }

    /// Reads the file to its end, so that its digest covers all of it, and compares that with what the task says.
    pub(crate) fn finish(self) -> Result<Digest, DatasetError> {
        drop(self.rows);
        let Files { open, rest, whole, pinned } = match self.stored {
            Stored::Inline(digest) => return Ok(digest),
            Stored::Files(files) => files,
        };
        let alone = open.finish()?;
        for Part { bytes, name, pinned, .. } in rest {
            let digest = bytes.stored(&name, whole.clone())?;
            OpenPart { name, digest, pinned }.finish()?;
        }
        let found = whole.map_or(alone, Concatenation::finish);
        if let Some(pinned) = pinned {
            pinned.check(&self.name.file, found)?;
        }
        Ok(found)
    }
}

impl OpenPart {
    /// Reads the file to its end, and compares its digest with what it has to be.
    fn finish(&self) -> Result<Digest, DatasetError> {
        let read_error = |source| DatasetError::Read { file: self.name.clone(), source };
        let found = self.digest.finish().map_err(read_error)?;
        if let Some(pinned) = &self.pinned {
            pinned.check(&self.name, found)?;
        }
        Ok(found)
    }
}

fn open_part(part: Part, whole: Option<Concatenation>) -> Result<(Rows<'static>, OpenPart), DatasetError> {
    let Part { bytes, name, format, is_from_hub, pinned } = part;
    let text_format = match format {
        Format::Parquet => {
            let accept =
                |found: &Digest| pinned.as_ref().map_or(Ok(()), |pinned| pinned.check(&name, *found));
            let (table, digest) = bytes.open_table(&name, whole, accept)?;
            return Ok((Rows::of_table(name.as_str().into(), table), OpenPart { name, digest, pinned }));
        }
        Format::Jsonl => TextFormat::Jsonl,
        Format::Json => TextFormat::Json,
        Format::Csv => TextFormat::Csv,
    };
    let (mut text, digest) = bytes.open(&name, whole)?.split();
    let is_lines = is_from_hub && text_format == TextFormat::Json && !begins_array(&mut text, &name)?;
    let text_format = if is_lines { TextFormat::Jsonl } else { text_format };
    Ok((Rows::of_text(name.as_str().into(), text_format, text), OpenPart { name, digest, pinned }))
}

fn begins_array(text: &mut Box<dyn BufRead>, name: &str) -> Result<bool, DatasetError> {
    let start = text.fill_buf().map_err(|source| DatasetError::Read { file: name.to_owned(), source })?;
    Ok(start.trim_ascii_start().first().is_none_or(|byte| *byte == b'['))
}

/// Id and fields of a sample.
type Treated = (String, Map<String, Value>);

impl Treatment {
    fn new(dataset: &Dataset) -> Result<Self, DatasetError> {
        let filter = dataset.filter.as_deref().map(Expression::new).transpose();
        let filter = filter.map_err(|error| DatasetError::Filter(error.into()))?;
        Ok(Self { mapping: Mapping::new(&dataset.fields)?, filter, shuffle_choices: dataset.shuffle_choices })
    }

    fn keeps_fields(&self) -> bool {
        self.mapping.is_empty() && self.shuffle_choices.is_none()
    }

    /// `None` if the filter leaves the row out.
    fn treat(&self, row: Map<String, Value>, position: u64) -> Result<Option<Treated>, RowProblem> {
        let mut fields = self.mapping.apply(row)?;
        if let Some(filter) = &self.filter
            && !filter.is_true(&fields).map_err(|error| RowProblem::Filter(error.into()))?
        {
            return Ok(None);
        }
        let id = id(&fields, position)?;
        if let Some(seed) = self.shuffle_choices {
            choices::shuffle(&mut fields, seed, &id)?;
        }
        Ok(Some((id, fields)))
    }
}

/// The field `id`, or else the row's position in the dataset, from 1, before anything is filtered or shuffled: it
/// stays the same when filter, limit or seed change.
fn id(fields: &Map<String, Value>, position: u64) -> Result<String, RowProblem> {
    match fields.get("id") {
        None | Some(Value::Null) => Ok(position.to_string()),
        Some(Value::String(id)) if !id.is_empty() => Ok(id.clone()),
        Some(Value::Number(id)) if id.is_i64() || id.is_u64() => Ok(id.to_string()),
        Some(Value::Number(_)) => Err(RowProblem::Id("a fraction")),
        Some(other) => Err(RowProblem::Id(kind(other))),
    }
}

/// Inline rows have no bytes of their own; their canonical JSON stands in.
fn digest_of_rows(rows: &[Map<String, Value>]) -> Result<Digest, DatasetError> {
    Digest::of_json(&rows)
        .map_err(|error| DatasetError::Read { file: "dataset.samples".into(), source: error.into() })
}
