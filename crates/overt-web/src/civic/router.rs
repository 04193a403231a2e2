//! The addresses of participation.

use axum::Router;
use axum::routing::{get, post};

use super::desk::Desk;
use super::{
    accounts, audit, badge, complaint, confirm, incident, incidents, moderation, report, report_status, sign,
    signatures, statement, statements, withdraw,
};

/// The pages where people take part, without a fallback of their own: [`crate::site::router`] takes them as its `part`.
pub fn router(desk: Desk) -> Router {
    Router::new()
        .route("/statements", get(statements::list))
        .route("/statements/{record}", get(statement::show))
        .route("/statements/{record}/signatures", get(signatures::list))
        .route("/statements/{record}/signatures/{endorsement}", get(signatures::one))
        .route("/statements/{record}/sign", get(sign::form).post(sign::send))
        .route("/statements/{record}/badge.svg", get(badge::badge))
        .route("/statements/{record}/widget", get(badge::widget))
        .route("/confirm/{secret}", get(confirm::look).post(confirm::press))
        .route("/withdraw", get(withdraw::form).post(withdraw::send))
        .route("/incidents", get(incidents::list))
        .route("/incidents/{record}", get(incident::show))
        .route("/incidents/{record}/export/{format}", get(incident::download))
        .route("/report", get(report::begin).post(report::go))
        .route("/report/{secret}", get(report_status::show).post(report_status::act))
        .route("/complaint/{record}", get(complaint::form).post(complaint::send))
        .route("/login", get(accounts::form).post(accounts::log_in))
        .route("/logout", post(accounts::log_out))
        .route("/tokens", get(accounts::tokens).post(accounts::revoke))
        .route("/moderation", get(moderation::queue))
        .route("/moderation/items/{id}", post(moderation::decide))
        .route("/moderation/reports/{id}", get(moderation::report).post(moderation::decide_report))
        .route("/moderation/take-down", post(moderation::take_down))
        .route("/audit", get(audit::list))
        .with_state(desk)
}
