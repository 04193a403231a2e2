//! The door: `POST /add`.
//!
//! The answer is the index alone, in decimal, so that any program can submit. `?wait=` says what is waited for:
//! `published` (always the case) or `witnessed`. An entry that is in the log while witnesses are still waited for is
//! answered with 202 and its index.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::extract::{FromRequest as _, rejection::BytesRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Service;
use super::metrics::Counted;
use crate::admission::Refused;
use crate::log::{AddError, Arrival};

/// How long witnesses are waited for.
const WITNESSES_AT_MOST: Duration = Duration::from_secs(30);

/// What a submitter waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    Published,
    Witnessed,
}

impl Wait {
    fn read(query: Option<&str>) -> Option<Self> {
        match query {
            None | Some("" | "wait=published") => Some(Self::Published),
            Some("wait=witnessed") => Some(Self::Witnessed),
            Some(_) => None,
        }
    }
}

pub(super) async fn add(State(service): State<Arc<Service>>, request: Request) -> Response {
    let Some(wait) = Wait::read(request.uri().query()) else {
        return (StatusCode::BAD_REQUEST, "after ? may stand wait=published or wait=witnessed\n")
            .into_response();
    };
    if wait == Wait::Witnessed && service.witnesses.is_none() {
        return (StatusCode::BAD_REQUEST, "this log has no witnesses to wait for\n").into_response();
    }
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(rejection) => return unreadable(&service, &rejection),
    };
    let index = match service.door.submit(body.to_vec(), address).await {
        Ok(admitted) => {
            service.metrics.count(match admitted.added.arrival {
                Arrival::First => Counted::Added,
                Arrival::Again => Counted::AddedAgain,
            });
            admitted.added.index
        }
        Err(error) => return refused(&service, &error),
    };
    let status = match wait {
        Wait::Published => StatusCode::OK,
        Wait::Witnessed if is_witnessed(&service, index).await => StatusCode::OK,
        Wait::Witnessed => StatusCode::ACCEPTED,
    };
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], index.to_string()).into_response()
}

async fn is_witnessed(service: &Service, index: u64) -> bool {
    let Some(witnesses) = &service.witnesses else { return false };
    let mut witnessed = witnesses.witnessed.clone();
    let covers = |signed: &Option<Arc<crate::keys::SignedHead>>| {
        signed.as_ref().is_some_and(|signed| index < signed.head.size)
    };
    matches!(tokio::time::timeout(WITNESSES_AT_MOST, witnessed.wait_for(covers)).await, Ok(Ok(_)))
}

fn unreadable(service: &Service, rejection: &BytesRejection) -> Response {
    service.metrics.count(Counted::Refused);
    (rejection.status(), format!("{}\n", rejection.body_text())).into_response()
}

fn refused(service: &Service, error: &Refused) -> Response {
    let (status, retry_after, counted) = match error {
        Refused::Submission(_) => (StatusCode::BAD_REQUEST, None, Counted::Refused),
        Refused::Denied(crate::admission::Denied::NotAllowed { .. }) => {
            (StatusCode::FORBIDDEN, None, Counted::Refused)
        }
        Refused::Denied(_) | Refused::Add(AddError::TooLong { .. }) => {
            (StatusCode::PAYLOAD_TOO_LARGE, None, Counted::Refused)
        }
        Refused::TooOften(wait) => {
            (StatusCode::TOO_MANY_REQUESTS, Some(wait.as_secs() + 1), Counted::TurnedAway)
        }
        Refused::Add(AddError::Busy { .. }) => {
            (StatusCode::SERVICE_UNAVAILABLE, Some(1), Counted::TurnedAway)
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, Some(5), Counted::Failed),
    };
    service.metrics.count(counted);
    let mut response = (status, format!("{error}\n")).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
