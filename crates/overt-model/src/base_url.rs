//! The address of an HTTP interface.

use std::fmt;

use hyper::Uri;

/// The base URL of an HTTP interface, for example `http://localhost:8000/v1`: http or https, a host, and neither
/// credentials nor secrets in it, so that it can be published as part of a system's identity.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Without a slash at the end and without the query.
    base: String,
    /// `?api-version=…`, or empty.
    query: String,
}

/// Why a text is no [`BaseUrl`]. The messages never repeat what may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not an http or https URL with a host.
    #[error(
        "{0:?} is not a base URL; one looks like `http://localhost:8000/v1` or `https://api.example.org/v1`"
    )]
    NotAUrl(String),
    /// `https://user:password@host`.
    #[error(
        "the base URL carries a user name or password, which would be published with the results; define the system \
         in overt.toml and name the environment variable of its key (`api_key_env`) or header (`headers`)"
    )]
    Credentials,
    /// A query or fragment that may be a secret.
    #[error(
        "the base URL carries a query or fragment; only `?api-version=…` is allowed there, since base URLs are \
         published with the results"
    )]
    Query,
}

impl BaseUrl {
    /// Reads a base URL; slashes at its end don't count.
    ///
    /// # Errors
    /// See [`BaseUrlError`].
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        let not_a_url = || BaseUrlError::NotAUrl(without_credentials(text).chars().take(200).collect());
        if text.contains('#') {
            return Err(BaseUrlError::Query);
        }
        let uri: Uri = text.parse().map_err(|_| not_a_url())?;
        let authority = uri.authority().ok_or_else(not_a_url)?;
        if authority.as_str().contains('@') {
            return Err(BaseUrlError::Credentials);
        }
        let scheme =
            uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme)).ok_or_else(not_a_url)?;
        if authority.host().is_empty() {
            return Err(not_a_url());
        }
        let query = match uri.query() {
            None | Some("") => String::new(),
            Some(query) if query.starts_with("api-version=") && !query.contains('&') => format!("?{query}"),
            Some(_) => return Err(BaseUrlError::Query),
        };
        let path = uri.path().trim_end_matches('/');
        Ok(Self { base: format!("{scheme}://{authority}{path}"), query })
    }

    /// The address of an endpoint below this base, for example `/chat/completions`.
    pub(crate) fn endpoint(&self, path: &str) -> Option<Uri> {
        format!("{}{path}{}", self.base, self.query).parse().ok()
    }

    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.base.starts_with("https:")
    }
}

/// The text without what stands before an `@` in its authority.
fn without_credentials(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let end = rest.find('/').unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{}", &rest[host..])
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.base, self.query)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_stand_below_the_base() {
        let endpoint =
            |text| BaseUrl::parse(text).unwrap().endpoint("/chat/completions").unwrap().to_string();
        assert_eq!(endpoint("http://localhost:8000/v1/"), "http://localhost:8000/v1/chat/completions");
        assert_eq!(endpoint("https://api.example.org"), "https://api.example.org/chat/completions");
        assert_eq!(
            endpoint("https://x.example.org/openai/deployments/d?api-version=2025-01-01"),
            "https://x.example.org/openai/deployments/d/chat/completions?api-version=2025-01-01"
        );
        assert_eq!(endpoint("http://[::1]:8000/v1"), "http://[::1]:8000/v1/chat/completions");
    }

    #[test]
    fn what_is_no_http_url_is_refused() {
        for text in [
            "",
            "localhost",
            "localhost:8000/v1",
            "/v1",
            "ftp://host/v1",
            "http://",
            "http:///v1",
            "http://a b",
        ] {
            assert!(matches!(BaseUrl::parse(text), Err(BaseUrlError::NotAUrl(_))), "{text}");
        }
    }

    #[test]
    fn credentials_are_refused_and_never_repeated() {
        for text in [
            "https://me:hunter2@host/v1",
            "https://hunter2@host",
            "ftp://me:hunter2@host/v1",
            "me:hunter2@host",
        ] {
            let error = BaseUrl::parse(text).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        assert_eq!(BaseUrl::parse("https://host/v1?key=hunter2"), Err(BaseUrlError::Query));
        assert_eq!(BaseUrl::parse("https://host/v1?api-version=1&key=hunter2"), Err(BaseUrlError::Query));
        assert_eq!(BaseUrl::parse("https://host/v1#hunter2"), Err(BaseUrlError::Query));
    }
}
