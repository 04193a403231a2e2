//! Putting files beside a log behind a URL, as the issuer of the entry's record.

use std::time::Duration;

use axum::body::Bytes;
use overt_record::Hash;
use overt_record::dsse::Envelope;

use super::http::{Http, HttpError, Url};
use super::persist::{MAX_ANSWER_BYTES, persistently, said};
use crate::files::token;

/// How long an answer may take, apart from the file itself.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A file may take as long as it takes at 32 KiB a second.
const SLOWEST: u64 = 32 << 10;

/// Who puts files beside a log.
#[derive(Clone, Debug)]
pub struct Uploader {
    http: Http,
    prefix: Url,
}

/// Why files do not lie beside the log.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The server could not be asked.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server refused.
    #[error("the log answered with status {status}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// It has no place for them.
    #[error("{0} takes no files: it answers as if there were no such page")]
    Unknown(Url),
    /// The answer is none.
    #[error("{0} answered with something else than a list of the files that it wants")]
    Answer(Url),
}

#[derive(serde::Deserialize)]
struct Missing {
    missing: Vec<Hash>,
}

impl Uploader {
    /// Of the log behind a URL prefix, which ends in a slash.
    ///
    /// # Errors
    /// When there is no HTTP client.
    pub fn new(prefix: Url) -> Result<Self, HttpError> {
        Ok(Self { http: Http::new(TIMEOUT)?, prefix })
    }

    /// Sends the signed list of files ([`crate::files::Offer`]); the answer is which of them are to be sent. None: all of them
    /// lie beside the log.
    ///
    /// # Errors
    /// When the log does not take them.
    pub async fn offer(&self, offer: &Envelope) -> Result<Vec<Hash>, UploadError> {
        let url = self.url("files");
        let body = Bytes::from(offer.to_json());
        let reply = persistently(async || self.http.post(&url, body.clone(), MAX_ANSWER_BYTES).await).await?;
        match reply.status {
            200 => serde_json::from_slice::<Missing>(&reply.body)
                .map(|answer| answer.missing)
                .map_err(|_| UploadError::Answer(url)),
            404 | 405 if reply.body.is_empty() || reply.content_type.starts_with("text/html") => {
                Err(UploadError::Unknown(url))
            }
            status => Err(UploadError::Refused { status, message: said(&reply) }),
        }
    }

    /// Sends a file of an offer that was answered.
    ///
    /// # Errors
    /// When the log does not take it.
    pub async fn send(&self, offer: &Envelope, bytes: Vec<u8>) -> Result<(), UploadError> {
        let mut url = self.url(&format!("files/{}", Hash::of(&bytes)));
        url.set_query(Some(&format!("offer={}", token(offer))));
        let at_most = TIMEOUT + Duration::from_secs(bytes.len() as u64 / SLOWEST);
        let body = Bytes::from(bytes);
        let reply =
            persistently(async || self.http.put(&url, body.clone(), at_most, MAX_ANSWER_BYTES).await).await?;
        match reply.status {
            200..=204 => Ok(()),
            status => Err(UploadError::Refused { status, message: said(&reply) }),
        }
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.prefix.clone();
        url.set_path(&format!("{}{path}", self.prefix.path()));
        url
    }
}
