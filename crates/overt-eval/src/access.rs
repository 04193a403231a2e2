//! Random access to the samples of a run: any rows by position, a glance at all of them, a search through their texts.
//!
//! A page of a viewer shows fifty samples of a million. So a run's table is opened once, glanced through once, and from
//! then on only what is shown is read.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::PathBuf;

use overt_schema::{Outcome, SampleRow, Score, Status};

use crate::directory::{JOURNAL, RunDirectory, RunError, SAMPLES};
use crate::journal::{self, Place};
use crate::table::{Columns, GlanceColumns, Opened, TextColumns};

/// What a list says of a sample, without its texts.
#[derive(Debug)]
pub struct Glance<'a> {
    /// Position of the task in the run.
    pub task: u32,
    /// The sample's id.
    pub id: &'a str,
    /// Zero-based repetition.
    pub epoch: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// What each scorer said, in their order.
    pub scores: &'a [GlancedScore<'a>],
    /// Tokens read and written.
    pub tokens: u64,
    /// Seconds that all attempts took.
    pub seconds: f64,
    /// The sample's fields, as JSON.
    pub fields: &'a str,
}

/// A score without words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GlancedScore<'a> {
    /// The scorer's name within its task.
    pub scorer: &'a str,
    /// The number; `None` if it is missing.
    pub value: Option<f64>,
    /// Whether the answer lacked the form that the scorer needs.
    pub unparsed: bool,
}

impl<'a> GlancedScore<'a> {
    /// The glance of a score.
    pub fn of(score: &'a Score) -> Self {
        Self { scorer: &score.scorer, value: score.value, unparsed: score.unparsed }
    }
}

/// What people search in a sample.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// The sample's id.
    pub id: &'a str,
    /// Its fields, as JSON.
    pub fields: &'a str,
    /// The conversation, as JSON.
    pub messages: &'a str,
    /// The answer.
    pub output: Option<&'a str>,
    /// What the last failure said.
    pub error: Option<&'a str>,
}

/// The samples of a run, open to be read from any position. A position is a row's place in the run's order, from zero.
///
/// What it sees of a run that goes on is what was there when it was opened.
#[derive(Debug)]
pub struct Access(Kind);

#[derive(Debug)]
enum Kind {
    Table(Opened),
    Journal { path: PathBuf, file: File, places: Vec<Place> },
    Nothing,
}

impl RunDirectory {
    /// Opens the samples for random access.
    ///
    /// # Errors
    /// When the manifest, the table or the journal cannot be read.
    pub fn access(&self) -> Result<Access, RunError> {
        if self.manifest()?.status == Status::Finished {
            return Ok(Access(Kind::Table(Opened::open(&self.file(SAMPLES))?)));
        }
        let path = self.file(JOURNAL);
        if !path.exists() {
            return Ok(Access(Kind::Nothing));
        }
        let (file, places) = journal::places(&path)?;
        Ok(Access(Kind::Journal { path, file, places }))
    }
}

impl Access {
    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        match &self.0 {
            Kind::Table(table) => table.rows(),
            Kind::Journal { places, .. } => places.len() as u64,
            Kind::Nothing => 0,
        }
    }

    /// About how many bytes of memory it takes.
    pub fn memory(&self) -> usize {
        match &self.0 {
            Kind::Table(table) => table.memory(),
            Kind::Journal { places, .. } => places.capacity() * size_of::<Place>(),
            Kind::Nothing => 0,
        }
    }

    /// The rows at these positions, in the order given, each with its position. Positions beyond the end are passed over.
    ///
    /// # Errors
    /// When the file cannot be read, or is damaged.
    pub fn at(&self, positions: &[u64]) -> Result<Vec<(u64, SampleRow)>, RunError> {
        match &self.0 {
            Kind::Table(table) => Ok(table.at(positions)?),
            Kind::Journal { .. } => {
                let mut rows = Vec::new();
                self.journal_rows(positions.iter().copied(), |position, row| {
                    rows.push((position, row));
                    ControlFlow::Continue(())
                })?;
                Ok(rows)
            }
            Kind::Nothing => Ok(Vec::new()),
        }
    }

    /// Glances at every row, in order.
    ///
    /// # Errors
    /// When the file cannot be read, or is damaged.
    pub fn glance(&self, mut each: impl FnMut(&Glance<'_>)) -> Result<(), RunError> {
        match &self.0 {
            Kind::Table(table) => {
                table.visit(0..table.rows(), Columns::Glance, |_, batch, at| {
                    let columns = GlanceColumns::of(batch).and_then(|columns| columns.row(at, &mut each));
                    columns.ok_or_else(|| table.foreign())?;
                    Ok(ControlFlow::Continue(()))
                })?;
            }
            Kind::Journal { places, .. } => {
                self.journal_rows(0..places.len() as u64, |_, row| {
                    glance_of(&row, &mut each);
                    ControlFlow::Continue(())
                })?;
            }
            Kind::Nothing => {}
        }
        Ok(())
    }

    /// Reads the texts of the rows at ascending positions until `each` breaks off.
    ///
    /// # Errors
    /// When the file cannot be read, or is damaged.
    pub fn texts(
        &self,
        positions: impl IntoIterator<Item = u64>,
        mut each: impl FnMut(u64, Texts<'_>) -> ControlFlow<()>,
    ) -> Result<(), RunError> {
        match &self.0 {
            Kind::Table(table) => Ok(table.visit(positions, Columns::Texts, |position, batch, at| {
                let columns = TextColumns::of(batch).ok_or_else(|| table.foreign())?;
                Ok(each(position, columns.row(at)))
            })?),
            Kind::Journal { .. } => self.journal_rows(positions, |position, row| {
                let fields = serde_json::to_string(&row.sample.fields).unwrap_or_default();
                let messages = serde_json::to_string(&row.messages).unwrap_or_default();
                let texts = Texts {
                    id: &row.sample.id,
                    fields: &fields,
                    messages: &messages,
                    output: row.answer.output.as_deref(),
                    error: row.answer.error.as_deref(),
                };
                each(position, texts)
            }),
            Kind::Nothing => Ok(()),
        }
    }

    fn journal_rows(
        &self,
        positions: impl IntoIterator<Item = u64>,
        mut each: impl FnMut(u64, SampleRow) -> ControlFlow<()>,
    ) -> Result<(), RunError> {
        let Kind::Journal { path, file, places } = &self.0 else { return Ok(()) };
        let mut buffer = Vec::new();
        for position in positions {
            let Some(place) = usize::try_from(position).ok().and_then(|at| places.get(at)) else { continue };
            let row = journal::read_row(file, path, place.offset, &mut buffer)?;
            if each(position, row).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The glance of a whole row.
fn glance_of(row: &SampleRow, each: &mut impl FnMut(&Glance<'_>)) {
    let fields = serde_json::to_string(&row.sample.fields).unwrap_or_default();
    let scores: Vec<GlancedScore<'_>> = row.scores.iter().map(GlancedScore::of).collect();
    each(&Glance {
        task: row.task,
        id: &row.sample.id,
        epoch: row.epoch,
        outcome: row.answer.outcome,
        scores: &scores,
        tokens: row.answer.usage.prompt_tokens.saturating_add(row.answer.usage.completion_tokens),
        seconds: row.answer.attempts.iter().map(|attempt| attempt.took_ms).sum::<f64>() / 1e3,
        fields: &fields,
    });
}

#[cfg(test)]
mod tests;
