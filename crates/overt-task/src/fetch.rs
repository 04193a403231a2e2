//! Fetches a dataset once from its address and keeps it under its digest.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use overt_schema::{Digest, Hasher};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;

use crate::cache;
use crate::error::DatasetError;
use crate::loaded::{LoadedTask, Progress};

/// The most bytes that a dataset at a URL may have: 8 GiB.
const MAX_BYTES: u64 = 8 << 30;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest silence within a download.
const SILENCE_TIMEOUT: Duration = Duration::from_mins(1);

const MOST_REDIRECTS: usize = 10;

impl LoadedTask {
    /// Fetches the dataset if it lies at a URL and is not in the cache yet; otherwise nothing happens, and no network
    /// is needed.
    ///
    /// The file is complete, digested and on the disk before it gets its name, so an interrupted download leaves
    /// nothing that could be taken for a dataset.
    ///
    /// # Errors
    /// When the address is not https (http is allowed to this machine itself), the server cannot be reached or says
    /// no, the file is too large or not the one that the task pins, or the cache cannot be written.
    pub async fn fetch(
        &self,
        cache: &Path,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), DatasetError> {
        let Some(address) = &self.task.dataset.url else { return Ok(()) };
        let expected = self.task.dataset.sha256.ok_or_else(|| DatasetError::Unpinned(address.clone()))?;
        let target = cache::path(cache, &expected);
        if target.is_file() {
            return Ok(());
        }
        Download { address, expected, target, limit: MAX_BYTES }.run(progress).await
    }
}

struct Download<'a> {
    address: &'a str,
    expected: Digest,
    target: PathBuf,
    limit: u64,
}

impl Download<'_> {
    async fn run(self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<(), DatasetError> {
        let directory = self.target.parent().unwrap_or(Path::new("."));
        let temporary = temporary_file(directory).map_err(|source| self.write_error(source))?;
        let response = self.request().await?;
        let found = self.receive(response, &temporary, progress).await?;
        if found != self.expected {
            return Err(DatasetError::Digest {
                file: self.address.to_owned(),
                expected: self.expected,
                found,
                next: "compare with what the task's author published; nothing was kept".into(),
            });
        }
        // A rename and a directory sync take microseconds; the bytes are on the disk already.
        keep(temporary, &self.target).map_err(|source| self.write_error(source))
    }

    async fn request(&self) -> Result<Response, DatasetError> {
        let insecure = || DatasetError::Insecure(self.address.to_owned());
        let url = Url::parse(self.address).ok().filter(is_allowed).ok_or_else(insecure)?;
        let response = client(&url)
            .map_err(|error| self.fetch_error(&error))?
            .get(url)
            .send()
            .await
            .map_err(|error| self.fetch_error(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let reason = format!("the server answers {}", response.status());
        Err(DatasetError::Fetch { url: self.address.to_owned(), reason })
    }

    async fn receive(
        &self,
        mut response: Response,
        temporary: &NamedTempFile,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Digest, DatasetError> {
        let total = response.content_length();
        let too_large = || DatasetError::TooLarge { url: self.address.to_owned(), limit: self.limit };
        if total.is_some_and(|total| total > self.limit) {
            return Err(too_large());
        }
        let file = temporary.as_file().try_clone().map_err(|source| self.write_error(source))?;
        let mut file = tokio::fs::File::from_std(file);
        let mut hasher = Hasher::default();
        let mut received = 0;
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fetch_error(&error))? {
            received += chunk.len() as u64;
            if received > self.limit {
                return Err(too_large());
            }
            hasher.update(&chunk);
            file.write_all(&chunk).await.map_err(|source| self.write_error(source))?;
            progress(Progress::Fetching { received, total });
        }
        file.sync_all().await.map_err(|source| self.write_error(source))?;
        Ok(hasher.finish())
    }

    fn write_error(&self, source: io::Error) -> DatasetError {
        DatasetError::Write { path: self.target.clone(), source }
    }

    /// The innermost cause says what happened; the outer ones repeat the address.
    fn fetch_error(&self, error: &reqwest::Error) -> DatasetError {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let reason = if error.is_timeout() { "no answer in time".into() } else { cause.to_string() };
        DatasetError::Fetch { url: self.address.to_owned(), reason }
    }
}

fn client(url: &Url) -> reqwest::Result<Client> {
    // Fails only if a provider is installed already, which is just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let redirects = Policy::custom(|attempt| {
        if !is_allowed(attempt.url()) {
            attempt.error("the server redirects to an address that is not https")
        } else if attempt.previous().len() > MOST_REDIRECTS {
            attempt.error("too many redirects")
        } else {
            attempt.follow()
        }
    });
    let builder = Client::builder()
        .user_agent(concat!("overt/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(SILENCE_TIMEOUT)
        .redirect(redirects);
    if is_loopback(url) { builder.no_proxy().build() } else { builder.build() }
}

/// https everywhere; http to this machine only. The digest guards the content, https guards who learns of it.
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

fn temporary_file(directory: &Path) -> io::Result<NamedTempFile> {
    std::fs::create_dir_all(directory)?;
    tempfile::Builder::new().prefix(".fetching-").tempfile_in(directory)
}

fn keep(temporary: NamedTempFile, target: &Path) -> io::Result<()> {
    temporary.persist(target).map_err(|error| error.error)?;
    sync_directory(target.parent().unwrap_or(Path::new(".")))
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    std::fs::File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
