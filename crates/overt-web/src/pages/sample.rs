//! One sample: what was said, by whom, and what scorers and judges made of it.

mod judged;
mod part;
mod record;
mod spoken;

use maud::{Markup, html};
use overt_schema::{Message, Role, SampleRow, ToolCall};

use super::Place;
use crate::kit::number::{decimal, grouped};
use crate::kit::text::{inline, plain, visible};
use crate::kit::{Crumb, Page, Said, Tone, Turn, aside, badge, outcome_badge, turns};
use crate::view::{Filter, Neighbours, Row, RunView};

pub use part::{Part, part_of};

/// Bytes of a text that are shown; the whole of it has an address.
const SHOWN: usize = 24 << 10;

/// What the page shows.
#[derive(Debug)]
pub struct SamplePage<'a> {
    /// The run.
    pub view: &'a RunView,
    /// Where its pages are.
    pub place: &'a Place,
    /// The list that the sample was found in.
    pub filter: &'a Filter,
    /// The sample.
    pub row: &'a Row,
    /// What stands before and after it in the list.
    pub neighbours: &'a Neighbours,
    /// More about it: what it was in another run, how to check it.
    pub more: Markup,
}

impl SamplePage<'_> {
    fn task_name(&self) -> &str {
        self.view.tasks.get(self.row.task() as usize).map_or("?", |name| name)
    }

    /// The address of the whole of a text.
    fn text(&self, part: Part) -> String {
        format!("{}/texts/{part}", self.place.sample(self.task_name(), self.row.id(), self.row.epoch()))
    }

    fn said<'a>(&self, text: &'a str, part: Part, class: &'static str) -> Said<'a> {
        Said { text, limit: SHOWN, whole: Some(self.text(part)), class }
    }
}

/// The page of a sample.
pub fn sample(page: &SamplePage<'_>) -> Page {
    let SamplePage { view, place, row, filter, .. } = page;
    let task = view.run.tasks.get(row.task() as usize);
    let epoch = task.is_some_and(|task| task.epochs > 1).then(|| row.epoch());
    let back = filter.query().on(&place.samples());
    let content = html! {
        h1 { (inline(row.id(), 120)) }
        p.lede {
            @if let Some(task) = task { (inline(&task.title, 120)) }
            @if let Some(epoch) = epoch { ", epoch " (epoch) }
        }
        (neighbours(page))
        (scores(page))
        @match row.whole() {
            Some(whole) => (whole_sample(page, whole)),
            None => (withheld()),
        }
        (page.more)
        (neighbours(page))
    };
    let trail = place.below([
        Crumb::new("Samples", back),
        Crumb::new(page.task_name(), place.samples_of(page.task_name(), |query| query)),
        Crumb::here(row.id()),
    ]);
    Page::new(format!("{} of {}", row.id(), page.task_name()), content).trail(trail).section(&*place.section)
}

fn whole_sample(page: &SamplePage<'_>, whole: &SampleRow) -> Markup {
    html! {
        h2 { "Transcript" }
        (tools(page))
        (transcript(page, whole))
        (judged::judged(page, whole))
        (record::fields(page, whole))
        (record::request(page, whole))
    }
}

fn withheld() -> Markup {
    aside(
        Tone::Plain,
        &html! {
            p { strong { "The content of this sample is withheld." } }
            p {
                "Prompt, answer and explanations are not published. What the results depend on is above, and a commitment to the rest "
                "is in the signed record: it can be opened later, and then anyone can check that it was not changed."
            }
        },
    )
}

fn neighbours(page: &SamplePage<'_>) -> Markup {
    let link = |found: &Option<(usize, String, u32)>, rel: &str, arrow: fn(Markup) -> Markup| {
        let (task, id, epoch) = found.as_ref()?;
        let task = page.view.tasks.get(*task)?;
        let to = page.filter.query().on(&page.place.sample(task, id, *epoch));
        Some(html! { a rel=(rel) href=(to) { (arrow(inline(id, 40))) } })
    };
    let before = link(&page.neighbours.before, "prev", |id| html! { "← " (id) });
    let after = link(&page.neighbours.after, "next", |id| html! { (id) " →" });
    html! {
        nav.neighbours aria-label="Neighbours in the list" {
            span { @match before { Some(link) => (link), None => span.faint { "first of the list" } } }
            @if let Some((place, all)) = page.neighbours.place { span.faint { (grouped(place)) " of " (grouped(all)) } }
            span { @match after { Some(link) => (link), None => span.faint { "last of the list" } } }
        }
    }
}

