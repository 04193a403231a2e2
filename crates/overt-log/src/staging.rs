//! A batch that is about to be committed: every object that it will write, in one object.
//!
//! Its name is `staging/<size before>-<size after>-<root after>`, and these three decide every byte of it, so writing
//! one twice is no conflict. It holds, for each object, `u16be length || key || u32be length || bytes`, and at its end the
//! SHA-256 of all that: its name may be on the disk before its bytes are, and a batch that a loss of power tore is none.

use overt_record::Hash;
use overt_record::merkle::TreeHead;

use crate::key::{Key, NotAKey};
use crate::store::{Object, Store, StoreError, SwapError};

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

/// Stages a batch, and takes what it will write next along ([`Store::put_before`]).
pub(crate) fn stage(store: &dyn Store, batch: &Object, next: &[Object]) -> Result<(), StoreError> {
    let conflict = match store.put_before(std::slice::from_ref(batch), next) {
        Err(conflict @ StoreError::Conflict { .. }) => conflict,
        outcome => return outcome,
    };
    // Whoever died while staging has left it torn, or whole and never flushed: it is written anew.
    let sound = |found: &[u8]| found != batch.bytes && decode(found).is_some();
    let Some(found) = store.get(&batch.key)?.filter(|found| !sound(found)) else { return Err(conflict) };
    match store.compare_and_swap(&batch.key, Some(&found), &batch.bytes) {
        Ok(()) => store.put_before(&[], next),
        Err(SwapError::Lost { .. }) => Err(conflict),
        Err(SwapError::NotMade(error) | SwapError::Unknown(error)) => Err(error),
    }
}

/// The bytes of a staged batch.
pub(crate) fn encode(objects: &[Object]) -> Vec<u8> {
    let length: usize = objects.iter().map(|object| 6 + object.key.as_str().len() + object.bytes.len()).sum();
    let mut bytes = Vec::with_capacity(length + 32);
    for object in objects {
        let key = object.key.as_str().as_bytes();
        bytes.extend((key.len() as u16).to_be_bytes()); // a key has at most 256 bytes
        bytes.extend(key);
        bytes.extend((object.bytes.len() as u32).to_be_bytes()); // a bundle has at most 16 MiB
        bytes.extend(&object.bytes);
    }
    bytes.extend(Hash::of(&bytes).as_bytes());
    bytes
}

/// Reads a staged batch; `None` if the bytes are not one, or not all of one.
pub(crate) fn decode(bytes: &[u8]) -> Option<Vec<Object>> {
    let mut objects = Vec::new();
    let (mut rest, digest) = bytes.split_last_chunk::<32>()?;
    if Hash::of(rest).as_bytes() != digest {
        return None;
    }
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (key, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let (bytes, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        objects.push(Object { key: Key::new(str::from_utf8(key).ok()?).ok()?, bytes: bytes.to_vec() });
        rest = after;
    }
    Some(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_reads_back_and_a_damaged_one_does_not() {
        let object = |key: &str, bytes: &[u8]| Object { key: Key::new(key).unwrap(), bytes: bytes.to_vec() };
        let objects = vec![object("tile/0/000.p/1", &[7; 32]), object("tile/entries/000.p/1", b"")];
        let bytes = encode(&objects);
        assert_eq!(decode(&bytes), Some(objects));
        assert_eq!(decode(&encode(&[])), Some(Vec::new()));
        for place in 0..bytes.len() {
            assert_eq!(decode(&bytes[..place]), None, "cut at {place}");
            let mut torn = bytes.clone();
            torn[place] ^= 1;
            assert_eq!(decode(&torn), None, "changed at {place}");
        }
        for whole in [b"\x00\x02..\x00\x00\x00\x00".as_slice(), b"\x00\x01a\xff\xff\xff\xff", b"\x00"] {
            assert_eq!(decode(&[whole, Hash::of(whole).as_bytes()].concat()), None);
        }
    }

    #[test]
    fn a_torn_batch_is_replaced_and_a_whole_one_is_not() {
        let store = crate::store::MemoryStore::new();
        let key = StagedName { from: 3, head: TreeHead { size: 9, root: Hash::of("") } }.key().unwrap();
        let batch = |bytes: &[u8]| {
            let object = Object { key: Key::new("tile/0/000.p/1").unwrap(), bytes: bytes.to_vec() };
            Object { key: key.clone(), bytes: encode(&[object]) }
        };
        let whole = batch(&[7; 32]);
        store.put_new(&key, &whole.bytes[..20]).unwrap();
        stage(&store, &whole, &[]).unwrap();
        assert_eq!(store.get(&key).unwrap().as_ref(), Some(&whole.bytes));
        stage(&store, &whole, &[]).unwrap();
        assert!(matches!(stage(&store, &batch(&[8; 32]), &[]), Err(StoreError::Conflict { .. })));
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
