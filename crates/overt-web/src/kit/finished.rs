//! The body of a reply, with what is made of it for sending: its tag and its packed form, each made once, when it is first
//! asked for.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use overt_schema::Digest;

/// Smaller bodies do not become smaller.
const LEAST: usize = 512;
/// How hard a page is compressed while somebody waits for it.
const WHILE_WAITING: Compression = Compression::new(4);

/// A body. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Finished(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plain: Bytes,
    tag: OnceLock<String>,
    packed: OnceLock<Option<Bytes>>,
}

impl Finished {
    /// A body as it is.
    pub(crate) fn new(plain: Bytes) -> Self {
        Self(Arc::new(Inner { plain, tag: OnceLock::new(), packed: OnceLock::new() }))
    }

    /// As it is.
    pub(crate) fn plain(&self) -> &Bytes {
        &self.0.plain
    }

    /// Its entity tag. Weak: the packed and the plain form share it.
    pub(super) fn tag(&self) -> &str {
        self.0.tag.get_or_init(|| format!("W/\"{}\"", &Digest::of(&self.0.plain).to_string()[..24]))
    }

    /// As gzip packs it; `None` if that does not make it smaller.
    pub(super) fn packed(&self) -> Option<&Bytes> {
        self.0.packed.get_or_init(|| packed(&self.0.plain, WHILE_WAITING).map(Bytes::from)).as_ref()
    }
}

/// The bytes packed; `None` if that does not make them smaller.
pub(super) fn packed(bytes: &[u8], level: Compression) -> Option<Vec<u8>> {
    if bytes.len() < LEAST {
        return None;
    }
    let mut out = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), level);
    out.write_all(bytes).ok()?;
    let packed = out.finish().ok()?;
    (packed.len() < bytes.len()).then_some(packed)
}
