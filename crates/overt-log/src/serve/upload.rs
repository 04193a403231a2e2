//! Files that come over HTTP: `POST /files` and `PUT /files/<SHA-256>?offer=<token>`.
//!
//! The list is answered with `{"missing": ["<SHA-256>", …]}`, those that are to be sent. When all have come the list is sent
//! again; nothing missing means that they lie beside the log.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequest as _, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use overt_record::Hash;
use serde_json::json;
use tokio::sync::Semaphore;

use super::Service;
use super::pace::{PERMITS, Pace, room};
use crate::admission::{Door, NotTaken};
use crate::files::FilesError;

/// How many lists are looked at or wait for it.
static LISTS: Semaphore = Semaphore::const_new(32);

/// How much is received at once.
static RECEIVING: Semaphore = Semaphore::const_new(PERMITS);

/// Files are moved by one at a time; others wait here, and not on a thread that pages are made on.
static MOVING: Semaphore = Semaphore::const_new(1);

pub(super) async fn offer(State(service): State<Arc<Service>>, request: Request) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
    let Ok(_list) = LISTS.try_acquire() else { return busy("many lists of files are being looked at") };
    let envelope = match Bytes::from_request(request, &()).await {
        Ok(envelope) => envelope,
        Err(rejection) => {
            return (rejection.status(), format!("{}\n", rejection.body_text())).into_response();
        }
    };
    match in_turn(&service.door, move |door| door.offer(&envelope, from)).await {
        Ok(missing) => Json(json!({ "missing": missing })).into_response(),
        Err(error) => refused(&error),
    }
}

pub(super) async fn file(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let token = request.uri().query().and_then(|query| query.strip_prefix("offer=")?.parse::<Hash>().ok());
    let (Ok(sha256), Some(token)) = (name.parse::<Hash>(), token) else {
        let why = "a file is sent to /files/<SHA-256>?offer=<SHA-256 of the signed list>\n";
        return (StatusCode::BAD_REQUEST, why).into_response();
    };
    let expected = match service.door.expects(&token, &sha256) {
        Ok(expected) => expected,
        Err(error) => return refused(&error),
    };
    if length(request.headers()) != Some(expected) {
        let why = format!("Content-Length is {expected} for this file, as the list says\n");
        return (StatusCode::LENGTH_REQUIRED, why).into_response();
    }
    // Until the file is stored, since it is in memory until then.
    let Some(_room) = room(&RECEIVING, expected) else { return busy("many files are being received") };
    let bytes = match receive(request.into_body(), expected).await {
        Ok(bytes) => bytes,
        Err(response) => return response,
    };
    match in_turn(&service.door, move |door| door.take_file(&token, &sha256, &bytes)).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error),
    }
}

/// Does something that reads and writes files, when it is its turn.
async fn in_turn<T: Send + 'static>(
    door: &Arc<Door>,
    act: impl FnOnce(&Door) -> Result<T, NotTaken> + Send + 'static,
) -> Result<T, NotTaken> {
    let _turn = MOVING.acquire().await.map_err(|_| NotTaken::Interrupted)?;
    let door = door.clone();
    tokio::task::spawn_blocking(move || act(&door)).await.unwrap_or(Err(NotTaken::Interrupted))
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body of a known length.
async fn receive(body: Body, length: u64) -> Result<Vec<u8>, Response> {
    let (mut bytes, pace) = (Vec::new(), Pace::begin());
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response())?;
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > length {
            return Err((StatusCode::BAD_REQUEST, "there is more than was announced\n").into_response());
        }
        if pace.is_too_slow(bytes.len() as u64) {
            return Err((StatusCode::REQUEST_TIMEOUT, "the file comes too slowly\n").into_response());
        }
    }
    Ok(bytes)
}

fn busy(why: &str) -> Response {
    let headers = [(header::RETRY_AFTER, "2")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, format!("{why}: send it again\n")).into_response()
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
        NotTaken::Offer(_)
        | NotTaken::OtherLog { .. }
        | NotTaken::OtherEntry(_)
        | NotTaken::OtherFile(_)
        | NotTaken::Files(FilesError::Length { .. }) => StatusCode::BAD_REQUEST,
        NotTaken::Crowded
        | NotTaken::Gone(_)
        | NotTaken::Interrupted
        | NotTaken::Reader(_)
        | NotTaken::Files(_) => StatusCode::SERVICE_UNAVAILABLE,
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
