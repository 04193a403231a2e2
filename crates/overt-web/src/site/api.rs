//! The API for programs: the same views as the pages', as JSON, read without a key; and the way in for records.
//!
//! Lists come in pages by what was seen last (`after`, `limit`). What goes wrong is a problem document (RFC 9457).

mod openapi;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use overt_record::Hash;
use overt_site::index::{IncidentFilter, PageSize, Seek};
use serde::Serialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::evaluations::Wanted;
use super::records::digest;
use super::reply;
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::unsegment;
use crate::view::Asked;

pub use openapi::openapi;

/// The longest answer of the log's door.
const ANSWER: usize = 64 << 10;

type At = State<Site>;
type Pairs = Query<Vec<(String, String)>>;

/// The routes under `/api/v1`; records go in by the log's own door.
pub(super) fn routes(face: Router) -> Router<Site> {
    Router::new()
        .route(
            "/api/v1/openapi.json",
            get(async |State(site): At| answer(&site, |site| Ok(openapi(site.settings()))).await),
        )
        .route(
            "/api/v1/evaluations",
            get(async |site: At, pairs: Pairs| {
                list(site, pairs, |site, page| {
                    value(site.index().evaluations_where(
                        &Wanted::read(&page.asked).filter,
                        page.seek,
                        page.size,
                    )?)
                })
                .await
            }),
        )
        .route(
            "/api/v1/evaluations/{record}",
            get(async |site: At, name: Path<String>| one(site, name, evaluation).await),
        )
        .route(
            "/api/v1/systems",
            get(async |site: At, pairs: Pairs| {
                list(site, pairs, |site, page| value(site.index().systems(page.seek, page.size)?)).await
            }),
        )
        .route(
            "/api/v1/systems/{id}",
            get(async |site: At, name: Path<String>| {
                one(site, name, |site, id| {
                    value(site.index().system(&id)?.ok_or(Wrong::Missing("such system"))?)
                })
                .await
            }),
        )
        .route(
            "/api/v1/tasks",
            get(async |State(site): At| {
                answer(&site, |site| Ok(json!({ "items": site.index().tasks()? }))).await
            }),
        )
        .route(
            "/api/v1/tasks/{name}",
            get(async |State(site): At, Path(name): Path<String>| {
                answer(&site, move |site| {
                    value(site.index().task(unsegment(&name))?.ok_or(Wrong::Missing("such task"))?)
                })
                .await
            }),
        )
        .route(
            "/api/v1/records",
            axum::routing::post(async move |request: Request| submit(face.clone(), request).await),
        )
        .route(
            "/api/v1/records/{record}",
            get(async |site: At, name: Path<String>| one(site, name, record).await),
        )
        .route(
            "/api/v1/statements",
            get(async |site: At, pairs: Pairs| {
                list(site, pairs, |site, page| value(site.index().statements(page.seek, page.size)?)).await
            }),
        )
        .route(
            "/api/v1/statements/{record}",
            get(async |site: At, name: Path<String>| {
                one(site, name, |site, record| {
                    value(site.index().statement(&record)?.ok_or(Wrong::Missing("such statement"))?)
                })
                .await
            }),
        )
        .route("/api/v1/statements/{record}/signatories", get(signatories))
        .route(
            "/api/v1/incidents",
            get(async |site: At, pairs: Pairs| {
                list(site, pairs, |site, page| {
                    value(site.index().incidents(&IncidentFilter::default(), page.seek, page.size)?)
                })
                .await
            }),
        )
        .route(
            "/api/v1/incidents/{record}",
            get(async |site: At, name: Path<String>| {
                one(site, name, |site, record| {
                    value(site.index().incident(&record)?.ok_or(Wrong::Missing("such incident"))?)
                })
                .await
            }),
        )
        .route(
            "/api/v1/log",
            get(async |site: At, pairs: Pairs| {
                list(site, pairs, |site, page| {
                    let kind = page.asked.get("kind").map(str::parse).transpose();
                    let kind = kind.map_err(|_| Wrong::Asked("`kind` is no type of records".into()))?;
                    value(site.index().entries(kind.as_ref(), page.seek, page.size)?)
                })
                .await
            }),
        )
        .route("/api/v1/log/{index}", get(entry))
        .route(
            "/api/{*rest}",
            get(async || problem(StatusCode::NOT_FOUND, "there is no such thing in this API")),
        )
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

/// Hands a record to the log's door, and says the same in JSON.
async fn submit(face: Router, mut request: Request) -> Response {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    match format!("/add{query}").parse::<Uri>() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => return problem(StatusCode::BAD_REQUEST, "the address cannot be read"),
    }
    let Ok(answered) = face.oneshot(request).await;
    let (parts, body) = answered.into_parts();
    let text = to_bytes(body, ANSWER)
        .await
        .map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
        .unwrap_or_default();
    let mut reply = match text.parse::<u64>() {
        Ok(index) if parts.status.is_success() => {
            (parts.status, axum::Json(json!({ "index": index }))).into_response()
        }
        _ => problem(parts.status, &text),
    };
    if let Some(after) = parts.headers.get("retry-after") {
        reply.headers_mut().insert("retry-after", after.clone());
    }
    reply
}
