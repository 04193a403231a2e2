//! Words in all languages.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use super::Language;

/// The words of something, in every language.
pub struct Words([FluentBundle<FluentResource>; Language::ALL.len()]);

/// What stands in a message for one of its variables.
#[derive(Clone, Copy, Debug)]
pub enum Variable<'a> {
    /// A number, for the choice of a plural.
    Number(u64),
    /// Words.
    Words(&'a str),
}

impl Words {
    /// Reads Fluent files: for each language, in the order of [`Language::ALL`], the same ones.
    pub fn new<const N: usize>(sources: [[&str; N]; Language::ALL.len()]) -> Self {
        let mut languages = Language::ALL.into_iter();
        Self(sources.map(|sources| bundle(languages.next().unwrap_or_default(), &sources)))
    }

    /// A message with its variables. They are words, not markup: whoever puts the message into a page escapes all of it.
    pub fn say(&self, language: Language, id: &str, variables: &[(&str, Variable<'_>)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in variables {
            match *value {
                Variable::Number(number) => args.set(*name, number as f64),
                Variable::Words(words) => args.set(*name, words),
            }
        }
        let said = |language: Language| {
            let bundle = &self.0[language as usize];
            let pattern = bundle.get_message(id)?.value()?;
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
            errors.is_empty().then_some(text)
        };
        // An id without words stands for itself, so that nothing is lost.
        said(language).or_else(|| said(Language::English)).unwrap_or_else(|| id.to_owned())
    }
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
