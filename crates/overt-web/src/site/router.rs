//! The site's addresses.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

use super::feed::{Feed, Written};
use super::runs::SampleName;
use super::state::Site;
use super::wrong::Wrong;
use super::{
    about, api, download, evaluation, evaluations, feed, find, front, kept, log, machine, record, reply,
    runs, statement_feed, systems, tasks,
};
use crate::kit::link::unsegment;
use crate::kit::{self, dress};
use crate::view::Asked;

type At = State<Site>;
type Pairs = Query<Vec<(String, String)>>;

/// The whole site: these pages, those where people take part, and the log's own face
/// ([`overt_log::serve::log_router`]), all behind [`dress`].
///
/// `part` and `face` have no fallback of their own.
pub fn router(site: Site, part: Router, face: Router) -> Router {
    let own = pages().merge(machines()).merge(api::routes(face.clone())).with_state(site.clone());
    let own = own.merge(part).layer(from_fn_with_state(site.clone(), kept::kept));
    let nothing = Arc::new(site);
    own.merge(face)
        .fallback(move || {
            let site = Arc::clone(&nothing);
            async move { site.nothing() }
        })
        .layer(from_fn(dress))
}

fn pages() -> Router<Site> {
    Router::new()
        .route("/", get(async |State(site): At| site.page(front::page).await))
        .route(
            "/find",
            get(async |State(site): At, Query(pairs): Pairs| {
                site.answer(move |site| find::reply(site, &Asked::new(pairs))).await
            }),
        )
        .route(
            "/evaluations",
            get(async |site: At, pairs: Pairs| asked(site, pairs, evaluations::page).await),
        )
        .route("/evaluations/{record}", get(one_evaluation))
        .route(
            "/evaluations/{record}/run",
            get(async |site: At, name: Path<String>, pairs: Pairs| {
                named(site, name, pairs, runs::overview).await
            }),
        )
        .route(
            "/evaluations/{record}/samples",
            get(async |site: At, name: Path<String>, pairs: Pairs| {
                named(site, name, pairs, runs::samples).await
            }),
        )
        .route("/evaluations/{record}/samples/{task}/{sample}/{epoch}", get(sample))
        .route("/evaluations/{record}/samples/{task}/{sample}/{epoch}/texts/{part}", get(text))
        .route("/evaluations/{record}/files/{name}", get(file))
        .route("/compare", get(async |site: At, pairs: Pairs| asked(site, pairs, runs::compare).await))
        .route("/systems", get(async |site: At, pairs: Pairs| asked(site, pairs, systems::list).await))
        .route(
            "/systems/{id}",
            get(async |State(site): At, Path(id): Path<String>| {
                site.page(move |site| systems::page(site, &id)).await
            }),
        )
        .route("/tasks", get(async |site: At, pairs: Pairs| asked(site, pairs, tasks::list).await))
        .route(
            "/tasks/{name}",
            get(async |State(site): At, Path(name): Path<String>| {
                site.page(move |site| tasks::page(site, unsegment(&name))).await
            }),
        )
        .route("/log", get(async |site: At, pairs: Pairs| asked(site, pairs, log::list).await))
        .route(
            "/log/{index}",
            get(async |State(site): At, Path(index): Path<String>| {
                site.page(move |site| log::page(site, &index)).await
            }),
        )
        .route("/records/{name}", get(one_record))
        .route("/about", get(async |State(site): At| site.page(about::page).await))
        .route(
            "/about/policy.txt",
            get(async |State(site): At| {
                reply::bytes("text/plain; charset=utf-8", site.sources().policy.clone())
            }),
        )
        .route("/assets/{name}", get(asset))
}

