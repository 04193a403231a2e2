//! What waits for a person. Every decision is a form with a reason.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use overt_record::record::{Authority, RedactionReason};
use overt_record::{Name, Text};
use overt_report::form::{Channel, Form, Labels};
use overt_site::accounts::{Holder, Role};
use overt_site::moderation::{Decision, HeldView, Item, QueueItem, TakeDown};
use overt_site::signing::{HoldReason, Shown};

use super::accounts::role;
use super::controls::{Control, Line, Needed};
use super::fault::Fault;
use super::fields::Fields;
use super::incidents::read_term;
use super::language::Language;
use super::posted::Posted;
use super::report_field::shown;
use super::statement::digest;
use super::visit::Visit;
use crate::kit::number::{count, grouped};
use crate::kit::text::{inline, visible};
use crate::kit::{Choice, Crumb, Definitions, Page};

const PATH: &str = "/moderation";
const TAKE_DOWN: &str = "/moderation/take-down";

fn moderator(visit: &Visit) -> Result<Holder, Fault> {
    let holder = visit.session()?.holder;
    holder.may(Role::Moderator)?;
    Ok(holder)
}

pub(super) async fn queue(mut visit: Visit) -> Response {
    visit.language = Language::English;
    visit
        .answer(|visit| {
            let holder = moderator(visit)?;
            let page = queue_page(visit, &holder)?;
            Ok(visit.form_reply(StatusCode::OK, page))
        })
        .await
}

