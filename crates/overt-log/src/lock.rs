//! The one value on which all writers of a log agree.
//!
//! Replacing it by compare-and-swap is the commit point: what it names is in the log, and nothing else is. It holds the
//! checkpoint as signed, so whoever can write to the store cannot make the log publish what it never signed. Before the
//! note stand two lines for the writer:
//!
//! ```text
//! overt-log lock v1
//! from 255
//! time 1795536000000
//!
//! <signed checkpoint>
//! ```
//!
//! `from` is the size of the tree before, which tells the staged batch that led here, and `time` is the writer's
//! clock in milliseconds, which must not run back.

use std::sync::Arc;

use crate::keys::{LogKeys, NotOurs, SignedHead};

const FIRST_LINE: &str = "overt-log lock v1";

/// The content of the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockState {
    pub(crate) from: u64,
    pub(crate) time: u64,
    pub(crate) signed: Arc<SignedHead>,
}

/// Why the lock cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLock {
    /// It has not the lines that this program writes.
    #[error("it does not begin with {FIRST_LINE:?}, from and time")]
    Lines,
    /// Its checkpoint is not this log's.
    #[error("its checkpoint is not this log's: {0}")]
    NotOurs(#[from] NotOurs),
}

impl LockState {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let Self { from, time, signed } = self;
        format!("{FIRST_LINE}\nfrom {from}\ntime {time}\n\n{}", signed.note).into_bytes()
    }

    pub(crate) fn parse(bytes: &[u8], keys: &LogKeys) -> Result<Self, BadLock> {
        let (from, time, note) = str::from_utf8(bytes).ok().and_then(split).ok_or(BadLock::Lines)?;
        let state = Self { from, time, signed: Arc::new(keys.read(note.as_bytes())?) };
        // One spelling, so that the value compared in a swap is the one that was read.
        if state.to_bytes() == bytes && from <= state.signed.head.size {
            Ok(state)
        } else {
            Err(BadLock::Lines)
        }
    }
}

fn split(text: &str) -> Option<(u64, u64, &str)> {
    let rest = text.strip_prefix(FIRST_LINE)?.strip_prefix("\nfrom ")?;
    let (from, rest) = rest.split_once("\ntime ")?;
    let (time, note) = rest.split_once("\n\n")?;
    Some((from.parse().ok()?, time.parse().ok()?, note))
}
