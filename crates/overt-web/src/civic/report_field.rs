//! Fields of a report's form: how they are drawn, and how their answers are put into the draft.

use maud::{Markup, html};
use overt_report::Draft;
use overt_report::form::{Field, Input, Problem};
use serde_json::Value;

use super::controls::{Control, Line, Needed};
use super::fields::Fields;
use super::report::says_nothing;
use crate::kit::Choice;
use crate::kit::text::{inline, visible};

/// The name of a field in the form, which is its id on the page.
pub(super) fn name(field: &str) -> String {
    format!("a.{field}")
}

/// The question with its control.
pub(super) fn draw(field: &Field, refused: Option<&str>) -> Markup {
    let name = name(&field.id);
    let who = if field.public { "Becomes public." } else { "Stays private." };
    let (label, hint) = (label(field), format!("{} {who}", field.help));
    let needed = if field.needed { Needed::Yes } else { Needed::No };
    let control = Control { name: &name, label: &label, hint: hint.trim(), wrong: refused, needed };
    let choices: Vec<Choice> =
        field.choices.iter().map(|choice| Choice::new(choice.value.clone(), choice.label.clone())).collect();
    let first = field.values.first().map(String::as_str).unwrap_or_default();
    match field.input {
        Input::YesNo => control.choose("radio", &choices, &field.values),
        Input::Several(_) => control.choose("checkbox", &choices, &field.values),
        Input::One(_) => {
            let mut all = vec![Choice::new("", "—")];
            all.extend(choices);
            control.select(&all, first)
        }
        Input::Prose => control.prose(first, 6),
        // A number out of a record is not typed.
        Input::Measured => html! {},
        input if input.is_many() => control.prose(&field.values.join("\n"), 3),
        input => control.line(Line { kind: kind(input), value: first, longest: 2048, fill: fill(input) }),
    }
}

fn label(field: &Field) -> String {
    // The second of several systems is said to be the second.
    let number = field.id.split('.').find_map(|part| part.parse::<usize>().ok()).filter(|number| *number > 0);
    let entry = number.map(|number| format!(" ({})", number + 1)).unwrap_or_default();
    let optional = if field.needed { "" } else { " (optional)" };
    let lines = if field.input.is_many() && field.choices.is_empty() { ", a line for each" } else { "" };
    format!("{}{entry}{optional}{lines}", field.label)
}

const fn kind(input: Input) -> &'static str {
    match input {
        Input::Email => "email",
        Input::Link => "url",
        _ => "text",
    }
}

const fn fill(input: Input) -> &'static str {
    match input {
        Input::Email => "email",
        Input::Country => "country",
        _ => "off",
    }
}

/// The answer as it is read, for the last look.
pub(super) fn shown(field: &Field) -> Markup {
    let words = |value: &String| {
        let found = field.choices.iter().find(|choice| choice.value == *value);
        found.map_or_else(|| value.clone(), |choice| choice.label.clone())
    };
    html! {
        @match field.input {
            Input::Prose => { @for value in &field.values { div.said { (visible(value)) } } }
            _ => { @for (at, value) in field.values.iter().enumerate() { @if at > 0 { ", " } (inline(&words(value), 300)) } }
        }
    }
}

/// Puts what was answered into the draft. What was not sent is taken back.
pub(super) fn answers(draft: &mut Draft, field: &Field, sent: &Fields) -> Result<(), Problem> {
    if field.input == Input::Measured {
        return Ok(());
    }
    let name = name(&field.id);
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let values: Vec<String> = match field.input {
        Input::Prose => sent.all(&name).map(|text| text.replace("\r\n", "\n").trim().to_owned()).collect(),
        Input::Several(_) => sent.all(&name).map(str::to_owned).collect(),
        input if input.is_many() => sent.all(&name).flat_map(str::lines).map(one_line).collect(),
        _ => sent.all(&name).map(one_line).collect(),
    };
    let values: Vec<&str> = values.iter().map(String::as_str).filter(|value| !value.is_empty()).collect();
    if values.is_empty() && field.values.is_empty() {
        return Ok(());
    }
    draft.set(&field.id, &values)
}

/// One entry more in a list, if the last one is not empty.
pub(super) fn lists(draft: &mut Draft, list: &str) {
    let value: Value = serde_json::from_str(&draft.to_json()).unwrap_or_default();
    let found = list.split('.').try_fold(&value, |at, part| at.get(part));
    let entries = found.and_then(Value::as_array);
    let (length, last) = (entries.map_or(0, Vec::len), entries.and_then(|entries| entries.last()));
    let Some(first) = FIRST.iter().find(|(known, _)| *known == list).map(|(_, first)| first) else { return };
    if last.is_some_and(|last| !says_nothing(last)) {
        // There may be too many already; then it stays as it is.
        let _ = draft.set(&format!("{list}.{length}.{first}"), &[]);
    }
}

/// The lists of the form, with the first field of an entry.
const FIRST: [(&str, &str); 10] = [
    ("systems", "name"),
    ("event.policies", "uri"),
    ("evidence.items", "title"),
    ("attachments", "name"),
    ("impact.taxonomies", "scheme"),
    ("coordination.sent", "at"),
    ("coordination.recipients", "name"),
    ("coordination.timeline", "at"),
    ("coordination.acknowledgements", "by"),
    ("response.deadlines", "due"),
];

/// Takes out entries without an answer.
pub(super) fn prune(draft: &mut Draft) {
    fn full<T: Default + PartialEq>(list: &mut Vec<T>) {
        list.retain(|entry| *entry != T::default());
    }
    full(&mut draft.systems);
    full(&mut draft.event.policies);
    full(&mut draft.evidence.items);
    full(&mut draft.attachments);
    full(&mut draft.impact.taxonomies);
    full(&mut draft.response.deadlines);
    let plan = &mut draft.coordination;
    full(&mut plan.sent);
    full(&mut plan.recipients);
    full(&mut plan.timeline);
    full(&mut plan.acknowledgements);
    full(&mut plan.consent);
}
