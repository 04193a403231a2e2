//! Reporting an incident or a flaw: one step after the other, on the reporter's side.
//!
//! Nothing is kept here before the report is handed in: the draft travels in the form, sealed, so that what comes back is
//! what was sent out. A step's answers are put into it, questions that no longer apply are left out, and the next step is
//! drawn. What is handed in is held against all rules again.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use overt_report::Draft;
use overt_report::draft::MAX_BYTES;
use overt_report::form::{Channel, Field, Form, Labels, Step, StepId, relevant};
use overt_site::reports::{ReportError, ReportStatus};
use serde_json::Value;

use super::controls::summary;
use super::fault::Fault;
use super::fields::Fields;
use super::language::Language;
use super::posted::Posted;
use super::report_field::{answers, draw, lists, name, prune, shown};
use super::visit::Visit;
use crate::kit::text::visible;
use crate::kit::{Crumb, Definitions, Page, REPORT, Tone, aside};

const PATH: &str = "/report";
/// What the seal of a draft is for: no form has this name.
const SEAL: &str = "draft of a report";
/// What comes after the last step.
const REVIEW: &str = "review";

/// A field with what is missing or wrong in it.
type Wrong = (String, String);

/// Where the reporter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Step(StepId),
    Review,
}

pub(super) async fn begin(mut visit: Visit) -> Response {
    visit.language = Language::English;
    visit
        .answer(|visit| {
            let page = page(visit, &Draft::default(), Place::Step(StepId::Kind), &[])?;
            Ok(visit.form_reply(StatusCode::OK, page))
        })
        .await
}

pub(super) async fn go(posted: Posted) -> Response {
    let Posted { mut visit, fields } = posted;
    visit.language = Language::English;
    let made = step(&mut visit, &fields).await;
    visit.end(made)
}

async fn step(visit: &mut Visit, fields: &Fields) -> Result<Response, Fault> {
    let mut draft = unsealed(visit, fields)?;
    let here = place(fields.get("step")).unwrap_or(Place::Step(StepId::Kind));
    let mut refused: Vec<Wrong> = Vec::new();
    if let Place::Step(step) = here {
        let form = form_of(visit, &draft);
        for field in form.steps.iter().filter(|known| known.id == step).flat_map(|step| &step.fields) {
            refused.extend(
                answers(&mut draft, field, fields).err().map(|problem| (problem.field, problem.message)),
            );
        }
    }
    let go = fields.get("go");
    if let Some(list) = go.strip_prefix("more:") {
        lists(&mut draft, list);
    } else {
        prune(&mut draft);
    }
    draft = relevant(&draft, Channel::Site);
    if draft.to_json().len() > MAX_BYTES {
        return Err(Fault::TooLarge);
    }
    let form = form_of(visit, &draft);
    let next = match (go, here) {
        ("send", Place::Review) => return send(visit, &draft).await,
        ("back", _) => before(&form, here),
        (go, _) if go.starts_with("more:") => here,
        (go, _) if go.starts_with("edit:") => place(&go[5..]).unwrap_or(here),
        (_, Place::Step(step)) => {
            let complete = form.steps.iter().find(|known| known.id == step).is_none_or(|step| step.complete);
            if complete && refused.is_empty() { after(&form, here) } else { here }
        }
        (_, Place::Review) => Place::Review,
    };
    if let (Place::Step(step), true) = (here, next == here && !go.starts_with("more:")) {
        let fields = form.steps.iter().filter(|known| known.id == step).flat_map(|step| &step.fields);
        let wrong = fields.filter_map(|field| Some((field, field.problem.clone()?)));
        let known: Vec<String> = refused.iter().map(|(field, _)| field.clone()).collect();
        let others = wrong.filter(|(field, _)| !known.contains(&field.id));
        refused.extend(others.map(|(field, message)| (field.id.clone(), message)));
    }
    let status = if refused.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = page(visit, &draft, next, &refused)?;
    Ok(visit.form_reply(status, page))
}

