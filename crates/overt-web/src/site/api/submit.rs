//! The way in for records.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tower::ServiceExt as _;

use super::problem;

/// The longest answer of the log's door.
const ANSWER: usize = 64 << 10;

/// Hands a record to the log's door, and says the same in JSON.
pub(super) async fn submit(face: Router, mut request: Request) -> Response {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    match format!("/add{query}").parse::<Uri>() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => return problem(StatusCode::BAD_REQUEST, "the address cannot be read"),
    }
    let Ok(answered) = face.oneshot(request).await;
    let (parts, body) = answered.into_parts();
    let text = to_bytes(body, ANSWER)
        .await
        .map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
        .unwrap_or_default();
    let mut reply = match text.parse::<u64>() {
        Ok(index) if parts.status.is_success() => {
            (parts.status, axum::Json(json!({ "index": index }))).into_response()
        }
        _ => problem(parts.status, &text),
    };
    if let Some(after) = parts.headers.get("retry-after") {
        reply.headers_mut().insert("retry-after", after.clone());
    }
    reply
}
