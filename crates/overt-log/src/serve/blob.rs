//! What lies beside the tree: `GET /blob/<commit>`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use overt_record::Hash;
use serde_json::{Value, json};

use super::Service;
use super::files::{failed, read};
use crate::admission::{body_key, mark_key, read_mark};

/// A body may be erased, so it must not be kept for ever.
const AN_HOUR: &str = "public, max-age=3600";

pub(super) async fn blob(State(service): State<Arc<Service>>, Path(commit): Path<String>) -> Response {
    let keys = commit
        .parse::<Hash>()
        .ok()
        .and_then(|commit| Some((body_key(&commit).ok()?, mark_key(&commit).ok()?)));
    let Some((body, mark)) = keys else {
        return absent(
            &json!({ "error": "malformed", "message": "a commitment is 64 lower-case hexadecimal digits" }),
        );
    };
    let store = service.door.store();
    match read(store, mark).await {
        Ok(None) => {}
        Ok(Some(mark)) => {
            let message = "the body was erased; the entry at `redaction` says by whom and why";
            return absent(
                &json!({ "error": "redacted", "redaction": read_mark(&mark), "message": message }),
            );
        }
        Err(error) => return failed(&error),
    }
    match read(store, body).await {
        Ok(Some(bytes)) => {
            ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, AN_HOUR)], bytes)
                .into_response()
        }
        Ok(None) => {
            absent(&json!({ "error": "missing", "message": "there is no body for this commitment here" }))
        }
        Err(error) => failed(&error),
    }
}

fn absent(why: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, headers, format!("{why}\n")).into_response()
}
