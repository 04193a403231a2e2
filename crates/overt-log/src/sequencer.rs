//! The writer: how a batch of entries becomes part of the log.
//!
//! ```text
//! Idle ─prepare─> Prepared ─commit─> Committed ─apply─> Applied ─publish─> Published ─tidy─> Idle
//!   └───<──── refused ───────┘└──────────── anything but success ──> Poisoned ─recover─> Idle
//! ```
//!
//! This is Sunlight's protocol (`internal/ctlog`) with its states as types. Each step consumes the state before. Until
//! the compare-and-swap of the lock in [`Prepared::commit`] nothing has happened to the log; it is the only point of
//! commitment. A store that can do all at once has done all after it ([`Store::commit`]); with another one, the batch is staged
//! before, and the steps that follow are this writer's. Whatever goes wrong from there on, known or unknown, leaves a [`Poisoned`], which can do nothing but read
//! everything again from the store: no state in memory outlives a doubt. (A log that kept its old state after a failed
//! reload lost tiles and had to be retired: cloudflare/azul#84.)
//!
//! Bytes that were not committed never stand under a public path, and nothing signed leaves the process before the lock
//! has it. Any number of writers may share a store: those who lose the swap recover, like those who crashed.

mod error;
mod load;

use std::sync::Arc;

use overt_record::merkle::{TreeHead, leaf_hash};
use overt_record::tile::{EntryBundle, FULL_WIDTH, MAX_ENTRY_BYTES, Tile, TileEdge, TileKind};

use crate::bodies;
use crate::key::Key;
use crate::keys::{LogKeys, SignedHead};
use crate::lock::LockState;
use crate::reader::{Reader, key_of};
use crate::staging::StagedName;
use crate::store::{Commit, Done, Object, Store, SwapError};

pub use error::{Doubt, LoadError, PrepareError};

/// The most entries of one batch.
pub const MAX_BATCH_ENTRIES: usize = 4096;

/// The most bytes of entries and bodies in one batch.
pub const MAX_BATCH_BYTES: usize = 8 << 20;

/// An entry that is to be logged, and what is to lie beside the tree for it.
#[derive(Clone, Copy, Debug)]
pub struct NewEntry<'b> {
    /// The entry's bytes.
    pub entry: &'b [u8],
    /// Its body, if it has one.
    pub body: Option<&'b [u8]>,
}

impl<'b> From<&'b [u8]> for NewEntry<'b> {
    /// An entry without a body.
    fn from(entry: &'b [u8]) -> Self {
        Self { entry, body: None }
    }
}

/// What every state shares: where the log lies, and who signs.
#[derive(Clone)]
struct Ground {
    store: Arc<dyn Store>,
    keys: Arc<LogKeys>,
    lock: Key,
    checkpoint: Key,
}

/// A writer that knows the newest state of the log, as of its last look, and has nothing under way.
pub struct Idle {
    ground: Ground,
    lock: LockState,
    edge: TileEdge,
    bundle: EntryBundle,
}

/// A batch whose tiles and root are computed. Nothing is written.
pub struct Prepared {
    before: Idle,
    edge: TileEdge,
    bundle: EntryBundle,
    objects: Vec<Object>,
    name: StagedName,
    staging: Key,
    time: u64,
}

/// A batch that is in the log: it will be readable, whatever happens.
pub struct Committed {
    after: Idle,
    rest: Option<Rest>,
}

/// What a store has left to do.
struct Rest {
    objects: Vec<Object>,
    staging: Key,
}

/// A batch whose tiles and bundles are in their places. Until it is published its staged copy, if there is one, is what
/// survives a loss of power.
pub struct Applied {
    after: Idle,
    staging: Option<Key>,
}

/// A batch whose checkpoint is public. Its entries may be acknowledged.
pub struct Published {
    after: Idle,
    staging: Option<Key>,
}

/// A batch that is not known to be in the log.
pub enum NotCommitted {
    /// It is not in the log, which is as it was, and so is the writer.
    Refused(Idle, PrepareError),
    /// Nobody knows.
    InDoubt(Poisoned),
}

/// A writer whose knowledge is in doubt. It holds what was known to be committed, to compare with.
pub struct Poisoned {
    ground: Ground,
    known: TreeHead,
    doubt: Doubt,
}

impl Idle {
    /// Creates a log: commits and publishes the empty tree.
    ///
    /// # Errors
    /// When there is a log already, or the store fails. Whatever happened, [`Idle::load`] goes on from there.
    pub fn create(store: Arc<dyn Store>, keys: Arc<LogKeys>, time: u64) -> Result<Self, LoadError> {
        let ground = Ground::new(store, keys)?;
        ground.create(time)?;
        ground.load()
    }

