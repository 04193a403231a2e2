//! How the log is: `GET /health`, as JSON. 200 while the log can be read; whether it is well, the fields say.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Service;

pub(super) async fn health(State(service): State<Arc<Service>>) -> Json<Value> {
    let size = service.published.borrow().head.size;
    let witnesses = service.witnesses.as_ref().map(|witnesses| {
        let witnessed = witnesses.witnessed.borrow().as_ref().map(|signed| signed.head.size);
        let standing = witnesses.standing.borrow().clone();
        let age = standing.met_at.map(|met| service.clock.now().saturating_sub(met) / 1000);
        json!({ "size": witnessed, "ageSeconds": age, "complaints": standing.complaints })
    });
    Json(json!({ "size": size, "witnessed": witnesses }))
}
