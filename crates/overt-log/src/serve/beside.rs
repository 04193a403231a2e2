//! Files beside the log: `GET /files/<SHA-256>` and `GET /files/<commit>.json`.
//!
//! What lies there was put there by whoever keeps the log, on behalf of publishers who may be hostile. So nothing of it is
//! ever a page: browsers are told to save it, not to show it.

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
use crate::key::Key;

/// A file may be taken away, so it must not be kept for ever.
const AN_HOUR: &str = "public, max-age=3600";

/// How many files are sent at once: each is in memory as a whole while it is.
static SENDING: Semaphore = Semaphore::const_new(16);

/// What is handed to the connection at a time.
const PIECE: usize = 64 << 10;

pub(super) async fn file(State(service): State<Arc<Service>>, Path(name): Path<String>) -> Response {
    let (digest, is_list) = name.strip_suffix(".json").map_or((name.as_str(), false), |stem| (stem, true));
    let key = digest.parse::<Hash>().ok().and_then(|_| Key::new(format!("files/{name}")).ok());
    let Some(key) = key else {
        return absent("a file is asked for by its SHA-256, 64 lower-case hexadecimal digits\n");
    };
    let Ok(permit) = SENDING.try_acquire() else {
        let busy = "many files are being sent: ask again\n";
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], busy).into_response();
    };
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
    // The permit goes when the last piece is handed over.
    let pieces = stream::unfold((bytes, permit), |(mut rest, permit)| async move {
        let piece = rest.split_to(rest.len().min(PIECE));
        (!piece.is_empty()).then_some((Ok::<_, std::convert::Infallible>(piece), (rest, permit)))
    });
    (headers, Body::from_stream(pieces)).into_response()
}

fn absent(why: &'static str) -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], why).into_response()
}