async fn send(visit: &mut Visit, draft: &Draft) -> Result<Response, Fault> {
    match visit.desk.site().reports().submit(draft, visit.from).await {
        Ok(status) => Ok(visit.reply(receipt(&status))),
        Err(ReportError::Problems(problems)) => {
            let problems: Vec<Wrong> =
                problems.into_iter().map(|problem| (problem.field, problem.message)).collect();
            let page = page(visit, draft, Place::Review, &problems)?;
            Ok(visit.form_reply(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
        Err(error) => Err(error.into()),
    }
}

fn form_of(visit: &Visit, draft: &Draft) -> Form {
    Form::of(draft, Channel::Site, visit.desk.now(), &Labels::english())
}

/// The draft that the form carries; an empty one at the beginning.
fn unsealed(visit: &Visit, fields: &Fields) -> Result<Draft, Fault> {
    let text = fields.get("draft");
    if text.is_empty() {
        return Ok(Draft::default());
    }
    if !visit.desk.site().accounts().is_form_token(SEAL, text, fields.get("seal")) {
        return Err(Fault::Asked(
            "the draft in this form was altered on its way; begin again, or go back".into(),
        ));
    }
    Draft::from_json(text.as_bytes()).map_err(|error| Fault::Asked(error.to_string()))
}

/// The draft as the form carries it.
fn sealed(visit: &Visit, draft: &Draft) -> Markup {
    let text = draft.to_json();
    let seal = visit.desk.site().accounts().form_token(SEAL, &text);
    html! {
        input type="hidden" name="draft" value=(text);
        input type="hidden" name="seal" value=(seal);
    }
}

fn word(step: StepId) -> String {
    let word = serde_json::to_value(step).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

fn place(text: &str) -> Option<Place> {
    if text == REVIEW {
        return Some(Place::Review);
    }
    StepId::ALL.iter().copied().find(|step| word(*step) == text).map(Place::Step)
}

fn after(form: &Form, here: Place) -> Place {
    match here {
        Place::Step(step) => form
            .steps
            .iter()
            .map(|known| known.id)
            .find(|known| *known > step)
            .map_or(Place::Review, Place::Step),
        Place::Review => Place::Review,
    }
}

fn before(form: &Form, here: Place) -> Place {
    let mut steps = form.steps.iter().map(|known| known.id).rev();
    let found = match here {
        Place::Step(step) => steps.find(|known| *known < step),
        Place::Review => steps.next(),
    };
    found.map_or(Place::Step(StepId::Kind), Place::Step)
}

fn page(visit: &mut Visit, draft: &Draft, place: Place, refused: &[Wrong]) -> Result<Page, Fault> {
    let form = form_of(visit, draft);
    let token = visit.token(PATH)?;
    // A step that no longer applies is followed by the next that does.
    let place = match place {
        Place::Step(step) if !form.steps.iter().any(|known| known.id == step) => after(&form, place),
        place => place,
    };
    let (title, content) = match place {
        Place::Step(id) => {
            let step = form.steps.iter().find(|known| known.id == id).ok_or(Fault::Ours)?;
            (step.title.clone(), one_step(&form, step, refused))
        }
        Place::Review => ("Look over your report".to_owned(), review(&form, refused)),
    };
    let here = match place {
        Place::Step(step) => word(step),
        Place::Review => REVIEW.to_owned(),
    };
    let content = html! {
        p.note { "Report an incident or a flaw" }
        h1 { (title) }
        form.long method="post" action=(PATH) novalidate data-report {
            (token)
            (sealed(visit, draft))
            input type="hidden" name="step" value=(here);
            (content)
        }
        @if place == Place::Step(StepId::Kind) { (promise()) }
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::new("Incidents", "/incidents"), Crumb::here("Report")];
    Ok(Page::new(format!("Report: {title}"), content).trail(trail).section("/incidents").head(script()))
}

fn promise() -> Markup {
    aside(
        Tone::Plain,
        &html! {
            p { strong { "What is kept" } }
            ul {
                li { "Until you hand it in, the report is on your side alone: it travels in this page." }
                li { "Then it is kept encrypted, you get a mail to confirm it, and without that it is deleted after 48 hours." }
                li { "A moderator reads it. What is marked as public becomes a signed record; the rest stays private, and is deleted with the report. How you can be reached is deleted 90 days after the report is closed." }
                li { "Nothing is published before an embargo that you name ends." }
            }
        },
    )
}

fn one_step(form: &Form, step: &Step, refused: &[Wrong]) -> Markup {
    let number = form.steps.iter().position(|known| known.id == step.id).map_or(1, |at| at + 1);
    let message =
        |field: &Field| refused.iter().find(|(known, _)| *known == field.id).map(|(_, message)| &**message);
    let wrong: Vec<(String, String)> = refused
        .iter()
        .map(|(known, message)| {
            let label = step.fields.iter().find(|field| field.id == *known).map_or("", |field| &field.label);
            (name(known), format!("{label}: {message}"))
        })
        .collect();
    html! {
        p.note {
            "Step " (number) " of " (form.steps.len()) ", then a last look. " (form.progress.done) " of "
            (form.progress.needed) " answers that are needed are there."
        }
        (summary("Something needs another look", &wrong))
        @for paragraph in step.help.split('\n').filter(|line| !line.is_empty()) { p.lede { (paragraph) } }
        @for (at, field) in step.fields.iter().enumerate() {
            (draw(field, message(field)))
            @if let Some(list) = ends_list(&step.fields, at) {
                p { button.quiet name="go" value={ "more:" (list) } { "Add another entry" } }
            }
        }
        p.act {
            button.primary name="go" value="next" { "Next" }
            @if number > 1 { " " button.quiet name="go" value="back" { "Back" } }
        }
    }
}

/// The list whose last entry ends with a field.
fn ends_list(fields: &[Field], at: usize) -> Option<&str> {
    let list = |field: &Field| -> Option<usize> {
        let digit = field.id.find(|c: char| c.is_ascii_digit())?;
        field.id[..digit].ends_with('.').then_some(digit - 1)
    };
    let end = list(&fields[at])?;
    let prefix = &fields[at].id[..end];
    let goes_on = fields.get(at + 1).and_then(|next| Some(&next.id[..list(next)?])) == Some(prefix);
    (!goes_on).then_some(prefix)
}

fn review(form: &Form, refused: &[Wrong]) -> Markup {
    let found: Vec<Wrong> =
        form.problems.iter().map(|problem| (problem.field.clone(), problem.message.clone())).collect();
    let problems = if refused.is_empty() { &found } else { refused };
    html! {
        @if problems.is_empty() {
            p.lede { "This is what you are about to hand in." }
        } @else {
            (aside(Tone::Bad, &html! {
                p { strong { "Something is missing or wrong" } }
                ul {
                    @for (field, message) in problems { li { (label(form, field)) ": " (visible(message)) } }
                }
            }))
        }
        @for step in &form.steps {
            @let fields: Vec<&Field> = step.fields.iter().filter(|field| !field.values.is_empty()).collect();
            h2 { (step.title) }
            (Definitions::new().with_all(fields.into_iter().map(|field| {
                let label = if field.public { field.label.clone() } else { format!("{} (private)", field.label) };
                (label, shown(field))
            })).render())
            p { button.quiet name="go" value={ "edit:" (word(step.id)) } { "Change: " (step.title) } }
        }
        p.act {
            button.primary name="go" value="send" disabled[!problems.is_empty()] { "Hand in" }
            " " button.quiet name="go" value="back" { "Back" }
        }
    }
}

fn label(form: &Form, field: &str) -> String {
    let fields = form.steps.iter().flat_map(|step| &step.fields);
    fields
        .into_iter()
        .find(|known| known.id == field)
        .map_or_else(|| field.to_owned(), |known| known.label.clone())
}

fn receipt(status: &ReportStatus) -> Page {
    let content = html! {
        h1 { "Handed in" }
        p.lede { "This is report " (status.id) ". A mail with a link is on its way to you." }
        ul {
            li { "Open the link and confirm that the report is yours. Until then nobody reads it, and after 48 hours it is deleted." }
            li { "The link is secret. With it you see at any time how the report stands, and can take it back." }
        }
        p data-report-sent { a href="/incidents" { "Back to the incidents" } }
    };
    Page::new("Handed in", content).section("/incidents").head(script())
}

fn script() -> Markup {
    html! { script src=(REPORT.path) defer {} }
}

/// Whether a value says anything.
pub(super) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(words) => words.is_empty(),
        Value::Array(list) => list.iter().all(says_nothing),
        Value::Object(fields) => fields.values().all(says_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
