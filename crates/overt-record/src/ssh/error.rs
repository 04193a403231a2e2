//! Why something of SSH's cannot be read, or does not hold.

use crate::{BadSignature, KeyError};

/// Why something of SSH's cannot be read, or does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SshError {
    /// The bytes end early, or a length in them is wrong.
    #[error("the SSH {0} is cut off or damaged")]
    Damaged(&'static str),
    /// The text is not of the form expected.
    #[error("not an SSH {what}: expected {expected}")]
    Malformed {
        /// What it should be.
        what: &'static str,
        /// How that looks.
        expected: &'static str,
    },
    /// A kind of key that is not read here.
    #[error("SSH keys of type {0:?} are not read here; make one with `ssh-keygen -t ed25519`")]
    UnsupportedKey(String),
    /// A version or algorithm that is not read here.
    #[error("the SSH {what} {found:?} is not known here")]
    Unsupported {
        /// What is unknown.
        what: &'static str,
        /// How it is called.
        found: String,
    },
    /// The key inside is no good.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Signed for another purpose.
    #[error("signed for the namespace {found:?}, not {wanted:?}; sign with `ssh-keygen -Y sign -n {wanted}`")]
    Namespace {
        /// The namespace expected.
        wanted: String,
        /// The namespace found.
        found: String,
    },
    /// Signed by another key than the one expected.
    #[error("made by the key {found}, not by {wanted}")]
    OtherKey {
        /// The id of the key expected.
        wanted: String,
        /// The id of the key found.
        found: String,
    },
    /// The signature does not hold.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}
