//! Facts: a list of names and what they are, and a line of numbers that stand out.

use maud::{Markup, html};

/// Names and what they are, a row each.
#[derive(Debug, Default)]
pub struct Definitions(Vec<(String, Markup)>);

impl Definitions {
    /// Without a row.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one row more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, what: Markup) -> Self {
        self.0.push((name.into(), what));
        self
    }

    /// With one row more, if there is something to say.
    #[must_use]
    pub fn with_some(self, name: impl Into<String>, what: Option<Markup>) -> Self {
        match what {
            Some(what) => self.with(name, what),
            None => self,
        }
    }

    /// With these rows more.
    #[must_use]
    pub fn with_all(mut self, rows: impl IntoIterator<Item = (String, Markup)>) -> Self {
        self.0.extend(rows);
        self
    }

    /// The rows; nothing at all if there are none.
    pub fn render(&self) -> Markup {
        html! {
            @if !self.0.is_empty() {
                dl.rows {
                    @for (name, what) in &self.0 { div { dt { (name) } dd { (what) } } }
                }
            }
        }
    }
}

/// Numbers that stand out, each with what it counts.
pub fn facts(facts: &[(String, &str)]) -> Markup {
    html! {
        ul.facts { @for (number, what) in facts { li { b { (number) } span { (what) } } } }
    }
}
