//! The samples of a run: chosen, ordered, counted and digested, and then read one at a time.

use std::io;

use overt_schema::{DatasetRef, Sample};

use crate::error::{DatasetError, Place};
use crate::rows::Name;
use crate::spool::{Cursor, Spool};

/// Which of a task's samples a run uses. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// At most this many.
    pub limit: Option<u64>,
    /// Only those with these ids, if there are any here.
    pub sample_ids: Vec<String>,
}

/// A task's samples, ready to be asked. They lie in a file without a name (in memory if they are few), so a million
/// of them cost no more memory than a hundred. Several threads may read at once.
#[derive(Debug)]
pub struct Samples {
    pub(crate) spool: Spool,
    pub(crate) name: Name,
    pub(crate) dataset: DatasetRef,
}

impl Samples {
    /// How many there are.
    pub fn len(&self) -> u64 {
        self.spool.records()
    }

    /// Whether there are none. A dataset without rows is refused earlier, so a run never sees this.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where they come from, and their digests.
    pub fn dataset_ref(&self) -> &DatasetRef {
        &self.dataset
    }

    /// All samples with their indexes, in the run's order.
    pub fn iter(&self) -> Iter<'_, fn(u64) -> bool> {
        self.iter_where(|_| true)
    }

    /// The samples whose index is wanted, in the run's order. The others are passed over without being parsed, so a
    /// resumed run reaches its first open sample quickly.
    pub fn iter_where<W: FnMut(u64) -> bool>(&self, wanted: W) -> Iter<'_, W> {
        Iter { samples: self, cursor: self.spool.cursor(), wanted, failed: false }
    }

    /// The sample with this index; `None` from [`Samples::len`] on.
    ///
    /// # Errors
    /// When the spool cannot be read.
    pub fn get(&self, index: u64) -> Result<Option<Sample>, DatasetError> {
        if index >= self.len() {
            return Ok(None);
        }
        let mut cursor = self.spool.jumping_cursor();
        cursor
            .seek(index)
            .and_then(|()| sample(&mut cursor))
            .map(Some)
            .map_err(|source| self.read_error(source))
    }

    /// Where in the dataset the sample with this index stands, for messages.
    ///
    /// # Errors
    /// When the spool cannot be read.
    pub fn place(&self, index: u64) -> Result<Option<Place>, DatasetError> {
        if index >= self.len() {
            return Ok(None);
        }
        let mut cursor = self.spool.jumping_cursor();
        let line = cursor.seek(index).and_then(|()| Ok(cursor.read()?.line));
        line.map(|line| Some(self.name.at(line))).map_err(|source| self.read_error(source))
    }

    fn read_error(&self, source: io::Error) -> DatasetError {
        DatasetError::Read { file: format!("{} (its prepared copy)", self.name.file), source }
    }
}

impl<'a> IntoIterator for &'a Samples {
    type Item = Result<(u64, Sample), DatasetError>;
    type IntoIter = Iter<'a, fn(u64) -> bool>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn sample(cursor: &mut Cursor<'_>) -> io::Result<Sample> {
    let record = cursor.read()?;
    Ok(Sample { id: record.id.to_owned(), fields: serde_json::from_slice(record.json)? })
}

/// Samples with their indexes; made by [`Samples::iter`] and [`Samples::iter_where`]. After an error there is nothing
/// more.
#[derive(Debug)]
pub struct Iter<'a, W> {
    samples: &'a Samples,
    cursor: Cursor<'a>,
    wanted: W,
    failed: bool,
}

impl<W: FnMut(u64) -> bool> Iter<'_, W> {
    fn advance(&mut self) -> io::Result<Option<(u64, Sample)>> {
        while !self.cursor.at_end() {
            let index = self.cursor.index();
            if (self.wanted)(index) {
                return Ok(Some((index, sample(&mut self.cursor)?)));
            }
            self.cursor.skip()?;
        }
        Ok(None)
    }
}

impl<W: FnMut(u64) -> bool> Iterator for Iter<'_, W> {
    type Item = Result<(u64, Sample), DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let advanced = self.advance();
        self.failed = advanced.is_err();
        advanced.map_err(|source| self.samples.read_error(source)).transpose()
    }
}
