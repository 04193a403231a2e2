//! Why a key cannot be read or written, and why a signature does not hold.

use super::MAX_KEY_FILE;

/// Why a key cannot be read or written. No variant holds a part of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a SubjectPublicKeyInfo of a key that is read here.
    #[error(
        "not a public key that is read here: it must be the SubjectPublicKeyInfo (DER) of an Ed25519 key or of an \
         uncompressed ECDSA P-256 point; `openssl pkey -pubin -in FILE -outform PEM` shows what a file holds"
    )]
    NotAPublicKey,
    /// An Ed25519 point that is no honest key.
    #[error(
        "this Ed25519 key is of small order or not in its canonical form; no honest program makes such a key"
    )]
    Weak,
    /// More bytes than a key has.
    #[error("a file with a key has at most {MAX_KEY_FILE} bytes; this one has {found}")]
    TooLarge {
        /// How many there are.
        found: usize,
    },
    /// Not RFC 7468.
    #[error("not a key in PEM: one text from `-----BEGIN … KEY-----` to its END line, and nothing around it")]
    NotPem,
    /// PEM that holds something else.
    #[error("expected `-----BEGIN {wanted}-----`, found `-----BEGIN {found}-----`{}", hint(found))]
    UnexpectedPem {
        /// The label found.
        found: String,
        /// The label expected.
        wanted: &'static str,
    },
    /// The contents of a private key's file are wrong.
    #[error("not a private key that is read here: {0}")]
    NotAPrivateKey(String),
    /// The file is encrypted and no passphrase was given.
    #[error("the private key is protected by a passphrase; none was given")]
    NeedsPassphrase,
    /// Decryption gave nothing sensible.
    #[error("wrong passphrase, or the file of the private key is damaged")]
    WrongPassphrase,
    /// The file asks for more work than a passphrase is worth.
    #[error(
        "the file of the private key asks for {0} to check its passphrase, which is more than is done here; write the key \
         anew with the program that made it and milder parameters"
    )]
    TooCostly(String),
    /// The key could not be encoded.
    #[error("the key cannot be written: {0}")]
    Unwritable(String),
}

fn hint(found: &str) -> &'static str {
    match found {
        "EC PRIVATE KEY" | "EC PARAMETERS" => "; convert it with `openssl pkcs8 -topk8 -in FILE`",
        "ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY" => {
            "; cosign's own form of a key is not read; make a key here and give it to cosign with `cosign import-key-pair`"
        }
        "PUBLIC KEY" => "; that is the public half",
        "CERTIFICATE" => "; extract the key with `openssl x509 -pubkey -noout -in FILE`",
        label if label.contains("PRIVATE KEY") => "; that is a private key",
        _ => "",
    }
}

/// The signature is not this key's signature of this message. There is nothing more to say that would be safe to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not by this key, or not over this content")]
pub struct BadSignature;
