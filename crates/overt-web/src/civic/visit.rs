//! Who asks, in which language, with which cookies; and the replies that they get.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Query};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, COOKIE, LOCATION, SET_COOKIE, VARY,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use maud::{Markup, html};
use overt_site::accounts::{Accounts, Session};

use super::desk::{Behind, Desk};
use super::fault::Fault;
use super::language::Language;
use crate::kit::Page;
use crate::view::Asked;

/// The field of every form that carries its token.
pub(super) const TOKEN: &str = "form-token";

/// One request.
pub(super) struct Visit {
    pub(super) desk: Desk,
    pub(super) path: String,
    pub(super) asked: Asked,
    pub(super) language: Language,
    /// What the token of public forms follows from.
    cookie: Option<String>,
    session: Option<String>,
    pub(super) from: Option<IpAddr>,
}

impl FromRequestParts<Desk> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Infallible> {
        let asked = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let asked = Asked::new(asked.map(|Query(pairs)| pairs).unwrap_or_default());
        let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let (form, session) = names(desk);
        Ok(Self {
            path: parts.uri.path().to_owned(),
            language: Language::of(asked.get("lang"), accepted.unwrap_or_default()),
            asked,
            cookie: cookie(&parts.headers, form),
            session: cookie(&parts.headers, session),
            from: address(parts, desk.settings().behind),
            desk: desk.clone(),
        })
    }
}

/// The names of the cookies. `__Host-` makes browsers take them from this host over TLS alone.
fn names(desk: &Desk) -> (&'static str, &'static str) {
    if desk.is_secure() { ("__Host-overt-form", "__Host-overt") } else { ("overt-form", "overt-session") }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let value = pairs.find(|(known, _)| *known == name)?.1;
    let plain = (16..=128).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| value.to_owned())
}

fn address(parts: &Parts, behind: Behind) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(at)| at.ip());
    match behind {
        Behind::Nothing => peer,
        // A proxy that says nothing lifts no limit: then all who come through it share one.
        Behind::Proxy => forwarded(&parts.headers).or(peer),
    }
}

/// Whom the last proxy names.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").into_iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    // Some proxies put the port behind it.
    last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|at| at.ip()))
}

impl Visit {
    /// The token of the form that is sent to a path. A first visitor gets a cookie with the reply ([`Self::form_reply`]).
    pub(super) fn token(&mut self, to: &str) -> Result<Markup, Fault> {
        if !is_private(to) && self.cookie.is_none() {
            self.cookie = Some(Accounts::visitor_cookie().map_err(|_| Fault::Ours)?);
        }
        let secret = self.secret_for(to).ok_or(Fault::NotLoggedIn)?;
        let token = self.desk.site().accounts().form_token(secret, to);
        Ok(html! { input type="hidden" name=(TOKEN) value=(token); })
    }

    pub(super) fn is_token(&self, token: &str) -> bool {
        let accounts = self.desk.site().accounts();
        self.secret_for(&self.path).is_some_and(|secret| accounts.is_form_token(secret, &self.path, token))
    }

    /// Pages of those who are logged in hold the session to them, so that a token ends with it.
    fn secret_for(&self, path: &str) -> Option<&str> {
        if is_private(path) { self.session.as_deref() } else { self.cookie.as_deref() }
    }

    /// Whose session it is.
    pub(super) fn session(&self) -> Result<Session, Fault> {
        let secret = self.session.as_deref().ok_or(Fault::NotLoggedIn)?;
        Ok(self.desk.site().accounts().session(secret)?)
    }

