//! Where a log's files come from.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use overt_record::Hash;
use overt_record::tile::{FULL_WIDTH, Tile, TileKind};

use super::http::{Http, HttpError, Url};
use crate::admission::{FoundBody, body_of};
use crate::bodies::{BodyError, MAX_BODY_BYTES};
use crate::key::{Key, NotAKey};
use crate::store::{Store, StoreError};

/// How long a file may take to come.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The largest bundle: 256 entries, each with its length.
const MAX_BUNDLE_BYTES: usize = 256 * (2 + 65_535);

/// The bytes of a full tile.
const MAX_TILE_BYTES: usize = 256 * 32;

/// What a person calls a log: a directory, or a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A directory on this machine.
    Directory(PathBuf),
    /// The log's URL prefix; it ends in a slash.
    Url(Url),
}

/// A text that names no log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no log: give a directory, or a URL that begins with https:// (http:// on this machine only): {reason}"
)]
pub struct BadTarget {
    text: String,
    reason: String,
}

impl FromStr for Target {
    type Err = BadTarget;

    /// Whatever has `://` in it is a URL, anything else a directory.
    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let bad = |reason: String| BadTarget { text: text.chars().take(200).collect(), reason };
        if text.is_empty() {
            return Err(bad("it is empty".into()));
        }
        if !text.contains("://") {
            return Ok(Self::Directory(text.into()));
        }
        prefix(text).map(Self::Url).map_err(bad)
    }
}

/// A URL to which paths can be added.
pub(crate) fn prefix(text: &str) -> Result<Url, String> {
    let url = Url::parse(&format!("{}/", text.trim_end_matches('/'))).map_err(|error| error.to_string())?;
    match (url.scheme(), url.query(), url.fragment()) {
        ("https" | "http", None, None) => Ok(url),
        ("https" | "http", ..) => Err("it has a query or a fragment".into()),
        (scheme, ..) => Err(format!("its scheme is {scheme}")),
    }
}

/// Files of a log, to be read.
#[derive(Clone)]
pub enum Source {
    /// From a store.
    Store(Arc<dyn Store>),
    /// From a server.
    Http(HttpSource),
}

/// A log behind a URL.
#[derive(Clone, Debug)]
pub struct HttpSource {
    http: Http,
    prefix: Url,
}

/// Why a file could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not there.
    #[error("the log has no {0}")]
    Missing(String),
    /// The server answered with something else.
    #[error("{url} answered with status {status}")]
    Status {
        /// What was asked for.
        url: Url,
        /// The status.
        status: u16,
    },
    /// The server did not answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A body can't be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// It has no name in a store.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// A file has not the bytes that it must have.
    #[error("{0} has not the length that it must have")]
    Length(Tile),
    /// Reading was given up.
    #[error("the store could not be asked")]
    Interrupted,
}

impl Source {
    /// The log behind a URL.
    ///
    /// # Errors
    /// When there is no HTTP client.
    pub fn http(prefix: Url) -> Result<Self, SourceError> {
        Ok(Self::Http(HttpSource { http: Http::new(TIMEOUT)?, prefix }))
    }

    /// A file of at most `limit` bytes; `None` if there is none of that name.
    ///
    /// # Errors
    /// When the store or server can't say.
    pub async fn get(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, SourceError> {
        match self {
            Self::Store(store) => {
                let (store, key) = (store.clone(), Key::new(path)?);
                let read = tokio::task::spawn_blocking(move || store.get(&key)).await;
                Ok(read.map_err(|_| SourceError::Interrupted)??)
            }
            Self::Http(source) => Ok(source.get(path, limit).await?.ok()),
        }
    }

    /// The body of an entry with this commitment; `None` if it is not there, or was erased. Whether it is the one that the
    /// entry commits to is for others to check.
    ///
    /// # Errors
    /// When the store or server can't say.
    pub async fn body(&self, index: u64, commit: &Hash) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(match self.found_body(index, commit).await? {
            FoundBody::Here(body) => Some(body),
            FoundBody::Erased { .. } | FoundBody::Missing => None,
        })
    }

    /// The same, with what the log says of one that is gone.
    ///
    /// # Errors
    /// When the store or server can't say.
    pub async fn found_body(&self, index: u64, commit: &Hash) -> Result<FoundBody, SourceError> {
        match self {
            Self::Store(store) => {
                let (store, commit) = (store.clone(), *commit);
                let read = tokio::task::spawn_blocking(move || body_of(store.as_ref(), index, &commit)).await;
                Ok(read.map_err(|_| SourceError::Interrupted)??)
            }
            Self::Http(source) => {
                let found = source.get(&format!("body/{index}"), MAX_BODY_BYTES).await?;
                Ok(found.map_or_else(|said| said_to_be_gone(&said), FoundBody::Here))
            }
        }
    }

    /// The bytes of a tile or bundle. Of a partial one that is gone, the beginning of the full one.
    ///
    /// # Errors
    /// When neither is there, or is too short.
    pub async fn tile(&self, tile: Tile) -> Result<Vec<u8>, SourceError> {
        let limit = if tile.kind() == TileKind::Entries { MAX_BUNDLE_BYTES } else { MAX_TILE_BYTES };
        let mut found = self.get(&tile.to_string(), limit).await?;
        if found.is_none() && !tile.is_full() {
            found = self.get(&tile.full().to_string(), limit).await?;
        }
        let bytes = found.ok_or_else(|| SourceError::Missing(tile.to_string()))?;
        cut(tile, bytes).ok_or(SourceError::Length(tile))
    }
}

impl HttpSource {
    pub(crate) fn url(&self, path: &str) -> Result<Url, SourceError> {
        self.prefix.join(path).map_err(|_| SourceError::Missing(path.to_owned()))
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// A file, or what the server says instead of one.
    async fn get(&self, path: &str, limit: usize) -> Result<Result<Vec<u8>, Vec<u8>>, SourceError> {
        let url = self.url(path)?;
        let reply = self.http.get(&url, limit).await?;
        match reply.status {
            200 => Ok(Ok(reply.body)),
            404 | 410 => Ok(Err(reply.body)),
            status => Err(SourceError::Status { url, status }),
        }
    }
}

/// What a server of overt's says in place of a body (`serve/body.rs`); others say nothing that is understood.
fn said_to_be_gone(said: &[u8]) -> FoundBody {
    #[derive(serde::Deserialize)]
    struct Said {
        error: String,
        redaction: Option<u64>,
    }
    match serde_json::from_slice(said) {
        Ok(Said { error, redaction }) if error == "redacted" => FoundBody::Erased { redaction },
        _ => FoundBody::Missing,
    }
}

/// What belongs to the tile of bytes that may be those of a wider one.
fn cut(tile: Tile, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let width = usize::from(tile.width());
    let length = match tile.kind() {
        TileKind::Hashes { .. } => width * 32,
        TileKind::Entries => {
            let mut end = 0_usize;
            for _ in 0..width {
                let length = bytes.get(end..)?.first_chunk::<2>()?;
                end += 2 + usize::from(u16::from_be_bytes(*length));
            }
            end
        }
    };
    let fits = bytes.len() == length || (bytes.len() > length && tile.width() < FULL_WIDTH);
    bytes.truncate(length);
    (fits && bytes.len() == length).then_some(bytes)
}
