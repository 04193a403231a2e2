//! The router of the viewer, and the loop that serves it.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path as PathParts, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use maud::html;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::guard::guard;
use super::reply;
use super::run_pages::{RunPages, comparison};
use crate::kit::link::{segment, unsegment};
use crate::kit::{self, Crumb, Frame, NavLink, Page, dress};
use crate::pages::{Place, Runs, failure, runs};
use crate::view::{Asked, Listing, Shelf, ViewError, download};

/// Runs that are compared at most.
const COMPARED: usize = 8;
/// How long a request waits for others before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a viewer shows, and what it may take.
#[derive(Clone, Debug)]
pub struct ViewerSettings {
    /// A directory of runs, or one run.
    pub root: PathBuf,
    /// Bytes of memory for runs that were looked at.
    pub memory: usize,
    /// The version, for the foot of pages.
    pub version: String,
}

struct Viewer {
    root: PathBuf,
    listing: Listing,
    shelf: Shelf,
    frame: Frame,
    /// Pages are made on threads of their own, so many at once.
    hands: Semaphore,
}

type Shared = State<Arc<Viewer>>;
type Pairs = Query<Vec<(String, String)>>;

/// The pages of the runs in a directory. It answers to loopback names only; see [`serve`].
pub fn viewer(settings: ViewerSettings) -> Router {
    let frame = Frame {
        name: "overt".into(),
        home: "/".into(),
        links: vec![NavLink::new("Runs", "/")],
        foot: Vec::new(),
        imprint: format!("overt {}, on this machine. Nothing leaves it.", settings.version),
    };
    let hands = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    let viewer = Arc::new(Viewer {
        listing: Listing::new(&settings.root),
        shelf: Shelf::new(settings.memory),
        root: settings.root,
        frame,
        hands: Semaphore::new(hands),
    });
    Router::new()
        .route("/", get(list))
        .route("/assets/{name}", get(asset))
        .route("/compare", get(compare))
        .route("/runs/{run}", get(overview))
        .route("/runs/{run}/samples", get(samples))
        .route("/runs/{run}/samples/{task}/{sample}/{epoch}", get(sample))
        .route("/runs/{run}/samples/{task}/{sample}/{epoch}/texts/{part}", get(text))
        .route("/runs/{run}/files/{name}", get(file))
        .fallback(nothing)
        .with_state(viewer)
        .layer(from_fn(guard))
        .layer(from_fn(dress))
}

/// Serves a router until `shutdown` comes; requests under way are finished.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

impl Viewer {
    /// Makes a reply on another thread, since it reads files.
    async fn make(
        self: Arc<Self>,
        make: impl FnOnce(&Self) -> Result<Page, ViewError> + Send + 'static,
    ) -> Response {
        self.answer(|viewer| Ok(reply::page(&viewer.frame, &make(viewer)?))).await
    }

    async fn answer(
        self: Arc<Self>,
        make: impl FnOnce(&Self) -> Result<Response, ViewError> + Send + 'static,
    ) -> Response {
        let Ok(Ok(_hand)) = tokio::time::timeout(PATIENCE, self.hands.acquire()).await else {
            let page = failure("Too much at once", "Other pages are being made.", "Come back in a moment.");
            return (StatusCode::SERVICE_UNAVAILABLE, reply::page(&self.frame, &page)).into_response();
        };
        let viewer = Arc::clone(&self);
        let made = tokio::task::spawn_blocking(move || {
            make(&viewer).unwrap_or_else(|error| reply::wrong(&viewer.frame, &error))
        });
        made.await.unwrap_or_else(|_| {
            let page =
                failure("A bug", "This page could not be made.", "Please report it, with the address.");
            (StatusCode::INTERNAL_SERVER_ERROR, reply::page(&self.frame, &page)).into_response()
        })
    }

