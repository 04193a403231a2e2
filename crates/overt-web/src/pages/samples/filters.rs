//! The form that filters samples. It is sent by GET, so that every list has an address.

use maud::{Markup, html};
use overt_schema::Outcome;

use crate::kit::text::plain;
use crate::kit::{Choice, number_field, outcome_words, search_field, select};
use crate::view::{Filter, Kind, RunView, Sort};

/// The most values of fields that can be chosen.
const TAGS: usize = 400;

pub(super) fn form(view: &RunView, filter: &Filter, path: &str) -> Markup {
    let number = |bound: Option<f64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    html! {
        form.filters method="get" action=(path) role="search" aria-label="Filter the samples" {
            (search_field("text", "Text in prompts, answers and fields", filter.text.as_deref().unwrap_or_default()))
            @if view.tasks.len() > 1 { (tasks(view, filter)) }
            (outcomes(view, filter))
            (tags(view, filter))
            (scorers(view, filter))
            (number_field("from", "Score from", &number(filter.from)))
            (number_field("to", "to", &number(filter.to)))
            (sorts(filter))
            button.primary { "Show" }
            @if !filter.is_all() || filter.sort != Sort::Order { a.button.quiet href=(path) { "Reset" } }
        }
    }
}

fn any(words: &str) -> Choice {
    Choice::new("", words)
}

fn tasks(view: &RunView, filter: &Filter) -> Markup {
    let names = view.tasks.iter().map(|name| Choice::new(name, plain(name, 60)));
    let choices: Vec<Choice> = std::iter::once(any("any")).chain(names).collect();
    select("task", "Task", &choices, filter.task.as_deref().unwrap_or_default())
}

fn outcomes(view: &RunView, filter: &Filter) -> Markup {
    let mut choices = vec![any("any"), Choice::new(Kind::Failed.as_str(), "without an answer")];
    if view.is_published() {
        choices.push(Choice::new(Kind::Withheld.as_str(), "content withheld"));
    }
    choices.extend(Outcome::ALL.map(|outcome| Choice::new(outcome.as_str(), outcome_words(outcome))));
    select("outcome", "Outcome", &choices, filter.outcome.map_or("", Kind::as_str))
}

fn tags(view: &RunView, filter: &Filter) -> Markup {
    let task = filter.task.as_ref().and_then(|name| view.tasks.iter().position(|known| known == name));
    let facets = view.sketch.facets();
    let mut choices = vec![any("any")];
    for field in facets.fields(task) {
        for value in facets.values(task, field) {
            let label = format!("{}: {}", plain(field, 30), plain(value, 50));
            choices.push(Choice::new(format!("{field}={value}"), label));
        }
    }
    choices.truncate(TAGS);
    let chosen = filter.tag.as_ref().map(|(field, value)| format!("{field}={value}")).unwrap_or_default();
    // What an address asks for stays chosen, also if no sample has it.
    if !choices.iter().any(|choice| choice.value == chosen) {
        choices.push(Choice::new(&*chosen, plain(&chosen, 80)));
    }
    html! { @if choices.len() > 1 { (select("tag", "Field", &choices, &chosen)) } }
}

fn scorers(view: &RunView, filter: &Filter) -> Markup {
    let mut names: Vec<&str> =
        (0..view.tasks.len()).flat_map(|task| view.sketch.scorers(task)).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let choices = names.iter().map(|name| Choice::new(*name, plain(name, 40)));
    let choices: Vec<Choice> = std::iter::once(any("the first of each task")).chain(choices).collect();
    html! {
        @if names.len() > 1 { (select("scorer", "Score of", &choices, filter.scorer.as_deref().unwrap_or_default())) }
        @else if let Some(scorer) = &filter.scorer { input type="hidden" name="scorer" value=(scorer); }
        (select("score", "Score", &[any("any, or a range"), Choice::new("1", "1"), Choice::new("0", "0"), Choice::new("missing", "missing")], score(filter)))
    }
}

fn score(filter: &Filter) -> &'static str {
    if filter.missing { "missing" } else { "" }
}

fn sorts(filter: &Filter) -> Markup {
    let choices = Sort::ALL.map(|(_, word, words)| Choice::new(word, words));
    select("sort", "Order", &choices, filter.sort.as_str())
}
