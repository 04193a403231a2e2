//! A witness: it cosigns the checkpoints of logs as long as each is consistent with the one before (C2SP tlog-witness).
//!
//! All that a witness is good for hangs on one promise: what it answered with a signature, it never forgets. So the new
//! state is durable before the answer leaves, each step is a compare-and-swap from the state that was checked, and a
//! witness whose store is not there does not start ([`Witness::open`] never creates one).
//!
//! For each log the store holds `witness/<SHA-256 of the origin>/checkpoint`: the newest note, with the log's signatures
//! that were checked and the witness's own. It is state, proof of the state, and what monitors are served, in one.
//! Beside it, under `refused` and `forks`, lies what the log signed and a witness must not cosign.

mod answer;
mod evidence;
mod list;
mod router;
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use overt_record::add_checkpoint::AddCheckpoint;
use overt_record::checkpoint::Checkpoint;
use overt_record::merkle::{TreeHead, empty_root};
use overt_record::note::{Note, NoteSignature};
use overt_record::signer::{NoteSigner, SignError};
use overt_record::{Hash, VerifierKey};

use crate::admission::{Meter, Rate};
use crate::store::{Store, StoreError, SwapError};

pub use answer::Answer;
pub use list::{ListError, ListFault, WitnessedLog, parse_list};
pub use router::witness_router;
pub use state::StateError;

use state::State;

/// How often a checkpoint is looked at anew because another one was cosigned meanwhile.
const ATTEMPTS: usize = 8;

/// A witness of a number of logs.
pub struct Witness {
    store: Arc<dyn Store>,
    signers: Vec<NoteSigner>,
    /// By the hash of their origin.
    logs: BTreeMap<Hash, WitnessedLog>,
    meter: Meter<Hash>,
}

/// A request whose signature was checked.
struct Asked<'a> {
    log: &'a WitnessedLog,
    body: &'a [u8],
    request: AddCheckpoint,
    head: TreeHead,
}

/// Why a witness can't be started.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// It would sign nothing.
    #[error("a witness needs a key")]
    NoKey,
    /// A signature of this type states no time.
    #[error("a witness signs with keys of the types 0x04 and 0x06; {0} has the type 0x01")]
    NotACosigner(String),
    /// Two entries for one log.
    #[error("the log {0:?} is listed twice")]
    ListedTwice(String),
    /// There is no state.
    #[error(
        "there is no witness in this store. If its keys are new, create it with `overt witness init`; if they ever \
         signed, its state is lost: restore it, or begin again with new keys"
    )]
    NoState,
    /// There is a witness already.
    #[error("there is a witness in this store already; it was left as it is")]
    Exists,
    /// The keys are another witness's.
    #[error("the store holds the state of the witness {found:?}, and the keys are those of {expected:?}")]
    OtherWitness {
        /// The name of the keys.
        expected: String,
        /// What the store says.
        found: String,
    },
    /// What is stored about a log can't be used.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Witness {
    /// Creates the state of a new witness. This is done once, with keys that have signed nothing yet: a key that begins
    /// again from nothing would cosign a second history.
    ///
    /// # Errors
    /// When there is a witness in the store, or the store fails.
    pub fn create(store: &dyn Store, signers: &[NoteSigner]) -> Result<(), WitnessError> {
        state::begin(store, name_of(signers)?)
    }

    /// Opens a witness, and reads the state of every log: one that was damaged is met here and not by a log.
    ///
    /// # Errors
    /// When there is no witness in the store, it is another one, or its state is damaged.
    pub fn open(
        store: Arc<dyn Store>,
        signers: Vec<NoteSigner>,
        logs: Vec<WitnessedLog>,
    ) -> Result<Self, WitnessError> {
        state::check_begun(store.as_ref(), name_of(&signers)?)?;
        let mut by_origin = BTreeMap::new();
        for log in logs {
            let origin = log.origin.clone();
            if by_origin.insert(Hash::of(&origin), log).is_some() {
                return Err(WitnessError::ListedTwice(origin));
            }
        }
        let witness = Self { store, signers, logs: by_origin, meter: Meter::new() };
        for log in witness.logs.values() {
            witness.state(&log.origin)?;
        }
        Ok(witness)
    }

    /// The keys that it cosigns with.
    pub fn vkeys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.signers.iter().map(NoteSigner::vkey)
    }

    /// Answers a request to cosign a checkpoint, at a time in milliseconds since 1970. The answer may leave the process:
    /// what it says is durable.
    pub fn handle(&self, body: &[u8], now: u64) -> Answer {
        self.answer(body, now).unwrap_or_else(|answer| answer)
    }

    /// The newest checkpoint of the log whose origin has this hash, with the log's signatures and the witness's own.
    ///
    /// # Errors
    /// When the state can't be read.
    pub fn checkpoint(&self, origin_hash: &Hash) -> Result<Option<Note>, StateError> {
        let log = self.logs.get(origin_hash);
        let state = log.map(|log| self.state(&log.origin)).transpose()?.flatten();
        Ok(state.map(|state| state.note))
    }

    fn state(&self, origin: &str) -> Result<Option<State>, StateError> {
        let vkeys: Vec<&VerifierKey> = self.vkeys().collect();
        State::read(self.store.as_ref(), origin, &vkeys)
    }

    fn answer(&self, body: &[u8], now: u64) -> Result<Answer, Answer> {
        let asked = self.read(body)?;
        let (log, text) = (asked.log, asked.request.note().text());
        for _ in 0..ATTEMPTS {
            let state = self.state(&log.origin).map_err(Answer::failed)?;
            if let Err(answer) = check(&asked.request, asked.head, state.as_ref()) {
                self.keep(&asked, state.as_ref(), &answer);
                return Err(answer);
            }
            let seconds = timestamp(state.as_ref(), now)?;
            let wait = self.meter.take(Hash::of(log.origin.as_bytes()), log.rate, now);
            wait.map_err(|wait| Answer::TooOften { wait })?;
            let cosignatures = self.cosign(text, seconds)?;
            let note =
                state::joined(asked.request.note(), &log.vkeys, &cosignatures).map_err(Answer::failed)?;
            match State::replace(self.store.as_ref(), &log.origin, state.as_ref(), &note) {
                Ok(()) => return Ok(Answer::Cosigned(cosignatures)),
                Err(StateError::Swap(SwapError::Lost { .. })) => {}
                Err(error) => return Err(Answer::failed(error)),
            }
        }
        Err(Answer::failed("the state of this log changed again and again; ask again"))
    }

    /// The checks that need no state.
    fn read<'a>(&'a self, body: &'a [u8]) -> Result<Asked<'a>, Answer> {
        let request = AddCheckpoint::parse(body).map_err(Answer::malformed)?;
        let checkpoint = Checkpoint::parse(request.note().text()).map_err(Answer::malformed)?;
        let log = self.logs.get(&Hash::of(checkpoint.origin())).ok_or(Answer::UnknownLog)?;
        request.note().verify(&log.vkeys).map_err(|error| Answer::NotSigned(error.to_string()))?;
        let head = checkpoint.head();
        if request.old() > head.size {
            return Err(Answer::malformed("the old size is larger than the checkpoint's"));
        }
        Ok(Asked { log, body, request, head })
    }

    fn cosign(&self, text: &str, seconds: u64) -> Result<Vec<NoteSignature>, Answer> {
        let signed = self.signers.iter().map(|signer| signer.sign(text, seconds));
        signed.collect::<Result<_, SignError>>().map_err(Answer::failed)
    }

    /// Keeps what a log signed and a witness did not cosign, if it may prove something. That this fails must not change
    /// the answer.
    fn keep(&self, asked: &Asked<'_>, state: Option<&State>, answer: &Answer) {
        let Asked { log, body, request, head } = asked;
        let other = state.filter(|state| state.head.size == head.size && state.head.root != head.root);
        let _: Result<(), StoreError> = match other {
            Some(state) => evidence::keep_fork(self.store.as_ref(), log, [&state.note, request.note()], body),
            None if matches!(answer, Answer::Inconsistent(_)) => {
                evidence::keep_request(self.store.as_ref(), log, body)
            }
            None => Ok(()),
        };
    }
}

