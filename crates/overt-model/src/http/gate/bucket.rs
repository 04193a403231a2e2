//! A token bucket: so much in a second on average, a little at once.

use std::time::Duration;

use tokio::time::Instant;

/// What gathers unused, in seconds of the rate: a late timer must not cost throughput, and a pause must not end in a
/// burst.
const GATHERS: f64 = 0.2;
/// For slow rates: one, and half of the next.
const LEAST_CAPACITY: f64 = 1.5;

/// Fills at a rate up to its capacity. It may be overdrawn by one request that is larger than the capacity, and is
/// then shut until the debt is paid.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(per_second: f64, now: Instant) -> Self {
        let mut bucket = Self { per_second, level: 0.0, at: now };
        bucket.level = bucket.capacity();
        bucket
    }

    pub(super) fn per_second(&self) -> f64 {
        self.per_second
    }

    fn capacity(&self) -> f64 {
        (self.per_second * GATHERS).max(LEAST_CAPACITY)
    }

    fn fill(&mut self, now: Instant) {
        let gathered = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        self.level = (self.level + gathered).min(self.capacity());
        self.at = now;
    }

    /// How long until `cost` may be taken.
    pub(super) fn wait(&mut self, cost: f64, now: Instant) -> Duration {
        self.fill(now);
        let missing = cost.min(self.capacity()) - self.level;
        seconds(missing / self.per_second)
    }

    pub(super) fn take(&mut self, cost: f64) {
        self.level -= cost;
    }

    /// Gives back what was taken and not used; less than nothing takes more.
    pub(super) fn give_back(&mut self, unused: f64) {
        self.level = (self.level + unused).min(self.capacity());
    }

    /// From now on at another rate.
    pub(super) fn set_rate(&mut self, per_second: f64) {
        self.per_second = per_second;
        self.level = self.level.min(self.capacity());
    }

    /// Empties it.
    pub(super) fn empty(&mut self) {
        self.level = self.level.min(0.0);
    }
}

/// A time that may have come out negative, infinite or no number.
pub(super) fn seconds(seconds: f64) -> Duration {
    if seconds > 0.0 { Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX) } else { Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: f64) -> Instant {
        start + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn in_the_long_run_the_rate_is_kept_to_the_last_request() {
        for per_second in [0.1, 1.0, 7.0, 100.0, 5000.0] {
            let start = Instant::now();
            let (mut bucket, mut now, mut taken) = (Bucket::new(per_second, start), start, 0);
            let end = after(start, 1000.0 / per_second);
            while now < end {
                let wait = bucket.wait(1.0, now);
                if wait.is_zero() {
                    bucket.take(1.0);
                    taken += 1;
                } else {
                    now += wait + Duration::from_micros(300).min(wait / 10);
                }
            }
            let most = 1001.0 + bucket.capacity();
            assert!((999.0..=most).contains(&f64::from(taken)), "{taken} at {per_second}");
        }
    }

    #[test]
    fn a_request_larger_than_the_bucket_passes_and_is_paid_for() {
        let start = Instant::now();
        let mut bucket = Bucket::new(100.0, start);
        assert_eq!(bucket.wait(1000.0, start), Duration::ZERO);
        bucket.take(1000.0);
        let wait = bucket.wait(1.0, start).as_secs_f64();
        assert!((9.8..9.82).contains(&wait), "{wait}");
        bucket.give_back(990.0);
        assert_eq!(bucket.wait(1.0, start), Duration::ZERO);
    }

    #[test]
    fn times_that_are_none_are_no_time() {
        assert_eq!(seconds(-1.0), Duration::ZERO);
        assert_eq!(seconds(f64::NAN), Duration::ZERO);
        assert_eq!(seconds(f64::INFINITY), Duration::MAX);
    }
}