fn machines() -> Router<Site> {
    Router::new()
        .route("/feed.atom", get(async |State(site): At| fed(site, Written::Atom, feed::everything).await))
        .route("/feed.json", get(async |State(site): At| fed(site, Written::Json, feed::everything).await))
        .route(
            "/systems/{id}/feed.atom",
            get(async |State(site): At, Path(id): Path<String>| {
                fed(site, Written::Atom, move |site| feed::of_system(site, &id)).await
            }),
        )
        .route(
            "/statements/{record}/feed.atom",
            get(async |State(site): At, Path(record): Path<String>| {
                fed(site, Written::Atom, move |site| statement_feed::feed(site, &record)).await
            }),
        )
        .route(
            "/statements/{record}/feed.json",
            get(async |State(site): At, Path(record): Path<String>| {
                fed(site, Written::Json, move |site| statement_feed::feed(site, &record)).await
            }),
        )
        .route(
            "/sitemap.xml",
            get(async |State(site): At| {
                site.answer(|site| Ok(reply::bytes("application/xml", machine::sitemap(site)?))).await
            }),
        )
        .route(
            "/robots.txt",
            get(async |State(site): At| reply::bytes("text/plain; charset=utf-8", machine::robots(&site))),
        )
        .route("/healthz", get(async |State(site): At| machine::health(&site).await))
        .route(
            "/metrics/site",
            get(async |State(site): At| {
                site.answer(|site| Ok(reply::bytes("text/plain; version=0.0.4", machine::metrics(site)?)))
                    .await
            }),
        )
        .route("/.well-known/security.txt", get(async |State(site): At| machine::security(&site)))
        .route("/.well-known/overt-key", get(async |State(site): At| machine::key(&site)))
}

/// A feed, as it is to be written.
async fn fed(
    site: Site,
    written: Written,
    make: impl FnOnce(&Site) -> Result<Feed, Wrong> + Send + 'static,
) -> Response {
    site.answer(move |site| Ok(make(site)?.reply(site, written))).await
}

async fn asked(
    State(site): At,
    Query(pairs): Pairs,
    make: impl FnOnce(&Site, &Asked) -> Result<kit::Page, Wrong> + Send + 'static,
) -> Response {
    site.page(move |site| make(site, &Asked::new(pairs))).await
}

async fn named(
    State(site): At,
    Path(name): Path<String>,
    Query(pairs): Pairs,
    make: impl FnOnce(&Site, &str, &Asked) -> Result<kit::Page, Wrong> + Send + 'static,
) -> Response {
    site.page(move |site| make(site, &name, &Asked::new(pairs))).await
}

/// The record's page; with `group`, which the run's own page asks for, that one.
async fn one_evaluation(State(site): At, Path(record): Path<String>, Query(pairs): Pairs) -> Response {
    let asked = Asked::new(pairs);
    if asked.get("group").is_some() {
        return site.page(move |site| runs::overview(site, &record, &asked)).await;
    }
    site.page(move |site| evaluation::page(site, &record)).await
}

async fn one_record(State(site): At, Path(name): Path<String>, Query(pairs): Pairs) -> Response {
    if let Some(hex) = name.strip_suffix(".json").filter(|hex| !hex.contains('.')) {
        return Redirect::to(&format!("/api/v1/records/{}", kit::link::segment(hex))).into_response();
    }
    let mut reply = site.answer(move |site| record::reply(site, &name, &Asked::new(pairs))).await;
    // A bundle is evidence: pages elsewhere may check it too.
    let is_page =
        reply.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page {
        api::open(reply.headers_mut());
    }
    reply
}

type SampleParts = Path<(String, String, String, String)>;

async fn sample(
    State(site): At,
    Path((record, task, id, epoch)): SampleParts,
    Query(pairs): Pairs,
) -> Response {
    let asked = Asked::new(pairs);
    site.page(move |site| {
        let epoch = epoch.parse().map_err(|_| Wrong::Missing("such epoch"))?;
        let name = SampleName { task: unsegment(&task), id: unsegment(&id), epoch };
        runs::sample(site, &record, &name, &asked)
    })
    .await
}

type TextParts = Path<(String, String, String, String, String)>;

async fn text(State(site): At, Path((record, task, id, epoch, part)): TextParts) -> Response {
    site.answer(move |site| {
        let epoch = epoch.parse().map_err(|_| Wrong::Missing("such epoch"))?;
        let name = SampleName { task: unsegment(&task), id: unsegment(&id), epoch };
        Ok(reply::bytes("text/plain; charset=utf-8", runs::text(site, &record, &name, &part)?))
    })
    .await
}

async fn file(State(site): At, Path((record, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let found = site.attempt(move |site| runs::file(site, &record, &name)).await;
    let sent = match found {
        Ok(path) => download::file(&path, &headers).await,
        Err(wrong) => Err(wrong),
    };
    sent.unwrap_or_else(|wrong| reply::wrong(site.frame(), &wrong))
}

async fn asset(State(site): At, Path(name): Path<String>, headers: HeaderMap) -> Response {
    kit::asset(&name).map_or_else(|| site.nothing(), |asset| asset.reply(&headers))
}
