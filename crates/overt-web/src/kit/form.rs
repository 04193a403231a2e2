//! Fields of forms, each with its label.

use std::borrow::Cow;

use maud::{Markup, html};

/// One of the things to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// A value that a form gives back. A page cannot carry control characters.
pub(crate) fn carried(value: &str) -> Cow<'_, str> {
    let is_carried = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if value.chars().all(is_carried) {
        return Cow::Borrowed(value);
    }
    value.chars().map(|c| if is_carried(c) { c } else { '\u{fffd}' }).collect::<String>().into()
}

/// A field that holds any control. The control's id is `name`.
pub fn field(name: &str, label: &str, control: &Markup) -> Markup {
    html! { div.field { label for=(name) { (label) } (control) } }
}

/// Choose one of several.
pub fn select(name: &str, label: &str, choices: &[Choice], chosen: &str) -> Markup {
    let control = html! {
        select id=(name) name=(name) {
            @for Choice { value, label } in choices {
                option value=(carried(value)) selected[value == chosen] { (label) }
            }
        }
    };
    field(name, label, &control)
}

/// Text to look for.
pub fn search_field(name: &str, label: &str, value: &str) -> Markup {
    html! {
        div.field.grow {
            label for=(name) { (label) }
            input id=(name) type="search" name=(name) value=(carried(value)) maxlength="500" autocomplete="off" spellcheck="false";
        }
    }
}

/// A number.
pub fn number_field(name: &str, label: &str, value: &str) -> Markup {
    let control = html! {
        input.short id=(name) name=(name) value=(carried(value)) inputmode="decimal" autocomplete="off" maxlength="24";
    };
    field(name, label, &control)
}
