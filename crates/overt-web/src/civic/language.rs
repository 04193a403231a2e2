//! The languages of statements' pages, and their words.
//!
//! Words are in Fluent files, `locales/<language>/*.ftl`. A word that a language lacks would be said in English; a test
//! sees to it that none lacks one, and that all take the same variables.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// A language that pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
}

const SOURCES: [(Language, [&str; 2]); 3] = [
    (
        Language::English,
        [include_str!("../../locales/en/statements.ftl"), include_str!("../../locales/en/signing.ftl")],
    ),
    (
        Language::German,
        [include_str!("../../locales/de/statements.ftl"), include_str!("../../locales/de/signing.ftl")],
    ),
    (
        Language::French,
        [include_str!("../../locales/fr/statements.ftl"), include_str!("../../locales/fr/signing.ftl")],
    ),
];

static WORDS: LazyLock<[FluentBundle<FluentResource>; 3]> =
    LazyLock::new(|| SOURCES.map(|(language, sources)| bundle(language, &sources)));

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::French];

    /// As BCP 47 writes it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
        }
    }

    /// Its name in itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The one that is asked for; else the one that a browser likes most (RFC 9110, section 12.5.4); else English.
    pub fn of(asked: Option<&str>, accepted: &str) -> Self {
        asked.and_then(Self::of_tag).or_else(|| Self::liked(accepted)).unwrap_or_default()
    }

    fn liked(accepted: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for range in accepted.split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let language = parts.next().and_then(Self::of_tag);
            let weight =
                parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok());
            if let (Some(language), Some(weight)) =
                (language, weight.filter(|weight| (0.001..=1.0).contains(weight)))
                && best.is_none_or(|(_, best)| weight > best)
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }

    /// A message.
    pub(super) fn say(self, id: &str) -> String {
        self.say_with(id, &[])
    }

    /// A message with its variables. They are words, not markup, and are escaped with the rest.
    pub(super) fn say_with(self, id: &str, variables: &[(&str, Variable<'_>)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in variables {
            match *value {
                Variable::Number(number) => args.set(*name, number as f64),
                Variable::Words(words) => args.set(*name, words),
            }
        }
        let said = |language: Self| {
            let bundle = &WORDS[language as usize];
            let pattern = bundle.get_message(id)?.value()?;
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
            errors.is_empty().then_some(text)
        };
        // An id without words stands for itself, so that nothing is lost.
        said(self).or_else(|| said(Self::English)).unwrap_or_else(|| id.to_owned())
    }
}

/// What stands in a message for one of its variables.
#[derive(Clone, Copy, Debug)]
pub(super) enum Variable<'a> {
    /// A number, for the choice of a plural.
    Number(u64),
    /// Words.
    Words(&'a str),
}

fn bundle(language: Language, sources: &[&str]) -> FluentBundle<FluentResource> {
    let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // Names are isolated by markup where they stand in a page.
    bundle.set_use_isolating(false);
    for source in sources {
        // What can be read of a file is used; a test sees to it that all of it can.
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        // A message that is there twice keeps its first words.
        let _ = bundle.add_resource(resource);
    }
    bundle
}

#[cfg(test)]
mod tests;
