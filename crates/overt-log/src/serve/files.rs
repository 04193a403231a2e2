//! Checkpoints, tiles and entry bundles (C2SP tlog-tiles).

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use overt_record::Hash;
use overt_record::checkpoint::Checkpoint;
use overt_record::note::Note;
use overt_record::tile::{FULL_WIDTH, Tile, TileKind};
use tokio::sync::watch;

use super::coding::Coding;
use crate::key::Key;
use crate::keys::SignedHead;
use crate::reader::key_of;
use crate::store::{Store, StoreError};

/// What never changes may be kept for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A checkpoint is news for a moment.
const A_MOMENT: &str = "public, max-age=2";

/// Which checkpoint is shown.
#[derive(Clone)]
pub(super) enum Front {
    /// The newest that met the quorum; the second says how far tiles go.
    Witnessed(watch::Receiver<Option<Arc<SignedHead>>>, watch::Receiver<Arc<SignedHead>>),
    /// The newest.
    Published(watch::Receiver<Arc<SignedHead>>),
    /// What the store has.
    Stored,
}

type Shared = (Arc<dyn Store>, Front);

pub(super) fn router(store: Arc<dyn Store>, front: Front) -> Router {
    Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*path}", get(tile))
        .with_state((store, front))
}

impl Front {
    /// The checkpoint that is shown; `None` if there is none yet.
    async fn note(&self, store: &Arc<dyn Store>) -> Result<Option<String>, StoreError> {
        match self {
            Self::Witnessed(witnessed, _) => {
                Ok(witnessed.borrow().as_ref().map(|signed| signed.note.to_string()))
            }
            Self::Published(published) => Ok(Some(published.borrow().note.to_string())),
            Self::Stored => {
                let Ok(key) = Key::new("checkpoint") else { return Ok(None) };
                let bytes = read(store, key).await?;
                Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
            }
        }
    }

    /// How many entries are published.
    async fn size(&self, store: &Arc<dyn Store>) -> Result<u64, StoreError> {
        if let Self::Witnessed(_, published) | Self::Published(published) = self {
            return Ok(published.borrow().head.size);
        }
        let note = self.note(store).await?.and_then(|note| Note::parse(note.as_bytes()).ok());
        let checkpoint = note.and_then(|note| Checkpoint::parse(note.text()).ok());
        Ok(checkpoint.map_or(0, |checkpoint| checkpoint.head().size))
    }
}

/// Reads an object without holding up other requests.
pub(super) async fn read(store: &Arc<dyn Store>, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
    let store = store.clone();
    let reading = tokio::task::spawn_blocking(move || store.get(&key)).await;
    reading.unwrap_or(Err(StoreError::Poisoned))
}

async fn checkpoint(State((store, front)): State<Shared>, headers: HeaderMap) -> Response {
    match front.note(&store).await {
        Ok(Some(note)) => file(&headers, "text/plain; charset=utf-8", A_MOMENT, note.into_bytes()),
        Ok(None) if matches!(front, Front::Witnessed(..)) => {
            let text = "too few witnesses have cosigned this log yet; ask again\n";
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], text).into_response()
        }
        Ok(None) => missing(),
        Err(error) => failed(&error),
    }
}

async fn tile(State((store, front)): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    // The path as it came: a tile has one spelling, and percent signs are not in it.
    let path = uri.path().trim_start_matches('/');
    let path = path.find("tile/").map_or(path, |start| &path[start..]);
    let Ok(tile) = path.parse::<Tile>() else { return missing() };
    let found = async {
        if !is_published(tile, front.size(&store).await?) {
            return Ok(None);
        }
        // Under the name of a partial tile there is never the full one: what was read once does not change.
        match key_of(tile) {
            Ok(key) => read(&store, key).await,
            Err(_) => Ok(None),
        }
    };
    match found.await {
        Ok(Some(bytes)) if tile.kind() == TileKind::Entries => entries(&headers, bytes),
        // Hashes can't be made smaller.
        Ok(Some(bytes)) => file(&headers, "application/octet-stream", FOR_EVER, bytes),
        Ok(None) => missing(),
        Err(error) => failed(&error),
    }
}

/// Whether a tree of `size` leaves has everything that is in the tile. What is in the store beyond that belongs to a
/// batch that is about to be published.
fn is_published(tile: Tile, size: u64) -> bool {
    let level = match tile.kind() {
        TileKind::Entries => 0,
        TileKind::Hashes { level } => u32::from(level),
    };
    let end = u128::from(tile.index()) * u128::from(FULL_WIDTH) + u128::from(tile.width());
    end <= u128::from(size.checked_shr(8 * level).unwrap_or(0))
}

/// A bundle of entries, compressed for those who take that.
fn entries(headers: &HeaderMap, bytes: Vec<u8>) -> Response {
    let packed = Coding::taken(headers).and_then(|coding| Some((coding.compress(&bytes).ok()?, coding)));
    let (body, coding) = packed.map_or((bytes, None), |(packed, coding)| (packed, Some(coding)));
    let mut response = file(headers, "application/octet-stream", FOR_EVER, body);
    if let Some(coding) = coding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// A file with its tag; only the tag if the asker has it already.
fn file(asked: &HeaderMap, content_type: &'static str, cache: &'static str, bytes: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", Hash::of(&bytes));
    let has = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged = has.is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, &tag),
        // Pages that verify read logs from anywhere.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    if unchanged {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, bytes).into_response()
    }
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], "not found\n").into_response()
}

pub(super) fn failed(error: &StoreError) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], format!("{error}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_published_with_the_checkpoint_that_needs_it() {
        let published = |path: &str, size| is_published(path.parse().unwrap(), size);
        assert!(published("tile/0/000.p/5", 5) && !published("tile/0/000.p/6", 5));
        assert!(published("tile/0/000", 256) && !published("tile/0/000", 255));
        assert!(published("tile/1/000.p/1", 256) && !published("tile/1/000.p/1", 255));
        assert!(published("tile/entries/273.p/112", 70_000) && !published("tile/entries/273.p/113", 70_000));
        assert!(!published("tile/63/000.p/1", u64::MAX));
        assert!(!published("tile/0/x018/x446/x744/x073/x709/x551/615", u64::MAX));
    }
}
