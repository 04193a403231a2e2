//! A batch that is about to be committed: every [object](crate::store::objects) that it will write, in one object.
//!
//! Its name is `staging/<size before>-<size after>-<root after>`, and these three decide every byte of it, so writing
//! one twice is no conflict. This is for stores that can't store and swap at once; a directory has a journal.

use overt_record::Hash;
use overt_record::merkle::TreeHead;

use crate::key::{Key, NotAKey};
use crate::store::{Commit, Done, Object, Store, StoreError, SwapError, objects};

/// Where staged batches lie.
pub(crate) const STAGING: &str = "staging";

/// The name of a staged batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StagedName {
    pub(crate) from: u64,
    pub(crate) head: TreeHead,
}

impl StagedName {
    pub(crate) fn key(self) -> Result<Key, NotAKey> {
        Key::new(format!("{STAGING}/{}-{}-{}", self.from, self.head.size, self.head.root))
    }

    pub(crate) fn parse(key: &Key) -> Option<Self> {
        let mut parts = key.as_str().strip_prefix(STAGING)?.strip_prefix('/')?.splitn(3, '-');
        let from = parts.next()?.parse().ok()?;
        let size = parts.next()?.parse().ok()?;
        let root: Hash = parts.next()?.parse().ok()?;
        Some(Self { from, head: TreeHead { size, root } })
    }
}

/// Removes staged batches that can never be committed, or are published: those that grow from a smaller size than that of
/// the lock or of a published checkpoint. One that grows from that size may be another writer's, about to commit. What was
/// discarded before is gone for good, too.
pub(crate) fn sweep(store: &dyn Store, size: u64) -> Result<(), StoreError> {
    let Ok(staging) = Key::new(STAGING) else { return Ok(()) };
    let mut left = store.list(&staging)?;
    left.retain(|key| StagedName::parse(key).is_some_and(|name| name.from < size));
    // A batch that is no longer listed may have been discarded, and come back if the power is lost. To delete one name more
    // makes that certain.
    left.extend(Key::new(format!("{STAGING}/discarded")));
    store.delete_all(&left)
}

/// Makes a batch durable in one object of its own, and swaps the lock: how a store commits that can't do both at once.
pub(crate) fn commit<S: Store + ?Sized>(store: &S, commit: &Commit<'_>) -> Result<Done, SwapError> {
    let batch = Object { key: commit.staging.clone(), bytes: objects::encode(b"", commit.objects) };
    stage(store, &batch).map_err(SwapError::NotMade)?;
    store.compare_and_swap(&commit.lock.key, Some(commit.expected), &commit.lock.bytes)?;
    Ok(Done::Swapped)
}

fn stage<S: Store + ?Sized>(store: &S, batch: &Object) -> Result<(), StoreError> {
    let conflict = match store.put_new(&batch.key, &batch.bytes) {
        Err(conflict @ StoreError::Conflict { .. }) => conflict,
        outcome => return outcome.map(drop),
    };
    // Whoever died while staging may have left it torn: it is written anew.
    let Some(torn) = store.get(&batch.key)?.filter(|found| objects::decode(b"", found).is_none()) else {
        return Err(conflict);
    };
    match store.compare_and_swap(&batch.key, Some(&torn), &batch.bytes) {
        Ok(()) => Ok(()),
        Err(SwapError::Lost { .. }) => Err(conflict),
        Err(SwapError::NotMade(error) | SwapError::Unknown(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_batch_is_replaced_and_a_whole_one_is_not() {
        let store = crate::store::MemoryStore::new();
        let key = StagedName { from: 3, head: TreeHead { size: 9, root: Hash::of("") } }.key().unwrap();
        let batch = |bytes: &[u8]| {
            let object = Object { key: Key::new("tile/0/000.p/1").unwrap(), bytes: bytes.to_vec() };
            Object { key: key.clone(), bytes: objects::encode(b"", &[object]) }
        };
        let whole = batch(&[7; 32]);
        store.put_new(&key, &whole.bytes[..20]).unwrap();
        stage(&store, &whole).unwrap();
        assert_eq!(store.get(&key).unwrap().as_ref(), Some(&whole.bytes));
        stage(&store, &whole).unwrap();
        assert!(matches!(stage(&store, &batch(&[8; 32])), Err(StoreError::Conflict { .. })));
        assert_eq!(store.get(&key).unwrap(), Some(whole.bytes));
    }

    #[test]
    fn a_name_reads_back() {
        let name = StagedName { from: 3, head: TreeHead { size: 9, root: Hash::of("") } };
        assert_eq!(StagedName::parse(&name.key().unwrap()), Some(name));
        for other in ["staging/1-2-3", "staging/x", "checkpoint", "staging"] {
            assert_eq!(StagedName::parse(&Key::new(other).unwrap()), None, "{other}");
        }
    }
}