/// The checks of C2SP tlog-witness, "add-checkpoint", in its order, after those of the signature.
fn check(request: &AddCheckpoint, new: TreeHead, state: Option<&State>) -> Result<(), Answer> {
    let old = state.map_or(TreeHead { size: 0, root: empty_root() }, |state| state.head);
    if request.old() != old.size {
        return Err(Answer::Conflict { size: old.size });
    }
    if new.size == 0 && new.root != empty_root() {
        return Err(Answer::Inconsistent(
            "the root of the empty tree is the hash of the empty string".into(),
        ));
    }
    if old.size == 0 {
        let empty = request.consistency().hashes().is_empty();
        return if empty {
            Ok(())
        } else {
            Err(Answer::Inconsistent("from size 0 the proof is empty".into()))
        };
    }
    request.consistency().verify(old, new).map_err(|error| Answer::Inconsistent(error.to_string()))
}

/// The time that a cosignature states, in seconds: never 0, and never before the last one of the same log.
fn timestamp(state: Option<&State>, now: u64) -> Result<u64, Answer> {
    let (seconds, last) = (now / 1000, state.map_or(0, |state| state.timestamp));
    if seconds == 0 || seconds < last {
        return Err(Answer::failed(format!(
            "the witness's clock says {seconds} seconds since 1970, and it last cosigned at {last}: it must be set"
        )));
    }
    Ok(seconds)
}

/// The one name of a witness's keys.
fn name_of(signers: &[NoteSigner]) -> Result<&str, WitnessError> {
    let first = signers.first().ok_or(WitnessError::NoKey)?.vkey();
    for key in signers.iter().map(NoteSigner::vkey) {
        if !key.signature_type().is_cosignature() {
            return Err(WitnessError::NotACosigner(key.to_string()));
        }
        if key.name() != first.name() {
            let (expected, found) = (first.name().to_string(), key.name().to_string());
            return Err(WitnessError::OtherWitness { expected, found });
        }
    }
    Ok(first.name().as_str())
}

/// The rate of a log for which none is given: far more than any log needs, and a bound.
const DEFAULT_RATE: Rate = Rate { events: 600, per: std::time::Duration::from_secs(600) };
