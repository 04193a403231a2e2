//! The form that signs a statement, and the one answer to it.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use overt_record::Name;
use overt_record::record::{Capacity, Country};
use overt_site::index::StatementView;
use overt_site::signing::{BadForm, Shown, SigningError, SigningForm};
use overt_statement::MailAddress;
use overt_statement::sameness::{Oddity, oddities};

use super::controls::{Control, Line, Needed, summary};
use super::fault::Fault;
use super::fields::Fields;
use super::language::{Language, Says as _};
use super::posted::Posted;
use super::statement::{find, languages, trail};
use super::visit::Visit;
use crate::kit::text::inline;
use crate::kit::{Choice, Page, Tone, aside};

/// A field of the form with what is wrong in it.
type Wrong = Vec<(String, String)>;

pub(super) async fn form(visit: Visit, Path(record): Path<String>) -> Response {
    visit
        .answer(move |visit| {
            let statement = find(&visit.desk, &record)?;
            if !visit.desk.index().believes(statement.key) {
                return Err(Fault::Missing("such statement that can be signed by mail"));
            }
            let page = page(visit, &statement, &Fields::default(), &Vec::new())?;
            Ok(visit.form_reply(StatusCode::OK, page))
        })
        .await
}

pub(super) async fn send(Path(record): Path<String>, posted: Posted) -> Response {
    let Posted { mut visit, fields } = posted;
    let made = take(&mut visit, &record, &fields).await;
    visit.end(made)
}

async fn take(visit: &mut Visit, record: &str, fields: &Fields) -> Result<Response, Fault> {
    let statement = find(&visit.desk, record)?;
    let wrong = match read(visit.language, &statement, fields) {
        Err(wrong) => wrong,
        Ok(form) => match visit.desk.site().signing().request(&form, visit.from).await {
            Ok(_) => return Ok(visit.reply(answer(visit.language, &statement))),
            Err(SigningError::Form(bad)) => vec![about(visit.language, bad)],
            Err(error) => return Err(error.into()),
        },
    };
    let page = page(visit, &statement, fields, &wrong)?;
    Ok(visit.form_reply(StatusCode::UNPROCESSABLE_ENTITY, page))
}

fn about(language: Language, bad: BadForm) -> (String, String) {
    let (field, id) = match bad {
        BadForm::OrganisationWithAffiliation => ("affiliation", "sign-wrong-organisation"),
        BadForm::NamelessPublicProvider => ("shown", "sign-wrong-nameless-provider"),
        BadForm::NamelessOrganisation => ("shown", "sign-wrong-nameless-organisation"),
    };
    (field.to_owned(), language.say(id))
}

/// Reads the form as far as its fields alone can tell.
fn read(language: Language, statement: &StatementView, fields: &Fields) -> Result<SigningForm, Wrong> {
    let mut wrong = Wrong::new();
    let mut taking = |field: &str, id: &str| wrong.push((field.to_owned(), language.say(id)));
    let one = |field: &str| fields.get(field).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut optional = |field: &str| match one(field).as_str() {
        "" => None,
        words => {
            // It goes into a mail to somebody who may not have asked for it: no addresses of pages or mailboxes.
            let name = Name::new(words).ok().filter(|name| !oddities(name).contains(&Oddity::Address));
            if name.is_none() {
                taking(field, "sign-wrong-words");
            }
            name
        }
    };
    let (name, role, affiliation) = (optional("name"), optional("role"), optional("affiliation"));
    if one("name").is_empty() {
        taking("name", "sign-wrong-no-name");
    }
    let country = match one("country").to_uppercase() {
        code if code.is_empty() => None,
        code => {
            let country = Country::try_from(code).ok();
            if country.is_none() {
                taking("country", "sign-wrong-country");
            }
            country
        }
    };
    let address = MailAddress::parse(fields.get("address"));
    if address.is_err() {
        taking("address", "sign-wrong-address");
    }
    if !fields.has("agreed") {
        taking("agreed", "sign-wrong-not-agreed");
    }
    let capacity =
        if fields.get("capacity") == "organisation" { Capacity::Organisation } else { Capacity::Person };
    let shown = if fields.get("shown") == "domain" { Shown::DomainOnly } else { Shown::Name };
    match (name, address, wrong.is_empty()) {
        (Some(name), Ok(address), true) => Ok(SigningForm {
            statement: statement.record,
            address,
            capacity,
            name,
            role,
            affiliation,
            country,
            shown,
            language,
        }),
        _ => Err(wrong),
    }
}

