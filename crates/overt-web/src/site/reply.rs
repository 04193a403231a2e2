//! From what a page's making came to, to a reply.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse as _, Response};

use super::wrong::{Fault, Wrong};
use crate::kit::{Frame, Page};
use crate::pages::failure;

/// A page in its frame.
pub(super) fn page(frame: &Frame, page: &Page) -> Response {
    Html(page.render(frame).into_string()).into_response()
}

/// Bytes of a media type.
pub(super) fn bytes(media_type: &'static str, bytes: impl Into<axum::body::Body>) -> Response {
    ([(CONTENT_TYPE, media_type)], bytes.into()).into_response()
}

/// What went wrong, as a page.
pub(super) fn wrong(frame: &Frame, wrong: &Wrong) -> Response {
    if let Wrong::TakenDown(why) = wrong {
        return (status(wrong), page(frame, why)).into_response();
    }
    let (title, next) = match wrong.fault() {
        Fault::Missing => {
            ("Not found", "The address may be cut off or mistyped. The log lists everything that is here.")
        }
        Fault::Asked => ("This cannot be shown", "Change what is asked for."),
        Fault::Gone => {
            ("Taken down", "The log still proves that it existed, and says who took it down and why.")
        }
        Fault::Busy => ("Too much at once", "Come back in a moment."),
        Fault::Ours => (
            "This cannot be read",
            "Other pages are not touched by this. Come back later, or tell whoever runs this site.",
        ),
    };
    (status(wrong), page(frame, &failure(title, &wrong.public(), next))).into_response()
}

/// The status that says the same.
pub(super) fn status(wrong: &Wrong) -> StatusCode {
    match wrong.fault() {
        Fault::Missing => StatusCode::NOT_FOUND,
        Fault::Asked => StatusCode::BAD_REQUEST,
        Fault::Gone => StatusCode::GONE,
        Fault::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Ours => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
