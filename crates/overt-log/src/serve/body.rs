//! What lies beside the tree: `GET /body/<index>`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use overt_record::LogEntry;
use serde_json::{Value, json};

use super::Service;
use crate::admission::{Door, FoundBody, body_of};
use crate::bodies::{self, BodyError};
use crate::reader::ReaderError;

/// A body may be erased, so it must not be kept for ever.
const AN_HOUR: &str = "public, max-age=3600";

pub(super) async fn body(State(service): State<Arc<Service>>, Path(index): Path<String>) -> Response {
    let Some(index) = index_in(&index) else {
        return absent(&json!({ "error": "malformed", "message": "an index is a decimal number" }));
    };
    // What lies there beyond the published entries belongs to a batch that is about to be published.
    if index >= service.published.borrow().head.size {
        return absent(&json!({ "error": "missing", "message": "there is no entry of this index yet" }));
    }
    let door = service.door.clone();
    match tokio::task::spawn_blocking(move || find(&door, index)).await {
        Ok(Ok(FoundBody::Here(bytes))) => {
            let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, AN_HOUR)];
            (headers, bytes).into_response()
        }
        Ok(Ok(FoundBody::Erased { redaction })) => {
            let message = "the body was erased; the entry at `redaction` says by whom and why";
            absent(&json!({ "error": "redacted", "redaction": redaction, "message": message }))
        }
        Ok(Ok(FoundBody::Missing)) => {
            absent(&json!({ "error": "missing", "message": "there is no body for this entry here" }))
        }
        Ok(Err(error)) => failed(&error),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the body could not be read\n").into_response(),
    }
}

fn find(door: &Door, index: u64) -> Result<FoundBody, NotFound> {
    let size = door.log().head().borrow().head.size;
    let entry = door.log().reader().entry(index, size)?;
    if let Ok(entry) = LogEntry::parse(&entry) {
        return Ok(body_of(door.store().as_ref(), index, &entry.commit)?);
    }
    // No record's entry; only those are marked.
    let body = bodies::read(door.store().as_ref(), index)?;
    Ok(body.map_or(FoundBody::Missing, FoundBody::Here))
}

/// Why it cannot be said whether there is a body.
#[derive(Debug, thiserror::Error)]
enum NotFound {
    #[error(transparent)]
    Reader(#[from] ReaderError),
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// An index in its one spelling.
fn index_in(text: &str) -> Option<u64> {
    text.parse().ok().filter(|index: &u64| index.to_string() == text)
}

fn failed(error: &NotFound) -> Response {
    let text = format!("{error}\n");
    match error {
        // Asking again changes nothing.
        NotFound::Body(BodyError::Damaged { .. }) => {
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], text).into_response(),
    }
}

fn absent(why: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, headers, format!("{why}\n")).into_response()
}
