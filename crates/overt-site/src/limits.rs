//! How often somebody may come.
//!
//! Networks are counted in memory: where people sit should not be on a disk, and what a restart forgives is one burst. How
//! many mails one address gets follows from the links that are stored anyway.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many are remembered.
const MAX_REMEMBERED: usize = 1 << 16;

/// So many events in a time, at once or spread over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// How many, at least 1.
    pub(crate) events: u32,
    /// In which time.
    pub(crate) per: Duration,
}

/// Counts events of many sources against one rate: the generic cell rate algorithm (ITU-T I.371), as the log's door does.
pub(crate) struct Meter<K> {
    rate: Rate,
    arrivals: Mutex<BTreeMap<K, u64>>,
}

impl<K: Ord> Meter<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, arrivals: Mutex::new(BTreeMap::new()) }
    }

    /// Takes one event of a source at a time in milliseconds.
    ///
    /// # Errors
    /// How long it has to wait, if it came too often. When too many sources are remembered, unknown ones wait.
    pub(crate) fn take(&self, source: K, now: u64) -> Result<(), Duration> {
        let per = u64::try_from(self.rate.per.as_millis()).unwrap_or(u64::MAX);
        let interval = per / u64::from(self.rate.events.max(1));
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is locked out for longer than a burst, also if the clock ran back.
        let due = arrivals.get(&source).copied().unwrap_or(now).clamp(now, now.saturating_add(per));
        let early = (due - now).saturating_sub(per - interval);
        if early > 0 {
            return Err(Duration::from_millis(early));
        }
        if arrivals.len() >= MAX_REMEMBERED {
            arrivals.retain(|_, due| *due > now);
            if arrivals.len() >= MAX_REMEMBERED && !arrivals.contains_key(&source) {
                return Err(self.rate.per);
            }
        }
        arrivals.insert(source, due.saturating_add(interval));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_one_at_a_time() {
        let meter = Meter::new(Rate { events: 2, per: Duration::from_secs(60) });
        assert_eq!(meter.take("a", 1_000), Ok(()));
        assert_eq!(meter.take("a", 1_000), Ok(()));
        assert_eq!(meter.take("a", 1_000), Err(Duration::from_secs(30)));
        assert_eq!(meter.take("b", 1_000), Ok(()));
        assert_eq!(meter.take("a", 31_000), Ok(()));
        assert!(meter.take("a", 31_000).is_err());
        // The clock runs back.
        assert!(meter.take("a", 0).unwrap_err() <= Duration::from_secs(60));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let meter = Meter::new(Rate { events: 2, per: Duration::from_secs(60) });
        for source in 0..MAX_REMEMBERED {
            assert_eq!(meter.take(source, 0), Ok(()));
        }
        assert!(meter.take(MAX_REMEMBERED, 0).is_err());
        assert_eq!(meter.take(0, 0), Ok(()));
        assert_eq!(meter.take(MAX_REMEMBERED, 60_000), Ok(()));
    }
}
