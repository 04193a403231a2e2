//! A browser: cookies, and forms that are sent as their pages say.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt as _;

use crate::form::Form;
use crate::html::look;

/// One visitor.
pub(crate) struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Where it connects from.
    pub(crate) from: Option<SocketAddr>,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser {
    pub(crate) fn new(router: &Router) -> Self {
        Self { router: router.clone(), cookies: BTreeMap::new(), headers: Vec::new(), from: None }
    }

    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Reply {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = request.headers_mut();
        if !cookies.is_empty() {
            headers.insert("cookie", cookies.join("; ").parse().unwrap());
        }
        for (name, value) in &self.headers {
            headers.insert(*name, value.parse().unwrap());
        }
        if let Some(from) = self.from {
            request.extensions_mut().insert(ConnectInfo(from));
        }
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        for cookie in parts.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(
                cookie.contains("; Path=/; HttpOnly; SameSite=") && cookie.contains("; Secure"),
                "{cookie}"
            );
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{cookie}");
            match value {
                "" => drop(self.cookies.remove(name)),
                value => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        let bytes = to_bytes(body, 64 << 20).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn ask(&mut self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A page that is there and keeps what every page has to keep.
    pub(crate) async fn page(&mut self, path: &str) -> String {
        let reply = self.ask(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}\n{}", reply.text());
        sound(&reply, path);
        reply.text()
    }

    /// Sends a form as a page of the site sends it.
    pub(crate) async fn post(&mut self, form: &Form) -> Reply {
        let request = Request::post(&form.action)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://site.example.org")
            .header("sec-fetch-site", "same-origin");
        let reply = self.send(request.body(Body::from(form.body())).unwrap()).await;
        if reply.header("content-type").starts_with("text/html") {
            sound(&reply, &form.action);
        }
        reply
    }
}

/// Holds a page against what every page has to keep.
pub(crate) fn sound(reply: &Reply, path: &str) {
    let page = reply.text();
    let looked = look(&page);
    assert!(looked.faults.is_empty(), "{path}: {:?}\n{page}", looked.faults);
    let is_near = |link: &String| {
        link.starts_with('#') || link.starts_with('?') || (link.starts_with('/') && !link.starts_with("//"))
    };
    for link in looked.links.iter().filter(|link| !is_near(link)) {
        let named = ["https://site.example.org/", "https://source.example.org/"]
            .iter()
            .any(|known| link.starts_with(known));
        assert!(named, "{path} leads to {link}");
    }
    // Whatever a summary of errors leads to is there.
    for anchor in looked.links.iter().filter_map(|link| link.strip_prefix('#')) {
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{path}: #{anchor} is not there\n{page}");
    }
}
