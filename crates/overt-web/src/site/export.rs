//! The public part of a site as files: the same pages, made by the same router, laid out so that any file server shows them.
//!
//! What is written is what links lead to, beginning with a few addresses: pages, their further pages, bundles, files of
//! runs, feeds, the API's single answers, assets, and the log's own tiles. A page that ends in a query becomes a folder of its
//! own; filters and forms, which need a server, are left out, and the pages say so. A search is answered by a script, from an
//! index in small files (`search`). Links, forms and the policy for scripts are the only things that are written otherwise than a
//! server would send them; links are relative, so that an export may lie in any folder of a host.
//!
//! The export appears under its name when it is whole: it is written beside it, and the two are exchanged. A file that did
//! not change keeps its time and its bytes, for tools that copy what is new.

mod address;
mod links;
mod search;
mod shards;
mod write;

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use overt_record::merkle::TreeHead;
use overt_record::tile::tiles_grown;
use tower::ServiceExt as _;

use super::state::Site;
use super::wrong::Wrong;
use address::Address;
use write::Target;

/// The largest file that is written.
const LARGEST: usize = 80 << 20;

/// Where the walk begins.
const BEGINNINGS: [&str; 13] = [
    "/",
    "/find",
    "/evaluations",
    "/systems",
    "/tasks",
    "/statements",
    "/incidents",
    "/log",
    "/about",
    "/feed.atom",
    "/feed.json",
    "/api/v1/openapi.json",
    "/robots.txt",
];

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Files of the export.
    pub files: u64,
    /// Those of them that were new or had changed.
    pub changed: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why a site could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The place is something else's.
    #[error(
        "{0} is not empty and not an export of overt; give an empty directory, or one that does not exist yet"
    )]
    NotAnExport(PathBuf),
    /// A page could not be made.
    #[error("{path} answers with status {status}; nothing was replaced")]
    Page {
        /// Its address.
        path: String,
        /// What came.
        status: u16,
    },
    /// What links lead to has no name in a file system.
    #[error("two addresses would be one file, or one is too long: {0}")]
    Address(String),
    /// The site.
    #[error(transparent)]
    Site(#[from] Wrong),
    /// The file system.
    #[error("cannot write {path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes everything public into a directory. `router` is that of [`super::router`].
///
/// # Errors
/// When a page can't be made or a file not be written; then what was there before is still there.
pub async fn export(site: &Site, router: Router, out: &Path) -> Result<Exported, ExportError> {
    let mut target = Target::open(out)?;
    let mut walk = Walk::new();
    for path in BEGINNINGS {
        walk.add(path);
    }
    for path in log_paths(site).await? {
        walk.add(&path);
    }
    while let Some(address) = walk.next() {
        let page = fetch(&router, &address).await?;
        let bytes = match page {
            Fetched::Html(text) => {
                let (text, found) = links::rewritten(&text, &address);
                for path in &found {
                    walk.add(path);
                }
                text.into_bytes()
            }
            Fetched::Other(bytes) => bytes,
            Fetched::Nothing => continue,
        };
        target.write(&address, &bytes)?;
    }
    search::write(site, &mut target).await?;
    target.finish()
}

/// Addresses that are still to be fetched, each once.
struct Walk {
    seen: BTreeSet<String>,
    next: VecDeque<Address>,
}

impl Walk {
    fn new() -> Self {
        Self { seen: BTreeSet::new(), next: VecDeque::new() }
    }

    fn add(&mut self, path: &str) {
        if let Some(address) = Address::read(path)
            && self.seen.insert(address.file())
        {
            self.next.push_back(address);
        }
    }

    fn next(&mut self) -> Option<Address> {
        self.next.pop_front()
    }
}

enum Fetched {
    Html(String),
    Other(Vec<u8>),
    /// An address that not every site serves.
    Nothing,
}

async fn fetch(router: &Router, address: &Address) -> Result<Fetched, ExportError> {
    let path = address.request();
    let failed = |status| ExportError::Page { path: path.clone(), status };
    let request = Request::get(&path).body(Body::empty()).map_err(|_| ExportError::Address(path.clone()))?;
    let Ok(reply) = router.clone().oneshot(request).await;
    let status = reply.status();
    if status.as_u16() == 404 || status.is_redirection() {
        return Ok(Fetched::Nothing);
    }
    let is_gone = status.as_u16() == 410;
    if !status.is_success() && !is_gone {
        return Err(failed(status.as_u16()));
    }
    let is_html =
        reply.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let bytes = to_bytes(reply.into_body(), LARGEST).await.map_err(|_| failed(status.as_u16()))?;
    match (is_html, String::from_utf8(bytes.to_vec())) {
        (true, Ok(text)) => Ok(Fetched::Html(text)),
        (true, Err(_)) => Err(failed(status.as_u16())),
        (false, _) => Ok(Fetched::Other(bytes.to_vec())),
    }
}

/// The log's own files: the newest checkpoint, and every tile of its tree.
async fn log_paths(site: &Site) -> Result<Vec<String>, ExportError> {
    let paths = site.attempt(|site| {
        let checkpoint = site.checkpoint()?;
        let head = TreeHead { size: checkpoint.size, root: checkpoint.root };
        let tiles = tiles_grown(0, head.size);
        let mut paths = vec!["/checkpoint".to_owned()];
        paths.extend(tiles.map(|tile| format!("/{tile}")));
        Ok(paths)
    });
    Ok(paths.await?)
}
