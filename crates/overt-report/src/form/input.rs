//! Kinds of answers: what can be chosen, and which words are right.

use overt_record::record::{
    AttackerObjective, AttackerResource, Autonomy, Breadth, Country, CvssVector, Discovery, Factor, HarmKind,
    IncidentKind, IncidentStatus, Industry, Intent, Novelty, OecdSeverity, Prevalence, Principle, Purl,
    Regime, ReportStage, ReporterRelation, SeriousIncident, Severity, Stakeholder, SystemTask,
};
use overt_record::{Hash, Link, Name, Text};
use serde::Serialize;

use super::Facts;
use crate::deadline::Consequence;
use crate::draft::{DisclosureIntent, Part};
use crate::export::Target;
use crate::word::words;
use crate::{csam, when};

/// How a field is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Yes or no.
    YesNo,
    /// One line of at most 256 characters.
    Line,
    /// Several of them.
    Lines,
    /// Prose of at most 64 KiB.
    Prose,
    /// A year, a month, a day, or a time in UTC.
    Time,
    /// A day or a time in UTC.
    Moment,
    /// One of several.
    One(Choices),
    /// Some of several.
    Several(Choices),
    /// Countries in two letters.
    Countries,
    /// One country.
    Country,
    /// A language as BCP 47 writes it.
    Language,
    /// An address of a page.
    Link,
    /// A mail address.
    Email,
    /// A SHA-256 digest.
    Digest,
    /// Several of them.
    Digests,
    /// Industries by ISIC.
    Industries,
    /// A vector of CVSS.
    Cvss,
    /// A package URL.
    Purl,
    /// A media type.
    MediaType,
    /// How many bytes.
    Bytes,
    /// A short plain name, where content must not be kept.
    PlainName,
    /// Several of them.
    PlainNames,
    /// A prevalence out of an evaluation's record.
    Measured,
}

macro_rules! choices {
    ($($name:ident($type:ty)),+ $(,)?) => {
        /// What can be chosen from.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Choices { $(#[doc = concat!("See `", stringify!($type), "`.")] $name),+ }

        impl Choices {
            /// All lists.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The words of the list as a draft writes them.
            pub fn words(self) -> Vec<String> {
                match self { $(Self::$name => words(<$type>::ALL)),+ }
            }
        }
    };
}

choices! {
    Kind(IncidentKind), Severity(Severity), OecdSeverity(OecdSeverity), Prevalence(Prevalence), Harm(HarmKind),
    Stakeholder(Stakeholder), Serious(SeriousIncident), Discovery(Discovery), Status(IncidentStatus),
    Relation(ReporterRelation), Factor(Factor), Regime(Regime), Stage(ReportStage), Intent(Intent), Novelty(Novelty),
    AttackerResource(AttackerResource), AttackerObjective(AttackerObjective), Breadth(Breadth), Autonomy(Autonomy),
    SystemTask(SystemTask), Principle(Principle), Disclosure(DisclosureIntent), Consequence(Consequence),
    Target(Target), Part(Part),
}

impl Input {
    /// Whether it takes a list.
    pub const fn is_many(self) -> bool {
        matches!(
            self,
            Self::Lines
                | Self::Several(_)
                | Self::Countries
                | Self::Digests
                | Self::Industries
                | Self::PlainNames
        )
    }

    /// What can be chosen, given the other answers.
    pub(crate) fn choices(self, facts: &Facts) -> Vec<String> {
        match self {
            Self::YesNo => vec!["yes".to_owned(), "no".to_owned()],
            Self::One(Choices::Kind) => kinds(facts),
            Self::One(choices) | Self::Several(choices) => choices.words(),
            _ => Vec::new(),
        }
    }
}

/// Harm was done, or it was not: that decides which kinds there are.
pub(super) fn kinds(facts: &Facts) -> Vec<String> {
    let all = Choices::Kind.words().into_iter();
    all.filter(|kind| !facts.harm_answered || (kind == "incident") == facts.harm).collect()
}

