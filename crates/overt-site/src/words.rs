//! Words as they are searched: folded as names are compared ([`FoldedName`]), letters and digits with single spaces.

use overt_record::Name;
use overt_statement::sameness::FoldedName;

/// The most words of a search.
const MOST_WORDS: usize = 8;

/// How many letters of a word tell it apart in a list of signatories: as many as the index has beginnings of.
const LETTERS: usize = 12;

/// A text's words as they are searched, one space between them: without case, accents and signs. Of a text that is longer
/// than a name may be, the beginning. It is empty where there is no word.
pub fn fold(text: &str) -> String {
    let Some(name) = Name::cleaned(text) else { return String::new() };
    // A name that is nothing but signs is left as it is by the folding, so signs are taken out here too.
    let folded = FoldedName::of(&name);
    let words = folded.as_str().split(|c: char| !c.is_alphanumeric() && !is_mark(c));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The words of who somebody is: a name, and what stands behind it.
pub(crate) fn fold_both(name: &str, affiliation: &str) -> String {
    // Each by itself: together they may be longer than a name.
    [fold(name), fold(affiliation)].join(" ").trim().to_owned()
}

/// The same as they are indexed.
pub(crate) fn indexed(name: &str, affiliation: &str) -> String {
    fold_both(name, affiliation).split(' ').map(beginning).collect::<Vec<_>>().join(" ")
}

fn beginning(word: &str) -> &str {
    word.char_indices().nth(LETTERS).map_or(word, |(end, _)| &word[..end])
}

/// The vowel signs of Indic scripts and their like, which are part of a word.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// A query of FTS5 for texts that have all of these words, the last of them perhaps unfinished; `None` if there are none.
pub(crate) fn query(text: &str) -> Option<String> {
    let folded = fold(text);
    // Folded words are letters, digits and marks, so none of them can end the quotation.
    let words = folded.split(' ').filter(|word| !word.is_empty()).take(MOST_WORDS);
    let words: Vec<String> = words.map(|word| format!("\"{}\"", beginning(word))).collect();
    if words.is_empty() { None } else { Some(words.join(" ") + "*") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_they_are_written() {
        for (written, folded) in [
            ("Renée O'Hara-Łoś", "renee ohara los"),
            ("  Ünï\tversité  de  Montréal ", "uni versite de montreal"),
            ("ＡＢＣ １２", "abc 12"),
            ("\"*'() -- ;", ""),
            ("", ""),
        ] {
            assert_eq!(fold(written), folded);
        }
    }

    #[test]
    fn names_are_folded_as_the_script_of_an_export_folds_them() {
        let vectors: Vec<(String, String)> =
            serde_json::from_str(include_str!("../../../web/tests/folding.json")).unwrap();
        for (written, folded) in vectors {
            assert_eq!(fold(&written), folded, "{written:?}");
        }
    }

    #[test]
    fn a_query_says_nothing_but_words() {
        assert_eq!(query("Renée OR \"x\" NEAR(").as_deref(), Some("\"renee\" \"or\" \"x\" \"near\"*"));
        assert_eq!(
            query("Universität Константинопольский a").as_deref(),
            Some("\"universitat\" \"константиноп\" \"a\"*")
        );
        assert_eq!(query(" * \" "), None);
        assert_eq!(query(&"a ".repeat(10_000)).unwrap().split(' ').count(), MOST_WORDS);
    }
}
