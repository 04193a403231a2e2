//! From what a page's making came to, to a reply.

use std::io;
use std::path::Path;

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use tokio_util::io::ReaderStream;

use crate::kit::{Frame, Page};
use crate::pages::failure;
use crate::view::ViewError;

/// A page in its frame.
pub(super) fn page(frame: &Frame, page: &Page) -> Response {
    Html(page.render(frame).into_string()).into_response()
}

/// What went wrong, as a page.
pub(super) fn wrong(frame: &Frame, error: &ViewError) -> Response {
    let (status, title, next) = match error {
        ViewError::Missing { .. } => (
            StatusCode::NOT_FOUND,
            "Not found",
            "It may have been moved or deleted. The list of runs shows what is there.",
        ),
        ViewError::Asked { .. } => {
            (StatusCode::BAD_REQUEST, "This cannot be shown", "Change what is asked for.")
        }
        _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "This run cannot be read",
            "Other runs are not touched by this. `overt show` on the command line says the same.",
        ),
    };
    (status, page(frame, &failure(title, &error.to_string(), next))).into_response()
}

/// A text as it is. It is never markup, whatever it says.
pub(super) fn text(text: String) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// A file, to be saved.
pub(super) async fn file(path: &Path) -> io::Result<Response> {
    let file = tokio::fs::File::open(path).await?;
    let length = file.metadata().await?.len();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    let media_type = match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => "application/json",
        Some("gz") => "application/gzip",
        _ => "application/octet-stream",
    };
    let mut reply = Response::new(Body::from_stream(ReaderStream::with_capacity(file, 64 << 10)));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(reply)
}
