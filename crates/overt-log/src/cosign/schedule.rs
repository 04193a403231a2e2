//! When the witnesses are asked.

use std::time::Duration;

use crate::retry::Backoff;

/// What decides when the next round begins. Times are in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// The shortest time between two rounds.
    pub(super) pace: Duration,
    /// After what time the same checkpoint is cosigned again.
    pub(super) heartbeat: Duration,
    /// How long to wait after rounds without a quorum.
    pub(super) backoff: Backoff,
}

/// The last round.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastRound {
    pub(super) began: u64,
    /// How many rounds in a row ended without a quorum, this one included.
    pub(super) failures: u32,
}

/// Whether the log has grown since the last round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    Grown,
    Same,
}

impl Schedule {
    /// Whether a round is due.
    pub(super) fn is_due(&self, now: u64, last: Option<LastRound>, tree: Tree) -> bool {
        let Some(last) = last else { return true };
        let since = Duration::from_millis(now.saturating_sub(last.began));
        let wait = match (last.failures, tree) {
            (0, Tree::Grown) => self.pace,
            (0, Tree::Same) => self.heartbeat,
            (failures, _) => self.backoff.wait(failures).max(self.pace),
        };
        since >= wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule = Schedule {
        pace: Duration::from_secs(1),
        heartbeat: Duration::from_secs(600),
        backoff: Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(60) },
    };

    #[test]
    fn an_idle_log_is_cosigned_every_heartbeat_and_a_growing_one_at_its_pace() {
        let due = |after: u64, failures, tree| {
            SCHEDULE.is_due(1_000_000 + after, Some(LastRound { began: 1_000_000, failures }), tree)
        };
        assert!(SCHEDULE.is_due(0, None, Tree::Same));
        assert!(!due(999, 0, Tree::Grown) && due(1_000, 0, Tree::Grown));
        assert!(!due(599_999, 0, Tree::Same) && due(600_000, 0, Tree::Same));
        assert!(!due(3_999, 2, Tree::Grown) && due(4_000, 2, Tree::Same));
        assert!(due(60_000, u32::MAX, Tree::Same));
    }
}
