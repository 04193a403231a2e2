//! A log's HTTP face: its files as C2SP tlog-tiles names them, a door, and two pages for whoever operates it.
//!
//! | path | |
//! |---|---|
//! | `GET /checkpoint` | the newest checkpoint; of a log with witnesses, the newest that met the quorum |
//! | `GET /tile/<L>/<N>[.p/<W>]`, `GET /tile/entries/<N>[.p/<W>]` | tiles and entry bundles |
//! | `GET /body/<index>` | the body of an entry, unless it was erased |
//! | `GET /files/<SHA-256>`, `GET /files/<commit>.json` | files that were put beside the log, and which an entry has |
//! | `POST /add` | a submission; answers with the index |
//! | `POST /files` | a signed list of files that are to lie beside an entry; answers with those that are to be sent |
//! | `PUT /files/<SHA-256>?offer=<token>` | one of them |
//! | `GET /health`, `GET /metrics` | how the log is, for programs |
//!
//! [`files_router`] serves the first two alone, out of any store: that is a mirror.

mod add;
mod beside;
mod body;
mod coding;
mod files;
mod health;
mod metrics;
mod pace;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::sync::watch;

use crate::admission::Door;
use crate::clock::Clock;
use crate::cosign::{Cosigner, Standing};
use crate::files::MAX_OFFER_BYTES;
use crate::keys::SignedHead;
use crate::store::Store;

pub use coding::Coding;

use files::Front;
use metrics::Metrics;

/// Everything that a log's pages are made of.
pub(crate) struct Service {
    door: Arc<Door>,
    clock: Arc<dyn Clock>,
    published: watch::Receiver<Arc<SignedHead>>,
    witnesses: Option<Witnesses>,
    metrics: Metrics,
}

pub(crate) struct Witnesses {
    witnessed: watch::Receiver<Option<Arc<SignedHead>>>,
    standing: watch::Receiver<Standing>,
}

/// The pages of a log that this process writes. Of a log with a cosigner, `/checkpoint` is only ever one that met the
/// quorum.
///
/// It clears away what was sent to an earlier process and not finished; that reads and writes the store.
///
/// If connections are to be limited by address, serve it with `into_make_service_with_connect_info::<SocketAddr>()`.
pub fn log_router(door: Arc<Door>, clock: Arc<dyn Clock>, cosigner: Option<&Cosigner>) -> Router {
    let witnesses =
        cosigner.map(|cosigner| Witnesses { witnessed: cosigner.witnessed(), standing: cosigner.standing() });
    let published = door.log().head();
    let front = match &witnesses {
        Some(witnesses) => Front::Witnessed(witnesses.witnessed.clone(), published.clone()),
        None => Front::Published(published.clone()),
    };
    // If that fails now, a list that comes fails, too, and says so.
    let _ = door.begin_uploads();
    let limit = door.max_body_bytes();
    let store = door.store().clone();
    let service = Arc::new(Service { door, clock, published, witnesses, metrics: Metrics::default() });
    Router::new()
        .route("/add", post(add::add))
        .route("/body/{index}", get(body::body))
        .route("/files", post(upload::offer).layer(DefaultBodyLimit::max(MAX_OFFER_BYTES)))
        .route("/files/{name}", get(beside::file).put(upload::file))
        .route("/health", get(health::health))
        .route("/metrics", get(metrics::metrics))
        .layer(DefaultBodyLimit::max(limit))
        .with_state(service)
        .merge(files::router(store, front))
}

/// The files of a log out of a store: checkpoint, tiles and entries.
pub fn files_router(store: Arc<dyn Store>) -> Router {
    files::router(store, Front::Stored)
}
