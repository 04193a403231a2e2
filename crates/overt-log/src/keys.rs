//! The keys by which a log is known, and the checkpoints that they sign.

use overt_record::SignatureType;
use overt_record::checkpoint::{Checkpoint, CheckpointError};
use overt_record::merkle::TreeHead;
use overt_record::note::{Note, NoteError};
use overt_record::signer::{NoteSigner, SignError};

/// A log's signers. The log's origin is the name of its key, as C2SP tlog-checkpoint recommends.
#[derive(Debug)]
pub struct LogKeys {
    signer: NoteSigner,
    cosigner: Option<NoteSigner>,
}

/// Keys that cannot sign for a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLogKeys {
    /// tlog-tiles: a public log's checkpoint carries an Ed25519 signature.
    #[error("a log signs its checkpoints with an Ed25519 note key (type 0x01); found {0:?}")]
    NotEd25519(SignatureType),
    /// The second signature is a cosignature by the same log.
    #[error(
        "the second key of a log makes ML-DSA-44 cosignatures (type 0x06) under the name {name:?}; found {found:?}"
    )]
    NotMlDsa44 {
        /// The log's origin.
        name: String,
        /// The vkey that was given.
        found: String,
    },
}

/// Why stored bytes are not a checkpoint of this log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// It is not signed by this log's key.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It is signed, and no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It is another log's.
    #[error("it is a checkpoint of {0:?}")]
    Origin(String),
}

/// A checkpoint of the log as it was signed, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// Size and root.
    pub head: TreeHead,
    /// The signed note.
    pub note: Note,
}

impl SignedHead {
    /// The signed note, as it is stored and served.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.note.to_string().into_bytes()
    }
}

impl LogKeys {
    /// A log that signs with an Ed25519 key and, if given, with an ML-DSA-44 key of the same name.
    ///
    /// # Errors
    /// When a key has another type, or the second another name.
    pub fn new(signer: NoteSigner, cosigner: Option<NoteSigner>) -> Result<Self, NotLogKeys> {
        let key = signer.vkey();
        if key.signature_type() != SignatureType::Ed25519 {
            return Err(NotLogKeys::NotEd25519(key.signature_type()));
        }
        if let Some(second) = cosigner.as_ref().map(NoteSigner::vkey) {
            let sound =
                second.signature_type() == SignatureType::CosignatureMlDsa44 && second.name() == key.name();
            if !sound {
                return Err(NotLogKeys::NotMlDsa44 {
                    name: key.name().to_string(),
                    found: second.to_string(),
                });
            }
        }
        Ok(Self { signer, cosigner })
    }

    /// The log's origin.
    pub fn origin(&self) -> &str {
        self.signer.vkey().name().as_str()
    }

    /// The signer that every reader knows.
    pub fn signer(&self) -> &NoteSigner {
        &self.signer
    }

    /// Signs a tree head at a time in milliseconds since 1970.
    pub(crate) fn sign(&self, head: TreeHead, time: u64) -> Result<SignedHead, CannotSign> {
        let mut note = Note::new(Checkpoint::new(self.origin(), head)?.to_string())?;
        for signer in [Some(&self.signer), self.cosigner.as_ref()].into_iter().flatten() {
            signer.sign_note(&mut note, time / 1000)?;
        }
        Ok(SignedHead { head, note })
    }

    /// Reads a checkpoint of this log, with any other signatures that it carries.
    ///
    /// # Errors
    /// When this log did not sign it.
    pub fn read(&self, bytes: &[u8]) -> Result<SignedHead, NotOurs> {
        let note = Note::parse(bytes)?;
        note.verify([self.signer.vkey()])?;
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin() != self.origin() {
            return Err(NotOurs::Origin(checkpoint.origin().chars().take(80).collect()));
        }
        Ok(SignedHead { head: checkpoint.head(), note })
    }
}

/// Why a checkpoint could not be signed. Its parts are the log's own, so this takes faulty keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSign {
    /// The origin cannot stand in a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It makes no note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A key does not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}
