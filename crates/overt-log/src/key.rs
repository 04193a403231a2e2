//! Names of what is stored.

use std::fmt;

/// The longest key in bytes. The longest path of a tile has 39; the rest is for prefixes.
const LONGEST: usize = 256;

/// The name of a stored object: lower-case segments of `a-z 0-9 . _ -`, joined by `/`.
///
/// A segment never begins with a dot, so a key cannot leave the store (`..`) nor meet the directory store's own files.
/// There are no capitals because a file system may take two spellings for one file.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Box<str>);

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// When the text is not of the form above.
    pub fn new(text: impl AsRef<str>) -> Result<Self, NotAKey> {
        let text = text.as_ref();
        let sound = text.len() <= LONGEST && text.split('/').all(is_segment);
        if sound { Ok(Self(text.into())) } else { Err(NotAKey(text.chars().take(80).collect())) }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the last `/`; empty at the top.
    pub fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// Whether nobody may ever delete this object: full tiles and bundles, checkpoints, locks, packs of bodies (erasure
    /// replaces them), marks of what was erased. What may go is staging, partial tiles, and what is derived.
    pub fn is_permanent(&self) -> bool {
        let mut segments = self.0.split('/');
        let last = segments.next_back().unwrap_or_default();
        let tile = segments.clone().any(|segment| segment == "tile");
        let beside = segments.clone().any(|segment| matches!(segment, "bodies" | "erased"));
        let partial = segments.any(|segment| segment.strip_suffix(".p").is_some());
        matches!(last, "checkpoint" | "lock") || beside || (tile && !partial)
    }
}

fn is_segment(segment: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(allowed)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Why a text is not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot name a stored object: a key is at most {LONGEST} characters of a-z, 0-9, '.', '_', '-' in segments \
     joined by '/', none empty or beginning with '.'"
)]
pub struct NotAKey(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_leave_the_store_nor_be_spelled_twice() {
        for good in
            ["checkpoint", "tile/0/x001/067", "tile/entries/000.p/17", "bodies/x001/067/5-3", "a.b_c-d"]
        {
            assert_eq!(Key::new(good).unwrap().as_str(), good);
        }
        let long = "a/".repeat(200);
        for bad in [
            "", "/", "a/", "/a", "a//b", ".", "..", "a/../b", ".tmp/a", "a/.b", "A", "a b", "a\\b", "a\0",
            "ä", "a\n", &long,
        ] {
            assert!(Key::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_what_can_be_replaced_may_be_deleted() {
        for permanent in [
            "checkpoint",
            "lock",
            "tile/0/000",
            "tile/entries/x001/000",
            "00ff/tile/1/000",
            "00ff/checkpoint",
            "bodies/000/0-1",
            "erased/7",
        ] {
            assert!(Key::new(permanent).unwrap().is_permanent(), "{permanent}");
        }
        for not in ["tile/0/000.p/3", "tile/entries/x001/000.p/255", "staging/0-1-00", "derived/bytes/0"] {
            assert!(!Key::new(not).unwrap().is_permanent(), "{not}");
        }
    }
}
