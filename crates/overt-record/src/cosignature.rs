//! What a cosignature signs: C2SP tlog-cosignature v1 for Ed25519 (0x04) and for ML-DSA-44 (0x06).

use crate::checkpoint::Checkpoint;
use crate::note::KeyName;

/// The latest time that a cosignature can state.
pub const MAX_TIMESTAMP: u64 = i64::MAX as u64;

/// Type 0x04: "as of this time, this is the largest consistent tree that I saw of this log". The name of the cosigner is not
/// in it, so each cosigner needs a key of its own.
pub(crate) fn ed25519_message(timestamp: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {timestamp}\n{text}").into_bytes()
}

/// Type 0x06: the same with the cosigner's name, and without the extension lines of the checkpoint. `None` if the text is
/// not a checkpoint, or a name in it longer than 255 bytes.
pub(crate) fn mldsa44_message(cosigner: &KeyName, timestamp: u64, text: &str) -> Option<Vec<u8>> {
    let checkpoint = Checkpoint::parse(text).ok()?;
    let (cosigner, origin) = (cosigner.as_str().as_bytes(), checkpoint.origin().as_bytes());
    let tree = checkpoint.head();
    let mut message = b"subtree/v1\n\0".to_vec();
    message.push(u8::try_from(cosigner.len()).ok()?);
    message.extend(cosigner);
    message.extend(timestamp.to_be_bytes());
    message.push(u8::try_from(origin.len()).ok()?);
    message.extend(origin);
    message.extend(0_u64.to_be_bytes()); // a checkpoint begins at leaf 0
    message.extend(tree.size.to_be_bytes());
    message.extend(tree.root.as_bytes());
    Some(message)
}

/// A `timestamped_signature`: the time in eight bytes, and the signature. `None` if it is cut off or too late.
pub(crate) fn split_timestamp(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (timestamp, signature) = bytes.split_first_chunk()?;
    let timestamp = u64::from_be_bytes(*timestamp);
    (timestamp <= MAX_TIMESTAMP).then_some((timestamp, signature))
}

/// The reverse of [`split_timestamp`].
pub(crate) fn join_timestamp(timestamp: u64, signature: &[u8]) -> Vec<u8> {
    [timestamp.to_be_bytes().as_slice(), signature].concat()
}
