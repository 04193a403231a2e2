//! How a report stands, for whoever has its secret link.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use overt_site::reports::{ReportState, ReportStatus};

use super::fault::Fault;
use super::language::Language;
use super::names::state;
use super::posted::Posted;
use super::visit::Visit;
use crate::kit::text::visible;
use crate::kit::{Crumb, Definitions, Page};

pub(super) async fn show(mut visit: Visit, Path(secret): Path<String>) -> Response {
    visit.language = Language::English;
    visit
        .answer(move |visit| {
            let status = visit.desk.site().reports().status(&secret)?;
            let page = page(visit, &secret, &status)?;
            Ok(visit.form_reply(StatusCode::OK, page))
        })
        .await
}

pub(super) async fn act(Path(secret): Path<String>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let reports = visit.desk.site().reports();
    let done = match fields.get("act") {
        "confirm" => reports.confirm(&secret).await.map_err(Fault::from),
        "take-back" => reports.take_back(&secret).await.map_err(Fault::from),
        _ => Err(Fault::Asked("choose what is to be done".into())),
    };
    visit.end(done.map(|_| Visit::see(&format!("/report/{secret}"))))
}

fn page(visit: &mut Visit, secret: &str, status: &ReportStatus) -> Result<Page, Fault> {
    let path = format!("/report/{secret}");
    let token = visit.token(&path)?;
    let is_open = matches!(status.state, ReportState::Unconfirmed | ReportState::Waiting);
    let title = format!("Report {}", status.id);
    let content = html! {
        h1 { (title) }
        p.lede { "It is " (state(status.state)) "." }
        (Definitions::new()
            .with("Since", html! { time datetime=(status.since) { (status.since) } })
            .with_some("Not published before", status.embargo.map(|end| html! { time datetime=(end) { (end) } }))
            .with_some("Why it was not published", status.reason.as_ref().map(|reason| visible(reason)))
            .with_some("The record that it became", status.record.map(|record| html! {
                a href={ "/incidents/" (record) } { code { (record) } }
            }))
            .render())
        @if is_open {
            form.long method="post" action=(path) {
                (token)
                p.act {
                    @if status.state == ReportState::Unconfirmed {
                        button.primary name="act" value="confirm" { "Confirm that it is mine" } " "
                    }
                    button.quiet name="act" value="take-back" { "Take it back" }
                }
            }
            p.note { "What is taken back is deleted, with your contact." }
        }
        p.note { "This address is secret. Whoever has it can see this, and take the report back while it is open." }
    };
    let head = html! { meta name="robots" content="noindex"; };
    let trail =
        vec![Crumb::new("Home", "/"), Crumb::new("Incidents", "/incidents"), Crumb::here(title.clone())];
    Ok(Page::new(title, content).trail(trail).section("/incidents").head(head))
}
