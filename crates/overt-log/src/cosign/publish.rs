//! Where cosigned checkpoints are published.
//!
//! The object `checkpoint` is the writer's: it holds the newest committed tree, and further signatures are added to it
//! only while it holds the very text that they sign. A busy log has moved on by then, so the newest checkpoint that met
//! the quorum has an object of its own, [`WITNESSED`], which only ever grows.

use overt_record::note::{Note, NoteError, NoteSignature};

use crate::key::{Key, NotAKey};
use crate::keys::{LogKeys, NotOurs, SignedHead};
use crate::store::{Store, StoreError, SwapError};

/// The name of the newest checkpoint that met the log's quorum.
pub const WITNESSED: &str = "witnessed/checkpoint";

/// How often an object is read anew because another writer changed it.
const ATTEMPTS: usize = 16;

/// Why a cosigned checkpoint could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// What is published is not this log's.
    #[error("the published checkpoint can't be replaced: {0}")]
    NotOurs(#[from] NotOurs),
    /// The note takes no more signatures.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It has no name in a store.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The swap failed.
    #[error(transparent)]
    Swap(#[from] SwapError),
}

/// A note with cosignatures by these keys, each taking the place of an older one by the same key.
pub(crate) fn with_cosignatures<'s>(
    note: &Note,
    cosignatures: impl IntoIterator<Item = &'s NoteSignature> + Clone,
) -> Result<Note, NoteError> {
    let is_replaced = |signature: &NoteSignature| {
        let mut new = cosignatures.clone().into_iter();
        new.any(|new| new.name() == signature.name() && new.id() == signature.id())
    };
    let mut joined = Note::new(note.text())?;
    for signature in note.signatures().iter().filter(|signature| !is_replaced(signature)) {
        joined.add(signature.clone())?;
    }
    for signature in cosignatures {
        joined.add(signature.clone())?;
    }
    Ok(joined)
}

/// Publishes a cosigned checkpoint as the newest one that met the quorum, and adds its cosignatures to `checkpoint` if
/// that is still of the same tree.
pub(super) fn publish(
    store: &dyn Store,
    keys: &LogKeys,
    signed: &SignedHead,
    cosignatures: &[NoteSignature],
) -> Result<(), PublishError> {
    grow(store, keys, signed)?;
    join(store, keys, signed, cosignatures)
}

fn grow(store: &dyn Store, keys: &LogKeys, signed: &SignedHead) -> Result<(), PublishError> {
    let key = Key::new(WITNESSED)?;
    for _ in 0..ATTEMPTS {
        let bytes = store.get(&key)?;
        let published = bytes.as_deref().map(|bytes| keys.read(bytes)).transpose()?;
        if published.is_some_and(|published| published.head.size > signed.head.size) {
            return Ok(());
        }
        if swap(store, &key, bytes.as_deref(), &signed.note)? {
            return Ok(());
        }
    }
    Ok(())
}

fn join(
    store: &dyn Store,
    keys: &LogKeys,
    signed: &SignedHead,
    cosignatures: &[NoteSignature],
) -> Result<(), PublishError> {
    let key = Key::new("checkpoint")?;
    for _ in 0..ATTEMPTS {
        let Some(bytes) = store.get(&key)? else { return Ok(()) };
        let published = keys.read(&bytes)?;
        if published.note.text() != signed.note.text() {
            return Ok(());
        }
        if swap(store, &key, Some(&bytes), &with_cosignatures(&published.note, cosignatures)?)? {
            return Ok(());
        }
    }
    Ok(())
}

fn swap(store: &dyn Store, key: &Key, old: Option<&[u8]>, note: &Note) -> Result<bool, SwapError> {
    match store.compare_and_swap(key, old, note.to_string().as_bytes()) {
        Ok(()) => Ok(true),
        Err(SwapError::Lost { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The newest checkpoint that met the quorum, as it was published before this process began.
pub(super) fn published(store: &dyn Store, keys: &LogKeys) -> Result<Option<SignedHead>, PublishError> {
    let bytes = store.get(&Key::new(WITNESSED)?)?;
    Ok(bytes.as_deref().map(|bytes| keys.read(bytes)).transpose()?)
}
