//! How this crate speaks HTTP: encrypted, and to the addresses that it was given.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest silence within an answer.
const SILENCE_TIMEOUT: Duration = Duration::from_mins(1);

const MOST_REDIRECTS: usize = 10;

/// A client for an address. What authorises a request is not sent on to another host.
pub(crate) fn client(url: &Url) -> reqwest::Result<Client> {
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
pub(crate) fn is_allowed(url: &Url) -> bool {
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
pub(crate) fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if error.is_timeout() { "no answer in time".into() } else { cause.to_string() }
}
