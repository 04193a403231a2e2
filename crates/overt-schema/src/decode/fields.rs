//! Taking a mapping apart, field by field.

use super::{Decode, Report};
use crate::nearest;
use crate::source::Place;
use crate::yaml::{Entry, Node, NodeValue};

/// A mapping whose fields are asked for by name. [`Fields::finish`] reports those that nobody asked for.
///
/// A method that returns `None` has either found nothing where nothing is needed, or has reported why.
pub(super) struct Fields<'n, 'r, 's> {
    node: &'n Node,
    entries: &'n [Entry],
    /// What the mapping is, for messages: "a scorer".
    what: String,
    known: Vec<&'static str>,
    /// Fields that are needed and absent, each with an example.
    missing: Vec<(&'static str, String)>,
    pub(super) report: &'r mut Report<'s>,
}

impl<'n, 'r, 's> Fields<'n, 'r, 's> {
    pub(super) fn open(node: &'n Node, what: &str, report: &'r mut Report<'s>) -> Option<Self> {
        let NodeValue::Map(entries) = &node.value else {
            let message = format!("{what} is a mapping of fields; found {}", super::value::found(node));
            report.error(node, message, "write it as lines of the form `name: value`");
            return None;
        };
        Some(Self { node, entries, what: what.to_owned(), known: Vec::new(), missing: Vec::new(), report })
    }

    /// A field's node. A null is no value.
    pub(super) fn node(&mut self, name: &'static str) -> Option<&'n Node> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let entry = self.entries.iter().find(|entry| entry.key == name)?;
        (!matches!(entry.value.value, NodeValue::Null)).then_some(&entry.value)
    }

    /// A field's node that must be there.
    fn needed(&mut self, name: &'static str, example: &str) -> Option<&'n Node> {
        let found = self.node(name);
        if found.is_none() && self.missing.iter().all(|(missing, _)| *missing != name) {
            self.missing.push((name, format!("`{name}: {example}`")));
        }
        found
    }

    pub(super) fn optional<T: Decode>(&mut self, name: &'static str) -> Option<T> {
        self.optional_with(name, T::decode)
    }

    pub(super) fn or_default<T: Decode + Default>(&mut self, name: &'static str) -> T {
        self.optional(name).unwrap_or_default()
    }

    pub(super) fn optional_with<T>(
        &mut self,
        name: &'static str,
        decode: impl FnOnce(&'n Node, &mut Report<'s>) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(name)?;
        decode(node, self.report)
    }

    pub(super) fn required<T: Decode>(&mut self, name: &'static str, example: &str) -> Option<T> {
        self.required_with(name, example, T::decode)
    }

    pub(super) fn required_with<T>(
        &mut self,
        name: &'static str,
        example: &str,
        decode: impl FnOnce(&'n Node, &mut Report<'s>) -> Option<T>,
    ) -> Option<T> {
        let node = self.needed(name, example)?;
        decode(node, self.report)
    }

    /// Reports something about the mapping as a whole.
    pub(super) fn error(&mut self, message: impl Into<String>, fix: impl Into<String>) {
        let place = self.beginning();
        self.report.add(place, message, Some(fix.into()));
    }

    /// Reports something about one field.
    pub(super) fn error_at(&mut self, name: &str, message: impl Into<String>, fix: impl Into<String>) {
        match self.entries.iter().find(|entry| entry.key == name) {
            Some(entry) => self.report.add(entry.place, message, Some(fix.into())),
            None => self.error(message, fix),
        }
    }

    fn beginning(&self) -> Place {
        let width = self.entries.first().map_or(1, |entry| entry.place.width);
        Place { line: self.node.line, column: self.node.column, width }
    }

    /// Reports the fields that nobody asked for, and those that are missing.
    pub(super) fn finish(mut self) {
        self.report_missing();
        let given = |name: &str| self.entries.iter().any(|entry| entry.key == name);
        let unused: Vec<&str> = self.known.iter().copied().filter(|name| !given(name)).collect();
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&entry.key.as_str())) {
            if self.report.is_full() {
                return;
            }
            let fix = match nearest(&entry.key, unused.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("its fields are {}", self.known.join(", ")),
            };
            self.report.add(entry.place, format!("{} has no field `{}`", self.what, entry.key), Some(fix));
        }
    }

    /// Reports the missing fields alone: where it is unknown which others there may be.
    pub(super) fn report_missing(&mut self) {
        let missing = std::mem::take(&mut self.missing);
        let names: Vec<String> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
        let fix = missing.iter().map(|(_, example)| example.as_str()).collect::<Vec<_>>().join(", ");
        match (names.as_slice(), missing.first()) {
            // A field without a value is shown where it stands; an absent one where its mapping begins.
            ([name], Some((field, _))) => {
                self.error_at(field, format!("{} needs the field {name}", self.what), format!("add {fix}"));
            }
            ([.., last], _) => {
                let others = names[..names.len() - 1].join(", ");
                self.error(
                    format!("{} needs the fields {others} and {last}", self.what),
                    format!("add {fix}"),
                );
            }
            ([], _) => {}
        }
    }

    /// Says more exactly what the mapping is, once that is known.
    pub(super) fn call(&mut self, what: String) {
        self.what = what;
    }
}
