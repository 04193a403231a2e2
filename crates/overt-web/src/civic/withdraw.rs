//! Asking for the link that withdraws a signature.

use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use overt_site::index::{PageSize, Seek};
use overt_statement::MailAddress;

use super::controls::{Control, Line, Needed, summary};
use super::fault::Fault;
use super::fields::Fields;
use super::language::Says as _;
use super::posted::Posted;
use super::statement::{digest, languages};
use super::visit::Visit;
use crate::kit::text::plain;
use crate::kit::{Choice, Crumb, Page};

const PATH: &str = "/withdraw";

pub(super) async fn form(visit: Visit) -> Response {
    visit
        .answer(|visit| {
            let chosen = visit.asked.get("statement").unwrap_or_default().to_owned();
            let page = page(visit, &Fields::default(), &chosen, &[])?;
            Ok(visit.form_reply(StatusCode::OK, page))
        })
        .await
}

pub(super) async fn send(posted: Posted) -> Response {
    let Posted { mut visit, fields } = posted;
    let made = take(&mut visit, &fields).await;
    visit.end(made)
}

async fn take(visit: &mut Visit, fields: &Fields) -> Result<Response, Fault> {
    let language = visit.language;
    let statement = digest(fields.get("statement"))?;
    let Ok(address) = MailAddress::parse(fields.get("address")) else {
        let wrong = [("address".to_owned(), language.say("sign-wrong-address"))];
        let page = page(visit, fields, fields.get("statement"), &wrong)?;
        return Ok(visit.form_reply(StatusCode::UNPROCESSABLE_ENTITY, page));
    };
    visit.desk.site().signing().request_withdrawal(&statement, &address, language, visit.from).await?;
    let title = language.say("sign-sent-title");
    let content = html! {
        h1 { (title) }
        p.lede { (language.say("sign-withdraw-sent")) }
        ul { li { (language.say("sign-sent-link")) } li { (language.say("sign-sent-missing")) } }
    };
    Ok(visit.reply(Page::new(title, content).section("/statements")))
}

fn page(visit: &mut Visit, fields: &Fields, chosen: &str, wrong: &[(String, String)]) -> Result<Page, Fault> {
    let language = visit.language;
    let token = visit.token(PATH)?;
    let newest = visit.desk.index().statements(Seek::Start, PageSize::clamped(100))?.items;
    let mut choices: Vec<Choice> = newest
        .iter()
        .map(|statement| Choice::new(statement.record.to_string(), plain(&statement.title, 100)))
        .collect();
    // An older one that the address names is offered too.
    if let Ok(record) = digest(chosen)
        && !choices.iter().any(|choice| choice.value == chosen)
        && let Some(statement) = visit.desk.index().statement(&record)?
    {
        choices.push(Choice::new(chosen, plain(&statement.title, 100)));
    }
    let title = language.say("sign-withdraw-title");
    let wrong_address = wrong.first().map(|(_, message)| message.as_str());
    let (which, address) = (language.say("statement-under"), language.say("sign-address"));
    let hint = language.say("sign-withdraw-address-help");
    let content = html! {
        h1 { (title) }
        (languages(visit))
        p.lede { (language.say("sign-withdraw-lede")) }
        (summary(&language.say("sign-wrong-title"), wrong))
        form.long method="post" action={ (PATH) "?lang=" (language.tag()) } novalidate {
            (token)
            (Control { name: "statement", label: &which, hint: "", wrong: None, needed: Needed::Yes }.select(&choices, chosen))
            (Control { name: "address", label: &address, hint: &hint, wrong: wrong_address, needed: Needed::Yes }
                .line(Line { kind: "email", value: fields.get("address"), longest: 256, fill: "email" }))
            button.primary { (language.say("sign-send")) }
        }
    };
    let trail = vec![
        Crumb::new(language.say("statement-home"), "/"),
        Crumb::new(language.say("statements-title"), "/statements"),
        Crumb::here(title.clone()),
    ];
    Ok(Page::new(title, content).trail(trail).section("/statements"))
}
