//! Whether each sample comes once and in its place. Leaving one out and showing another twice changes no count.

use std::collections::HashSet;

use overt_schema::Run;

use super::again::Differences;
use crate::shown::Shown;

/// Where the samples stand, one after the other.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Task and index of the one before.
    last: Option<(u32, u64)>,
    /// Those of the first epoch that came, by task and id.
    ids: HashSet<(u32, String)>,
}

impl Places {
    /// Looks where the next sample stands.
    pub(super) fn see(&mut self, position: u64, shown: &Shown, run: &Run, bad: &mut Differences) {
        let Some(entry) = run.tasks.get(shown.task as usize) else { return };
        let here = (shown.task, shown.index);
        if self.last.is_some_and(|last| here <= last) {
            bad.add(|| format!("sample {position} is out of order, or comes a second time"));
        }
        self.last = Some(here);
        let epochs = u64::from(entry.epochs.max(1));
        if shown.index >= entry.planned || shown.index % epochs != u64::from(shown.epoch) {
            bad.add(|| format!("sample {position} has an index that the task {} does not have", entry.name));
        }
        if shown.epoch == 0 && !self.ids.insert((shown.task, shown.id.clone())) {
            bad.add(|| format!("sample {position}, {}, comes a second time", shown.id));
        }
    }
}
