//! The body of a record's entry, and the mark that it was taken away.

use overt_record::Hash;

use crate::bodies::{self, BodyError};
use crate::key::{Key, NotAKey};
use crate::store::Store;

/// What there is for an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundBody {
    /// A body. Whether it is that of the entry is for others to check.
    Here(Vec<u8>),
    /// It was erased.
    Erased {
        /// The entry that says by whom and why; `None` if the mark cannot be read.
        redaction: Option<u64>,
    },
    /// Nothing: it came without one, or this store is a copy that has none.
    Missing,
}

/// The body of an entry with this commitment. Once the mark is there, it is not shown, whether it is gone or not.
///
/// # Errors
/// When its pack is damaged, or the store fails.
pub fn body_of(store: &dyn Store, index: u64, commit: &Hash) -> Result<FoundBody, BodyError> {
    if let Some(mark) = store.get(&mark_key(commit)?)? {
        return Ok(FoundBody::Erased { redaction: read_mark(&mark) });
    }
    Ok(bodies::read(store, index)?.map_or(FoundBody::Missing, FoundBody::Here))
}

/// Where it is marked that a body was taken away.
pub(crate) fn mark_key(commit: &Hash) -> Result<Key, NotAKey> {
    Key::new(format!("erased/{commit}"))
}

/// Where it is marked that the files beside an entry were taken away.
pub(crate) fn files_mark_key(commit: &Hash) -> Result<Key, NotAKey> {
    Key::new(format!("erased/{commit}.files"))
}

/// The index of the redaction.
fn read_mark(mark: &[u8]) -> Option<u64> {
    str::from_utf8(mark).ok()?.trim_end().parse().ok()
}