/// What is wrong with one word or text, said without repeating it: it may be private.
pub(crate) fn wrong(input: Input, words: &str) -> Option<String> {
    let reason = match input {
        Input::Line | Input::Lines => return said(Name::new(words)),
        Input::Prose => return said(Text::new(words)),
        Input::Time => when::read(words).is_none().then_some("a time is a year, a month, a day or a time in UTC, like 2026, 2026-11, 2026-11-24 or 2026-11-24T16:00:00Z"),
        Input::Moment => when::moment(words).is_none().then_some("a moment is a day or a time in UTC, like 2026-11-24 or 2026-11-24T16:00:00Z"),
        Input::Countries | Input::Country => refused::<Country>(words, "a country is two capital letters (ISO 3166-1), like KE or FR"),
        Input::Language => (!is_language(words)).then_some("a language is written like en or pt-BR (BCP 47)"),
        Input::Link => refused::<Link>(words, "an address begins with https:// or http:// and has no spaces and no user name"),
        Input::Email => (!is_email(words)).then_some("a mail address has a name, an @ and a domain"),
        Input::Digest | Input::Digests => (!is_digest(words)).then_some("a digest is the SHA-256 in 64 small hexadecimal digits"),
        Input::Industries => refused::<Industry>(words, "an industry is a letter from A to V or two to four digits (ISIC)"),
        Input::Cvss => refused::<CvssVector>(words, "a CVSS vector is written like CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
        Input::Purl => refused::<Purl>(words, "a package URL is written like pkg:huggingface/example/model@0a1b2c"),
        Input::MediaType => (!is_media_type(words)).then_some("a media type is written like image/png"),
        Input::PlainName | Input::PlainNames => (!csam::is_plain_name(words)).then_some("here a name is at most 48 letters, digits, dots, hyphens and five spaces"),
        Input::YesNo | Input::One(_) | Input::Several(_) | Input::Bytes | Input::Measured => None,
    };
    reason.map(str::to_owned)
}

/// The reason of the record's own types: none of those used here repeats more than one character.
fn said<T>(read: Result<T, overt_record::BadText>) -> Option<String> {
    read.err().map(|error| match error {
        overt_record::BadText::LooseSpace(_) => {
            "it begins or ends with a space, or has two in a row".to_owned()
        }
        error => error.to_string(),
    })
}

fn refused<T: TryFrom<String>>(words: &str, reason: &'static str) -> Option<&'static str> {
    T::try_from(words.to_owned()).is_err().then_some(reason)
}

fn is_digest(words: &str) -> bool {
    words.len() == 64 && words.parse::<Hash>().is_ok()
}

/// The shape of BCP 47: a language of two to eight letters, then subtags of one to eight letters and digits.
fn is_language(words: &str) -> bool {
    let mut tags = words.split('-');
    let first = tags
        .next()
        .is_some_and(|tag| (2..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphabetic()));
    first
        && words.len() <= 64
        && tags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The shape of a mail address: the mail that is sent to it is the real test.
fn is_email(words: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"(),;:\\[]`".contains(c);
    let Some((local, domain)) = words.split_once('@') else { return false };
    let labels =
        domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let safe = words.chars().all(plain) && Name::new(words).is_ok();
    safe && words.len() <= 254
        && (1..=64).contains(&local.len())
        && domain.contains('.')
        && !domain.contains('@')
        && labels
}

fn is_media_type(words: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    words.len() <= 127 && words.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_right_or_the_reason_is_said_without_them() {
        for (input, good) in [
            (Input::Email, "reporter@example.org"),
            (Input::Email, "a.b+c@mail.example.org"),
            (Input::Language, "pt-BR"),
            (Input::MediaType, "image/png"),
            (Input::Time, "2026-11"),
            (Input::Moment, "2026-11-24"),
        ] {
            assert_eq!(wrong(input, good), None, "{good}");
        }
        for (input, bad) in [
            (Input::Email, "secretword"),
            (Input::Email, "secretword@example"),
            (Input::Email, "a@b@secretword.org"),
            (Input::Email, "Secretword <a@example.org>"),
            (Input::Email, "secretword@-a.org"),
            (Input::Language, "secretword!"),
            (Input::Link, "javascript:secretword"),
            (Input::Digest, "secretword"),
            (Input::Time, "secretword"),
            (Input::Moment, "2026-11"),
            (Input::Line, " secretword"),
            (Input::Line, "secret\u{202E}word"),
            (Input::Prose, "secretword\u{0}"),
            (Input::MediaType, "secretword"),
            (Input::PlainName, "https://secretword"),
        ] {
            let reason = wrong(input, bad).unwrap_or_else(|| panic!("{bad:?} is taken"));
            assert!(!reason.contains("secret"), "{reason}");
        }
    }
}
