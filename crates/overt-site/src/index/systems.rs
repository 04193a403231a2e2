//! Systems, and what was found about each over time.

use overt_record::record::Reach;
use overt_record::{Hash, Timestamp};
use rusqlite::Row;
use serde::Serialize;

use super::entries::list;
use super::results::{EVALUATIONS, RESULTS, read_evaluation, read_result};
use super::{EvaluationView, Index, IndexError, Page, PageSize, ResultView, Seek};
use crate::row::Columns as _;

/// How many evaluations of a system are shown at most.
const MOST_EVALUATIONS: i64 = 1000;

/// A system that was evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemView {
    /// Which one: a digest of its weights, or of how it is asked, that stays the same over time.
    pub id: Hash,
    /// What the newest evaluation calls it.
    pub name: String,
    /// The model.
    pub model: String,
    /// How it is reached.
    pub reach: Reach,
    /// Base URL of its interface.
    pub base_url: Option<String>,
    /// Digest of its weights.
    pub weights: Option<Hash>,
    /// How many evaluations of it are logged.
    pub evaluations: u64,
    /// When the first one was logged.
    pub first: Timestamp,
    /// When the newest one was logged.
    pub newest: Timestamp,
    /// The entry of the newest one: the position in the list.
    pub newest_index: u64,
}

/// A system with everything that was found, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemHistory {
    /// The system.
    pub system: SystemView,
    /// Its evaluations, newest first, at most a thousand.
    pub evaluations: Vec<EvaluationView>,
    /// Their results, by task, metric and what may be set side by side, then oldest first.
    pub results: Vec<ResultView>,
}

/// The newest evaluation gives the names: SQLite takes the bare columns from the row with the maximum.
const SYSTEMS: &str = "\
    SELECT system, name, model, reach, base_url, weights, count(*) AS evaluations, min(entry.time) AS first, \
        max(evaluation.idx) AS newest_index, entry.time AS newest \
    FROM evaluation JOIN entry USING (idx)";

impl Index {
    /// Systems, the most recently evaluated first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn systems(&self, seek: Seek, size: PageSize) -> Result<Page<SystemView>, IndexError> {
        let select =
            format!("{SYSTEMS} GROUP BY system HAVING newest_index < ? ORDER BY newest_index DESC LIMIT ?");
        let found = self.list(&select, (seek.below(), size.and_one()), read_system)?;
        Ok(Page::of(found, size, |system| system.newest_index))
    }

    /// One system, with everything that was found.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn system(&self, id: &Hash) -> Result<Option<SystemHistory>, IndexError> {
        self.database.read(|connection| {
            let select = format!("{SYSTEMS} WHERE system = ? GROUP BY system");
            let Some(system) = list(connection, &select, [id.as_bytes()], read_system)?.pop() else {
                return Ok(None);
            };
            let select = format!("{EVALUATIONS} WHERE system = ? ORDER BY evaluation.idx DESC LIMIT ?");
            let evaluations = list(connection, &select, (id.as_bytes(), MOST_EVALUATIONS), read_evaluation)?;
            let oldest = evaluations.last().map_or(0, |evaluation| evaluation.index);
            let select = format!(
                "{RESULTS} JOIN evaluation USING (idx) WHERE system = ? AND idx >= ? ORDER BY task, metric, alike, idx"
            );
            let values = (id.as_bytes(), crate::row::integer(oldest));
            let results = list(connection, &select, values, read_result)?;
            Ok(Some(SystemHistory { system, evaluations, results }))
        })
    }
}

fn read_system(row: &Row<'_>) -> rusqlite::Result<SystemView> {
    Ok(SystemView {
        id: row.hash("system")?,
        name: row.get("name")?,
        model: row.get("model")?,
        reach: row.parsed("reach")?,
        base_url: row.get("base_url")?,
        weights: row.optional_hash("weights")?,
        evaluations: row.count("evaluations")?,
        first: row.time("first")?,
        newest: row.time("newest")?,
        newest_index: row.count("newest_index")?,
    })
}
