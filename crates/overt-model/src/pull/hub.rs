//! A file from the Hugging Face hub, or from a mirror that looks like it.

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use overt_schema::Digest;
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Client, NoProxy, Proxy, Response, StatusCode};

use super::part::Part;
use super::{PullEvent, PullOptions, SourceError};
use crate::catalogue::Entry;
use crate::http::causes;

const ENDPOINT: &str = "https://huggingface.co";
/// Between two pieces of the body.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn fetch(
    entry: &Entry,
    repository: &str,
    revision: &str,
    digest: Digest,
    target: &Path,
    options: &PullOptions,
) -> Result<(), SourceError> {
    let variable = |name: &str| (options.environment)(name).filter(|value| !value.trim().is_empty());
    if variable("HF_HUB_OFFLINE").is_some_and(|value| value != "0") {
        return Err(SourceError::Source("HF_HUB_OFFLINE is set".into()));
    }
    let endpoint = variable("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
    let address =
        format!("{}/{repository}/resolve/{revision}/{}", endpoint.trim_end_matches('/'), entry.file);
    let mut part = Part::resume(target, entry.bytes)?;
    if part.done() < entry.bytes {
        let client = client(&variable).map_err(|error| SourceError::Source(causes(&error)))?;
        let mut response = ask(&client, &address, part.done()).await?;
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            part.restart()?;
            response = ask(&client, &address, 0).await?;
        }
        receive(response, &mut part, entry.bytes, options).await?;
    }
    part.finish(digest)
}

/// A client that takes proxies from `variable` and from nowhere else.
fn client(variable: &dyn Fn(&str) -> Option<String>) -> Result<Client, reqwest::Error> {
    // Fails only if a provider is installed already, which is just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let either = |upper: &str| variable(upper).or_else(|| variable(&upper.to_lowercase()));
    let exempt = || NoProxy::from_string(&either("NO_PROXY").unwrap_or_default());
    let mut builder =
        Client::builder().no_proxy().connect_timeout(Duration::from_secs(10)).read_timeout(PATIENCE);
    if let Some(proxy) = either("HTTPS_PROXY").or_else(|| either("ALL_PROXY")) {
        builder = builder.proxy(Proxy::https(proxy)?.no_proxy(exempt()));
    }
    if let Some(proxy) = either("HTTP_PROXY").or_else(|| either("ALL_PROXY")) {
        builder = builder.proxy(Proxy::http(proxy)?.no_proxy(exempt()));
    }
    builder.user_agent(concat!("overt/", env!("CARGO_PKG_VERSION"))).build()
}

async fn ask(client: &Client, address: &str, from: u64) -> Result<Response, SourceError> {
    let mut request = client.get(address);
    if from > 0 {
        request = request.header(RANGE, format!("bytes={from}-"));
    }
    request.send().await.map_err(|error| SourceError::Source(causes(&error.without_url())))
}

async fn receive(
    response: Response,
    part: &mut Part,
    total: u64,
    options: &PullOptions,
) -> Result<(), SourceError> {
    match response.status() {
        StatusCode::PARTIAL_CONTENT if continues(&response, part.done()) => {}
        StatusCode::OK => part.restart()?,
        status => return Err(SourceError::Source(format!("answered {status}"))),
    }
    let mut body = response.bytes_stream();
    while let Some(piece) = body.next().await {
        part.append(&piece.map_err(|error| SourceError::Source(causes(&error.without_url())))?)?;
        (options.on_event)(PullEvent::Progress { done: part.done(), total });
    }
    Ok(())
}

/// Whether a partial answer begins where the file ends.
fn continues(response: &Response, done: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {done}-")))
}
