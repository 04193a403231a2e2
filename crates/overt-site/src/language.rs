//! The languages in which people are spoken to, and how words are found in them.
//!
//! Words are in Fluent files, one set for each language ([`Words`]). A word that a language lacks is said in English; tests see
//! to it that none lacks one, and that all take the same variables.

mod words;

pub use words::{Variable, Words};

/// A language that pages and mails are written in.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_language_that_it_likes_most_and_a_reader_the_one_they_ask_for() {
        use Language::{English, French, German};
        for (asked, accepted, expected) in [
            (None, "", English),
            (None, "de-AT,de;q=0.9,en;q=0.8", German),
            (None, "ja, fr;q=0.5, de;q=0.7", German),
            (None, "fr;q=0, en;q=0.1", English),
            (None, "*", English),
            (None, "fr;q=nan, de;q=-1, ;;;, q=1", English),
            (Some("fr"), "de", French),
            (Some("xx"), "de", German),
            (Some(""), "", English),
        ] {
            assert_eq!(Language::of(asked, accepted), expected, "{asked:?} {accepted:?}");
        }
    }
}
