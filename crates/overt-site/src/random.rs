//! Randomness of the operating system: for tokens, salts, nonces and row ids.

/// The operating system gave no randomness. Nothing can be made then that must not be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes; nothing was done")]
pub struct NoRandomness;

/// So many fresh random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}
