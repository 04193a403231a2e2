//! When to ask again.
//!
//! The policy of the official OpenAI client (0.5 s doubling to 8 s, a jitter of up to a quarter, the provider's
//! `Retry-After` before our own guess) with more attempts, since an evaluation can wait and a gap in the data is dear.

use std::time::Duration;

use overt_schema::{Failure, Retry};

use crate::seed::Seed;

/// The first pause.
const FIRST: f64 = 0.5;
/// The longest pause of our own choice, in seconds.
const LONGEST: f64 = 8.0;

/// How long to wait before attempt number `next` (the first retry is 2), or `None` to give up.
///
/// The jitter comes from the request's seed, so that a run can be repeated and yet a thousand requests that failed
/// together do not come back together.
pub(crate) fn pause(failure: &Failure, next: u32, max_attempts: u32, seed: Seed) -> Option<Duration> {
    if next > max_attempts {
        return None;
    }
    let seconds = match failure.retry {
        Retry::Never => return None,
        Retry::After(seconds) => seconds.max(0.0),
        Retry::Backoff => {
            let full = (FIRST * f64::from(1u32 << (next - 2).min(10))).min(LONGEST);
            full * (1.0 - 0.25 * seed.derive(&[&next.to_le_bytes()]).fraction())
        }
    };
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use overt_schema::FailureKind;

    use super::*;

    fn failure(retry: Retry) -> Failure {
        Failure { kind: FailureKind::Provider, message: "no".into(), retry, status: None, request_id: None }
    }

    #[test]
    fn pauses_double_up_to_eight_seconds_less_a_jitter() {
        let seed = Seed::new(1);
        let waits: Vec<f64> =
            (2..9).map(|n| pause(&failure(Retry::Backoff), n, 99, seed).unwrap().as_secs_f64()).collect();
        for (wait, full) in waits.iter().zip([0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]) {
            assert!((0.75 * full..=full).contains(wait), "{wait} for {full}");
        }
    }

    #[test]
    fn the_providers_pause_is_honoured_and_attempts_end() {
        let seed = Seed::new(1);
        assert_eq!(pause(&failure(Retry::After(3.5)), 2, 5, seed), Some(Duration::from_millis(3500)));
        assert_eq!(pause(&failure(Retry::Backoff), 6, 5, seed), None);
        assert_eq!(pause(&failure(Retry::Never), 2, 5, seed), None);
    }
}
