//! Hashes in base64, one a line, ended by an empty line: how C2SP's texts carry Merkle proofs.

use std::fmt;

use crate::Hash;

/// Reads at most `max` hashes up to the empty line, and gives what follows it.
pub(crate) fn parse_hash_lines(text: &str, max: usize) -> Option<(Vec<Hash>, &str)> {
    let mut hashes = Vec::new();
    let mut rest = text;
    loop {
        let (line, after) = rest.split_once('\n')?;
        rest = after;
        if line.is_empty() {
            return Some((hashes, rest));
        }
        if hashes.len() == max {
            return None;
        }
        hashes.push(Hash::from_base64(line).ok()?);
    }
}

/// Writes the hashes and the empty line.
pub(crate) fn write_hash_lines(f: &mut fmt::Formatter<'_>, hashes: &[Hash]) -> fmt::Result {
    hashes.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
    writeln!(f)
}
