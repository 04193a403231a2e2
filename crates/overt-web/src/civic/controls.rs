//! Fields of long forms: label, hint, control, and what is wrong beside it.

use maud::{Markup, html};

use crate::kit::text::visible;
use crate::kit::{Choice, carried};

/// One question of a form.
pub(super) struct Control<'a> {
    /// Name in the form, and id on the page.
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    /// A sentence under the label; empty for none.
    pub(super) hint: &'a str,
    /// What is wrong with the answer.
    pub(super) wrong: Option<&'a str>,
    pub(super) needed: Needed,
}

/// Whether an answer is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needed {
    Yes,
    No,
}

/// What is typed into a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) kind: &'static str,
    pub(super) value: &'a str,
    pub(super) longest: u32,
    /// What browsers may fill in (HTML, autofill).
    pub(super) fill: &'static str,
}

impl Control<'_> {
    fn described(&self) -> Option<String> {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let wrong = self.wrong.map(|_| format!("{}-wrong", self.name));
        let ids: Vec<String> = hint.into_iter().chain(wrong).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn invalid(&self) -> Option<&'static str> {
        self.wrong.map(|_| "true")
    }

    fn notes(&self) -> Markup {
        html! {
            @if !self.hint.is_empty() { p.hint id={ (self.name) "-hint" } { (self.hint) } }
            @if let Some(wrong) = self.wrong { p.wrong id={ (self.name) "-wrong" } { (visible(wrong)) } }
        }
    }

    fn around(&self, control: &Markup) -> Markup {
        html! {
            div.question { label for=(self.name) { (self.label) } (self.notes()) (control) }
        }
    }

    /// One line.
    pub(super) fn line(&self, line: Line<'_>) -> Markup {
        self.around(&html! {
            input id=(self.name) name=(self.name) type=(line.kind) value=(carried(line.value)) maxlength=(line.longest)
                autocomplete=(line.fill) required[self.needed == Needed::Yes]
                aria-describedby=[self.described()] aria-invalid=[self.invalid()];
        })
    }

    /// Prose, or a list with a line for each entry.
    pub(super) fn prose(&self, value: &str, rows: u8) -> Markup {
        self.around(&html! {
            textarea id=(self.name) name=(self.name) rows=(rows)
                aria-describedby=[self.described()] aria-invalid=[self.invalid()] { "\n" (carried(value)) }
        })
    }

    /// One of several, from a list that opens.
    pub(super) fn select(&self, choices: &[Choice], chosen: &str) -> Markup {
        self.around(&html! {
            select id=(self.name) name=(self.name) aria-describedby=[self.described()] aria-invalid=[self.invalid()] {
                @for Choice { value, label } in choices { option value=(value) selected[value == chosen] { (label) } }
            }
        })
    }

    /// One of several, or several, all of them to be seen.
    pub(super) fn choose(&self, kind: &'static str, choices: &[Choice], chosen: &[String]) -> Markup {
        html! {
            fieldset.question id=(self.name) tabindex="-1" aria-describedby=[self.described()] {
                legend { (self.label) }
                (self.notes())
                @for (at, Choice { value, label }) in choices.iter().enumerate() {
                    @let id = format!("{}-{at}", self.name);
                    div.choice {
                        input id=(id) type=(kind) name=(self.name) value=(value) checked[chosen.contains(value)];
                        label for=(id) { (label) }
                    }
                }
            }
        }
    }

    /// A box to tick.
    pub(super) fn tick(&self, ticked: bool) -> Markup {
        html! {
            div.question {
                div.choice {
                    input id=(self.name) type="checkbox" name=(self.name) value="yes" checked[ticked]
                        aria-describedby=[self.described()] aria-invalid=[self.invalid()];
                    label for=(self.name) { (self.label) }
                }
                (self.notes())
            }
        }
    }
}

/// What is wrong with a form, each line leading to its field. Nothing if nothing is.
pub(super) fn summary(title: &str, wrong: &[(String, String)]) -> Markup {
    html! {
        @if !wrong.is_empty() {
            div.aside.bad role="alert" aria-labelledby="wrong-title" tabindex="-1" {
                h2.small id="wrong-title" { (title) }
                ul { @for (id, message) in wrong { li { a href={ "#" (id) } { (visible(message)) } } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_without_characters_that_a_page_cannot_carry() {
        let control = Control { name: "name", label: "Name", hint: "", wrong: None, needed: Needed::Yes };
        let line = Line { kind: "text", value: "A\0\u{1b}\u{9b} Reader", longest: 256, fill: "name" };
        for page in [control.line(line), control.prose("A\0\u{1b}\u{9b} Reader", 3)] {
            let page = page.into_string();
            assert!(page.contains("A\u{fffd}\u{fffd}\u{fffd} Reader"), "{page}");
            assert!(!page.contains(|c: char| c.is_control() && c != '\n'), "{page}");
        }
        assert!(control.prose("two\nlines", 3).into_string().contains("\ntwo\nlines"));
    }
}
