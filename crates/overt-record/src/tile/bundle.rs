//! Entry bundles: up to 256 entries, each with its length before it (C2SP tlog-tiles, "Log entries").

use super::FULL_WIDTH;
use crate::Hash;
use crate::merkle::leaf_hash;

/// The longest entry: its length is written in 16 bits.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// The entries below one tile of level 0, at most 256.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct EntryBundle {
    entries: Vec<Vec<u8>>,
}

/// Why bytes are not an entry bundle, or an entry can't be put into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotABundle {
    /// The length of an entry runs past the end.
    #[error("entry {0} of the bundle is cut off")]
    CutOff(usize),
    /// More entries than a bundle holds.
    #[error("a bundle has at most {FULL_WIDTH} entries")]
    TooMany,
    /// Its length can't be written.
    #[error("an entry has at most {MAX_ENTRY_BYTES} bytes; this one has {0}")]
    EntryTooLong(usize),
}

impl EntryBundle {
    /// A bundle without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// When the bundle is full, or the entry longer than [`MAX_ENTRY_BYTES`].
    pub fn push(&mut self, entry: Vec<u8>) -> Result<(), NotABundle> {
        if entry.len() > MAX_ENTRY_BYTES {
            return Err(NotABundle::EntryTooLong(entry.len()));
        }
        if self.entries.len() >= usize::from(FULL_WIDTH) {
            return Err(NotABundle::TooMany);
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The entries, in the log's order.
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// The hashes of the entries: the tile of level 0 above.
    pub fn leaf_hashes(&self) -> impl Iterator<Item = Hash> {
        self.entries.iter().map(|entry| leaf_hash(entry))
    }

    /// Reads a bundle. How many entries it must have, the tile's width says; here it is any number up to 256.
    ///
    /// # Errors
    /// When an entry is cut off, or there are too many.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotABundle> {
        let mut bundle = Self::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (entry, after) = split_entry(rest).ok_or(NotABundle::CutOff(bundle.entries.len()))?;
            bundle.push(entry.to_vec())?;
            rest = after;
        }
        Ok(bundle)
    }

    /// The bytes of the bundle.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries.iter().map(|entry| 2 + entry.len()).sum());
        for entry in &self.entries {
            bytes.extend((entry.len() as u16).to_be_bytes()); // `push` bounds the length
            bytes.extend(entry);
        }
        bytes
    }
}

fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}