    /// Opens a log and brings it into order: finishes a batch that was committed and not published, and checks the
    /// newest tiles and entries against the root. This is also how a writer recovers.
    ///
    /// # Errors
    /// When there is no log, the store fails, or what it holds cannot come from this protocol.
    pub fn load(store: Arc<dyn Store>, keys: Arc<LogKeys>) -> Result<Self, LoadError> {
        Ground::new(store, keys)?.load()
    }

    /// Size and root of the tree.
    pub fn head(&self) -> TreeHead {
        self.lock.signed.head
    }

    /// The newest checkpoint, which is committed and published.
    pub fn signed_head(&self) -> &Arc<SignedHead> {
        &self.lock.signed
    }

    /// A reader of the same store.
    pub fn reader(&self) -> Reader {
        Reader::new(self.ground.store.clone())
    }

    /// Computes the tiles, the packs of bodies and the root of a batch, as of a time in milliseconds since 1970.
    ///
    /// # Errors
    /// When it is empty or too large, or the clock runs behind the log. The writer comes back unharmed.
    pub fn prepare<'b, E: Copy + Into<NewEntry<'b>>>(
        self,
        entries: &[E],
        time: u64,
    ) -> Result<Prepared, (Self, PrepareError)> {
        let entries: Vec<NewEntry<'b>> = entries.iter().map(|entry| (*entry).into()).collect();
        if let Err(error) = self.check(&entries, time) {
            return Err((self, error));
        }
        match self.grow(&entries) {
            Ok((edge, bundle, objects)) => {
                let name = StagedName { from: self.head().size, head: edge.head() };
                match name.key() {
                    Ok(staging) => Ok(Prepared { before: self, edge, bundle, objects, name, staging, time }),
                    Err(error) => Err((self, error.into())),
                }
            }
            Err(error) => Err((self, error)),
        }
    }

