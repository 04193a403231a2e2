//! When to try again.

use std::time::Duration;

/// Waiting longer each time, up to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Backoff {
    /// How long to wait after so many failures in a row: nothing after none, and twice as long after each.
    pub fn wait(self, failures: u32) -> Duration {
        match failures.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => self.first.saturating_mul(1 << doublings.min(16)).min(self.longest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_last_up_to_a_bound() {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(10) };
        let waits = [0, 1, 2, 3, 4, 5, u32::MAX].map(|failures| backoff.wait(failures).as_secs());
        assert_eq!(waits, [0, 1, 2, 4, 8, 10, 10]);
    }
}
