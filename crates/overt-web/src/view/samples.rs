//! Where the samples of a run are read from: a run directory, or a published folder in which some are withheld.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use overt_eval::{Access, Glance, GlancedScore, RunDirectory, SAMPLES, Texts};
use overt_evidence::{PublishedSample, SAMPLES_FILE, Shown};
use overt_schema::{Outcome, SampleRow, Score};

use super::ViewError;
use super::blocks::Blocks;
use super::find::PAGE;
use super::shown_rows::ShownRows;

/// One sample in one epoch.
#[derive(Clone, Debug)]
pub enum Row {
    /// All of it.
    Whole(Arc<SampleRow>),
    /// Its content is withheld: what the results depend on is there, but no prompt and no answer.
    Withheld(Arc<Shown>),
}

impl Row {
    /// Position of its task in the run.
    pub fn task(&self) -> u32 {
        match self {
            Self::Whole(row) => row.task,
            Self::Withheld(shown) => shown.task,
        }
    }

    /// The sample's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Whole(row) => &row.sample.id,
            Self::Withheld(shown) => &shown.id,
        }
    }

    /// Zero-based repetition.
    pub fn epoch(&self) -> u32 {
        match self {
            Self::Whole(row) => row.epoch,
            Self::Withheld(shown) => shown.epoch,
        }
    }

    /// What became of it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Whole(row) => row.answer.outcome,
            Self::Withheld(shown) => shown.outcome,
        }
    }

    /// What the scorers said.
    pub fn scores(&self) -> &[Score] {
        match self {
            Self::Whole(row) => &row.scores,
            Self::Withheld(shown) => &shown.scores,
        }
    }

    /// The whole row, unless it is withheld.
    pub fn whole(&self) -> Option<&SampleRow> {
        match self {
            Self::Whole(row) => Some(row),
            Self::Withheld(_) => None,
        }
    }

    fn of(sample: PublishedSample) -> Self {
        match sample.content {
            Some(row) => Self::Whole(Arc::from(row)),
            None => Self::Withheld(Arc::new(sample.shown)),
        }
    }
}

/// The samples of a run, open to be read from any position.
#[derive(Debug)]
pub struct Samples {
    source: Source,
    /// What was shown of them, and may be shown again.
    shown: ShownRows,
}

#[derive(Debug)]
enum Source {
    Run(Access),
    Published(Blocks),
}

/// Whether the samples of a folder were published with some of them withheld.
pub(crate) fn is_published(folder: &Path) -> bool {
    !folder.join(SAMPLES).exists() && folder.join(SAMPLES_FILE).is_file()
}

impl Samples {
    /// Opens the samples of a run directory or of a published folder.
    ///
    /// # Errors
    /// When they cannot be read, or are damaged.
    pub fn open(folder: &Path) -> Result<Self, ViewError> {
        let source = if is_published(folder) {
            Source::Published(Blocks::open(&folder.join(SAMPLES_FILE))?)
        } else {
            Source::Run(RunDirectory::open(folder)?.access()?)
        };
        Ok(Self { source, shown: ShownRows::default() })
    }

    /// How many there are.
    pub fn rows(&self) -> u64 {
        match &self.source {
            Source::Run(access) => access.rows(),
            Source::Published(blocks) => blocks.rows(),
        }
    }

    /// About how many bytes of memory this takes.
    pub(crate) fn memory(&self) -> usize {
        let source = match &self.source {
            Source::Run(access) => access.memory(),
            Source::Published(blocks) => blocks.memory(),
        };
        source + self.shown.memory()
    }

    /// The rows at these positions, in the order given.
    ///
    /// # Errors
    /// When they cannot be read, or are damaged.
    pub fn at(&self, positions: &[u64]) -> Result<Vec<(u64, Row)>, ViewError> {
        self.shown.at(positions, |missing| {
            // Unpacking one row unpacks those around it, which are looked at next.
            if let [alone] = *missing {
                let begin = alone - alone % PAGE as u64;
                let end = (begin + PAGE as u64).min(self.rows());
                if let Ok(rows) = self.read(&(begin..end).collect::<Vec<_>>()) {
                    return Ok(rows);
                }
                // One of the others is damaged, or all together are too much.
            }
            self.read(missing)
        })
    }

    /// Reads rows at ascending positions.
    fn read(&self, positions: &[u64]) -> Result<Vec<(u64, Row)>, ViewError> {
        match &self.source {
            Source::Run(access) => {
                let rows = access.at(positions)?;
                Ok(rows.into_iter().map(|(position, row)| (position, Row::Whole(Arc::new(row)))).collect())
            }
            Source::Published(blocks) => {
                let mut rows = Vec::new();
                blocks.visit(positions.iter().copied(), |position, sample| {
                    rows.push((position, Row::of(sample)));
                    ControlFlow::Continue(())
                })?;
                Ok(rows)
            }
        }
    }

    /// Glances at every sample in order, with whether its content is withheld.
    ///
    /// # Errors
    /// When they cannot be read, or are damaged.
    pub(crate) fn glance(&self, mut each: impl FnMut(&Glance<'_>, bool)) -> Result<(), ViewError> {
        match &self.source {
            Source::Run(access) => Ok(access.glance(|glance| each(glance, false))?),
            Source::Published(blocks) => blocks.visit(0..blocks.rows(), |_, sample| {
                glance_published(&sample, &mut each);
                ControlFlow::Continue(())
            }),
        }
    }

    /// Reads the texts of samples at ascending positions until `each` breaks off. Of a withheld one there are none but its id.
    ///
    /// # Errors
    /// When they cannot be read, or are damaged.
    pub(crate) fn texts(
        &self,
        positions: impl IntoIterator<Item = u64>,
        mut each: impl FnMut(u64, Texts<'_>) -> ControlFlow<()>,
    ) -> Result<(), ViewError> {
        match &self.source {
            Source::Run(access) => Ok(access.texts(positions, each)?),
            Source::Published(blocks) => blocks.visit(positions, |position, sample| {
                let Some(row) = &sample.content else {
                    let texts = Texts {
                        id: &sample.shown.id,
                        fields: "{}",
                        messages: "[]",
                        output: None,
                        error: None,
                    };
                    return each(position, texts);
                };
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
        }
    }
}

fn glance_published(sample: &PublishedSample, each: &mut impl FnMut(&Glance<'_>, bool)) {
    let PublishedSample { shown, content, .. } = sample;
    let fields = content.as_ref().map_or(&shown.fields, |row| &row.sample.fields);
    let fields = serde_json::to_string(fields).unwrap_or_default();
    let scores: Vec<GlancedScore<'_>> = shown.scores.iter().map(GlancedScore::of).collect();
    let usage = content.as_ref().map(|row| row.answer.usage).unwrap_or_default();
    let attempts = content.iter().flat_map(|row| &row.answer.attempts);
    let glance = Glance {
        task: shown.task,
        id: &shown.id,
        epoch: shown.epoch,
        outcome: shown.outcome,
        scores: &scores,
        tokens: usage.prompt_tokens.saturating_add(usage.completion_tokens),
        seconds: attempts.map(|attempt| attempt.took_ms).sum::<f64>() / 1e3,
        fields: &fields,
    };
    each(&glance, content.is_none());
}