    fn check(&self, entries: &[NewEntry<'_>], time: u64) -> Result<(), PrepareError> {
        let length = |new: &NewEntry<'_>| new.entry.len() + new.body.map_or(0, <[u8]>::len);
        let bytes: usize = entries.iter().map(length).sum();
        if entries.is_empty() || entries.len() > MAX_BATCH_ENTRIES || bytes > MAX_BATCH_BYTES {
            return Err(PrepareError::Size { entries: entries.len(), bytes });
        }
        if let Some(long) = entries.iter().find(|new| new.entry.len() > MAX_ENTRY_BYTES) {
            return Err(PrepareError::EntryTooLong(long.entry.len()));
        }
        if time < self.lock.time {
            return Err(PrepareError::Clock { now: time, last: self.lock.time });
        }
        // Far from any log, but sizes are added up from here on.
        if self.head().size > i64::MAX as u64 - MAX_BATCH_ENTRIES as u64 {
            return Err(PrepareError::Full);
        }
        Ok(())
    }

    /// The edge after the batch, and every object that is new.
    fn grow(&self, entries: &[NewEntry<'_>]) -> Result<(TileEdge, EntryBundle, Vec<Object>), PrepareError> {
        let (mut edge, mut bundle) = (self.edge.clone(), self.bundle.clone());
        let (mut bundles, mut tiles) = (Vec::new(), Vec::new());
        for NewEntry { entry, .. } in entries {
            bundle.push(entry.to_vec())?;
            edge.push(leaf_hash(entry), &mut tiles);
            if bundle.entries().len() == usize::from(FULL_WIDTH) {
                bundles.push((last_bundle(edge.size())?, bundle.to_bytes()));
                bundle = EntryBundle::new();
            }
        }
        if !bundle.entries().is_empty() {
            bundles.push((last_bundle(edge.size())?, bundle.to_bytes()));
        }
        // A partial tile that has not grown is in its place already.
        let old: Vec<Tile> = self.edge.partials().map(|(tile, _)| tile).collect();
        tiles.extend(edge.partials().filter(|(tile, _)| !old.contains(tile)));
        let bodies: Vec<Option<&[u8]>> = entries.iter().map(|new| new.body).collect();
        let mut objects = bodies::pack(self.head().size, &bodies)?;
        for (tile, bytes) in bundles.into_iter().chain(tiles) {
            objects.push(Object { key: key_of(tile)?, bytes });
        }
        Ok((edge, bundle, objects))
    }
}

/// The bundle with the last entry of a tree that is not empty.
fn last_bundle(size: u64) -> Result<Tile, PrepareError> {
    let (index, before) = ((size - 1) / u64::from(FULL_WIDTH), (size - 1) % u64::from(FULL_WIDTH));
    Ok(Tile::new(TileKind::Entries, index, before as u16 + 1)?)
}

impl Prepared {
    /// Size and root that the tree will have.
    pub fn head(&self) -> TreeHead {
        self.name.head
    }

    /// Signs the new checkpoint, and makes it the log's, if no other writer was faster. Whatever happens then, the batch can be
    /// stored: nobody sees a checkpoint before that is certain.
    ///
    /// # Errors
    /// When the store fails, or has something else: whether the writer knows what the log is now is told.
    pub fn commit(self) -> Result<Committed, NotCommitted> {
        let Self { before, edge, bundle, objects, name, staging, time } = self;
        let signed = match before.ground.keys.sign(name.head, time) {
            Ok(signed) => Arc::new(signed),
            Err(error) => return Err(NotCommitted::Refused(before, error.into())),
        };
        let next = LockState { from: name.from, time, signed };
        let ground = &before.ground;
        let lock = Object { key: ground.lock.clone(), bytes: next.to_bytes() };
        let checkpoint = Object { key: ground.checkpoint.clone(), bytes: next.signed.to_bytes() };
        let expected = before.lock.to_bytes();
        let commit = Commit {
            staging: &staging,
            objects: &objects,
            lock: &lock,
            expected: &expected,
            checkpoint: &checkpoint,
        };
        match ground.store.commit(&commit) {
            Ok(done) => {
                let rest = (done == Done::Swapped).then_some(Rest { objects, staging });
                Ok(Committed { after: Idle { ground: before.ground, lock: next, edge, bundle }, rest })
            }
            Err(SwapError::NotMade(error)) => Err(NotCommitted::Refused(before, error.into())),
            Err(error) => Err(NotCommitted::InDoubt(before.poisoned(error.into()))),
        }
    }
}

impl Committed {
    /// Writes bundles, tiles and bodies to their places if the store has not, and reads them back: a network that changed a
    /// bit must be found before anyone relies on it.
    ///
    /// # Errors
    /// When the store fails or gives other bytes. The batch stays committed; recovery applies it again.
    pub fn apply(self) -> Result<Applied, Poisoned> {
        let Some(Rest { objects, staging }) = self.rest else {
            return Ok(Applied { after: self.after, staging: None });
        };
        match self.after.ground.apply(&objects) {
            Ok(()) => Ok(Applied { after: self.after, staging: Some(staging) }),
            Err(doubt) => Err(self.after.poisoned(doubt)),
        }
    }
}

impl Applied {
    /// Makes the checkpoint public, if it is not.
    ///
    /// # Errors
    /// When the store fails. The batch stays committed; recovery publishes it.
    pub fn publish(self) -> Result<Published, Poisoned> {
        let Self { after, staging } = self;
        if staging.is_some()
            && let Err(doubt) = after.ground.publish(&after.lock.signed)
        {
            return Err(after.poisoned(doubt));
        }
        Ok(Published { after, staging })
    }
}

impl Published {
    /// The checkpoint with the batch in it.
    pub fn signed_head(&self) -> &Arc<SignedHead> {
        &self.after.lock.signed
    }

    /// Removes the staged copy. If that fails it is only in the way, and the next start removes it.
    pub fn tidy(self) -> Idle {
        if let Some(staging) = self.staging {
            let _ = self.after.ground.store.delete(&staging);
        }
        self.after
    }
}

impl Idle {
    /// Whether the store's checkpoint is newer than what this writer knows, since another process writes the log as well.
    /// A store that cannot say is none: the next batch finds out.
    pub fn is_behind(&self) -> bool {
        let published = self.ground.store.get(&self.ground.checkpoint).ok().flatten();
        let published = published.and_then(|bytes| self.ground.keys.read(&bytes).ok());
        published.is_some_and(|signed| signed.head.size > self.head().size)
    }

    /// Gives the writer up for one that has to recover: what its owner keeps beside it could not be brought up to it.
    pub fn abandon(self) -> Poisoned {
        self.poisoned(Doubt::Abandoned)
    }

    fn poisoned(self, doubt: Doubt) -> Poisoned {
        Poisoned { known: self.head(), ground: self.ground, doubt }
    }
}

impl Poisoned {
    /// What went wrong.
    pub fn doubt(&self) -> &Doubt {
        &self.doubt
    }

    /// Reads the log from the store again, finishing what was committed. The log must have grown from what this
    /// writer knew.
    ///
    /// # Errors
    /// As [`Idle::load`], or when the store went back in time. The writer stays in doubt.
    pub fn recover(self) -> Result<Idle, (Self, LoadError)> {
        match self.ground.load().and_then(|idle| self.check_growth(&idle).map(|()| idle)) {
            Ok(idle) => Ok(idle),
            Err(error) => Err((self, error)),
        }
    }

    fn check_growth(&self, now: &Idle) -> Result<(), LoadError> {
        let (known, found) = (self.known, now.head());
        if found.size < known.size || now.reader().root_at(known.size, found.size)? != known.root {
            return Err(LoadError::WentBack { known, found });
        }
        Ok(())
    }
}
