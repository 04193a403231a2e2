//! Files beside the log: `GET /files/<SHA-256>` and `GET /files/<commit>.json`.
//!
//! What lies there was put there by publishers, who may be hostile, or on their behalf. So nothing of it is ever a page:
//! browsers are told to save it, not to show it.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use overt_record::Hash;
use tokio::sync::Semaphore;

use super::Service;
use super::files::{failed, read};
use super::pace::{PERMITS, PIECE, Pace, room};
use crate::key::Key;
use crate::store::StoreError;

/// A file may be taken away, so it must not be kept for ever.
const AN_HOUR: &str = "public, max-age=3600";

/// How much is sent at once of what is not small.
static SENDING: Semaphore = Semaphore::const_new(PERMITS);

/// What is small, and always sent: every list is.
const SMALL: u64 = 256 << 10;

pub(super) async fn file(State(service): State<Arc<Service>>, Path(name): Path<String>) -> Response {
    let (digest, is_list) = name.strip_suffix(".json").map_or((name.as_str(), false), |stem| (stem, true));
    let key = digest.parse::<Hash>().ok().and_then(|_| Key::new(format!("files/{name}")).ok());
    let Some(key) = key else {
        return absent("a file is asked for by its SHA-256, 64 lower-case hexadecimal digits\n");
    };
    let (store, asked) = (service.door.store().clone(), key.clone());
    let size = tokio::task::spawn_blocking(move || store.size(&asked)).await;
    let size = match size.unwrap_or(Err(StoreError::Poisoned)) {
        Ok(Some(size)) => size,
        Ok(None) => return absent("there is no such file here\n"),
        Err(error) => return failed(&error),
    };
    let permit = if size > SMALL { room(&SENDING, size) } else { None };
    if size > SMALL && permit.is_none() {
        let busy = "many files are being sent: ask again\n";
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], busy).into_response();
    }
    let bytes = match read(service.door.store(), key).await {
        Ok(Some(bytes)) => Bytes::from(bytes),
        Ok(None) => return absent("there is no such file here\n"),
        Err(error) => return failed(&error),
    };
    let headers = [
        (header::CONTENT_TYPE, if is_list { "application/json" } else { "application/octet-stream" }),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, AN_HOUR),
        // Pages that verify read logs from anywhere.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    // The permit goes when the last piece is handed over, or when whoever reads is given up.
    let (pace, length) = (Pace::begin(), bytes.len());
    let pieces = stream::unfold((bytes, permit), move |(mut rest, permit)| async move {
        if rest.is_empty() {
            return None;
        }
        if pace.is_too_slow((length - rest.len()) as u64) {
            // What is announced and does not come tells that it is cut off.
            return Some((Err(io::Error::from(io::ErrorKind::TimedOut)), (Bytes::new(), permit)));
        }
        let piece = rest.split_to(rest.len().min(PIECE as usize));
        Some((Ok(piece), (rest, permit)))
    });
    let length = [(header::CONTENT_LENGTH, length.to_string())];
    (headers, length, Body::from_stream(pieces)).into_response()
}

fn absent(why: &'static str) -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], why).into_response()
}
