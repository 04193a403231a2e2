//! Samples that two runs scored differently, side by side.

use std::cmp::Ordering;

use super::samples::Row;
use super::{RunView, ViewError};

/// Samples of a page.
const PAGE: usize = 20;

/// Which differences are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// All of them.
    #[default]
    Both,
    /// Where the second run has the higher score.
    Up,
    /// Where the first one has.
    Down,
}

/// What the differences are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The task's name.
    pub task: String,
    /// The scorer's.
    pub scorer: String,
    /// Which differences.
    pub way: Way,
    /// The page, from 1.
    pub page: u64,
}

/// One sample as two runs answered it.
#[derive(Debug)]
pub struct Flip {
    /// In the first run.
    pub a: Row,
    /// In the second.
    pub b: Row,
    /// The second's score minus the first's.
    pub difference: f32,
}

/// Samples that were scored differently.
#[derive(Debug)]
pub struct Flips {
    /// How many have a higher score in the second run.
    pub up: u64,
    /// How many have a lower one.
    pub down: u64,
    /// How many have the same.
    pub same: u64,
    /// The page's samples, the largest differences first.
    pub shown: Vec<Flip>,
    /// The page, from 1.
    pub page: u64,
    /// How many there are.
    pub pages: u64,
}

/// The samples of a task that two runs scored differently.
///
/// # Errors
/// When a run does not have the task or the scorer, or samples cannot be read.
pub fn flips(a: &RunView, b: &RunView, question: &Question) -> Result<Flips, ViewError> {
    let place = |view: &RunView| {
        let task = view.tasks.iter().position(|name| *name == question.task)?;
        Some((task, view.sketch.slot(task, &question.scorer)?))
    };
    let missing = ViewError::Missing { what: "such task and scorer in both runs" };
    let (Some((task_a, slot_a)), Some((task_b, slot_b))) = (place(a), place(b)) else { return Err(missing) };
    let theirs = b.sketch.by_sample(task_b);
    let (mut up, mut down, mut same) = (0, 0, 0);
    let mut found: Vec<(usize, usize, f32)> = Vec::new();
    for row in (0..a.sketch.len()).filter(|row| a.sketch.task(*row) == task_a) {
        let Some(other) = theirs.get(&(a.sketch.id(row), a.sketch.epoch(row))) else { continue };
        let difference = b.sketch.score(*other, slot_b) - a.sketch.score(row, slot_a);
        let way = match difference.partial_cmp(&0.0) {
            None => continue,
            Some(Ordering::Equal) => {
                same += 1;
                continue;
            }
            Some(Ordering::Greater) => {
                up += 1;
                Way::Up
            }
            Some(Ordering::Less) => {
                down += 1;
                Way::Down
            }
        };
        if question.way == Way::Both || question.way == way {
            found.push((row, *other, difference));
        }
    }
    found.sort_by(|one, two| two.2.abs().total_cmp(&one.2.abs()).then(one.0.cmp(&two.0)));
    let pages = (found.len().div_ceil(PAGE) as u64).max(1);
    let page = question.page.clamp(1, pages);
    let shown: Vec<_> = found.into_iter().skip((page - 1) as usize * PAGE).take(PAGE).collect();
    let rows = |view: &RunView, positions: Vec<u64>| view.samples.at(&positions);
    let ours = rows(a, shown.iter().map(|(row, ..)| *row as u64).collect())?;
    let theirs = rows(b, shown.iter().map(|(_, row, _)| *row as u64).collect())?;
    let pairs = ours.into_iter().zip(theirs).zip(&shown);
    let shown =
        pairs.map(|(((_, a), (_, b)), (.., difference))| Flip { a, b, difference: *difference }).collect();
    Ok(Flips { up, down, same, shown, page, pages })
}
