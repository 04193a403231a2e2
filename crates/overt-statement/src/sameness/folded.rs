//! Names without what people write in one way today and in another tomorrow.

use std::fmt;

use overt_record::Name;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A name in its folded form: compatibility characters decomposed (NFKD), lower case, without accents, full stops and
/// apostrophes; whatever else is no letter or digit is one space between words. "Dr. José O’Neill-Łuczak" is
/// "dr jose oneill luczak".
///
/// Two people may have the same one. It is for comparison and is not shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoldedName(String);

impl FoldedName {
    /// Folds a name. One that is nothing but signs stays as it is.
    pub fn of(name: &Name) -> Self {
        let mut folded = String::new();
        for c in name.as_str().nfkd().filter(|c| !is_accent(*c)) {
            // By way of the capital, which joins ß and ss, ς and σ, ı and i.
            c.to_uppercase().flat_map(char::to_lowercase).filter(|c| !is_accent(*c)).for_each(
                |c| match plain(c) {
                    Some(letters) => folded.push_str(letters),
                    None if c.is_alphanumeric() || is_combining_mark(c) => folded.push(c),
                    None if is_silent(c) => {}
                    None => folded.push(' '),
                },
            );
        }
        let words: Vec<_> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        Self(if words.is_empty() { name.as_str().to_owned() } else { words.join(" ") })
    }

    /// The folded name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The words in the order of the alphabet: "Doe, Jane" and "Jane Doe" have the same ones.
    pub fn words(&self) -> String {
        let mut words: Vec<_> = self.0.split(' ').collect();
        words.sort_unstable();
        words.join(" ")
    }

    /// The name with each letter that looks like a Latin one in its place, and likewise 0 and 1: two names that look
    /// the same have the same one. The letters are from the confusables of Unicode Technical Standard 39, as far as they
    /// are small letters of Cyrillic, Greek and Armenian.
    pub fn skeleton(&self) -> String {
        self.0.chars().map(|c| latin_like(c).unwrap_or(c)).collect()
    }
}

impl fmt::Display for FoldedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Marks that may be left out: diacritics, the points of Hebrew and the short vowels of Arabic. The vowel signs of Indic
/// scripts are marks too, and no accents.
const fn is_accent(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36F}'
            | '\u{483}'..='\u{487}'
            | '\u{591}'..='\u{5C7}'
            | '\u{64B}'..='\u{65F}'
            | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}'
    )
}

/// Signs within a word.
const fn is_silent(c: char) -> bool {
    matches!(c, '.' | '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | 'ʹ' | '`' | '´' | '·' | '\u{200C}' | '\u{200D}')
}

/// Small letters that are one with another letter and have no decomposition.
const fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'æ' => "ae",
        'œ' => "oe",
        'ħ' => "h",
        'ŧ' => "t",
        _ => return None,
    })
}

const fn latin_like(c: char) -> Option<char> {
    Some(match c {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' => 'c',
        'ԁ' => 'd',
        'е' | 'ҽ' => 'e',
        'ɡ' => 'g',
        'һ' | 'հ' | 'н' | 'η' => 'h',
        'і' | 'ι' | 'ӏ' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        '1' => 'l',
        'м' | 'μ' => 'm',
        'ո' | 'п' => 'n',
        'о' | 'ο' | 'օ' | 'σ' | '0' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'ս' | 'υ' => 'u',
        'ѵ' | 'ν' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        _ => return None,
    })
}
