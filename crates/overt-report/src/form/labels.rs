//! The words of the form, in one table that a translation can replace.

mod english;
mod english_choices;

use std::collections::BTreeMap;

use super::{Choice, Choices, Input, StepId};
use crate::word::word;

/// Labels and help by id: `step.impact`, `event.title`, `severity.high`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels(BTreeMap<String, (String, String)>);

impl Labels {
    /// English.
    pub fn english() -> Self {
        let table = english::STEPS.iter().chain(english::FIELDS).chain(english_choices::CHOICES);
        Self(table.map(|&(id, label, help)| (id.to_owned(), (label.to_owned(), help.to_owned()))).collect())
    }

    /// The same with other words for the ids given: what is not translated stays as it is.
    #[must_use]
    pub fn translated(mut self, words: impl IntoIterator<Item = (String, String, String)>) -> Self {
        self.0.extend(words.into_iter().map(|(id, label, help)| (id, (label, help))));
        self
    }

    /// All ids, for translators.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn step(&self, step: StepId) -> (String, String) {
        self.get(&format!("step.{}", word(&step)))
    }

    pub(crate) fn field(&self, id: &str) -> (String, String) {
        self.get(id)
    }

    pub(crate) fn choice(&self, input: Input, value: &str) -> Choice {
        let list = match input {
            Input::One(choices) | Input::Several(choices) => word(&choices),
            _ => "answer".to_owned(),
        };
        Choice { value: value.to_owned(), label: self.get(&format!("{list}.{value}")).0 }
    }

    /// The label of a choice, for exports.
    pub(crate) fn term<T: serde::Serialize>(&self, choices: Choices, term: &T) -> String {
        self.choice(Input::One(choices), &word(term)).label
    }

    /// An id without words stands for itself, so that nothing is lost.
    fn get(&self, id: &str) -> (String, String) {
        self.0.get(id).cloned().unwrap_or_else(|| (id.to_owned(), String::new()))
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self::english()
    }
}

#[cfg(test)]
mod tests {
    use super::super::FIELDS;
    use super::*;

    #[test]
    fn every_step_field_and_choice_has_words_and_no_word_is_left_over() {
        let labels = Labels::english();
        let steps = StepId::ALL.iter().map(|step| format!("step.{}", word(step)));
        let fields = FIELDS.iter().map(|spec| spec.id.to_owned());
        let choices = Choices::ALL
            .iter()
            .flat_map(|list| list.words().into_iter().map(move |value| format!("{}.{value}", word(list))));
        let answers = ["answer.yes", "answer.no"].map(str::to_owned);
        let mut expected: Vec<String> = steps.chain(fields).chain(choices).chain(answers).collect();
        expected.sort();
        let mut found: Vec<String> = labels.ids().map(str::to_owned).collect();
        found.sort();
        let missing: Vec<_> = expected.iter().filter(|id| !found.contains(id)).collect();
        let extra: Vec<_> = found.iter().filter(|id| !expected.contains(id)).collect();
        assert_eq!((missing, extra), (Vec::new(), Vec::new()));
        assert!(labels.0.values().all(|(label, _)| !label.is_empty()));
    }

    #[test]
    fn a_translation_replaces_what_it_has() {
        let german = Labels::english().translated([(
            "event.title".to_owned(),
            "Titel".to_owned(),
            "Eine Zeile.".to_owned(),
        )]);
        assert_eq!(german.field("event.title").0, "Titel");
        assert_eq!(german.field("event.description"), Labels::english().field("event.description"));
    }
}
