//! The mails that signing sends, in the language in which they were asked for. Their words are in `locales/<language>/mails.ftl`.

use std::sync::LazyLock;

use overt_record::record::Capacity;
use overt_record::{Name, Text};
use serde::Serialize;

use super::form::{SealedForm, Shown};
use crate::index::StatementView;
use crate::language::{Language, Variable, Words};
use crate::private::Private;
use crate::row::timestamp;

/// The longest part of a statement's text that a mail carries, in bytes: all of it, for nearly every statement.
const MOST_TEXT: usize = 48 * 1024;

const SOURCES: [[&str; 1]; 3] = [
    [include_str!("../../locales/en/mails.ftl")],
    [include_str!("../../locales/de/mails.ftl")],
    [include_str!("../../locales/fr/mails.ftl")],
];

static WORDS: LazyLock<Words> = LazyLock::new(|| Words::new(SOURCES));

fn say<const N: usize>(language: Language, id: &str, variables: [(&str, &str); N]) -> String {
    WORDS.say(language, id, &variables.map(|(name, words)| (name, Variable::Words(words))))
}

/// What a mail with a link is about.
pub(super) struct Linked<'a> {
    pub(super) language: Language,
    pub(super) statement: &'a StatementView,
    pub(super) secret: &'a str,
    /// Milliseconds since 1970.
    pub(super) expires: u64,
}

impl Linked<'_> {
    fn page(&self, private: &Private) -> String {
        self.in_its_language(private.url(&format!("statements/{}", self.statement.record)))
    }

    fn link(&self, private: &Private) -> String {
        self.in_its_language(private.url(&format!("confirm/{}", self.secret)))
    }

    /// Whatever a reader's browser likes, the page speaks as the mail did.
    fn in_its_language(&self, url: String) -> String {
        format!("{url}?lang={}", self.language.tag())
    }

    fn subject(&self, id: &str) -> Name {
        subject(&say(self.language, id, [("title", self.statement.title.as_str())]))
    }
}

/// How a signature is going to stand in the list: nothing in it stays private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureLine {
    /// Name, role, affiliation and country; `None` if only the domain is shown.
    named: Option<String>,
    domain: Name,
    capacity: Capacity,
}

impl SignatureLine {
    pub(super) fn of(form: &SealedForm) -> Self {
        let named = match (form.shown, &form.name) {
            (Shown::Name, Some(name)) => {
                let country = form.country.map(|country| country.to_string());
                let parts = [&form.role, &form.affiliation].into_iter().flatten().map(Name::to_string);
                Some(
                    std::iter::once(name.to_string())
                        .chain(parts)
                        .chain(country)
                        .collect::<Vec<_>>()
                        .join(", "),
                )
            }
            _ => None,
        };
        Self { named, domain: form.domain.clone(), capacity: form.capacity }
    }

    /// The line in a language.
    pub fn words(&self, language: Language) -> String {
        let domain = ("domain", self.domain.as_str());
        match (&self.named, self.capacity) {
            (None, _) => say(language, "line-person-at", [domain]),
            (Some(line), Capacity::Person) => say(language, "line-confirmed", [("line", line), domain]),
            (Some(line), Capacity::Organisation) => {
                say(language, "line-organisation", [("line", line), domain])
            }
        }
    }
}

/// A moment as people read it, to the minute.
fn moment(millis: u64) -> String {
    let time = timestamp(millis).to_string();
    match time.split_once('T') {
        Some((day, clock)) => format!("{day} {} UTC", clock.get(..5).unwrap_or(clock)),
        None => time,
    }
}

/// The mail with the link that signs.
pub(super) fn to_sign(private: &Private, linked: &Linked<'_>, form: &SealedForm) -> (Name, Text) {
    let Linked { language, statement, expires, .. } = *linked;
    let (title, version) = (statement.title.as_str(), statement.version.as_str());
    let (site, expires) = (private.identity.name.as_str(), moment(expires));
    let say_plain = |id: &str| say(language, id, []);
    let mut parts = vec![
        say(language, "mail-sign-asked", [("site", site)]),
        format!(
            "    {}\n    {}",
            say(language, "mail-statement", [("title", title), ("version", version)]),
            linked.page(private)
        ),
        say_plain("mail-sign-line"),
        format!("    {}", SignatureLine::of(form).words(language)),
        say(language, "mail-sign-link", [("expires", &expires)]),
        format!("    {}", linked.link(private)),
    ];
    if form.shown == Shown::DomainOnly {
        parts.push(say_plain("mail-sign-nameless"));
    }
    parts.push(say_plain("mail-sign-not-you"));
    parts.push(say_plain("mail-sign-words"));
    parts.push(statement.text[..statement.text.floor_char_boundary(MOST_TEXT)].to_owned());
    (linked.subject("mail-sign-subject"), prose(&(parts.join("\n\n") + "\n")))
}

/// The mail with the link that withdraws. It is the same whether the address has signed or not.
pub(super) fn to_withdraw(private: &Private, linked: &Linked<'_>) -> (Name, Text) {
    let Linked { language, statement, expires, .. } = *linked;
    let (site, expires) = (private.identity.name.as_str(), moment(expires));
    let parts = [
        say(language, "mail-withdraw-asked", [("site", site)]),
        format!("    {}\n    {}", statement.title, linked.page(private)),
        say(language, "mail-withdraw-link", [("expires", &expires)]),
        format!("    {}", linked.link(private)),
        say(language, "mail-withdraw-not-you", []),
    ];
    (linked.subject("mail-withdraw-subject"), prose(&(parts.join("\n\n") + "\n")))
}

fn subject(words: &str) -> Name {
    // Subjects begin with words of our own, so something is left.
    Name::cleaned(words).unwrap_or_else(|| unreachable_words(Name::new("Please confirm")))
}

fn prose(words: &str) -> Text {
    Text::cleaned(words).unwrap_or_else(|| unreachable_words(Text::new("Please see the site.")))
}

fn unreachable_words<T, E: std::fmt::Debug>(words: Result<T, E>) -> T {
    match words {
        Ok(words) => words,
        Err(error) => unreachable!("plain words may stand anywhere: {error:?}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fluent_bundle::FluentResource;

    use super::*;

    /// The messages of a file, each with the variables that it takes.
    fn messages(source: &str) -> BTreeSet<(String, BTreeSet<String>)> {
        FluentResource::try_new(source.to_owned()).unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
        let lines = source.lines().filter_map(|line| line.split_once(" = "));
        let variables = |text: &str| {
            let parts = text.split('$').skip(1);
            parts.map(|part| part.split_whitespace().next().unwrap_or_default().to_owned()).collect()
        };
        lines.map(|(id, text)| (id.to_owned(), variables(text))).collect()
    }

    #[test]
    fn every_language_has_every_message_with_the_same_variables() {
        let english = messages(SOURCES[0][0]);
        assert!(english.len() > 10);
        for [source] in &SOURCES[1..] {
            assert_eq!(messages(source), english);
        }
        let code = include_str!("mails.rs");
        for (id, _) in english {
            assert!(code.contains(&format!("\"{id}\"")), "nothing says {id}");
        }
    }
}
