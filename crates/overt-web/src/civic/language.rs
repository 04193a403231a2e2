//! The words of statements' pages, in `locales/<language>/*.ftl`.

use std::sync::LazyLock;

use overt_site::language::Words;

pub(super) use overt_site::language::{Language, Variable};

const SOURCES: [[&str; 2]; 3] = [
    [include_str!("../../locales/en/statements.ftl"), include_str!("../../locales/en/signing.ftl")],
    [include_str!("../../locales/de/statements.ftl"), include_str!("../../locales/de/signing.ftl")],
    [include_str!("../../locales/fr/statements.ftl"), include_str!("../../locales/fr/signing.ftl")],
];

static WORDS: LazyLock<Words> = LazyLock::new(|| Words::new(SOURCES));

/// What a language says on pages.
pub(super) trait Says {
    /// A message.
    fn say(self, id: &str) -> String;

    /// A message with its variables. They are words, not markup, and are escaped with the rest.
    fn say_with(self, id: &str, variables: &[(&str, Variable<'_>)]) -> String;
}

impl Says for Language {
    fn say(self, id: &str) -> String {
        self.say_with(id, &[])
    }

    fn say_with(self, id: &str, variables: &[(&str, Variable<'_>)]) -> String {
        WORDS.say(self, id, variables)
    }
}

#[cfg(test)]
mod tests;
