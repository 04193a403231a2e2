//! Opening a log, which is the same as recovering one.
//!
//! Everything that is read here may come from a process that died before it was durable. So the lock and the checkpoint
//! are swapped for themselves before anything is built on them.

use std::sync::Arc;

use overt_record::merkle::{TreeHead, empty_root};
use overt_record::tile::{EntryBundle, FULL_WIDTH, Tile, TileEdge, TileKind};

use crate::bodies;
use crate::key::{Key, NotAKey};
use crate::keys::{LogKeys, SignedHead};
use crate::lock::LockState;
use crate::reader::Reader;
use crate::sequencer::{Doubt, Ground, Idle, LoadError};
use crate::staging::{self, StagedName};
use crate::store::{Object, Store, StoreError, SwapError, objects};

/// How often something is read anew because another writer changed it.
const ATTEMPTS: usize = 64;

/// What one look at the store came to.
enum Look {
    Settled(LockState),
    Changed,
}

impl Ground {
    pub(super) fn new(store: Arc<dyn Store>, keys: Arc<LogKeys>) -> Result<Self, NotAKey> {
        Ok(Self { store, keys, lock: Key::new("lock")?, checkpoint: Key::new("checkpoint")? })
    }

    pub(super) fn create(&self, time: u64) -> Result<(), LoadError> {
        // A checkpoint without a lock is a log whose lock was lost.
        if self.store.get(&self.checkpoint)?.is_some() {
            return Err(LoadError::Exists);
        }
        let head = TreeHead { size: 0, root: empty_root() };
        let signed = self.keys.sign(head, time).map_err(Doubt::from)?;
        let state = LockState { from: 0, time, signed: Arc::new(signed) };
        match self.store.compare_and_swap(&self.lock, None, &state.to_bytes()) {
            Err(SwapError::Lost { .. }) => Err(LoadError::Exists),
            outcome => Ok(outcome?),
        }
    }

    pub(super) fn load(&self) -> Result<Idle, LoadError> {
        for _ in 0..ATTEMPTS {
            if let Look::Settled(lock) = self.settle()? {
                let (edge, bundle) = self.edge(lock.signed.head)?;
                // What is left there is only in the way.
                let _ = staging::sweep(self.store.as_ref(), lock.signed.head.size);
                return Ok(Idle { ground: self.clone(), lock, edge, bundle });
            }
        }
        Err(LoadError::Restless)
    }

    /// Brings checkpoint and tiles up to the lock.
    fn settle(&self) -> Result<Look, LoadError> {
        let bytes = self.store.get(&self.lock)?.ok_or(LoadError::NoLog)?;
        let lock = LockState::parse(&bytes, &self.keys)?;
        if !self.hold(&self.lock, &bytes)? {
            return Ok(Look::Changed);
        }
        let published = self.store.get(&self.checkpoint)?;
        let locked = lock.signed.head;
        match published.as_deref().map(|bytes| self.keys.read(bytes)).transpose()?.map(|signed| signed.head) {
            None if locked.size > 0 => {
                return self.unless_changed(&bytes, LoadError::NoCheckpoint(locked.size));
            }
            Some(head) if head.size > locked.size => {
                let error = LoadError::RolledBack { locked: locked.size, published: head.size };
                return self.unless_changed(&bytes, error);
            }
            Some(head) if head.size == locked.size && head.root != locked.root => {
                return Err(LoadError::Forked { locked, published: head });
            }
            Some(head) if head.size == locked.size => self.finish_names(&lock)?,
            Some(head) if head.size != lock.from => {
                let error = LoadError::Gap { published: head.size, from: lock.from, locked: locked.size };
                return self.unless_changed(&bytes, error);
            }
            Some(head) => {
                if let Some(changed) = self.finish(&bytes, &lock, head)? {
                    return Ok(changed);
                }
            }
            None => {}
        }
        self.publish(&lock.signed)?;
        Ok(Look::Settled(lock))
    }

    /// Applies the staged batch that led from the published checkpoint to the lock.
    fn finish(&self, bytes: &[u8], lock: &LockState, published: TreeHead) -> Result<Option<Look>, LoadError> {
        let name = StagedName { from: lock.from, head: lock.signed.head }.key()?;
        let staged = self.store.get(&name)?;
        let Some(objects) = staged.as_deref().and_then(|bytes| objects::decode(b"", bytes)) else {
            // Another writer may have finished it, and cleared up.
            if self.store.get(&self.checkpoint)?.is_some_and(|now| self.is_at(&now, lock)) {
                return Ok(Some(Look::Changed));
            }
            return self.unless_changed(bytes, LoadError::NoStaging(name)).map(Some);
        };
        self.apply(&objects)?;
        // Before anything is published: the batch gives the signed root, and the published tree is a part of it.
        self.edge(lock.signed.head)?;
        let reader = Reader::new(self.store.clone());
        if reader.root_at(published.size, lock.signed.head.size)? != published.root {
            return Err(LoadError::WentBack { known: published, found: lock.signed.head });
        }
        Ok(None)
    }

