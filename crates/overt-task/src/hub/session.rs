//! The hub's HTTP interface, as far as a dataset needs it.

use overt_schema::{Digest, is_commit};
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;

use super::HubProblem;
use super::layout::Listed;
use crate::error::DatasetError;
use crate::fetch::{client, reason};

/// The most bytes of an answer that is not a data file.
const MAX_ANSWER: usize = 64 << 20;

/// The most pages of a list of files; the hub puts a thousand on each.
const MAX_PAGES: usize = 100;

/// Why a request failed, in a word of the hub.
const ERROR_CODE: &str = "x-error-code";

/// A conversation about one dataset.
pub(super) struct Session<'a> {
    client: Client,
    endpoint: Url,
    token: Option<&'a str>,
    dataset: &'a str,
}

/// `/api/datasets/…/revision/…`.
#[derive(Deserialize)]
struct Info {
    sha: String,
}

/// An entry of `/api/datasets/…/tree/…`.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    size: u64,
    lfs: Option<Large>,
}

/// A file that git only points to.
#[derive(Deserialize)]
struct Large {
    oid: String,
    size: u64,
}

impl<'a> Session<'a> {
    pub(super) fn new(endpoint: Url, token: Option<&'a str>, dataset: &'a str) -> Result<Self, DatasetError> {
        let client = client(&endpoint)
            .map_err(|error| DatasetError::Fetch { url: endpoint.to_string(), reason: reason(&error) })?;
        Ok(Self { client, endpoint, token, dataset })
    }

    /// What the dataset is called in messages.
    pub(super) fn name(&self) -> String {
        format!("hf:{}", self.dataset)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.token
    }

    pub(super) fn error(&self, problem: HubProblem) -> DatasetError {
        DatasetError::Hub { dataset: self.dataset.to_owned(), problem }
    }

    /// The commit that a revision is.
    pub(super) async fn commit(&self, revision: &str) -> Result<String, DatasetError> {
        let url = self.address(&["api", "datasets"], &["revision", revision])?;
        let response = self.get(url).await.map_err(|error| match error {
            DatasetError::Hub { problem: HubProblem::Revision(_), .. } => {
                self.error(HubProblem::Revision(revision.to_owned()))
            }
            other => other,
        })?;
        let Info { sha } = self.parse(&self.body(response).await?)?;
        if is_commit(&sha) { Ok(sha) } else { Err(self.answer_error("a commit is 40 hexadecimal digits")) }
    }

    /// The files of a commit.
    pub(super) async fn tree(&self, commit: &str) -> Result<Vec<Listed>, DatasetError> {
        let mut files = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut url = self.address(&["api", "datasets"], &["tree", commit])?;
            url.query_pairs_mut().append_pair("recursive", "true");
            if let Some(cursor) = &cursor {
                url.query_pairs_mut().append_pair("cursor", cursor);
            }
            let response = self.get(url).await?;
            cursor = next_cursor(&response);
            let entries: Vec<Entry> = self.parse(&self.body(response).await?)?;
            for entry in entries.into_iter().filter(|entry| entry.kind == "file") {
                files.push(self.listed(entry)?);
            }
            if cursor.is_none() {
                return Ok(files);
            }
        }
        Err(self.answer_error("the dataset has more files than a dataset for questions needs"))
    }

    fn listed(&self, entry: Entry) -> Result<Listed, DatasetError> {
        let Entry { path, size, lfs, .. } = entry;
        let Some(Large { oid, size }) = lfs else { return Ok(Listed { path, bytes: size, sha256: None }) };
        let sha256: Digest = oid.parse().map_err(|_| self.answer_error("a large file has no SHA-256"))?;
        Ok(Listed { path, bytes: size, sha256: Some(sha256) })
    }

    /// The text of a small file.
    pub(super) async fn text(&self, commit: &str, path: &str) -> Result<String, DatasetError> {
        let response = self.get(self.file(commit, path)?).await?;
        Ok(String::from_utf8_lossy(&self.body(response).await?).into_owned())
    }

    /// Where a file is.
    pub(super) fn file(&self, commit: &str, path: &str) -> Result<Url, DatasetError> {
        let mut url = self.address(&["datasets"], &["resolve", commit])?;
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(self.answer_error("a file's path leads out of the dataset"));
        }
        url.path_segments_mut().map_err(|()| self.insecure())?.extend(path.split('/'));
        Ok(url)
    }

    /// What a refusal means.
    pub(super) fn refusal(&self, response: &Response) -> DatasetError {
        let code = response.headers().get(ERROR_CODE).and_then(|code| code.to_str().ok()).unwrap_or_default();
        let problem = match (response.status(), code) {
            (_, "RepoNotFound") | (StatusCode::NOT_FOUND, "") => HubProblem::Unknown,
            (_, "RevisionNotFound") => HubProblem::Revision(String::new()),
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
                let page =
                    format!("{}/datasets/{}", self.endpoint.as_str().trim_end_matches('/'), self.dataset);
                HubProblem::Gated { page, has_token: self.token.is_some() }
            }
            (status, _) => {
                let reason = format!("the server answers {status}");
                return DatasetError::Fetch { url: self.name(), reason };
            }
        };
        self.error(problem)
    }

    async fn get(&self, url: Url) -> Result<Response, DatasetError> {
        let mut request = self.client.get(url);
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.map_err(|error| self.fetch_error(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(&response)) }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, DatasetError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fetch_error(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(self.answer_error("it is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn parse<T: for<'de> Deserialize<'de>>(&self, body: &[u8]) -> Result<T, DatasetError> {
        serde_json::from_slice(body).map_err(|error| self.answer_error(&error.to_string()))
    }

    /// The endpoint, what comes before the dataset's name, and what comes after it. Every part is escaped, a `/` within
    /// one too.
    fn address(&self, before: &[&str], after: &[&str]) -> Result<Url, DatasetError> {
        let mut url = self.endpoint.clone();
        let mut parts = url.path_segments_mut().map_err(|()| self.insecure())?;
        parts.pop_if_empty().extend(before).extend(self.dataset.split('/')).extend(after);
        drop(parts);
        Ok(url)
    }

    fn insecure(&self) -> DatasetError {
        DatasetError::Insecure(self.endpoint.to_string())
    }

    fn answer_error(&self, what: &str) -> DatasetError {
        self.error(HubProblem::Answer(crate::error::excerpt(what.as_bytes(), 0)))
    }

    fn fetch_error(&self, error: &reqwest::Error) -> DatasetError {
        DatasetError::Fetch { url: self.name(), reason: reason(error) }
    }
}

/// The place where a list goes on: of the address in `Link: <…>; rel="next"` only that is used, so that the token goes
/// nowhere else.
fn next_cursor(response: &Response) -> Option<String> {
    let links = response.headers().get("link")?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    let address = next.split_once('<')?.1.split_once('>')?.0;
    let url = response.url().join(address).ok()?;
    let cursor = url.query_pairs().find(|(name, _)| name == "cursor")?;
    Some(cursor.1.into_owned())
}