fn queue_page(visit: &mut Visit, holder: &Holder) -> Result<Page, Fault> {
    let site = visit.desk.site().clone();
    let behind = visit.asked.get("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    let items = site.moderation().queue(behind)?;
    let reports = site.reports().waiting(holder, 0)?;
    let drawn = items.iter().map(|item| one(visit, item)).collect::<Result<Vec<_>, _>>()?;
    let (token, out) = (visit.token(TAKE_DOWN)?, visit.token("/logout")?);
    let content = html! {
        h1 { "Moderation" }
        p.lede { "You are “" (inline(&holder.name, 80)) "”, " (role(holder.role)) ". What you decide here is noted with its reason." }
        form method="post" action="/logout" { (out) button.quiet { "Log out" } }
        @if holder.role == Role::Administrator { p { a href="/tokens" { "Tokens" } } }
        h2 id="reports" { "Reports of incidents and flaws" }
        @if reports.is_empty() { p { "None waits." } }
        ul {
            @for report in &reports {
                li {
                    a href={ "/moderation/reports/" (report.id) } { "Report " (report.id) }
                    ", handed in on " time datetime=(report.created) { (report.created) }
                    @if let Some(end) = report.embargo { ", not to be published before " (end) }
                }
            }
        }
        @if !reports.is_empty() { p.note { "That you read a report is noted in the audit trail." } }
        h2 id="queue" { "Signatures and complaints" }
        p { (grouped(site.moderation().waiting()?)) " wait, oldest first." }
        @for item in drawn { (item) }
        @if items.len() == 200 && let Some(last) = items.last() {
            nav.pager aria-label="Pages" { span {} a rel="next" href={ (PATH) "?after=" (last.id) } { "later ones →" } }
        }
        h2 id="take-down" { "Take down a record" }
        (take_down_form(&token, visit.asked.get("record").unwrap_or_default()))
    };
    Ok(Page::new("Moderation", content).trail(vec![Crumb::new("Home", "/"), Crumb::here("Moderation")]))
}

fn one(visit: &mut Visit, item: &QueueItem) -> Result<Markup, Fault> {
    let path = format!("{PATH}/items/{}", item.id);
    let token = visit.token(&path)?;
    let reason = format!("reason-{}", item.id);
    let (what, yes, no) = match &item.item {
        Item::Signature { statement, reasons, signature } => {
            let words = html! {
                h3 { "Signature, item " (item.id) }
                p { "Under " a href={ "/statements/" (statement) } { code { (statement.to_string()[..12]) "…" } } }
                @if let Some(signature) = signature { (held(signature)) }
                p { "Held because:" }
                ul { @for reason in reasons { li { (why(reason)) } } }
            };
            (words, ("publish", "Publish"), ("refuse", "Delete"))
        }
        Item::Content { record, complaint } => {
            let words = html! {
                h3 { "Complaint, item " (item.id) }
                p { "About " a href={ "/records/" (record) } { code { (record.to_string()[..12]) "…" } } }
                @if let Some(complaint) = complaint { div.said { (visible(complaint)) } }
                p { a href={ (PATH) "?record=" (record) "#take-down" } { "Take this record down" } }
            };
            (words, ("", ""), ("leave", "Leave it as it is"))
        }
    };
    Ok(html! {
        section.item {
            (what)
            p.note { "Waits since " time datetime=(item.since) { (item.since) } "." }
            form.long method="post" action=(path) {
                (token)
                (Control { name: &reason, label: "Reason", hint: "", wrong: None, needed: Needed::Yes }
                    .line(Line { kind: "text", value: "", longest: 1000, fill: "off" }))
                p.act {
                    @if !yes.0.is_empty() { button.primary name="decision" value=(yes.0) { (yes.1) } " " }
                    button.quiet name="decision" value=(no.0) { (no.1) }
                }
            }
        }
    })
}

fn held(signature: &HeldView) -> Markup {
    let capacity = match signature.capacity {
        overt_record::record::Capacity::Person => "a person",
        overt_record::record::Capacity::Organisation => "an organisation",
    };
    Definitions::new()
        .with(
            "Name",
            html! {
                (inline(&signature.name, 256))
                @if signature.shown == Shown::DomainOnly { " (not to be shown)" }
            },
        )
        .with_some("Role", signature.role.as_ref().map(|role| inline(role, 256)))
        .with_some("Organisation", signature.affiliation.as_ref().map(|affiliation| inline(affiliation, 256)))
        .with("Signs as", html! { (capacity) })
        .with("Domain of the address", inline(&signature.domain, 256))
        .render()
}

fn why(reason: &HoldReason) -> Markup {
    html! {
        @match reason {
            HoldReason::Organisation => { "an organisation signs: anybody with an address there could have signed for it" }
            HoldReason::Burst { common, signatures, seconds } => {
                (count(*signatures, "signature")) " came in " (count(*seconds, "second"))
                @if !common.is_empty() { " from " (inline(common, 256)) }
            }
            HoldReason::SameName { record } => {
                "the same name and organisation stand in the list already: "
                a href={ "/records/" (record) } { code { (record.to_string()[..12]) "…" } }
            }
            HoldReason::OddName { oddity } => { "something about the name: " (inline(&oddity.replace('_', " "), 60)) }
            HoldReason::SharedMailbox { people } => { (count(*people, "signature")) " from one mailbox" }
        }
    }
}

fn take_down_form(token: &Markup, record: &str) -> Markup {
    let reasons = [
        ("personal_data", "data about a person, who has a right to have them erased"),
        ("legal_order", "a court or an authority ordered it"),
        ("copyright", "it belongs to somebody else"),
        ("hazardous", "it could be used to do harm"),
        ("contamination", "test content that must not leak into training"),
        ("error", "it was wrong"),
        ("other", "another"),
    ];
    let reasons: Vec<Choice> = reasons.into_iter().map(|(value, label)| Choice::new(value, label)).collect();
    let control = |name, label, hint| Control { name, label, hint, wrong: None, needed: Needed::Yes };
    let line = |value, longest| Line { kind: "text", value, longest, fill: "off" };
    html! {
        p { "A redaction is logged, which says why and by whose demand, and the content goes. That there was a record stays provable." }
        form.long method="post" action=(TAKE_DOWN) {
            (token)
            (control("record", "Record digest", "64 hexadecimal digits.").line(line(record, 64)))
            (control("why", "Reason", "").select(&reasons, "personal_data"))
            (control("explanation", "Explanation", "A sentence that becomes public: it names nobody.").prose("", 3))
            (control("authority", "Who demands it", "An office, a law, the person concerned (not by name). Becomes public.")
                .line(line("", 256)))
            button.primary { "Take down" }
        }
    }
}

pub(super) async fn decide(Path(id): Path<String>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let made = decide_item(&visit, &id, &fields).await;
    visit.end(made)
}

async fn decide_item(visit: &Visit, id: &str, fields: &Fields) -> Result<Response, Fault> {
    let holder = moderator(visit)?;
    let id: i64 = id.parse().map_err(|_| Fault::Missing("such item in the queue"))?;
    let reason = fields.get(&format!("reason-{id}"));
    let moderation = visit.desk.site().moderation();
    match fields.get("decision") {
        "publish" => drop(moderation.decide_signature(&holder, id, Decision::Publish, reason).await?),
        "refuse" => drop(moderation.decide_signature(&holder, id, Decision::Refuse, reason).await?),
        "leave" => moderation.dismiss(&holder, id, reason).await?,
        _ => return Err(Fault::Asked("choose what is to be done".into())),
    }
    Ok(Visit::see(PATH))
}

pub(super) async fn take_down(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let made = async {
        let holder = moderator(&visit)?;
        let asked = |words: &str| Fault::Asked(words.to_owned());
        let reason = fields.get("why");
        let reason: RedactionReason = read_term(Some(reason)).ok_or_else(|| asked("choose a reason"))?;
        let explanation = Text::cleaned(fields.get("explanation"));
        let name = Name::cleaned(fields.get("authority"));
        let what = TakeDown {
            record: digest(fields.get("record").trim())?,
            reason,
            explanation: explanation.ok_or_else(|| asked("a redaction has an explanation"))?,
            authority: Authority {
                name: name.ok_or_else(|| asked("a redaction says who demands it"))?,
                reference: None,
                uri: None,
            },
        };
        visit.desk.site().moderation().take_down(&holder, what).await?;
        Ok(Visit::see(PATH))
    };
    let made = made.await;
    visit.end(made)
}

pub(super) async fn report(mut visit: Visit, Path(id): Path<String>) -> Response {
    visit.language = Language::English;
    let made = report_page(&mut visit, &id).await;
    visit.end(made)
}

async fn report_page(visit: &mut Visit, id: &str) -> Result<Response, Fault> {
    let holder = moderator(visit)?;
    let id: i64 = id.parse().map_err(|_| Fault::Missing("such report"))?;
    let draft = visit.desk.site().reports().read(&holder, id).await?;
    let form = Form::of(&draft, Channel::Site, visit.desk.now(), &Labels::english());
    let path = format!("{PATH}/reports/{id}");
    let token = visit.token(&path)?;
    let title = format!("Report {id}");
    let content = html! {
        h1 { (title) }
        p.lede { "What is marked as private stays so when you publish it." }
        @for step in &form.steps {
            @let fields: Vec<_> = step.fields.iter().filter(|field| !field.values.is_empty()).collect();
            @if !fields.is_empty() {
                h2 { (step.title) }
                (Definitions::new().with_all(fields.into_iter().map(|field| {
                    let label = if field.public { field.label.clone() } else { format!("{} (private)", field.label) };
                    (label, shown(field))
                })).render())
            }
        }
        h2 { "Decide" }
        form.long method="post" action=(path) {
            (token)
            (Control { name: "reason", label: "Reason", hint: "If it is not published, the reporter sees it.", wrong: None, needed: Needed::Yes }
                .prose("", 3))
            p.act {
                button.primary name="decision" value="publish" { "Publish as a record" } " "
                button.quiet name="decision" value="refuse" { "Don’t publish, and delete" }
            }
        }
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::new("Moderation", PATH), Crumb::here(title.clone())];
    Ok(visit.form_reply(StatusCode::OK, Page::new(title, content).trail(trail)))
}

pub(super) async fn decide_report(Path(id): Path<String>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let made = async {
        let holder = moderator(&visit)?;
        let id: i64 = id.parse().map_err(|_| Fault::Missing("such report"))?;
        let reports = visit.desk.site().reports();
        match fields.get("decision") {
            "publish" => drop(reports.publish(&holder, id, fields.get("reason")).await?),
            "refuse" => reports.refuse(&holder, id, fields.get("reason")).await?,
            _ => return Err(Fault::Asked("choose what is to be done".into())),
        }
        Ok(Visit::see(PATH))
    };
    let made = made.await;
    visit.end(made)
}
