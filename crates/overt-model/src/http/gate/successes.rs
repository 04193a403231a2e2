//! How many requests a server lately let through.

use std::time::Duration;

use tokio::time::Instant;

/// Tenths of a second that are remembered: half a minute.
const TICKS: usize = 320;
const TICK_MS: u64 = 100;
/// A rate is measured over so many requests at least, and over so many seconds.
const ENOUGH: u32 = 10;
const SHORTEST: f64 = 0.2;

/// Counts by tenths of a second.
#[derive(Debug)]
pub(super) struct Successes {
    start: Option<Instant>,
    newest: u64,
    counts: Box<[u32; TICKS]>,
}

impl Default for Successes {
    fn default() -> Self {
        Self { start: None, newest: 0, counts: Box::new([0; TICKS]) }
    }
}

impl Successes {
    /// The first request begins the measuring.
    pub(super) fn begin(&mut self, now: Instant) {
        self.start.get_or_insert(now);
    }

    /// Whether the first request began so lately.
    pub(super) fn began_within(&self, span: Duration, now: Instant) -> bool {
        self.start.is_none_or(|start| now.saturating_duration_since(start) < span)
    }

    pub(super) fn add(&mut self, now: Instant) {
        let tick = self.advance(now);
        self.counts[slot(tick)] += 1;
    }

    /// Requests in a second, over the last few.
    pub(super) fn per_second(&mut self, now: Instant) -> f64 {
        let tick = self.advance(now);
        let passed = self.start.map_or(0.0, |start| now.saturating_duration_since(start).as_secs_f64());
        let (mut count, mut span) = (0, 0.0);
        for back in 0..=tick.min(TICKS as u64 - 1) {
            let begins = Duration::from_millis((tick - back) * TICK_MS).as_secs_f64();
            count += self.counts[slot(tick - back)];
            span = passed - begins;
            if count >= ENOUGH && span >= SHORTEST {
                break;
            }
        }
        f64::from(count) / span.max(SHORTEST)
    }

    /// Forgets what is too old; returns the current tick.
    fn advance(&mut self, now: Instant) -> u64 {
        let start = *self.start.get_or_insert(now);
        let passed = now.saturating_duration_since(start);
        let tick = passed.as_secs() * (1000 / TICK_MS) + u64::from(passed.subsec_millis()) / TICK_MS;
        for gone in (self.newest + 1..=tick).take(TICKS) {
            self.counts[slot(gone)] = 0;
        }
        self.newest = self.newest.max(tick);
        tick
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a remainder of 320")]
fn slot(tick: u64) -> usize {
    (tick % TICKS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_measured_as_it_is() {
        for per_second in [0.5, 3.0, 100.0, 2000.0] {
            let start = Instant::now();
            let mut successes = Successes::default();
            successes.begin(start);
            let mut now = start;
            for _ in 0..(per_second * 60.0) as u32 {
                now += Duration::from_secs_f64(1.0 / per_second);
                successes.add(now);
            }
            let measured = successes.per_second(now);
            assert!((measured / per_second - 1.0).abs() < 0.12, "{measured} for {per_second}");
        }
    }

    #[test]
    fn what_is_long_ago_does_not_count() {
        let start = Instant::now();
        let mut successes = Successes::default();
        for _ in 0..1000 {
            successes.add(start);
        }
        assert!(successes.per_second(start) > 1000.0);
        assert!(successes.per_second(start + Duration::from_secs(100)).abs() < 1e-9);
    }
}
