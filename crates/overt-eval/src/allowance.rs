//! How much a file of samples may expand to while it is read.
//!
//! Compressed files come from strangers, and a few megabytes can say terabytes. What is honest is bounded by the size of
//! the file: text that packs three hundred times says nothing, beyond what any small file may say.

/// What may be read of any file, however small.
const LEAST: u64 = 256 << 20;
/// What is read of no file.
const MOST: u64 = 32 << 30;
/// How far a file may expand.
const FOLD: u64 = 300;
/// What a sample counts at least: what is kept in memory of each has to be bounded, too. No sample packs into seven bytes:
/// a run's has a time and a digest of its request.
const SAMPLE: u64 = 2048;

/// What is left to be read of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    left: u64,
    all: u64,
}

impl Allowance {
    /// That of a file of so many bytes.
    pub fn of(bytes: u64) -> Self {
        let all = bytes.saturating_mul(FOLD).clamp(LEAST, MOST);
        Self { left: all, all }
    }

    /// Takes a sample of so many bytes from it.
    ///
    /// # Errors
    /// When the file expands to more than it may.
    pub fn take(&mut self, bytes: u64) -> Result<(), Exceeded> {
        self.left = self.left.checked_sub(bytes.max(SAMPLE)).ok_or(Exceeded { all: self.all })?;
        Ok(())
    }
}

/// A file expands to more than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its samples expand to more than {all} bytes, which no run's do in a file of this size")]
pub struct Exceeded {
    all: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_ends_early_and_an_honest_one_is_read_to_its_end() {
        let count = |bytes: u64, sample: u64| {
            let mut left = Allowance::of(bytes);
            (0..100_000_000_u64).take_while(|_| left.take(sample).is_ok()).count() as u64
        };
        assert_eq!(count(100, 0), LEAST / SAMPLE);
        assert_eq!(count(100, 64 << 20), 4);
        // A million samples of four kilobytes that pack into thirty bytes each, and of hardly anything into ten.
        assert!(count(30_000_000, 4096) > 1_000_000);
        assert!(count(10_000_000, 100) > 1_000_000);
        assert_eq!(count(u64::MAX, 1 << 30), 32);
    }
}
