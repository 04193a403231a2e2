//! Datasets that were fetched: one file each, named by its digest, so a name can only ever mean one content.

use std::path::{Path, PathBuf};

use overt_schema::Digest;

/// Where the dataset with this digest is, or will be.
pub(crate) fn path(cache: &Path, digest: &Digest) -> PathBuf {
    directory(cache).join(digest.to_string())
}

/// Where fetched datasets are.
pub(crate) fn directory(cache: &Path) -> PathBuf {
    cache.join("datasets")
}
