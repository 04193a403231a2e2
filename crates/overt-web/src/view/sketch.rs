//! A run's samples in a few columns of fixed width: what lists are filtered and sorted by, about forty bytes a row.

use std::collections::HashMap;
use std::sync::OnceLock;

use overt_eval::Glance;
use overt_schema::Outcome;

use super::ViewError;
use super::facets::{Facets, FacetsBuilder};
use super::places::Places;
use super::samples::Samples;
use super::spread::Spread;

/// The most scorers of a task that are sketched. No task has so many.
const SCORERS: usize = 32;
const OUTCOMES: usize = Outcome::ALL.len();
/// Set in the outcome of a sample whose content is withheld.
const WITHHELD: u8 = 0x80;

/// The columns. A row's position in them is its position in the run.
#[derive(Debug, Default)]
pub struct Sketch {
    tasks: Vec<u16>,
    epochs: Vec<u32>,
    outcomes: Vec<u8>,
    tokens: Vec<u32>,
    seconds: Vec<f32>,
    ids: String,
    ends: Vec<u32>,
    /// For each task the names of its scorers, whose scores are in the columns of the same places.
    scorers: Vec<Vec<String>>,
    /// Scores; NaN where one is missing.
    scores: Vec<Vec<f32>>,
    facets: Facets,
    /// For each task, counted while its rows came in.
    counts: Vec<Counts>,
    /// For each task and scorer, found out when it is first asked for.
    spreads: Vec<Vec<OnceLock<Spread>>>,
    /// Where ids are, found out when one is first looked for.
    places: OnceLock<Places>,
}

/// What became of the samples of a task, by the order of [`Outcome::ALL`].
#[derive(Clone, Copy, Debug)]
struct Counts {
    outcomes: [u64; OUTCOMES],
    /// The first row of each.
    firsts: [u32; OUTCOMES],
    withheld: u64,
}

impl Counts {
    const NOTHING: Self = Self { outcomes: [0; OUTCOMES], firsts: [0; OUTCOMES], withheld: 0 };
}

impl Sketch {
    /// Glances through the samples once.
    ///
    /// # Errors
    /// When they cannot be read, or are more than four thousand million, or their ids are too long in all.
    pub fn of(samples: &Samples) -> Result<Self, ViewError> {
        let rows = usize::try_from(samples.rows()).unwrap_or(0).min(1 << 22);
        let mut sketch = Self {
            tasks: Vec::with_capacity(rows),
            epochs: Vec::with_capacity(rows),
            outcomes: Vec::with_capacity(rows),
            tokens: Vec::with_capacity(rows),
            seconds: Vec::with_capacity(rows),
            ends: Vec::with_capacity(rows),
            ..Self::default()
        };
        let mut facets = FacetsBuilder::default();
        let mut fits = true;
        samples.glance(|glance, withheld| {
            fits = fits && sketch.push(glance, withheld);
            if fits {
                facets.push(glance.task, glance.fields);
            }
        })?;
        if !fits {
            let why =
                "its samples have ids of more than four gigabytes, or it has more than 65 535 tasks".into();
            return Err(ViewError::Asked { why });
        }
        let rows = sketch.len();
        for column in &mut sketch.scores {
            column.resize(rows, f32::NAN);
            column.shrink_to_fit();
        }
        sketch.ids.shrink_to_fit();
        sketch.facets = facets.finish(&sketch.tasks);
        let spreads = |names: &Vec<String>| names.iter().map(|_| OnceLock::new()).collect();
        sketch.spreads = sketch.scorers.iter().map(spreads).collect();
        Ok(sketch)
    }

    /// Takes in a row; `false` if there is no room for it.
    fn push(&mut self, glance: &Glance<'_>, withheld: bool) -> bool {
        let task = u16::try_from(glance.task);
        let end = u32::try_from(self.ids.len() + glance.id.len());
        let (Ok(task), Ok(end)) = (task, end) else { return false };
        let row = self.tasks.len();
        self.tasks.push(task);
        self.epochs.push(glance.epoch);
        let outcome = Outcome::ALL.iter().position(|known| *known == glance.outcome).unwrap_or(0);
        self.outcomes.push(outcome as u8 | if withheld { WITHHELD } else { 0 });
        self.tokens.push(u32::try_from(glance.tokens).unwrap_or(u32::MAX));
        self.seconds.push(glance.seconds as f32);
        self.ids.push_str(glance.id);
        self.ends.push(end);
        let named = usize::from(task) + 1;
        if self.scorers.len() < named {
            self.scorers.resize(named, Vec::new());
            self.counts.resize(named, Counts::NOTHING);
        }
        self.count(usize::from(task), row, outcome, withheld);
        for score in glance.scores.iter().take(SCORERS) {
            let names = &mut self.scorers[usize::from(task)];
            let slot = names.iter().position(|known| known == score.scorer).unwrap_or_else(|| {
                names.push(score.scorer.to_owned());
                names.len() - 1
            });
            if slot >= SCORERS {
                continue;
            }
            if self.scores.len() <= slot {
                self.scores.resize(slot + 1, Vec::new());
            }
            let column = &mut self.scores[slot];
            column.resize(row, f32::NAN);
            column.push(score.value.map_or(f32::NAN, |value| value as f32));
        }
        true
    }

