//! The API for programs: the same views as the pages', as JSON, read without a key; and the way in for records.
//!
//! Lists come in pages by what was seen last (`after`, `limit`). What goes wrong is a problem document (RFC 9457).

mod openapi;
mod submit;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use overt_record::Hash;
use overt_site::index::{IncidentFilter, PageSize, Seek};
use serde::Serialize;
use serde_json::{Value, json};

use super::evaluations::Wanted;
use super::records::digest;
use super::reply;
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::unsegment;
use crate::view::Asked;

pub use openapi::openapi;

type At = State<Site>;
type Pairs = Query<Vec<(String, String)>>;
type Name = Path<String>;

/// The routes under `/api/v1`; records go in by the log's own door.
pub(super) fn routes(face: Router) -> Router<Site> {
    let submit = async move |request: Request| submit::submit(face.clone(), request).await;
    Router::new()
        .route("/api/v1/openapi.json", get(described))
        .route("/api/v1/records", post(submit))
        .route("/api/v1/records/{record}", get(async |at: At, name: Name| one(at, name, record).await))
        .route(
            "/api/{*rest}",
            get(async || problem(StatusCode::NOT_FOUND, "there is no such thing in this API")),
        )
        .merge(evaluated())
        .merge(said())
        .merge(logged())
}

async fn described(State(site): At) -> Response {
    let mut reply = axum::Json(openapi(site.settings())).into_response();
    open(reply.headers_mut());
    reply
}

/// What was evaluated.
fn evaluated() -> Router<Site> {
    let evaluations = |site: &Site, wish: &Wish| {
        let wanted = Wanted::read(&wish.asked);
        value(site.index().evaluations_where(&wanted.filter, wish.seek, wish.size)?)
    };
    let systems = |site: &Site, wish: &Wish| value(site.index().systems(wish.seek, wish.size)?);
    let system = |site: &Site, id| value(site.index().system(&id)?.ok_or(Wrong::Missing("such system"))?);
    let tasks = |site: &Site| Ok(json!({ "items": site.index().tasks()? }));
    let task = |site: &Site, name: &str| value(site.index().task(name)?.ok_or(Wrong::Missing("such task"))?);
    let task = async move |State(site): At, Path(name): Name| {
        answer(&site, move |site| task(site, unsegment(&name))).await
    };
    Router::new()
        .route(
            "/api/v1/evaluations",
            get(async move |at: At, pairs: Pairs| list(at, pairs, evaluations).await),
        )
        .route(
            "/api/v1/evaluations/{record}",
            get(async |at: At, name: Name| one(at, name, evaluation).await),
        )
        .route("/api/v1/systems", get(async move |at: At, pairs: Pairs| list(at, pairs, systems).await))
        .route("/api/v1/systems/{id}", get(async move |at: At, name: Name| one(at, name, system).await))
        .route("/api/v1/tasks", get(async move |State(site): At| answer(&site, tasks).await))
        .route("/api/v1/tasks/{name}", get(task))
}

/// What people say.
fn said() -> Router<Site> {
    let statements = |site: &Site, wish: &Wish| value(site.index().statements(wish.seek, wish.size)?);
    let statement = |site: &Site, record| {
        value(site.index().statement(&record)?.ok_or(Wrong::Missing("such statement"))?)
    };
    let incidents = |site: &Site, wish: &Wish| {
        value(site.index().incidents(&IncidentFilter::default(), wish.seek, wish.size)?)
    };
    let incident =
        |site: &Site, record| value(site.index().incident(&record)?.ok_or(Wrong::Missing("such incident"))?);
    Router::new()
        .route("/api/v1/statements", get(async move |at: At, pairs: Pairs| list(at, pairs, statements).await))
        .route(
            "/api/v1/statements/{record}",
            get(async move |at: At, name: Name| one(at, name, statement).await),
        )
        .route("/api/v1/statements/{record}/signatories", get(signatories))
        .route("/api/v1/incidents", get(async move |at: At, pairs: Pairs| list(at, pairs, incidents).await))
        .route(
            "/api/v1/incidents/{record}",
            get(async move |at: At, name: Name| one(at, name, incident).await),
        )
}

/// The log.
fn logged() -> Router<Site> {
    let entries = |site: &Site, wish: &Wish| {
        let kind = wish.asked.get("kind").map(str::parse).transpose();
        let kind = kind.map_err(|_| Wrong::Asked("`kind` is no type of records".into()))?;
        value(site.index().entries(kind.as_ref(), wish.seek, wish.size)?)
    };
    Router::new()
        .route("/api/v1/log", get(async move |at: At, pairs: Pairs| list(at, pairs, entries).await))
        .route("/api/v1/log/{index}", get(entry))
}

