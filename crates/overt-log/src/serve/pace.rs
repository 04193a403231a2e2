//! Large bodies, in and out: each is in memory while it is on its way, so there are only so many, and none may dawdle.

use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// What a permit stands for, and what is handed to a connection at a time.
pub(super) const PIECE: u64 = 64 << 10;

/// Two of the largest files.
pub(super) const PERMITS: usize = 2048;

/// For so long nobody is hurried.
const GRACE: Duration = Duration::from_secs(10);

/// Then it takes so many bytes a second, from the beginning on.
const SLOWEST: f64 = 32.0 * 1024.0;

/// How many permits a body of so many bytes takes.
pub(super) fn permits(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(PIECE).max(1)).unwrap_or(u32::MAX)
}

/// Room for so many bytes; `None` if there is not enough now.
pub(super) fn room(in_all: &'static Semaphore, bytes: u64) -> Option<tokio::sync::SemaphorePermit<'static>> {
    in_all.try_acquire_many(permits(bytes)).ok()
}

/// How fast a body goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace(Instant);

impl Pace {
    pub(super) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Whether so many bytes are too few by now.
    pub(super) fn is_too_slow(self, bytes: u64) -> bool {
        too_slow(self.0.elapsed(), bytes)
    }
}

fn too_slow(elapsed: Duration, bytes: u64) -> bool {
    let hurried = elapsed.saturating_sub(GRACE);
    (bytes as f64) < hurried.as_secs_f64() * SLOWEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_dawdles_is_given_up_and_a_slow_line_is_not() {
        let after = |seconds, bytes| too_slow(Duration::from_secs(seconds), bytes);
        assert!(!after(0, 0) && !after(10, 0));
        assert!(after(11, 100) && after(60, 1 << 20));
        assert!(!after(11, 40 << 10) && !after(60, 2 << 20));
    }

    #[test]
    fn two_of_the_largest_files_have_room_and_the_smallest_takes_some() {
        let largest = permits(crate::files::MAX_FILE_BYTES);
        assert_eq!(2 * largest as usize, PERMITS);
        assert_eq!((permits(0), permits(1), permits(PIECE), permits(PIECE + 1)), (1, 1, 1, 2));
    }
}