    fn count(&mut self, task: usize, row: usize, outcome: usize, withheld: bool) {
        let counts = &mut self.counts[task];
        if counts.outcomes[outcome] == 0 {
            counts.firsts[outcome] = row as u32;
        }
        counts.outcomes[outcome] += 1;
        counts.withheld += u64::from(withheld);
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// About how many bytes of memory it takes.
    pub fn memory(&self) -> usize {
        let rows = self.tasks.capacity() * 2
            + (self.epochs.capacity()
                + self.tokens.capacity()
                + self.seconds.capacity()
                + self.ends.capacity())
                * 4
            + self.outcomes.capacity();
        let scores: usize = self.scores.iter().map(|column| column.capacity() * 4).sum();
        let places = self.places.get().map_or(0, Places::memory);
        rows + scores + self.ids.capacity() + self.facets.memory() + places
    }

    /// Fields by whose values one can filter, and those values.
    pub fn facets(&self) -> &Facets {
        &self.facets
    }

    /// The scorers of a task.
    pub fn scorers(&self, task: usize) -> &[String] {
        self.scorers.get(task).map_or(&[], Vec::as_slice)
    }

    /// The position of a task's sample in an epoch.
    pub fn find(&self, task: usize, id: &str, epoch: u32) -> Option<u64> {
        let places = self.places.get_or_init(|| Places::of(self));
        let is_it = |row: &usize| self.task(*row) == task && self.epochs[*row] == epoch;
        places.of_id(self, id).find(is_it).map(|row| row as u64)
    }

    /// How many samples there are of each outcome in a task, by the order of [`Outcome::ALL`]; and how many are withheld.
    pub fn outcomes(&self, task: usize) -> ([u64; Outcome::ALL.len()], u64) {
        self.counts.get(task).map_or(([0; OUTCOMES], 0), |counts| (counts.outcomes, counts.withheld))
    }

    /// The first row with an outcome in a task, if there is one.
    pub(super) fn first(&self, task: usize, outcome: Outcome) -> Option<u64> {
        let counts = self.counts.get(task)?;
        let at = Outcome::ALL.iter().position(|known| *known == outcome)?;
        (counts.outcomes[at] > 0).then(|| u64::from(counts.firsts[at]))
    }

    /// How often a scorer gave each score in a task; `None` if it is no scorer of it.
    pub fn spread(&self, task: usize, scorer: &str) -> Option<&Spread> {
        let kept = self.spreads.get(task)?.get(self.slot(task, scorer)?)?;
        Some(kept.get_or_init(|| Spread::of(|| self.scores(task, scorer))))
    }

    /// The scores that a scorer gave in a task, missing ones as NaN.
    pub fn scores<'a>(&'a self, task: usize, scorer: &str) -> impl Iterator<Item = f32> + 'a {
        let slot = self.slot(task, scorer);
        let rows = (0..self.len()).filter(move |row| self.task(*row) == task);
        rows.map(move |row| slot.map_or(f32::NAN, |slot| self.score(row, slot)))
    }

    /// Every row of a task by its sample and epoch, hashed.
    pub(super) fn by_sample(&self, task: usize) -> HashMap<(&str, u32), usize> {
        let rows = (0..self.len()).filter(|row| self.task(*row) == task);
        rows.map(|row| ((self.id(row), self.epochs[row]), row)).collect()
    }

    pub(super) fn slot(&self, task: usize, scorer: &str) -> Option<usize> {
        self.scorers(task).iter().position(|known| known == scorer)
    }

    pub(super) fn task(&self, row: usize) -> usize {
        usize::from(self.tasks[row])
    }

    pub(super) fn epoch(&self, row: usize) -> u32 {
        self.epochs[row]
    }

    pub(super) fn id(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        &self.ids[start..self.ends[row] as usize]
    }

    pub(super) fn outcome(&self, row: usize) -> Outcome {
        Outcome::ALL[usize::from(self.outcomes[row] & !WITHHELD).min(Outcome::ALL.len() - 1)]
    }

    pub(super) fn is_withheld(&self, row: usize) -> bool {
        self.outcomes[row] & WITHHELD != 0
    }

    /// NaN if it is missing.
    pub(super) fn score(&self, row: usize, slot: usize) -> f32 {
        self.scores.get(slot).and_then(|column| column.get(row)).copied().unwrap_or(f32::NAN)
    }

    pub(super) fn tokens(&self, row: usize) -> u32 {
        self.tokens[row]
    }

    pub(super) fn seconds(&self, row: usize) -> f32 {
        self.seconds[row]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_found_by_its_id_and_epoch_and_nothing_else_is() {
        let mut sketch = Sketch::default();
        let ids: Vec<String> = (0..1000_u32).map(|row| format!("sample-{}", row * 7919 % 1000)).collect();
        for (row, id) in (0_u32..).zip(ids.iter().cycle().take(3000)) {
            let (epoch, outcome) = (row / 1000, Outcome::Ok);
            let task = u32::from(epoch == 2);
            let glance =
                Glance { task, id, epoch, outcome, scores: &[], tokens: 0, seconds: 0.0, fields: "{}" };
            assert!(sketch.push(&glance, false));
        }
        for (row, id) in (0_u64..).zip(&ids) {
            let found =
                [(0, 0), (0, 1), (1, 2), (1, 0), (0, 3)].map(|(task, epoch)| sketch.find(task, id, epoch));
            assert_eq!(found, [Some(row), Some(row + 1000), Some(row + 2000), None, None], "{id}");
        }
        for id in ["", "sample-", "sample-1000", "Sample-1"] {
            assert_eq!(sketch.find(0, id, 0), None, "{id}");
        }
    }
}
