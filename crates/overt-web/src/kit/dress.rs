//! What every reply gets on its way out: strict headers, a tag to ask again with, and compression.

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY as CSP_HEADER, CONTENT_TYPE,
    ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use overt_log::serve::Coding;

use super::finished::Finished;

/// Nothing from elsewhere, nothing inline, nobody's frame.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                                           connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Larger bodies go out as they are: they are downloads, and are not held in memory.
const MOST: u64 = 8 << 20;

/// A middleware for every router of pages: `Router::layer(axum::middleware::from_fn(dress))`.
///
/// A reply keeps what it has set itself of `Content-Security-Policy`, `Cache-Control` and `Referrer-Policy`. One that brings
/// its body along as `Finished` is tagged and packed once, however often it is sent.
pub async fn dress(request: Request, next: Next) -> Response {
    let asked = Asked::of(request.method(), request.headers());
    let mut reply = next.run(request).await;
    let headers = reply.headers_mut();
    strict(headers);
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    if !is_text(headers) || headers.contains_key(CONTENT_ENCODING) {
        return reply;
    }
    headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    match reply.body().size_hint().exact() {
        // The reply to HEAD has no body that could be tagged.
        Some(size) if size <= MOST && asked.is_get => whole(reply, &asked).await,
        _ => reply,
    }
}

/// What of the request matters for how the reply is packed.
pub(super) struct Asked {
    pub(super) gzip: bool,
    tags: Vec<String>,
    is_get: bool,
}

impl Asked {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let tags = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
        let tags = tags.flat_map(|value| value.split(',')).map(str::trim);
        Self {
            gzip: Coding::Gzip.is_taken(headers),
            tags: tags.map(str::to_owned).collect(),
            is_get: *method == Method::GET,
        }
    }

    /// Whether whoever asks has the reply with this tag already.
    pub(super) fn has(&self, tag: &str) -> bool {
        let bare = |tag: &str| tag.trim_start_matches("W/").to_owned();
        self.tags.iter().any(|known| known == "*" || bare(known) == bare(tag))
    }
}

fn strict(headers: &mut HeaderMap) {
    let defaults = [(CSP_HEADER, CONTENT_SECURITY_POLICY), (REFERRER_POLICY, "same-origin")];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // The older header knows no exception for a reply that may stand in frames.
    if headers.get(CSP_HEADER).is_some_and(|policy| policy == CONTENT_SECURITY_POLICY) {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    let always = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
        (
            HeaderName::from_static("permissions-policy"),
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
        ),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(HeaderName::from_static("cross-origin-resource-policy"))
        .or_insert(HeaderValue::from_static("same-origin"));
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    kind.starts_with("text/")
        || matches!(
            kind,
            "application/json" | "application/atom+xml" | "application/feed+json" | "image/svg+xml"
        )
}

/// Tags a reply that is in memory, answers "not modified" where it is, and packs it.
async fn whole(reply: Response, asked: &Asked) -> Response {
    let (mut parts, body) = reply.into_parts();
    let finished = match parts.extensions.remove::<Finished>() {
        Some(finished) => finished,
        None => match body.collect().await {
            Ok(collected) => Finished::new(collected.to_bytes()),
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    };
    if parts.status == StatusCode::OK && !parts.headers.contains_key(ETAG) {
        let tag = finished.tag();
        if asked.has(tag) {
            parts.status = StatusCode::NOT_MODIFIED;
            parts.headers.remove(CONTENT_TYPE);
            parts.headers.remove(CONTENT_LENGTH);
        }
        if let Ok(value) = HeaderValue::from_str(tag) {
            parts.headers.insert(ETAG, value);
        }
        if parts.status == StatusCode::NOT_MODIFIED {
            return Response::from_parts(parts, Body::empty());
        }
    }
    let packed = if asked.gzip { finished.packed() } else { None };
    let Some(packed) = packed else {
        return Response::from_parts(parts, Body::from(finished.plain().clone()));
    };
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(packed.len()));
    Response::from_parts(parts, Body::from(packed.clone()))
}
