//! Logging in and out with a token; and, for administrators, the tokens that there are.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use maud::html;
use overt_site::accounts::{AccountError, Role};

use super::controls::{Control, Line, Needed, summary};
use super::fault::Fault;
use super::language::Language;
use super::posted::Posted;
use super::visit::Visit;
use crate::kit::text::inline;
use crate::kit::{Align, Column, Crumb, Page, Table};

const LOGIN: &str = "/login";
const TOKENS: &str = "/tokens";

pub(super) async fn form(mut visit: Visit) -> Response {
    visit.language = Language::English;
    visit
        .answer(|visit| {
            let page = page(visit, None)?;
            Ok(visit.form_reply(StatusCode::OK, page))
        })
        .await
}

pub(super) async fn log_in(posted: Posted) -> Response {
    let Posted { mut visit, fields } = posted;
    visit.language = Language::English;
    let made = open(&mut visit, fields.get("token").trim()).await;
    visit.end(made)
}

async fn open(visit: &mut Visit, token: &str) -> Result<Response, Fault> {
    match visit.desk.site().accounts().log_in(token, visit.from).await {
        Ok((secret, _)) => {
            let mut reply = Visit::see("/moderation");
            let cookie = visit.session_cookie(Some(secret.exposed())).ok_or(Fault::Ours)?;
            reply.headers_mut().append(SET_COOKIE, cookie);
            Ok(reply)
        }
        // Whether a token never was, has expired or was revoked is not said.
        Err(AccountError::NotLoggedIn) => {
            let page = page(visit, Some("This token is not good."))?;
            Ok(visit.form_reply(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
        Err(error) => Err(error.into()),
    }
}

fn page(visit: &mut Visit, wrong: Option<&str>) -> Result<Page, Fault> {
    let token = visit.token(LOGIN)?;
    let wrong_list: Vec<(String, String)> =
        wrong.map(|message| ("token".to_owned(), message.to_owned())).into_iter().collect();
    let hint = "Made by the operator with `overt site token`. It is for people who moderate and administer this site.";
    let content = html! {
        h1 { "Log in" }
        (summary("Something needs another look", &wrong_list))
        form.long method="post" action=(LOGIN) {
            (token)
            (Control { name: "token", label: "Token", hint, wrong, needed: Needed::Yes }
                .line(Line { kind: "password", value: "", longest: 200, fill: "current-password" }))
            button.primary { "Log in" }
        }
    };
    Ok(Page::new("Log in", content).trail(vec![Crumb::new("Home", "/"), Crumb::here("Log in")]))
}

pub(super) async fn log_out(posted: Posted) -> Response {
    let Posted { visit, .. } = posted;
    let mut reply = Visit::see("/");
    if let Some(secret) = visit.session_secret()
        && visit.desk.site().accounts().log_out(secret).await.is_err()
    {
        return visit.fault(&Fault::Ours);
    }
    if let Some(cookie) = visit.session_cookie(None) {
        reply.headers_mut().append(SET_COOKIE, cookie);
    }
    reply
}

pub(super) async fn tokens(mut visit: Visit) -> Response {
    visit.language = Language::English;
    visit
        .answer(|visit| {
            visit.session()?.holder.may(Role::Administrator)?;
            let page = list(visit)?;
            Ok(visit.form_reply(StatusCode::OK, page))
        })
        .await
}

fn list(visit: &mut Visit) -> Result<Page, Fault> {
    let token = visit.token(TOKENS)?;
    let tokens = visit.desk.site().accounts().tokens()?;
    let columns = vec![
        Column::new("Holder", Align::Start),
        Column::new("Role", Align::Start),
        Column::new("Made", Align::Date),
        Column::new("Good until", Align::Date),
        Column::new("Revoked", Align::Date),
    ];
    let mut table = Table::new("Tokens of this site, without their secrets.", columns);
    for one in &tokens {
        table.push(vec![
            inline(&one.holder, 80),
            html! { (role(one.role)) },
            html! { (one.created) },
            html! { (one.expires) },
            html! { @if let Some(revoked) = one.revoked { (revoked) } @else { "–" } },
        ]);
    }
    let content = html! {
        h1 { "Tokens" }
        p { "New ones are made on the command line, with `overt site token`: so their secrets are shown nowhere else." }
        (table.render())
        h2 { "Revoke" }
        form.long method="post" action=(TOKENS) {
            (token)
            (Control { name: "holder", label: "Holder", hint: "As the list has it.", wrong: None, needed: Needed::Yes }
                .line(Line { kind: "text", value: "", longest: 256, fill: "off" }))
            (Control { name: "reason", label: "Reason", hint: "For the audit trail.", wrong: None, needed: Needed::Yes }
                .line(Line { kind: "text", value: "", longest: 256, fill: "off" }))
            button.primary { "Revoke, and end its sessions" }
        }
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::new("Moderation", "/moderation"), Crumb::here("Tokens")];
    Ok(Page::new("Tokens", content).trail(trail))
}

pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Moderator => "moderator",
        Role::Administrator => "administrator",
    }
}

pub(super) async fn revoke(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let made = async {
        let holder = visit.session()?.holder;
        holder.may(Role::Administrator)?;
        let reason = fields.get("reason").trim();
        if reason.is_empty() {
            return Err(Fault::Asked("revoking a token needs a reason".into()));
        }
        visit.desk.site().accounts().revoke_token(fields.get("holder").trim(), &holder.name, reason).await?;
        Ok(Visit::see(TOKENS))
    };
    visit.end(made.await)
}
