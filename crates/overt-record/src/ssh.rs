//! What OpenSSH's tools write: public and private keys, signatures, and lists of allowed signers.
//!
//! Whoever has an SSH key can sign a record without installing anything: `ssh-keygen -Y sign`. Read are Ed25519 and
//! ECDSA P-256 keys, the two that overt signs with; RSA, DSA and hardware-backed keys (`sk-…`) are refused by name.

mod allowed_signers;
mod error;
mod private;
mod public;
mod signature;
mod wire;

pub use self::allowed_signers::{AllowedSigner, AllowedSigners, Skipped};
pub use self::error::SshError;
pub use self::private::LABEL as PRIVATE_KEY_LABEL;
pub(crate) use self::private::parse as parse_private;
pub use self::public::{parse_public, to_public_line};
pub use self::signature::{MAGIC, Signature};
