//! The viewer's pages, asked for as a browser would, over runs that the real engine made.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::unnecessary_wraps, reason = "what answers may also fail, and here it does not")]

use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use overt_eval::Systems;
use overt_schema::{Failure, FailureKind, Retry};
use overt_web::server::{ViewerSettings, viewer};
use tower::ServiceExt as _;

mod damaged;
mod document;
mod filters;
mod hostile;
mod http;
mod made;
mod published;
mod runs;

use document::Document;
use made::{Table, Until, make, settings, task};

/// A viewer over a directory of runs.
struct Site {
    home: tempfile::TempDir,
    router: Router,
}

impl Site {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("runs");
        std::fs::create_dir(&root).unwrap();
        let router = viewer(ViewerSettings { root, memory: 1 << 20, version: "0".into() });
        Self { home, router }
    }

    fn runs(&self) -> std::path::PathBuf {
        self.home.path().join("runs")
    }

    /// Makes a run of one task over these samples.
    fn run(&self, name: &str, samples: &str, system: &Table) -> String {
        let task = task(self.home.path(), name, samples);
        name_of(&make(
            &self.runs(),
            (None, vec![task]),
            settings(None, None),
            Systems::alone(system),
            Until::TheEnd,
        ))
    }

    fn send(&self, request: Request<Body>) -> Response {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            Response::from_parts(parts, Body::from(body.collect().await.unwrap().to_bytes()))
        })
    }

    fn get(&self, path: &str) -> (StatusCode, String) {
        let reply = self.send(ask(path));
        let status = reply.status();
        (status, text(reply))
    }

    /// A page that is there, held against what every page has to be.
    fn page(&self, path: &str) -> Document {
        let (status, html) = self.get(path);
        assert_eq!(status, StatusCode::OK, "{path}\n{html}");
        Document::checked(&html)
    }
}

fn ask(path: &str) -> Request<Body> {
    Request::get(path).header("host", "localhost:8000").body(Body::empty()).unwrap()
}

fn text(reply: Response) -> String {
    let body = reply.into_body().collect().now_or_never_unwrap();
    String::from_utf8(body).unwrap()
}

/// Bodies that were collected before are there at once.
trait Now {
    fn now_or_never_unwrap(self) -> Vec<u8>;
}

impl<F: Future<Output = Result<http_body_util::Collected<axum::body::Bytes>, axum::Error>>> Now for F {
    fn now_or_never_unwrap(self) -> Vec<u8> {
        futures_util::FutureExt::now_or_never(self).unwrap().unwrap().to_bytes().to_vec()
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// So many samples; every third is answered wrongly by [`system`], and one of ten not at all.
fn samples(count: usize) -> String {
    let row = |i| {
        let lang = ["en", "fr", "de"][i % 3];
        format!(
            r#"{{"id":"s{i:03}","question":"question {i} in {lang}","target":"yes","lang":"{lang}","n":{}}}"#,
            i % 4
        )
    };
    (0..count).map(row).collect::<Vec<_>>().join("\n")
}

fn system() -> Table {
    Table { name: "table", reply: answer }
}

fn answer(text: &str) -> Result<String, Failure> {
    let number: usize = text.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    if number % 10 == 9 {
        let (kind, retry) = (FailureKind::Timeout, Retry::Never);
        return Err(Failure { kind, message: "nothing came".into(), retry, status: None, request_id: None });
    }
    Ok(if number % 3 == 2 { format!("no, not {number}") } else { format!("yes, {number}\nNeedle{number}.") })
}
