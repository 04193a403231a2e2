//! One file over HTTP into the cache, under its digest.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use overt_schema::Digest;
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode, Url};

use super::client::reason;
use super::part::{ENDING, Part};
use crate::cache;
use crate::error::DatasetError;

/// How often a download that came to something is taken up again.
const MOST_RESUMED: u32 = 5;

const PAUSE: Duration = Duration::from_millis(200);

/// What turns a refusal into an error.
pub(crate) type Refusal<'a> = &'a (dyn Fn(&Response) -> DatasetError + Send + Sync);

/// Told of the bytes that have come, and how many there are if that is known.
pub(crate) type OnBytes<'a> = &'a mut (dyn FnMut(u64, Option<u64>) + Send);

/// A file to fetch.
pub(crate) struct Download<'a> {
    pub(crate) client: &'a Client,
    pub(crate) url: Url,
    /// Sent as a bearer token.
    pub(crate) token: Option<&'a str>,
    /// What the file is called in messages.
    pub(crate) name: &'a str,
    /// What it has to be. Without, nothing of an earlier attempt is used.
    pub(crate) expected: Option<Digest>,
    pub(crate) cache: &'a Path,
    /// The most bytes that it may have.
    pub(crate) limit: u64,
    pub(crate) refusal: Refusal<'a>,
}

/// Why an attempt ended.
enum Stop {
    /// The connection broke; what has come is good.
    Broken(DatasetError),
    Final(DatasetError),
}

impl Download<'_> {
    /// Fetches the file, going on where an earlier attempt stopped. It is complete, digested and on the disk before it
    /// gets its name.
    pub(crate) async fn run(&self, progress: OnBytes<'_>) -> Result<Digest, DatasetError> {
        let mut part = Part::open(self.part_path()).await.map_err(|source| self.write_error(source))?;
        if let Some(expected) = self.expected.filter(|digest| cache::path(self.cache, digest).is_file()) {
            // Another process fetched it while this one waited.
            part.discard().map_err(|source| self.write_error(source))?;
            return Ok(expected);
        }
        if self.expected.is_none() {
            part.restart().map_err(|source| self.write_error(source))?;
        }
        if let Err(error) = self.complete(&mut part, progress).await {
            if part.done() == 0 || self.expected.is_none() {
                // That it stays behind is no worse than the error itself.
                let _ = part.discard();
            }
            return Err(error);
        }
        let found = part.digest();
        match self.expected {
            Some(expected) if expected != found => {
                part.discard().map_err(|source| self.write_error(source))?;
                let file = self.name.to_owned();
                let next = "compare with what the task's author published; nothing was kept".into();
                Err(DatasetError::Digest { file, expected, found, next })
            }
            _ => {
                part.keep(&cache::path(self.cache, &found)).map_err(|source| self.write_error(source))?;
                Ok(found)
            }
        }
    }

    async fn complete(&self, part: &mut Part, progress: OnBytes<'_>) -> Result<(), DatasetError> {
        let mut resumed = 0;
        loop {
            let before = part.done();
            match self.attempt(part, progress).await {
                Ok(()) => return Ok(()),
                Err(Stop::Broken(_)) if part.done() > before && resumed < MOST_RESUMED => {
                    resumed += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(Stop::Broken(error) | Stop::Final(error)) => return Err(error),
            }
        }
    }

    async fn attempt(&self, part: &mut Part, progress: OnBytes<'_>) -> Result<(), Stop> {
        let mut response = self.request(part.done()).await?;
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            if range(&response).is_some_and(|range| range == format!("bytes */{}", part.done())) {
                return Ok(());
            }
            self.restart(part)?;
            response = self.request(0).await?;
        }
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let continues = format!("bytes {}-", part.done());
                if !range(&response).is_some_and(|range| range.starts_with(&continues)) {
                    self.restart(part)?;
                    let error = self.fetch_error("the server sends another part than was asked for".into());
                    return Err(Stop::Final(error));
                }
            }
            status if status.is_success() => self.restart(part)?,
            _ => return Err(Stop::Final((self.refusal)(&response))),
        }
        self.receive(response, part, progress).await
    }

    async fn request(&self, from: u64) -> Result<Response, Stop> {
        let mut request = self.client.get(self.url.clone());
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        request.send().await.map_err(|error| Stop::Broken(self.fetch_error(reason(&error))))
    }

    async fn receive(
        &self,
        mut response: Response,
        part: &mut Part,
        progress: OnBytes<'_>,
    ) -> Result<(), Stop> {
        let total = response.content_length().map(|left| left.saturating_add(part.done()));
        let too_large =
            || Stop::Final(DatasetError::TooLarge { url: self.name.to_owned(), limit: self.limit });
        if total.is_some_and(|total| total > self.limit) {
            self.restart(part)?;
            return Err(too_large());
        }
        loop {
            let chunk = response.chunk().await;
            let Some(chunk) = chunk.map_err(|error| Stop::Broken(self.fetch_error(reason(&error))))? else {
                return Ok(());
            };
            if part.done() + chunk.len() as u64 > self.limit {
                self.restart(part)?;
                return Err(too_large());
            }
            part.append(&chunk).map_err(|source| Stop::Final(self.write_error(source)))?;
            progress(part.done(), total);
        }
    }

    fn restart(&self, part: &mut Part) -> Result<(), Stop> {
        part.restart().map_err(|source| Stop::Final(self.write_error(source)))
    }

    /// Named by what it will be, or else by where it comes from.
    fn part_path(&self) -> PathBuf {
        let digest = self.expected.unwrap_or_else(|| Digest::of(self.url.as_str()));
        let mut path = cache::path(self.cache, &digest).into_os_string();
        path.push(ENDING);
        path.into()
    }

    fn write_error(&self, source: io::Error) -> DatasetError {
        DatasetError::Write { path: cache::directory(self.cache), source }
    }

    fn fetch_error(&self, reason: String) -> DatasetError {
        DatasetError::Fetch { url: self.name.to_owned(), reason }
    }
}

fn range(response: &Response) -> Option<&str> {
    response.headers().get(CONTENT_RANGE)?.to_str().ok()
}
