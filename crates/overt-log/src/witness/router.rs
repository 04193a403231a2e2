//! A witness's HTTP face (C2SP tlog-witness): add-checkpoint, and the newest checkpoints for monitors.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use overt_record::Hash;
use overt_record::add_checkpoint::MAX_ADD_CHECKPOINT_BYTES;

use super::{Answer, Witness};
use crate::clock::Clock;

type Shared = (Arc<Witness>, Arc<dyn Clock>);

/// The submission prefix and the monitoring prefix in one: `POST /add-checkpoint` and
/// `GET /<hex SHA-256 of the origin>/checkpoint`.
pub fn witness_router(witness: Arc<Witness>, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin}/checkpoint", get(checkpoint))
        .layer(DefaultBodyLimit::max(MAX_ADD_CHECKPOINT_BYTES))
        .with_state((witness, clock))
}

async fn add_checkpoint(State((witness, clock)): State<Shared>, body: Bytes) -> Response {
    // The answer is durable before it is sent, which takes the disk's time.
    let answered = tokio::task::spawn_blocking(move || witness.handle(&body, clock.now())).await;
    respond(&answered.unwrap_or_else(|_| Answer::failed("the request could not be handled")))
}

fn respond(answer: &Answer) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type()));
    if let Some(seconds) = answer.retry_after() {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, headers, answer.body()).into_response()
}

async fn checkpoint(State((witness, _)): State<Shared>, Path(origin): Path<String>) -> Response {
    let Ok(origin) = origin.parse::<Hash>() else { return StatusCode::NOT_FOUND.into_response() };
    let read = tokio::task::spawn_blocking(move || witness.checkpoint(&origin)).await;
    match read {
        Ok(Ok(Some(note))) => {
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "public, max-age=5"),
            ];
            (headers, note.to_string()).into_response()
        }
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(error)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
