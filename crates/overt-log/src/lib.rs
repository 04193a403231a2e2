//! The transparency log: sequencing, tiles, checkpoints, proofs served, witnessing, mirrors.
//!
//! **Charter.** From entries to a public, append-only tree that nobody can quietly rewrite, and to the parties that hold it
//! to that. A leaf is bytes; the log knows no evaluation. What is served and stored is C2SP's tlog-tiles;
//! `docs/design/evidence.md` holds the protocol and its promises P1 to P7, `docs/log.md` tells operators.
//!
//! **A tour, in the order in which data passes.** A submission comes to a [`admission::Door`], which says who may add what.
//! [`Log::add`] queues its entry; the writer takes all that wait as one batch and leads it through the states of
//! [`sequencer`], each a type that consumes the one before, with one commit point: a compare-and-swap of the signed
//! checkpoint in a [`store::Store`] (a directory, or an object store). What was submitted lies beside the tree as the
//! entry's body, written with the same batch ([`bodies`]). [`cosign`] asks witnesses, [`serve`] is the log's face
//! on HTTP, [`client`] believes nothing that it has not proven, [`witness`] cosigns what grows honestly, [`mirror`] keeps a
//! verified copy and catches a log that forks, [`follow`] hands on every entry once, and [`fsck`] computes all of it
//! again. [`simulated`] breaks stores and disks on purpose.
//!
//! ```
//! use std::sync::Arc;
//! use overt_log::store::{MemoryStore, Store};
//! use overt_log::{Clock as _, Identity, Limits, Log, LogKeys, SystemClock, sequencer::Idle};
//! use overt_record::{SignatureType, note::KeyName, signer::NoteSigner};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Random bytes come from outside: here they are not random.
//! let name = KeyName::parse("log.example.org/2026")?;
//! let keys = Arc::new(LogKeys::new(NoteSigner::from_seed(name, SignatureType::Ed25519, &[7; 32])?, None)?);
//! let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
//! Idle::create(store.clone(), keys.clone(), SystemClock.now())?;
//!
//! let log = Log::open(store, keys, Arc::new(SystemClock), Identity::BYTES, Limits::default())?;
//! let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! let added = runtime.block_on(log.add(b"an entry".to_vec()))?;
//! assert_eq!((added.index, added.signed_head.head.size), (0, 1));
//! log.close();
//! # Ok(())
//! # }
//! ```

pub mod admission;
pub mod bodies;
pub mod client;
mod clock;
mod collect;
pub mod cosign;
pub mod files;
pub mod follow;
mod fsck;
mod key;
mod keys;
mod lock;
mod log;
pub mod mirror;
mod queue;
mod reader;
mod retry;
mod seen;
pub mod sequencer;
pub mod serve;
pub mod simulated;
mod staging;
pub mod store;
pub mod witness;

pub use clock::{Clock, SystemClock};
pub use collect::{Collector, collect_partials};
pub use fsck::{BodyDeviation, BodyReport, BodyWrong, Deviation, FsckError, Report, Wrong, fsck};
pub use key::{Key, NotAKey};
pub use keys::{CannotSign, LogKeys, NotLogKeys, NotOurs, SignedHead};
pub use lock::BadLock;
pub use log::{AddError, Added, Arrival, Limits, Log, OpenError};
pub use queue::Bounds;
pub use reader::{FetchError, Reader, ReaderError};
pub use retry::Backoff;
pub use seen::{Identity, SeenError};
