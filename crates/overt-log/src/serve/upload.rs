//! Files that come over HTTP: `POST /files` and `PUT /files/<SHA-256>?commit=<commit>`.
//!
//! The list is answered with `{"missing": ["<SHA-256>", …]}`, those that are to be sent. When all have come the list is sent
//! again; nothing missing means that they lie beside the log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, FromRequest as _, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use overt_record::Hash;
use serde_json::json;
use tokio::sync::Semaphore;

use super::Service;
use crate::admission::NotTaken;
use crate::files::FilesError;

/// What a permit stands for.
const PIECE: u64 = 64 << 10;

/// How much is received at once, in pieces: each file is in memory as a whole while it comes.
static RECEIVING: Semaphore = Semaphore::const_new(2048);

/// A file may take as long as it takes at 32 KiB a second, and half a minute.
const SLOWEST: u64 = 32 << 10;

pub(super) async fn offer(State(service): State<Arc<Service>>, request: Request) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
    let envelope = match Bytes::from_request(request, &()).await {
        Ok(envelope) => envelope,
        Err(rejection) => {
            return (rejection.status(), format!("{}\n", rejection.body_text())).into_response();
        }
    };
    let door = service.door.clone();
    let taken = tokio::task::spawn_blocking(move || door.offer(&envelope, from)).await;
    match taken.unwrap_or(Err(NotTaken::Interrupted)) {
        Ok(missing) => Json(json!({ "missing": missing })).into_response(),
        Err(error) => refused(&error),
    }
}

pub(super) async fn file(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let commit = request.uri().query().and_then(|query| query.strip_prefix("commit=")?.parse::<Hash>().ok());
    let (Ok(sha256), Some(commit)) = (name.parse::<Hash>(), commit) else {
        let why = "a file is sent to /files/<SHA-256>?commit=<the entry's commitment>\n";
        return (StatusCode::BAD_REQUEST, why).into_response();
    };
    let expected = match service.door.expects(&commit, &sha256) {
        Ok(expected) => expected,
        Err(error) => return refused(&error),
    };
    if length(request.headers()) != Some(expected) {
        let why = format!("Content-Length is {expected} for this file, as the list says\n");
        return (StatusCode::LENGTH_REQUIRED, why).into_response();
    }
    let bytes = match receive(request.into_body(), expected).await {
        Ok(bytes) => bytes,
        Err(response) => return response,
    };
    let door = service.door.clone();
    let taken = tokio::task::spawn_blocking(move || door.take_file(&commit, &sha256, &bytes)).await;
    match taken.unwrap_or(Err(NotTaken::Interrupted)) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error),
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body of a known length.
async fn receive(body: Body, length: u64) -> Result<Bytes, Response> {
    let pieces = u32::try_from(length / PIECE + 1).unwrap_or(u32::MAX);
    let Ok(_permits) = RECEIVING.try_acquire_many(pieces) else {
        let busy = "many files are being received: send it again\n";
        return Err((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], busy).into_response());
    };
    let at_most = Duration::from_secs(30 + length / SLOWEST);
    let limit = usize::try_from(length).unwrap_or(usize::MAX);
    match tokio::time::timeout(at_most, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err((StatusCode::BAD_REQUEST, format!("{error}\n")).into_response()),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the file came too slowly\n").into_response()),
    }
}

fn refused(error: &NotTaken) -> Response {
    let status = match error {
        NotTaken::Never | NotTaken::NotAllowed(_) | NotTaken::OtherKey { .. } => StatusCode::FORBIDDEN,
        NotTaken::Files(FilesError::Erased) => StatusCode::GONE,
        NotTaken::Files(FilesError::Others) | NotTaken::NotExpected => StatusCode::CONFLICT,
        NotTaken::NoEntry { .. } => StatusCode::NOT_FOUND,
        NotTaken::TooMuch { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        NotTaken::Full => StatusCode::INSUFFICIENT_STORAGE,
        NotTaken::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
        NotTaken::Offer(_) | NotTaken::OtherLog { .. } | NotTaken::OtherEntry(_) | NotTaken::OtherFile(_) => {
            StatusCode::BAD_REQUEST
        }
        NotTaken::Crowded | NotTaken::Interrupted | NotTaken::Reader(_) | NotTaken::Files(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    let mut response = (status, format!("{error}\n")).into_response();
    let wait = match error {
        NotTaken::TooOften(wait) => Some(wait.as_secs() + 1),
        NotTaken::Crowded => Some(60),
        _ if status == StatusCode::SERVICE_UNAVAILABLE => Some(5),
        _ => None,
    };
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