    fn with_run<T>(
        &self,
        name: &str,
        make: impl FnOnce(RunPages<'_>) -> Result<T, ViewError>,
    ) -> Result<T, ViewError> {
        let folder = self.listing.folder(unsegment(name))?;
        let view = self.shelf.open(&folder)?;
        make(RunPages { view: &view, place: &place(unsegment(name)) })
    }
}

/// Where the pages of a run are.
fn place(name: &str) -> Place {
    Place {
        base: format!("/runs/{}", segment(name)),
        name: name.to_owned(),
        trail: vec![Crumb::new("Runs", "/")],
        section: "/".into(),
        compare: None,
    }
}

async fn list(State(viewer): Shared, Query(pairs): Pairs) -> Response {
    let asked = Asked::new(pairs);
    viewer
        .make(move |viewer| {
            let entries = viewer.listing.entries()?;
            let text = asked.get("text").unwrap_or_default().trim().to_owned();
            let root = viewer.root.display().to_string();
            Ok(runs(&Runs { root, entries: &entries, text, page: asked.page() }))
        })
        .await
}

async fn overview(State(viewer): Shared, PathParts(run): PathParts<String>, Query(pairs): Pairs) -> Response {
    let asked = Asked::new(pairs);
    viewer.make(move |viewer| viewer.with_run(&run, |pages| Ok(pages.overview(&asked, html! {})))).await
}

async fn samples(State(viewer): Shared, PathParts(run): PathParts<String>, Query(pairs): Pairs) -> Response {
    let asked = Asked::new(pairs);
    viewer.make(move |viewer| viewer.with_run(&run, |pages| pages.samples(&asked))).await
}

type SampleParts = PathParts<(String, String, String, String)>;

async fn sample(
    State(viewer): Shared,
    PathParts((run, task, id, epoch)): SampleParts,
    Query(pairs): Pairs,
) -> Response {
    let asked = Asked::new(pairs);
    viewer
        .make(move |viewer| {
            let epoch = epoch.parse().map_err(|_| ViewError::Missing { what: "such epoch" })?;
            viewer.with_run(&run, |pages| {
                pages.sample(unsegment(&task), unsegment(&id), epoch, &asked, html! {})
            })
        })
        .await
}

type TextParts = PathParts<(String, String, String, String, String)>;

async fn text(State(viewer): Shared, PathParts((run, task, id, epoch, part)): TextParts) -> Response {
    viewer
        .answer(move |viewer| {
            let epoch = epoch.parse().map_err(|_| ViewError::Missing { what: "such epoch" })?;
            viewer.with_run(&run, |pages| {
                Ok(reply::text(pages.text(unsegment(&task), unsegment(&id), epoch, &part)?))
            })
        })
        .await
}

async fn file(State(viewer): Shared, PathParts((run, name)): PathParts<(String, String)>) -> Response {
    let path = viewer.listing.folder(unsegment(&run)).ok().and_then(|folder| download(&folder, &name));
    let Some(path) = path else {
        return reply::wrong(&viewer.frame, &ViewError::Missing { what: "such file" });
    };
    match reply::file(&path).await {
        Ok(file) => file,
        Err(source) => reply::wrong(&viewer.frame, &ViewError::Io { path, source }),
    }
}

async fn compare(State(viewer): Shared, Query(pairs): Pairs) -> Response {
    let asked = Asked::new(pairs);
    viewer
        .make(move |viewer| {
            let mut opened = Vec::new();
            for name in asked.all("run").take(COMPARED) {
                let view = viewer.shelf.open(&viewer.listing.folder(name)?)?;
                opened.push((view, place(name), name.to_owned()));
            }
            comparison("/compare", &opened, &asked)
        })
        .await
}

async fn asset(State(viewer): Shared, PathParts(name): PathParts<String>, headers: HeaderMap) -> Response {
    let missing = || reply::wrong(&viewer.frame, &ViewError::Missing { what: "such file" });
    kit::asset(&name).map_or_else(missing, |asset| asset.reply(&headers))
}

async fn nothing(State(viewer): Shared) -> Response {
    reply::wrong(&viewer.frame, &ViewError::Missing { what: "such page" })
}