/// Outcome and scores, before everything else.
fn scores(page: &SamplePage<'_>) -> Markup {
    let row = page.row;
    let finish = row.whole().and_then(|row| row.answer.finish_reason.as_deref());
    html! {
        dl.rows {
            div {
                dt { "outcome" }
                dd {
                    (outcome_badge(row.outcome()))
                    @if let Some(reason) = finish { " " span.faint { "finish reason " code { (inline(reason, 60)) } } }
                    @if row.whole().is_some_and(|row| row.pending) { " " (badge(Tone::Mark, "waits for a judge")) }
                    @if row.whole().is_some_and(|row| row.answer.served.cached) { " " (badge(Tone::Plain, "from the cache")) }
                }
            }
            @for score in row.scores().iter().take(64) {
                div {
                    dt { (inline(&score.scorer, 60)) }
                    dd {
                        @match score.value { Some(value) => b { (decimal(value, 2)) }, None => (badge(Tone::Open, "missing")) }
                        @if score.unparsed { " " (badge(Tone::Mark, "could not be read")) }
                        @if let Some(read) = &score.answer { " · read " code { (inline(read, 200)) } }
                        @if let Some(why) = &score.explanation { div { (visible(&plain(why, 4000))) } }
                    }
                }
            }
        }
    }
}

fn tools(page: &SamplePage<'_>) -> Markup {
    let tools = page.view.tools(page.row.task() as usize);
    html! {
        @if !tools.is_empty() {
            details {
                summary { "Tools that were offered: " (plain(&tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>().join(", "), 120)) }
                @for tool in tools.iter().take(64) {
                    h3 { code { (inline(&tool.name, 64)) } }
                    @if let Some(about) = &tool.description { p { (visible(about)) } }
                    pre { (visible(&pretty(&tool.parameters))) }
                }
            }
        }
    }
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn transcript(page: &SamplePage<'_>, whole: &SampleRow) -> Markup {
    let messages = whole.messages.iter().enumerate();
    let mut said: Vec<Turn> = messages.map(|(at, message)| turn(page, at, message)).collect();
    said.push(answer(page, whole));
    turns(&said)
}

fn turn(page: &SamplePage<'_>, at: usize, message: &Message) -> Turn {
    let class = match message.role {
        Role::System => "system",
        Role::Tool => "code",
        Role::User | Role::Assistant => "",
    };
    let remark = message.tool_call_id.as_deref().map(|id| html! { "answers " code { (inline(id, 40)) } });
    Turn {
        who: message.role.as_str().to_owned(),
        remark,
        content: html! {
            @for image in message.images.iter().take(100) { (spoken::picture(image)) }
            @if !message.content.is_empty() { (page.said(&message.content, Part::Message(at), class).render()) }
            (spoken::calls(&message.tool_calls))
        },
        is_answer: false,
    }
}

fn answer(page: &SamplePage<'_>, whole: &SampleRow) -> Turn {
    let answer = &whole.answer;
    let words = answer.output.as_deref().map(|text| ToolCall::words(text, &answer.tool_calls));
    let content = html! {
        @match words {
            Some(text) if text.trim().is_empty() && answer.tool_calls.is_empty() => p.faint { "(empty)" },
            Some(text) if text.trim().is_empty() => {}
            Some(text) => (page.said(text, Part::Answer, "").render()),
            None => p.faint { "(none)" },
        }
        (spoken::calls(&answer.tool_calls))
        @if let Some(error) = &answer.error { (aside(Tone::Bad, &html! { p { (visible(&plain(error, 4000))) } })) }
    };
    Turn { who: "assistant".into(), remark: Some(html! { "the answer" }), content, is_answer: true }
}