    /// The secret of the session, for ending it.
    pub(super) fn session_secret(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// The cookie that opens or ends a session.
    pub(super) fn session_cookie(&self, secret: Option<&str>) -> Option<HeaderValue> {
        let (_, name) = names(&self.desk);
        let secure = if self.desk.is_secure() { "; Secure" } else { "" };
        let ends = if secret.is_none() { "; Max-Age=0" } else { "" };
        let value = secret.unwrap_or_default();
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{ends}"))
            .ok()
    }

    /// A page.
    pub(super) fn reply(&self, page: Page) -> Response {
        self.reply_as(StatusCode::OK, page)
    }

    pub(super) fn reply_as(&self, status: StatusCode, page: Page) -> Response {
        let page = page.language(self.language.tag());
        let mut reply = (status, Html(page.render(self.desk.frame()).into_string())).into_response();
        let headers = reply.headers_mut();
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        headers.append(VARY, HeaderValue::from_static("accept-language"));
        reply
    }

    /// A page with a form: nobody keeps it, and a first visitor gets the cookie that its token follows from. It comes along
    /// when a person follows a link from a mail, so it is `Lax`; forms of other sites don't bring it.
    pub(super) fn form_reply(&self, status: StatusCode, page: Page) -> Response {
        let mut reply = self.reply_as(status, page);
        let headers = reply.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(cookie) = &self.cookie {
            let ((name, _), secure) =
                (names(&self.desk), if self.desk.is_secure() { "; Secure" } else { "" });
            if let Ok(value) =
                HeaderValue::from_str(&format!("{name}={cookie}; Path=/; HttpOnly; SameSite=Lax{secure}"))
            {
                headers.append(SET_COOKIE, value);
            }
        }
        reply
    }

    /// Sends the reader to another page, which is asked for with GET.
    pub(super) fn see(path: &str) -> Response {
        let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
        (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))])
            .into_response()
    }

    pub(super) fn fault(&self, fault: &Fault) -> Response {
        if *fault == Fault::NotLoggedIn {
            return Self::see("/login");
        }
        let page = fault.page().language("en");
        let mut reply = (fault.status(), Html(page.render(self.desk.frame()).into_string())).into_response();
        reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply
    }

    /// What a handler came to, as a reply.
    pub(super) fn end(&self, made: Result<Response, Fault>) -> Response {
        made.unwrap_or_else(|fault| self.fault(&fault))
    }

    /// Makes a page on a thread that may read files.
    pub(super) async fn page(
        self,
        make: impl FnOnce(&Self) -> Result<Page, Fault> + Send + 'static,
    ) -> Response {
        self.answer(|visit| Ok(visit.reply(make(visit)?))).await
    }

    /// Makes a page of this site's English part.
    pub(super) async fn english(
        mut self,
        make: impl FnOnce(&Self) -> Result<Page, Fault> + Send + 'static,
    ) -> Response {
        self.language = Language::English;
        self.page(make).await
    }

    /// Makes any reply on such a thread.
    pub(super) async fn answer(
        self,
        make: impl FnOnce(&mut Self) -> Result<Response, Fault> + Send + 'static,
    ) -> Response {
        let desk = self.desk.clone();
        let mut visit = self;
        let made = desk.make(move |_| {
            let made = make(&mut visit);
            Ok(visit.end(made))
        });
        made.await.unwrap_or_else(|fault| (fault.status(), "Please come back in a moment.\n").into_response())
    }
}

/// Whether a form is for those who are logged in.
fn is_private(path: &str) -> bool {
    ["/moderation", "/tokens", "/logout"].iter().any(|private| {
        path.strip_prefix(private).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn from(forwarded: &[&str], behind: Behind) -> Option<String> {
        let mut request = Request::get("/");
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4711))));
        address(&parts, behind).map(|address| address.to_string())
    }

    #[test]
    fn what_a_proxy_says_counts_behind_a_proxy_alone_and_its_last_address_does() {
        let known = Some("192.0.2.1".to_owned());
        for forwarded in [&[][..], &["203.0.113.9"], &["nonsense"]] {
            assert_eq!(from(forwarded, Behind::Nothing), known, "{forwarded:?}");
        }
        for (forwarded, expected) in [
            (&["203.0.113.9"][..], Some("203.0.113.9")),
            (&["10.0.0.1, 203.0.113.9"], Some("203.0.113.9")),
            (&["10.0.0.1", "2001:db8::1"], Some("2001:db8::1")),
            (&["203.0.113.9:4711"], Some("203.0.113.9")),
            (&["203.0.113.9, nonsense"], Some("192.0.2.1")),
            (&[], Some("192.0.2.1")),
        ] {
            assert_eq!(from(forwarded, Behind::Proxy).as_deref(), expected, "{forwarded:?}");
        }
    }

    #[test]
    fn a_path_is_private_as_a_whole_and_not_by_its_beginning() {
        for private in ["/moderation", "/moderation/items/1", "/tokens", "/logout"] {
            assert!(is_private(private), "{private}");
        }
        for public in ["/login", "/moderations", "/report", "/", "/confirm/logout"] {
            assert!(!is_private(public), "{public}");
        }
    }
}