/// What part of a list is asked for.
struct Wish {
    asked: Asked,
    seek: Seek,
    size: PageSize,
}

impl Wish {
    /// Unlike a page for people, the API says what it does not understand.
    fn read(asked: Asked) -> Result<Self, Wrong> {
        let number = |name: &str| {
            let number =
                asked.get(name).map(|text| text.parse::<u64>().map_err(|_| name.to_owned())).transpose();
            number.map_err(|name| Wrong::Asked(format!("`{name}` is a whole number of at most 20 digits")))
        };
        let seek = number("after")?.map_or(Seek::Start, Seek::Behind);
        let size = match number("limit")? {
            None => PageSize::default(),
            Some(limit) if (1..=u64::from(PageSize::MOST)).contains(&limit) => {
                PageSize::clamped(limit as u16)
            }
            Some(_) => return Err(Wrong::Asked(format!("`limit` is 1 to {}", PageSize::MOST))),
        };
        Ok(Self { asked, seek, size })
    }
}

fn value(view: impl Serialize) -> Result<Value, Wrong> {
    serde_json::to_value(view).map_err(|error| Wrong::Damaged(error.to_string()))
}

async fn list(
    State(site): At,
    Query(pairs): Pairs,
    make: impl FnOnce(&Site, &Wish) -> Result<Value, Wrong> + Send + 'static,
) -> Response {
    answer(&site, move |site| make(site, &Wish::read(Asked::new(pairs))?)).await
}

async fn one(
    State(site): At,
    Path(name): Path<String>,
    make: impl FnOnce(&Site, Hash) -> Result<Value, Wrong> + Send + 'static,
) -> Response {
    answer(&site, move |site| make(site, digest(&name)?)).await
}

fn evaluation(site: &Site, record: Hash) -> Result<Value, Wrong> {
    let evaluation = site.index().evaluation(&record)?.ok_or(Wrong::Missing("such evaluation"))?;
    let results = site.index().results(evaluation.index)?;
    Ok(json!({ "evaluation": evaluation, "results": results }))
}

/// A record with what was signed, what it points to, and what points to it.
fn record(site: &Site, record: Hash) -> Result<Value, Wrong> {
    let found = site.found(&record)?;
    let payload = found.signed.as_ref().and_then(|signed| signed.verified.record.to_payload().ok());
    let statement: Option<Value> = payload.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let refs = found.signed.as_ref().map(|signed| signed.entry.refs().to_vec()).unwrap_or_default();
    let referrers = site.index().referrers(&record, None, Seek::Start, PageSize::clamped(PageSize::MOST))?;
    let mut view = value(&found.view)?;
    view["statement"] = json!(statement);
    view["refs"] = json!(refs);
    view["referredToBy"] = value(referrers)?;
    Ok(view)
}

async fn signatories(State(site): At, Path(name): Path<String>, Query(pairs): Pairs) -> Response {
    answer(&site, move |site| {
        let (record, wish) = (digest(&name)?, Wish::read(Asked::new(pairs))?);
        if site.index().statement(&record)?.is_none() {
            return Err(Wrong::Missing("such statement"));
        }
        value(match wish.asked.get("q").filter(|text| !text.trim().is_empty()) {
            Some(text) => site.index().search_signatories(&record, text, wish.seek, wish.size)?,
            None => site.index().signatories(&record, wish.seek, wish.size)?,
        })
    })
    .await
}

async fn entry(State(site): At, Path(index): Path<String>) -> Response {
    answer(&site, move |site| {
        let index: u64 = index.parse().map_err(|_| Wrong::Missing("such entry"))?;
        let view = site.index().entry(index)?.ok_or(Wrong::Missing("such entry"))?;
        let entry = site.entry(index)?;
        Ok(json!({ "view": view, "entry": entry }))
    })
    .await
}

async fn answer(site: &Site, make: impl FnOnce(&Site) -> Result<Value, Wrong> + Send + 'static) -> Response {
    let mut reply = match site.attempt(make).await {
        Ok(value) => reply::bytes("application/json", value.to_string()),
        Err(wrong) => problem(reply::status(&wrong), &wrong.public()),
    };
    open(reply.headers_mut());
    reply
}

/// A problem document.
fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Problem");
    let body = json!({ "title": title, "status": status.as_u16(), "detail": detail });
    (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

/// Public data may be read by pages from anywhere.
pub(super) fn open(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}