    /// Applies a published batch again as long as its staged copy is there: that is taken away when all is durable.
    fn finish_names(&self, lock: &LockState) -> Result<(), LoadError> {
        let name = StagedName { from: lock.from, head: lock.signed.head }.key()?;
        match self.store.get(&name)?.as_deref().and_then(|bytes| objects::decode(b"", bytes)) {
            Some(objects) => Ok(self.apply(&objects)?),
            None => Ok(()),
        }
    }

    fn is_at(&self, checkpoint: &[u8], lock: &LockState) -> bool {
        self.keys.read(checkpoint).is_ok_and(|signed| signed.head.size >= lock.signed.head.size)
    }

    /// What seems wrong may be two looks at different moments. If the lock is still the same, it is wrong.
    fn unless_changed(&self, lock: &[u8], error: LoadError) -> Result<Look, LoadError> {
        if self.store.get(&self.lock)?.as_deref() == Some(lock) { Err(error) } else { Ok(Look::Changed) }
    }

    /// Makes what was read durable; `false` if it is no longer there.
    fn hold(&self, key: &Key, bytes: &[u8]) -> Result<bool, SwapError> {
        match self.store.compare_and_swap(key, Some(bytes), bytes) {
            Ok(()) => Ok(true),
            Err(SwapError::Lost { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes objects to their places and reads them back. Another writer may have applied the same batch, and bodies of it may
    /// have been erased since.
    pub(super) fn apply(&self, objects: &[Object]) -> Result<(), Doubt> {
        match self.store.put_all(objects) {
            Err(StoreError::Conflict { key }) if bodies::is_pack(&key) => {
                objects.iter().try_for_each(|object| bodies::keep(self.store.as_ref(), object))?;
            }
            outcome => outcome?,
        }
        for object in objects {
            let stored = self.store.get(&object.key)?;
            let right = |stored: &Vec<u8>| *stored == object.bytes || bodies::is_left_of(stored, object);
            if !stored.as_ref().is_some_and(right) {
                return Err(Doubt::ReadBack(object.key.clone()));
            }
        }
        Ok(())
    }

    /// Publishes a committed checkpoint, unless another writer has published one that is as new. One with further
    /// signatures stays.
    pub(super) fn publish(&self, signed: &SignedHead) -> Result<(), Doubt> {
        for _ in 0..ATTEMPTS {
            let bytes = self.store.get(&self.checkpoint)?;
            let published =
                bytes.as_deref().map(|bytes| self.keys.read(bytes)).transpose()?.map(|found| found.head);
            let done = match (bytes.as_deref(), published) {
                (Some(bytes), Some(head)) if head.size >= signed.head.size => {
                    if head.size == signed.head.size && head.root != signed.head.root {
                        return Err(Doubt::Forked { published: head, committed: signed.head });
                    }
                    self.hold(&self.checkpoint, bytes)?
                }
                (expected, _) => self.replace_checkpoint(expected, signed)?,
            };
            if done {
                return Ok(());
            }
        }
        Err(Doubt::Restless)
    }

    fn replace_checkpoint(&self, expected: Option<&[u8]>, signed: &SignedHead) -> Result<bool, SwapError> {
        match self.store.compare_and_swap(&self.checkpoint, expected, &signed.to_bytes()) {
            Ok(()) => Ok(true),
            Err(SwapError::Lost { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The partial tiles and the last bundle of a tree, checked against its root.
    fn edge(&self, expected: TreeHead) -> Result<(TileEdge, EntryBundle), LoadError> {
        let reader = Reader::new(self.store.clone());
        let edge = TileEdge::load(expected.size, |tile| reader.tile(tile))?;
        if edge.head() != expected {
            return Err(LoadError::Edge { expected, found: edge.head() });
        }
        let full = u64::from(FULL_WIDTH);
        let Some(index) = expected.size.checked_sub(1).map(|last| last / full) else {
            return Ok((edge, EntryBundle::new()));
        };
        let mut bundle = EntryBundle::new();
        for entry in reader.bundle(index, expected.size)? {
            bundle.push(entry).map_err(|_| LoadError::Bundle)?;
        }
        let hashes: Vec<u8> = bundle.leaf_hashes().flat_map(|hash| *hash.as_bytes()).collect();
        let width = bundle.entries().len() as u16;
        let above = Tile::new(TileKind::Hashes { level: 0 }, index, width).map_err(|_| LoadError::Bundle)?;
        let tile = reader.tile(above).map_err(crate::reader::ReaderError::from)?;
        if !tile.starts_with(&hashes) {
            return Err(LoadError::Bundle);
        }
        let kept = if width == FULL_WIDTH { EntryBundle::new() } else { bundle };
        Ok((edge, kept))
    }
}
