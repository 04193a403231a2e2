//! What was counted, as Prometheus reads it: `GET /metrics` (text exposition format 0.0.4).

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::Service;

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// It is a new entry.
    Added,
    /// It was in the log before.
    AddedAgain,
    /// It is not let in.
    Refused,
    /// It may come again.
    TurnedAway,
    /// The log failed.
    Failed,
}

impl Counted {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Added, "added"),
        (Self::AddedAgain, "added_again"),
        (Self::Refused, "refused"),
        (Self::TurnedAway, "turned_away"),
        (Self::Failed, "failed"),
    ];
}

/// How many submissions there were of each sort.
#[derive(Debug, Default)]
pub(super) struct Metrics([AtomicU64; 5]);

impl Metrics {
    pub(super) fn count(&self, counted: Counted) {
        if let Some(counter) = self.0.get(counted as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

pub(super) async fn metrics(State(service): State<Arc<Service>>) -> Response {
    let mut text = String::from(
        "# HELP overt_log_submissions_total Submissions, by what became of them.\n# TYPE overt_log_submissions_total counter\n",
    );
    for (counted, name) in Counted::ALL {
        let count =
            service.metrics.0.get(counted as usize).map_or(0, |counter| counter.load(Ordering::Relaxed));
        let _ = writeln!(text, "overt_log_submissions_total{{outcome=\"{name}\"}} {count}");
    }
    gauge(
        &mut text,
        "size",
        "Entries in the newest published checkpoint.",
        service.published.borrow().head.size,
    );
    if let Some(witnesses) = &service.witnesses {
        let size = witnesses.witnessed.borrow().as_ref().map_or(0, |signed| signed.head.size);
        gauge(&mut text, "witnessed_size", "Entries in the newest checkpoint that met the quorum.", size);
        let standing = witnesses.standing.borrow();
        let met = standing.met_at.unwrap_or(0) / 1000;
        gauge(&mut text, "witnessed_seconds", "When the quorum was last met, in seconds since 1970.", met);
        let failing = standing.complaints.len() as u64;
        gauge(&mut text, "witnesses_failing", "Witnesses that did not cosign when last asked.", failing);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

fn gauge(text: &mut String, name: &str, help: &str, value: u64) {
    let _ = writeln!(
        text,
        "# HELP overt_log_{name} {help}\n# TYPE overt_log_{name} gauge\novert_log_{name} {value}"
    );
}
