//! A form that was sent, if it was sent from a page of this site.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts as _};
use axum::http::header::{CONTENT_TYPE, ORIGIN};
use axum::http::{HeaderMap, Request};
use axum::response::Response;

use super::desk::Desk;
use super::fault::Fault;
use super::fields::Fields;
use super::visit::{TOKEN, Visit};

/// The most bytes of a form: a report's draft with its escapes, and room for one step.
const MOST: usize = 4 << 20;

/// The most bytes of every other form.
const ORDINARY: usize = 256 << 10;

/// How long a form may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// A form, read and found to come from here.
pub(super) struct Posted {
    pub(super) visit: Visit,
    pub(super) fields: Fields,
}

impl FromRequest<Desk> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, desk: &Desk) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(visit) = Visit::from_request_parts(&mut parts, desk).await;
        match read(&parts.headers, body, &visit).await {
            Ok(fields) => Ok(Self { visit, fields }),
            Err(fault) => Err(visit.fault(&fault)),
        }
    }
}

async fn read(headers: &HeaderMap, body: Body, visit: &Visit) -> Result<Fields, Fault> {
    if !is_from_here(headers, &visit.desk.settings().url) {
        return Err(Fault::Forged);
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = kind
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    let most = if visit.path == "/report" { MOST } else { ORDINARY };
    let bytes = tokio::time::timeout(PATIENCE, to_bytes(body, most)).await.map_err(|_| Fault::TooLarge)?;
    let bytes = bytes.map_err(|_| Fault::TooLarge)?;
    let fields = Fields::read(&bytes);
    match is_form {
        false => Err(Fault::TooLarge),
        true if visit.is_token(fields.get(TOKEN)) => Ok(fields),
        true => Err(Fault::Forged),
    }
}

/// Whether a browser says that a page of this site sends it. One that says nothing is held to the token alone.
fn is_from_here(headers: &HeaderMap, url: &str) -> bool {
    let says = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (says("sec-fetch-site"), says(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin.eq_ignore_ascii_case(url),
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_site_send_forms() {
        let from = |pairs: &[(&'static str, &'static str)]| {
            let headers: HeaderMap =
                pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            is_from_here(&headers, "https://example.org")
        };
        assert!(from(&[("sec-fetch-site", "same-origin"), ("origin", "https://example.org")]) && from(&[]));
        assert!(from(&[("origin", "https://example.org")]));
        for other in ["same-site", "cross-site", "none", "", "SAME-ORIGIN"] {
            assert!(!from(&[("sec-fetch-site", other), ("origin", "https://example.org")]), "{other}");
        }
        for other in
            ["null", "http://example.org", "https://example.org.evil.example", "https://example.org:444", ""]
        {
            assert!(!from(&[("origin", other)]), "{other}");
        }
    }
}
