//! How often somebody may come.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many are remembered. Whoever has not come for as long as a burst lasts is forgotten first.
const MAX_REMEMBERED: usize = 1 << 16;

/// So many events in a time, at once or spread over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub events: u32,
    /// In which time.
    pub per: Duration,
}

/// Counts events of many sources against one rate.
///
/// This is the generic cell rate algorithm (ITU-T I.371): for each source one number, the time at which all that was
/// taken would have arrived had it come evenly.
#[derive(Debug)]
pub(crate) struct Meter<K>(Mutex<BTreeMap<K, u64>>);

impl<K: Ord> Meter<K> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Takes one event of a source at a time in milliseconds.
    ///
    /// # Errors
    /// How long it has to wait, if it came too often.
    pub(crate) fn take(&self, source: K, rate: Rate, now: u64) -> Result<(), Duration> {
        let (now, per) = (now.saturating_mul(1000), micros(rate.per));
        let Some(interval) = per.checked_div(rate.events.into()) else { return Err(rate.per) };
        let mut arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = arrivals.get(&source).copied().unwrap_or(now).max(now).min(now.saturating_add(per));
        let early = (due - now).saturating_sub(per - interval);
        if early > 0 {
            return Err(Duration::from_micros(early));
        }
        if arrivals.len() >= MAX_REMEMBERED {
            arrivals.retain(|_, due| *due > now);
            if arrivals.len() >= MAX_REMEMBERED && !arrivals.contains_key(&source) {
                return Err(rate.per);
            }
        }
        arrivals.insert(source, due.saturating_add(interval));
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_A_MINUTE: Rate = Rate { events: 2, per: Duration::from_secs(60) };

    #[test]
    fn a_burst_is_taken_and_then_one_at_a_time() {
        let meter = Meter::new();
        assert_eq!(meter.take("a", TWO_A_MINUTE, 1_000), Ok(()));
        assert_eq!(meter.take("a", TWO_A_MINUTE, 1_000), Ok(()));
        assert_eq!(meter.take("a", TWO_A_MINUTE, 1_000), Err(Duration::from_secs(30)));
        assert_eq!(meter.take("b", TWO_A_MINUTE, 1_000), Ok(()));
        assert_eq!(meter.take("a", TWO_A_MINUTE, 30_999), Err(Duration::from_millis(1)));
        assert_eq!(meter.take("a", TWO_A_MINUTE, 31_000), Ok(()));
        assert!(meter.take("a", TWO_A_MINUTE, 31_000).is_err());
    }

    #[test]
    fn a_clock_that_runs_back_locks_nobody_out_for_longer_than_a_burst() {
        let meter = Meter::new();
        assert_eq!(meter.take("a", TWO_A_MINUTE, 1_000_000), Ok(()));
        assert_eq!(meter.take("a", TWO_A_MINUTE, 1_000), Err(Duration::from_secs(30)));
        assert_eq!(meter.take("a", Rate { events: 0, ..TWO_A_MINUTE }, 1_000), Err(Duration::from_secs(60)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let meter = Meter::new();
        for source in 0..MAX_REMEMBERED {
            assert_eq!(meter.take(source, TWO_A_MINUTE, 0), Ok(()));
        }
        assert!(meter.take(MAX_REMEMBERED, TWO_A_MINUTE, 0).is_err());
        assert_eq!(meter.take(0, TWO_A_MINUTE, 0), Ok(()));
        assert_eq!(meter.take(MAX_REMEMBERED, TWO_A_MINUTE, 60_000), Ok(()));
    }
}
