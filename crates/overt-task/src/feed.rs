//! A dataset's rows on their way to becoming samples: mapped, filtered, named.

use std::path::Path;

use overt_schema::{Dataset, Digest, Expression, Format};
use serde_json::{Map, Value};

use crate::error::{DatasetError, RowError, RowProblem, kind};
use crate::loaded::LoadedTask;
use crate::mapping::Mapping;
use crate::rows::{Name, Row, Rows, Trouble};
use crate::source::{Bytes, StoredDigest};
use crate::{cache, choices};

/// A row that has become a sample.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) at: u64,
    pub(crate) id: String,
    pub(crate) fields: Map<String, Value>,
}

/// The rows of a task's dataset, in the file's order.
pub(crate) struct Feed<'a> {
    rows: Rows<'a>,
    treatment: Treatment,
    /// Rows seen so far, those left out by the filter included.
    seen: u64,
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
    File { digest: StoredDigest, pinned: Option<Pinned> },
    Inline(Digest),
}

struct Pinned {
    expected: Digest,
    next: String,
}

impl<'a> Feed<'a> {
    /// Opens the dataset of a task. What lies at a URL must be in the cache already.
    pub(crate) fn open(task: &'a LoadedTask, cache: &Path) -> Result<Self, DatasetError> {
        let dataset = &task.task.dataset;
        let treatment = Treatment::new(dataset)?;
        if let (Some(rows), None, None) = (&dataset.samples, &dataset.path, &dataset.url) {
            let stored = Stored::Inline(digest_of_rows(rows)?);
            let rows = Rows::inline(task.origin.to_string().into(), rows);
            return Ok(Self { rows, treatment, seen: 0, stored });
        }
        let (bytes, name, next) = locate(task, cache)?;
        let pinned = dataset.sha256.map(|expected| Pinned { expected, next });
        let format = format_of(dataset)?;
        let (text, digest) = bytes.open(&name)?.split();
        let rows = Rows::of_file(name.into(), format, text);
        Ok(Self { rows, treatment, seen: 0, stored: Stored::File { digest, pinned } })
    }

    pub(crate) fn name(&self) -> &Name {
        self.rows.name()
    }

    /// Rows read so far.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// The next sample; rows that the filter leaves out are passed over.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, Trouble> {
        while let Some(Row { at, fields }) = self.rows.next()? {
            self.seen += 1;
            let treated =
                self.treatment.treat(fields, self.seen).map_err(|problem| self.trouble(at, problem))?;
            if let Some((id, fields)) = treated {
                return Ok(Some(Item { at, id, fields }));
            }
        }
        Ok(None)
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
        let file = self.rows.name().file.to_string();
        drop(self.rows);
        match self.stored {
            Stored::Inline(digest) => Ok(digest),
            Stored::File { digest, pinned } => {
                let read_error = |source| DatasetError::Read { file: file.clone(), source };
                let found = digest.finish().map_err(read_error)?;
                match pinned {
                    Some(Pinned { expected, next }) if expected != found => {
                        Err(DatasetError::Digest { file, expected, found, next })
                    }
                    _ => Ok(found),
                }
            }
        }
    }
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

/// The bytes of a dataset, what they are called in messages, and what to do if they are not the pinned ones.
fn locate(task: &LoadedTask, cache: &Path) -> Result<(Bytes, String, String), DatasetError> {
    let Dataset { path, url, samples, sha256, .. } = &task.task.dataset;
    match (path, url, samples) {
        (Some(path), None, None) => {
            let (bytes, name) = task.resolve_data(path)?;
            Ok((bytes, name, "restore the file, or, if the change is meant, update dataset.sha256".into()))
        }
        (None, Some(url), None) => {
            let digest = sha256.ok_or_else(|| DatasetError::Unpinned(url.clone()))?;
            let file = cache::path(cache, &digest);
            if !file.is_file() {
                return Err(DatasetError::NotFetched { url: url.clone(), path: file });
            }
            let next = format!("delete {} and run the task again", file.display());
            Ok((Bytes::File(file), url.clone(), next))
        }
        _ => Err(DatasetError::Source),
    }
}

/// The format that the task says, or else the one that the name's ending says.
fn format_of(dataset: &Dataset) -> Result<Format, DatasetError> {
    if let Some(format) = dataset.format {
        return Ok(format);
    }
    let name = dataset.path.as_deref().or(dataset.url.as_deref()).unwrap_or_default();
    let file = name.split(['?', '#']).next().unwrap_or_default();
    Format::of_name(file).ok_or_else(|| DatasetError::UnknownFormat(name.to_owned()))
}

/// Inline rows have no bytes of their own; their canonical JSON stands in.
fn digest_of_rows(rows: &[Map<String, Value>]) -> Result<Digest, DatasetError> {
    Digest::of_json(&rows)
        .map_err(|error| DatasetError::Read { file: "dataset.samples".into(), source: error.into() })
}
