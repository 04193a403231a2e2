//! Which requests are answered at all.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// The longest address that is answered.
const LONGEST: usize = 16 << 10;

/// Lets through what a person at this machine asks: reading, by a loopback name, not in the background of another site.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    match refusal(&request) {
        None => next.run(request).await,
        Some((status, why)) => (status, why).into_response(),
    }
}

fn refusal(request: &Request) -> Option<(StatusCode, &'static str)> {
    let headers = request.headers();
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri().authority().map(axum::http::uri::Authority::as_str));
    if !host.is_some_and(is_loopback) || headers.get_all(HOST).iter().count() > 1 {
        return Some((StatusCode::MISDIRECTED_REQUEST, "This viewer answers to localhost only.\n"));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "This viewer only reads.\n"));
    }
    let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if length > LONGEST {
        return Some((StatusCode::URI_TOO_LONG, "The address is too long.\n"));
    }
    is_from_elsewhere(headers).then_some((StatusCode::FORBIDDEN, "Another site's page may not read this.\n"))
}

/// Whether a name can only mean this machine. A port may follow.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, port)) if port.is_empty() || is_port(port) => name,
        Some(_) => return false,
        None => match host.split_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) => return false,
            None => host,
        },
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a browser says that another site's page asks, other than by a link that a person follows.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    says("sec-fetch-site").is_some_and(|site| matches!(site, "cross-site" | "same-site"))
        && says("sec-fetch-mode") != Some("navigate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered_to() {
        for host in
            ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "127.8.9.1", "[::1]", "[::1]:80"]
        {
            assert!(is_loopback(host), "{host}");
        }
        let foreign = [
            "",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "127.0.0.1:80:80",
            "[::1]x",
            "[::2]",
            "::1",
            "0.0.0.0",
            "10.0.0.1",
            "localhost:80@example.org",
            "localhost ",
            "0x7f000001",
        ];
        for host in foreign {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
