//! The samples of a run, one after the other, as the two parts that a record binds.

use std::collections::BTreeSet;

use overt_eval::{Materials, RunDirectory};
use overt_record::{SampleLeaf, SampleSecret};
use overt_schema::{Run, SampleRow, canonical_json};
use overt_score::Summariser;

use crate::error::EvidenceError;
use crate::shown::Shown;

/// The fields that the metrics of each task read, by the tasks' positions.
#[derive(Default)]
pub(crate) struct FieldsRead(Vec<BTreeSet<String>>);

impl FieldsRead {
    pub(crate) fn of(materials: &Materials, level: f64) -> Result<Self, EvidenceError> {
        let of_task = |source: &overt_eval::TaskSource| {
            let summary = Summariser::new(&source.task, level).map_err(overt_eval::EvalError::from)?;
            Ok(summary.fields().into_iter().map(ToOwned::to_owned).collect())
        };
        materials.tasks.iter().map(of_task).collect::<Result<_, EvidenceError>>().map(Self)
    }

    /// What is shown of a row.
    pub(crate) fn shown(&self, row: &SampleRow) -> Shown {
        let fields = self.0.get(row.task as usize);
        let fields = fields.into_iter().flatten().map(String::as_str).collect();
        Shown::of(row, &fields)
    }
}

/// A row and the bytes that are committed to.
pub(crate) struct BoundRow {
    pub(crate) row: SampleRow,
    /// Canonical JSON of what is shown.
    pub(crate) shown: Vec<u8>,
    /// Canonical JSON of the row.
    pub(crate) content: Vec<u8>,
}

impl BoundRow {
    pub(crate) fn new(row: SampleRow, fields: &FieldsRead) -> Result<Self, EvidenceError> {
        Ok(Self { shown: canonical_json(&fields.shown(&row))?, content: canonical_json(&row)?, row })
    }

    pub(crate) fn leaf(&self, position: u64, secret: &SampleSecret) -> SampleLeaf {
        secret.leaf(position, &self.shown, &self.content)
    }
}

/// Every row of a run, in the run's order: the order of the leaves.
pub(crate) fn bound_rows(
    directory: &RunDirectory,
    run: &Run,
) -> Result<impl Iterator<Item = Result<BoundRow, EvidenceError>>, EvidenceError> {
    let fields = FieldsRead::of(&directory.materials()?, run.settings.level)?;
    Ok(directory.rows()?.map(move |row| BoundRow::new(row?, &fields)))
}
