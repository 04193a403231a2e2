//! What lies beside the tree: a body for each entry that came with one.
//!
//! Bodies are written with the batch of their entries, in a [`Pack`] for each entry bundle that the batch touches, so they
//! share its flushes and its commit, and recovery applies them like tiles. They are found by the entry's index.
//!
//! A pack is never deleted. Erasure replaces it by one without the body, so the batch that it came in, applied again by
//! whoever recovers, meets a pack that is there already, and brings nothing back. Why a body is gone is not known here
//! ([`crate::admission`]).

mod pack;

use crate::key::{Key, NotAKey};
use crate::staging;
use crate::store::{Object, Store, StoreError, SwapError};

pub(crate) use pack::{BODIES as FOLDER, PackName, directory, is_left_of, is_pack, pack};
pub use pack::{MAX_BODY_BYTES, NotAPack, Pack};

/// How often a pack is read anew because somebody else erases in it.
const ATTEMPTS: usize = 64;

/// Why a body could not be had, or not be stored.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// A pack is damaged.
    #[error("{key} is damaged, so the bodies in it cannot be read: {source}; run `overt log fsck`")]
    Damaged {
        /// The pack.
        key: Key,
        /// What is wrong.
        source: NotAPack,
    },
    /// Others change the pack all the time.
    #[error("{0} was changed by others again and again; try again")]
    Restless(Key),
    /// It has no name in a store.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The body of an entry; `None` if it came without one, it was erased, or this store is a copy that has none. Whether it is
/// the one that the entry commits to is for others to check.
///
/// # Errors
/// When its pack is damaged, or the store fails.
pub fn read(store: &dyn Store, index: u64) -> Result<Option<Vec<u8>>, BodyError> {
    for key in packs_of(store, index)? {
        let Some(bytes) = store.get(&key)? else { continue };
        let body = pack::body_in(&key, &bytes, index);
        if let Some(body) = body.map_err(|source| BodyError::Damaged { key, source })? {
            return Ok(Some(body));
        }
    }
    Ok(None)
}

/// Stores a pack, for a copy of a log. One from which bodies were erased since stays as it is.
///
/// # Errors
/// [`StoreError::Conflict`] when other bodies are there, and when the store fails.
pub fn store(store: &dyn Store, pack: &Pack) -> Result<(), BodyError> {
    Ok(keep(store, &pack.to_object()?)?)
}

/// Stores an object under its name for good; if it is a pack, what erasures have left of it is good too.
pub(crate) fn keep(store: &dyn Store, object: &Object) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        let conflict = match store.put_new(&object.key, &object.bytes) {
            Err(conflict @ StoreError::Conflict { .. }) if is_pack(&object.key) => conflict,
            outcome => return outcome.map(drop),
        };
        let stored = store.get(&object.key)?;
        let Some(stored) = stored.filter(|stored| is_left_of(stored, object)) else { return Err(conflict) };
        // What a process that died has left may not be durable.
        match store.compare_and_swap(&object.key, Some(&stored), &stored) {
            Ok(()) => return Ok(()),
            Err(SwapError::Lost { .. }) => {}
            Err(SwapError::NotMade(error) | SwapError::Unknown(error)) => return Err(error),
        }
    }
    Err(StoreError::Conflict { key: object.key.clone() })
}

/// Takes the body of an entry out of its pack and out of batches that are still staged, of a log or a copy whose published
/// checkpoint has `size` entries. What says why is for others to keep. Asked again after a failure, it goes on.
///
/// # Errors
/// When the pack is damaged, or the store fails.
pub fn remove(store: &dyn Store, index: u64, size: u64) -> Result<(), BodyError> {
    for key in packs_of(store, index)? {
        remove_from(store, &key, index)?;
    }
    // A batch that was published may still lie in staging, and so may one that lost the swap.
    staging::sweep(store, size)?;
    store.settle()?;
    Ok(())
}

fn remove_from(store: &dyn Store, key: &Key, index: u64) -> Result<(), BodyError> {
    for _ in 0..ATTEMPTS {
        let Some((stored, pack)) = load(store, key)? else { return Ok(()) };
        // Swapped also if the body is gone already: whoever took it out may have died before that was durable.
        let less = pack.without(index).to_object()?;
        match store.compare_and_swap(key, Some(&stored), &less.bytes) {
            Ok(()) => return Ok(()),
            Err(SwapError::Lost { .. }) => {}
            Err(SwapError::NotMade(error) | SwapError::Unknown(error)) => return Err(error.into()),
        }
    }
    Err(BodyError::Restless(key.clone()))
}

/// The names of the packs that have a place for an entry: one, unless somebody else wrote here.
fn packs_of(store: &dyn Store, index: u64) -> Result<Vec<Key>, BodyError> {
    let mut keys = store.list(&directory(index)?)?;
    keys.retain(|key| PackName::parse(key).is_some_and(|name| name.covers(index)));
    Ok(keys)
}

fn load(store: &dyn Store, key: &Key) -> Result<Option<(Vec<u8>, Pack)>, BodyError> {
    let Some(bytes) = store.get(key)? else { return Ok(None) };
    let pack = Pack::parse(key, &bytes).map_err(|source| BodyError::Damaged { key: key.clone(), source })?;
    Ok(Some((bytes, pack)))
}

#[cfg(test)]
mod tests;
