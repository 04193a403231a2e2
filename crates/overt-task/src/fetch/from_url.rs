//! Which file an address gave, or a program made, kept beside the files so that a list of them can say where they are from.

use std::path::Path;

use overt_schema::Digest;
use serde::{Deserialize, Serialize};

use crate::cache;

/// A file that was fetched from an address, or made by a program.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FromUrl {
    /// The address, or `command:` with the program.
    pub(crate) url: String,
    pub(crate) sha256: Digest,
}

impl FromUrl {
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let from: Self = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        (!from.url.is_empty()).then_some(from)
    }

    /// Keeps it. Where that fails, the file is there all the same, and a list says less about it.
    pub(crate) fn keep(&self, cache: &Path) {
        let name = format!("{}.json", Digest::of(format!("{}\n{}", self.url, self.sha256)));
        let _ = cache::write_note(&cache::addresses(cache).join(name), self);
    }
}
