//! Domains that are asked over the network, of which nothing is believed but what they publish about themselves.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use overt_record::KeyId;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};

use super::published::keys_in;
use super::{DomainKeys, Published, is_public};
use crate::mail::Doing;

/// A page that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest page that is read, in bytes: room for some eighty keys as PEM.
const LARGEST: usize = 16 << 10;

/// The network as this machine sees it: the name servers that the system names, and whatever is public behind them.
///
/// Only addresses that everybody reaches are connected to, those that the name was just resolved to, without a proxy; a
/// redirect is not followed. A page is given five seconds and 16 KiB. TLS speaks for what comes by HTTPS; for a TXT record
/// speaks no one but the name servers.
pub struct PublicNetwork {
    resolver: TokioResolver,
    client: Client,
    /// Before and behind the domain, in the addresses of pages.
    around: (&'static str, String),
}

/// Why there is no network to ask.
#[derive(Debug, thiserror::Error)]
pub enum NoNetwork {
    /// The name servers are not known.
    #[error("the system names no name servers: {0}")]
    NameServers(String),
    /// The client can't be set up.
    #[error("there is no HTTP client: {0}")]
    Client(String),
}

impl PublicNetwork {
    /// The network that the system is set up for.
    ///
    /// # Errors
    /// When the system's name servers can't be read, or TLS can't be set up.
    pub fn of_system() -> Result<Self, NoNetwork> {
        let unnamed = |error: hickory_resolver::net::NetError| NoNetwork::NameServers(error.to_string());
        let mut builder = TokioResolver::builder_tokio().map_err(unnamed)?;
        builder.options_mut().timeout = PATIENCE / 2;
        Self::new(builder.build().map_err(unnamed)?, is_public, ("https", String::new()))
    }

    fn new(
        resolver: TokioResolver,
        allowed: fn(IpAddr) -> bool,
        around: (&'static str, String),
    ) -> Result<Self, NoNetwork> {
        // Fails only if a provider is installed already, which is just as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("overt/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guard { resolver: resolver.clone(), allowed }))
            .build()
            .map_err(|error| NoNetwork::Client(error.to_string()))?;
        Ok(Self { resolver, client, around })
    }

    /// The keys in `https://DOMAIN/.well-known/overt-key`.
    async fn in_page(&self, domain: &str) -> Result<BTreeSet<KeyId>, String> {
        let (scheme, port) = &self.around;
        let url = format!("{scheme}://{domain}{port}/.well-known/overt-key");
        let url = url.parse::<Url>().map_err(|error| error.to_string())?;
        // What looks like an address would be connected to without being resolved.
        if url.domain() != Some(domain) {
            return Err(format!("{domain} is not the name of a domain"));
        }
        let failed = |error: reqwest::Error| format!("{url}: {}", innermost(&error));
        let response = self.client.get(url.clone()).send().await.map_err(failed)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(BTreeSet::new()),
            other => return Err(format!("{url} answered {other}, and the key has to be there itself")),
        }
        let mut page = Vec::new();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            page.extend_from_slice(&piece.map_err(failed)?);
            if page.len() > LARGEST {
                return Err(format!("{url} is longer than {LARGEST} bytes"));
            }
        }
        Ok(keys_in(&String::from_utf8_lossy(&page)))
    }

    /// The keys in TXT records of `_overt-key.DOMAIN`.
    async fn in_names(&self, domain: &str) -> Result<BTreeSet<KeyId>, String> {
        let name = format!("_overt-key.{domain}.");
        let found = match self.resolver.txt_lookup(name.as_str()).await {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => return Ok(BTreeSet::new()),
            Err(error) => return Err(format!("TXT of {name} {error}")),
        };
        // The strings of one record are one text (RFC 7208, section 3.3, has the custom).
        let texts = found.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        });
        Ok(keys_in(&texts.collect::<Vec<_>>().join("\n")))
    }
}

impl DomainKeys for PublicNetwork {
    fn keys<'a>(&'a self, domain: &'a str) -> Doing<'a, Published> {
        Box::pin(async move {
            let (page, names) = tokio::join!(self.in_page(domain), self.in_names(domain));
            let mut published = Published::default();
            for found in [page, names] {
                match found {
                    Ok(keys) => published.keys.extend(keys),
                    Err(reason) => published.unanswered.push(reason),
                }
            }
            published
        })
    }
}

/// Resolves names to addresses that may be connected to, and to no others.
struct Guard {
    resolver: TokioResolver,
    allowed: fn(IpAddr) -> bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, allowed) = (self.resolver.clone(), self.allowed);
        Box::pin(async move {
            let found = resolver.lookup_ip(format!("{}.", name.as_str())).await?;
            let addresses: Vec<SocketAddr> =
                found.iter().filter(|ip| allowed(*ip)).map(|ip| SocketAddr::new(ip, 0)).collect();
            if addresses.is_empty() {
                return Err(format!("{} has no address that is public", name.as_str()).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The innermost cause says what happened; the outer ones repeat the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
