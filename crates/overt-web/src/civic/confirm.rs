//! Where the link of a mail leads: the exact words, and a button. Looking signs nothing, since mail scanners look.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use overt_record::Hash;
use overt_site::index::StatementView;
use overt_site::signing::{Act, Confirmed, Look, LookState, MailboxIs};

use super::controls::{Control, Needed};
use super::fault::Fault;
use super::fields::Fields;
use super::language::{Language, Says as _, Variable};
use super::letter::letter;
use super::posted::Posted;
use super::statement::languages;
use super::visit::Visit;
use crate::kit::text::inline;
use crate::kit::{Choice, Crumb, Page, Tone, aside};

pub(super) async fn look(visit: Visit, Path(secret): Path<String>) -> Response {
    visit
        .answer(move |visit| {
            let look = visit.desk.site().signing().look(&secret)?;
            let statement = visit.desk.index().statement(&look.statement)?;
            let statement = statement.ok_or(Fault::Missing("such statement that can be signed"))?;
            let page = match look.state {
                LookState::Open => open(visit, &look, &statement, &secret)?,
                LookState::Used { record } => done(visit.language, look.act, &statement, record),
            };
            Ok(visit.form_reply(StatusCode::OK, page))
        })
        .await
}

pub(super) async fn press(Path(secret): Path<String>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let made = act(&visit, &secret, &fields).await;
    visit.end(made)
}

async fn act(visit: &Visit, secret: &str, fields: &Fields) -> Result<Response, Fault> {
    let signing = visit.desk.site().signing();
    let look = signing.look(secret)?;
    let statement = visit.desk.index().statement(&look.statement)?;
    let statement = statement.ok_or(Fault::Missing("such statement that can be signed"))?;
    if let LookState::Used { record } = look.state {
        return Ok(visit.reply(done(visit.language, look.act, &statement, record)));
    }
    let page = match look.act {
        Act::Sign => {
            let mailbox_is = if fields.has("shared") { MailboxIs::Shared } else { MailboxIs::Own };
            signed(visit.language, &statement, signing.confirm(secret, mailbox_is).await?)
        }
        Act::Withdraw => {
            let record = fields.get("record").parse::<Hash>();
            let record = record.map_err(|_| Fault::Asked("choose the signature that you withdraw".into()))?;
            signing.withdraw(secret, &record).await?;
            withdrawn(visit.language, &statement)
        }
    };
    Ok(visit.reply(page))
}

fn open(visit: &mut Visit, look: &Look, statement: &StatementView, secret: &str) -> Result<Page, Fault> {
    let language = visit.language;
    let path = format!("/confirm/{secret}");
    let token = visit.token(&path)?;
    let (title, lede) = match look.act {
        Act::Sign => ("sign-confirm-title", "sign-confirm-lede"),
        Act::Withdraw => ("sign-withdraw-title", "sign-withdraw-choose"),
    };
    let expires = look.expires.to_string();
    let content = html! {
        h1 { (language.say(title)) }
        (languages(visit))
        p.lede { (language.say(lede)) }
        @match look.act {
            Act::Sign => { (words(language, look, statement)) }
            Act::Withdraw => { p lang=(statement.language) { strong { (inline(&statement.title, 200)) } } }
        }
        form.long method="post" action={ (path) "?lang=" (language.tag()) } {
            (token)
            @match look.act {
                Act::Sign => { (to_sign(language, look)) }
                Act::Withdraw => { (to_withdraw(language, look)) }
            }
        }
        p.note { (language.say_with("sign-confirm-until", &[("expires", Variable::Words(&expires))])) }
    };
    Ok(here(language, &language.say(title), content))
}

/// The words that are signed, and how the signature is going to stand under them.
fn words(language: Language, look: &Look, statement: &StatementView) -> Markup {
    html! {
        h2 { (language.say("sign-confirm-as")) }
        p.signature { (inline(&look.line.as_ref().map_or_else(|| "—".to_owned(), |line| line.words(language)), 1000)) }
        h2 { (language.say("sign-confirm-words")) }
        h3 lang=(statement.language) { (inline(&statement.title, 250)) }
        div.framed { (letter(statement)) }
        p.note { (language.say("statement-record")) " " code { (statement.record) } }
    }
}