/// The same answer to everybody: whether the address is known, or gets another mail today, nobody learns here.
fn answer(language: Language, statement: &StatementView) -> Page {
    let title = language.say("sign-sent-title");
    let content = html! {
        h1 { (title) }
        p.lede { (language.say("sign-sent-lede")) }
        ul {
            li { (language.say("sign-sent-link")) }
            li { (language.say("sign-sent-nothing-yet")) }
            li { (language.say("sign-sent-missing")) }
        }
        p { a href={ "/statements/" (statement.record) "?lang=" (language.tag()) } { (language.say("sign-back")) } }
    };
    let trail = trail(language, statement, Some(title.clone()));
    Page::new(title, content).trail(trail).section("/statements")
}

fn page(visit: &mut Visit, statement: &StatementView, fields: &Fields, wrong: &Wrong) -> Result<Page, Fault> {
    let language = visit.language;
    let path = format!("/statements/{}/sign", statement.record);
    let token = visit.token(&path)?;
    let title = language.say("sign-title");
    let content = html! {
        h1 { (title) }
        (languages(visit))
        p.lede { a href={ "/statements/" (statement.record) } lang=(statement.language) { (inline(&statement.title, 200)) } }
        p { (language.say("sign-lede")) }
        (summary(&language.say("sign-wrong-title"), wrong))
        form.long method="post" action={ (path) "?lang=" (language.tag()) } novalidate {
            (token)
            (questions(language, fields, wrong))
            (kept(language))
            button.primary { (language.say("sign-send")) }
        }
    };
    let trail = trail(language, statement, Some(title.clone()));
    Ok(Page::new(title, content).trail(trail).section("/statements"))
}

fn questions(language: Language, fields: &Fields, wrong: &Wrong) -> Markup {
    let words = |part: &str| language.say(part);
    let wrong_in =
        |name: &str| wrong.iter().find(|(field, _)| field == name).map(|(_, message)| message.as_str());
    let line =
        |name: &str, label: &str, hint: &str, kind: &'static str, fill: &'static str, needed: Needed| {
            let (label, hint) = (words(label), words(hint));
            let control = Control { name, label: &label, hint: &hint, wrong: wrong_in(name), needed };
            let longest = if name == "country" { 2 } else { 256 };
            control.line(Line { kind, value: fields.get(name), longest, fill })
        };
    let choose = |name: &str, label: &str, hint: &str, choices: [(&str, &str); 2]| {
        let (label, hint) = (words(label), words(hint));
        let control =
            Control { name, label: &label, hint: &hint, wrong: wrong_in(name), needed: Needed::Yes };
        let chosen = if fields.get(name).is_empty() { choices[0].0 } else { fields.get(name) };
        let choices = choices.map(|(value, label)| Choice::new(value, words(label)));
        control.choose("radio", &choices, &[chosen.to_owned()])
    };
    html! {
        (line("name", "sign-name", "sign-name-help", "text", "name", Needed::Yes))
        (choose("shown", "sign-shown", "sign-shown-help", [("name", "sign-shown-name"), ("domain", "sign-shown-domain")]))
        (choose("capacity", "sign-capacity", "sign-capacity-help",
            [("person", "sign-capacity-person"), ("organisation", "sign-capacity-organisation")]))
        (line("role", "sign-role", "sign-role-help", "text", "organization-title", Needed::No))
        (line("affiliation", "sign-affiliation", "sign-affiliation-help", "text", "organization", Needed::No))
        (line("country", "sign-country", "sign-country-help", "text", "country", Needed::No))
        (line("address", "sign-address", "sign-address-help", "email", "email", Needed::Yes))
        @let (label, hint) = (words("sign-agreed"), words("sign-agreed-help"));
        (Control { name: "agreed", label: &label, hint: &hint, wrong: wrong_in("agreed"), needed: Needed::Yes }
            .tick(fields.has("agreed")))
    }
}

/// What is kept, and when it is deleted: beside the fields, not in another document.
fn kept(language: Language) -> Markup {
    aside(
        Tone::Plain,
        &html! {
            p { strong { (language.say("sign-kept-title")) } }
            ul {
                li { (language.say("sign-kept-address")) }
                li { (language.say("sign-kept-name")) }
                li { (language.say("sign-kept-public")) }
                li { (language.say("sign-kept-withdraw")) }
            }
        },
    )
}
