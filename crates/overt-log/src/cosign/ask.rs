//! Asking one witness (C2SP tlog-witness, add-checkpoint, the client's side).

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use overt_record::VerifierKey;
use overt_record::add_checkpoint::{AddCheckpoint, AddCheckpointError};
use overt_record::merkle::ConsistencyProof;
use overt_record::note::{NoteError, NoteSignature};

use crate::client::{Http, HttpError, Reply, Url};
use crate::keys::SignedHead;
use crate::reader::{Reader, ReaderError};

/// The longest answer: a few lines of signatures.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// How often a witness is asked in one round: it may say which size it knows, and move on before the next question.
const ATTEMPTS: usize = 4;

/// A witness, and the size of the tree that it saw last.
pub struct WitnessClient {
    name: String,
    vkeys: Vec<VerifierKey>,
    url: Url,
    http: Http,
    known: Mutex<Option<u64>>,
}

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The log's tiles can't be read.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The request can't be made.
    #[error(transparent)]
    Request(#[from] AddCheckpointError),
    /// It says that this tree contradicts what it saw: one of the two is wrong, and this may be a fork of the log.
    #[error(
        "the witness says that the checkpoint contradicts what it cosigned before (status {status}): {message}"
    )]
    Disputed {
        /// The status.
        status: u16,
        /// What it said.
        message: String,
        /// What was sent.
        request: Vec<u8>,
    },
    /// It knows a larger tree than was sent.
    #[error("the witness knows a tree of {known} entries, and was sent one of {sent}")]
    Ahead {
        /// What it knows.
        known: u64,
        /// What was sent.
        sent: u64,
    },
    /// It asks to wait.
    #[error("the witness is busy")]
    Busy {
        /// How long, if it says.
        wait: Option<Duration>,
    },
    /// Any other answer.
    #[error("the witness answered with status {status}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The answer has no signature that holds.
    #[error("the witness's answer has no cosignature by the key that is known for it: {0}")]
    NotCosigned(NoteError),
    /// It changed its mind again and again.
    #[error("the witness named another size again and again")]
    Restless,
    /// Reading was given up.
    #[error("the log's tiles could not be read")]
    Interrupted,
}

impl WitnessClient {
    pub(crate) fn new(name: String, vkeys: Vec<VerifierKey>, url: Url, http: Http) -> Self {
        Self { name, vkeys, url, http, known: Mutex::new(None) }
    }

    /// What the policy calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its keys.
    pub fn vkeys(&self) -> &[VerifierKey] {
        &self.vkeys
    }

    /// Asks for cosignatures, which were checked when they are given.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn cosign(&self, signed: &SignedHead, reader: &Reader) -> Result<Vec<NoteSignature>, AskError> {
        for _ in 0..ATTEMPTS {
            let old = self.known().unwrap_or(0);
            let size = signed.head.size;
            if old > size {
                // Perhaps it was wrong; in the next round it is asked anew.
                self.forget();
                return Err(AskError::Ahead { known: old, sent: size });
            }
            let request =
                AddCheckpoint::new(old, consistency(reader, old, size).await?, signed.note.clone())?;
            let request = request.to_string().into_bytes();
            let reply = self.http.post(&self.url, request.clone(), MAX_ANSWER_BYTES).await?;
            match reply.status {
                200 => {
                    let cosignatures = self.read(signed, &reply)?;
                    self.remember(size);
                    return Ok(cosignatures);
                }
                409 => match size_of(&reply) {
                    Some(known) if known != old => self.remember(known),
                    // It names the size that was sent: it knows another tree of that size. Older witnesses answer so.
                    _ => return Err(disputed(&reply, request)),
                },
                422 => return Err(disputed(&reply, request)),
                429 => return Err(AskError::Busy { wait: reply.retry_after }),
                status => return Err(AskError::Refused { status, message: message(&reply) }),
            }
        }
        Err(AskError::Restless)
    }

    fn known(&self) -> Option<u64> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn remember(&self, size: u64) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(size);
    }

    /// Those of the answer's signatures that are by known keys. All of them have to hold.
    fn read(&self, signed: &SignedHead, reply: &Reply) -> Result<Vec<NoteSignature>, AskError> {
        let text = str::from_utf8(&reply.body).map_err(|_| AskError::NotCosigned(NoteError::NotUtf8))?;
        let lines = NoteSignature::parse_lines(text).map_err(AskError::NotCosigned)?;
        let mut note = overt_record::note::Note::new(signed.note.text()).map_err(AskError::NotCosigned)?;
        let known = |line: &NoteSignature| self.vkeys.iter().any(|key| key.made(line));
        for line in lines.into_iter().filter(known) {
            note.add(line).map_err(AskError::NotCosigned)?;
        }
        note.verify(&self.vkeys).map_err(AskError::NotCosigned)?;
        Ok(note.signatures().to_vec())
    }
}

async fn consistency(reader: &Reader, old: u64, size: u64) -> Result<ConsistencyProof, AskError> {
    if old == 0 {
        return Ok(ConsistencyProof::default());
    }
    let reader = reader.clone();
    let proof = tokio::task::spawn_blocking(move || reader.prove_consistency(old, size)).await;
    Ok(proof.map_err(|_| AskError::Interrupted)??)
}

fn size_of(reply: &Reply) -> Option<u64> {
    if reply.content_type != "text/x.tlog.size" {
        return None;
    }
    str::from_utf8(&reply.body).ok()?.strip_suffix('\n')?.parse().ok()
}

fn disputed(reply: &Reply, request: Vec<u8>) -> AskError {
    AskError::Disputed { status: reply.status, message: message(reply), request }
}

/// What a server says, for people: short, and without control characters.
fn message(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    text.trim().chars().take(500).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