fn to_sign(language: Language, look: &Look) -> Markup {
    let (label, hint) = (language.say("sign-shared"), language.say("sign-shared-help"));
    html! {
        @if !look.standing.is_empty() {
            (aside(Tone::Mark, &html! {
                p { (language.say("sign-standing")) }
                ul { @for one in &look.standing { li { (name(language, one.name.as_deref())) } } }
            }))
        }
        (Control { name: "shared", label: &label, hint: &hint, wrong: None, needed: Needed::No }.tick(false))
        button.primary { (language.say("sign-confirm-button")) }
    }
}

fn to_withdraw(language: Language, look: &Look) -> Markup {
    let choices: Vec<Choice> = look
        .standing
        .iter()
        .map(|one| {
            Choice::new(
                one.record.to_string(),
                crate::kit::text::plain(&plain_name(language, one.name.as_deref()), 200),
            )
        })
        .collect();
    let chosen: Vec<String> = choices.first().map(|first| first.value.clone()).into_iter().collect();
    let label = language.say("sign-withdraw-which");
    html! {
        @if choices.is_empty() { p { (language.say("sign-withdraw-none")) } }
        @else {
            (Control { name: "record", label: &label, hint: "", wrong: None, needed: Needed::Yes }
                .choose("radio", &choices, &chosen))
            p.note { (language.say("sign-withdraw-help")) }
            button.primary { (language.say("sign-withdraw-button")) }
        }
    }
}

fn name(language: Language, name: Option<&str>) -> Markup {
    inline(&plain_name(language, name), 200)
}

fn plain_name(language: Language, name: Option<&str>) -> String {
    name.map_or_else(|| language.say("sign-without-name"), str::to_owned)
}

fn signed(language: Language, statement: &StatementView, confirmed: Confirmed) -> Page {
    match confirmed {
        Confirmed::Published { record, .. } => done(language, Act::Sign, statement, Some(record)),
        Confirmed::OnItsWay { record } => {
            let content = html! {
                h1 { (language.say("sign-done-title")) }
                p.lede { (language.say("sign-on-its-way")) }
                p { code { (record) } }
                (back(language, statement))
            };
            here(language, &language.say("sign-done-title"), content)
        }
        Confirmed::Held => done(language, Act::Sign, statement, None),
    }
}

/// What came of a link that was used.
fn done(language: Language, act: Act, statement: &StatementView, record: Option<Hash>) -> Page {
    let title = match (act, record) {
        (Act::Withdraw, _) => return withdrawn(language, statement),
        (Act::Sign, Some(_)) => language.say("sign-done-title"),
        (Act::Sign, None) => language.say("sign-held-title"),
    };
    let content = html! {
        h1 { (title) }
        @match record {
            Some(record) => {
                p.lede { (language.say("sign-done-lede")) }
                ul {
                    li {
                        a href={ "/statements/" (statement.record) "/signatures/" (record) "?lang=" (language.tag()) } {
                            (language.say("sign-done-see"))
                        }
                    }
                    li { a href={ "/records/" (record) } { (language.say("statement-verify-here")) } }
                    li { a href={ "/records/" (record) ".overt.json" } download { (language.say("statement-download")) } }
                }
                p { (language.say("sign-done-address")) }
            }
            None => { p.lede { (language.say("sign-held-lede")) } }
        }
        (back(language, statement))
    };
    here(language, &title, content)
}

fn withdrawn(language: Language, statement: &StatementView) -> Page {
    let title = language.say("sign-withdrawn-title");
    let content = html! {
        h1 { (title) }
        p.lede { (language.say("sign-withdrawn-lede")) }
        (back(language, statement))
    };
    here(language, &title, content)
}

fn back(language: Language, statement: &StatementView) -> Markup {
    html! { p { a href={ "/statements/" (statement.record) "?lang=" (language.tag()) } { (language.say("sign-back")) } } }
}

fn here(language: Language, title: &str, content: Markup) -> Page {
    let trail = vec![
        Crumb::new(language.say("statement-home"), "/"),
        Crumb::new(language.say("statements-title"), "/statements"),
        Crumb::here(title),
    ];
    // The address is a secret: no search engine shall have it.
    let head = html! { meta name="robots" content="noindex"; };
    Page::new(title, content).trail(trail).section("/statements").head(head)
}
