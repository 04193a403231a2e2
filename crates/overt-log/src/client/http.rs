//! HTTP as logs, witnesses and their clients speak it: short requests, bounded answers, encrypted except on this machine.

use std::io::Read as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, RequestBuilder};

pub use reqwest::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client for requests that take at most a given time.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Not encrypted, and not on this machine.
    #[error("{0} is not asked: addresses begin with https://, or with http:// on this machine")]
    NotAllowed(Url),
    /// The client can't be set up.
    #[error("there is no HTTP client: {0}")]
    Client(String),
    /// The server did not answer.
    #[error("{url} did not answer: {reason}")]
    NoAnswer {
        /// Who was asked.
        url: Url,
        /// What went wrong.
        reason: String,
    },
    /// The answer is larger than any that is right.
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge {
        /// Who was asked.
        url: Url,
        /// How many bytes are read.
        limit: usize,
    },
    /// The answer is compressed in an unknown way, or not as it says.
    #[error("{0} answered with a body that can't be decompressed")]
    Encoding(Url),
}

impl Http {
    /// A client whose requests end after `timeout`.
    pub(crate) fn new(timeout: Duration) -> Result<Self, HttpError> {
        // Fails only if a provider is installed already, which is just as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("overt/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            // What is signed must come from where it was asked; a redirect is an answer like any other.
            .redirect(Policy::none());
        let client = client.build().map_err(|error| HttpError::Client(error.to_string()))?;
        Ok(Self { client })
    }

    pub(crate) async fn get(&self, url: &Url, limit: usize) -> Result<Reply, HttpError> {
        let request = self.client.get(url.clone()).header(ACCEPT_ENCODING, "gzip, identity");
        send(url, request, limit).await
    }

    pub(crate) async fn post(
        &self,
        url: &Url,
        body: impl Into<Body>,
        limit: usize,
    ) -> Result<Reply, HttpError> {
        send(url, self.client.post(url.clone()).body(body), limit).await
    }

    /// The same for what may take longer.
    pub(crate) async fn put(
        &self,
        url: &Url,
        body: impl Into<Body>,
        at_most: Duration,
        limit: usize,
    ) -> Result<Reply, HttpError> {
        send(url, self.client.put(url.clone()).body(body).timeout(at_most), limit).await
    }
}

async fn send(url: &Url, request: RequestBuilder, limit: usize) -> Result<Reply, HttpError> {
    if !is_allowed(url) {
        return Err(HttpError::NotAllowed(url.clone()));
    }
    let no_answer = |error| HttpError::NoAnswer { url: url.clone(), reason: reason(&error) };
    let too_large = || HttpError::TooLarge { url: url.clone(), limit };
    let response = request.send().await.map_err(no_answer)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(no_answer)?;
        if body.len() + piece.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&piece);
    }
    let body = match text(&headers, CONTENT_ENCODING.as_str()) {
        "" | "identity" => body,
        "gzip" => gunzip(&body, limit).ok_or_else(|| HttpError::Encoding(url.clone()))?,
        _ => return Err(HttpError::Encoding(url.clone())),
    };
    if body.len() > limit {
        return Err(too_large());
    }
    let retry_after = text(&headers, RETRY_AFTER.as_str()).parse().ok().map(Duration::from_secs);
    Ok(Reply { status, content_type: text(&headers, CONTENT_TYPE.as_str()).to_owned(), retry_after, body })
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Decompresses up to one byte more than the limit: whoever sends a bomb gets no further.
fn gunzip(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let limit = u64::try_from(limit).ok()?.saturating_add(1);
    flate2::read::GzDecoder::new(bytes).take(limit).read_to_end(&mut plain).ok()?;
    Some(plain)
}

/// https everywhere; http on this machine only. Signatures guard what is said; https guards who learns of it.
fn is_allowed(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// The innermost cause says what happened; the outer ones repeat the address.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if error.is_timeout() { "no answer in time".into() } else { cause.to_string() }
}
