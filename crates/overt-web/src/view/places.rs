//! Where a sample stands, by its id: four bytes a row.

use std::hash::{BuildHasher as _, RandomState};

use super::Sketch;

/// Rows in the order of the hashes of their ids. Whoever chooses the ids does not know the hashes.
#[derive(Debug)]
pub(super) struct Places {
    rows: Vec<u32>,
    hasher: RandomState,
}

impl Places {
    pub(super) fn of(sketch: &Sketch) -> Self {
        let hasher = RandomState::new();
        let hashed = (0..sketch.len()).map(|row| u64::from(hash(&hasher, sketch.id(row))) << 32 | row as u64);
        let mut hashed: Vec<u64> = hashed.collect();
        hashed.sort_unstable();
        Self { rows: hashed.into_iter().map(|hashed| hashed as u32).collect(), hasher }
    }

    /// About how many bytes of memory they take.
    pub(super) fn memory(&self) -> usize {
        self.rows.capacity() * 4
    }

    /// The rows with an id, in the order of the run.
    pub(super) fn of_id<'a>(&'a self, sketch: &'a Sketch, id: &'a str) -> impl Iterator<Item = usize> + 'a {
        let wanted = hash(&self.hasher, id);
        let hash = |row: &u32| hash(&self.hasher, sketch.id(*row as usize));
        let begin = self.rows.partition_point(|row| hash(row) < wanted);
        let alike = self.rows[begin..].iter().take_while(move |row| hash(row) == wanted);
        alike.map(|row| *row as usize).filter(move |row| sketch.id(*row) == id)
    }
}

fn hash(hasher: &RandomState, id: &str) -> u32 {
    (hasher.hash_one(id) >> 32) as u32
}
