//! Words in any script: what a word is made of, and where one stands in a text.

/// Whether a character is part of a word: letters, digits, combining marks and the underscore.
pub(crate) fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_mark(c)
}

/// Combining marks of the scripts that people write with.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}'
        | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{3099}' | '\u{309a}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

/// Whether a character belongs to a script that writes no spaces between words (Chinese, Japanese, Thai, Lao, Khmer,
/// Burmese, Tibetan). Around such characters every place is a place where a word can end.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{edf}' | '\u{f00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a needle may stand inside a longer word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// Only as whole words.
    Word,
    /// Anywhere.
    Anywhere,
}

/// Where `needle` first stands in `text`, as a byte range. An empty needle stands nowhere.
pub(crate) fn find(text: &str, needle: &str, bounds: Bounds) -> Option<std::ops::Range<usize>> {
    find_from(text, needle, bounds, 0)
}

/// All places where `needle` stands in `text`, without overlaps.
pub(crate) fn find_all<'a>(
    text: &'a str,
    needle: &'a str,
    bounds: Bounds,
) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        let found = find_from(text, needle, bounds, from)?;
        from = found.end;
        Some(found)
    })
}

fn find_from(text: &str, needle: &str, bounds: Bounds, from: usize) -> Option<std::ops::Range<usize>> {
    let first = needle.chars().next()?;
    let mut from = from;
    loop {
        let start = from + text.get(from..)?.find(needle)?;
        let end = start + needle.len();
        if bounds == Bounds::Anywhere || (is_start(text, start) && is_end(text, end)) {
            return Some(start..end);
        }
        // Going on by one character would be quadratic in a text like "aaaa…": leave the whole word behind instead.
        let next = start + first.len_utf8();
        from = if is_word_char(first) && !is_unspaced(first) {
            text[next..].find(|c: char| !is_word_char(c) || is_unspaced(c)).map_or(text.len(), |i| next + i)
        } else {
            next
        };
    }
}

/// Whether a word can begin at this place.
pub(crate) fn is_start(text: &str, at: usize) -> bool {
    boundary(text[..at].chars().next_back(), text[at..].chars().next())
}

/// Whether a word can end at this place. The `n't` of "can't" belongs to its word, the `'s` of "Ann's" does not.
pub(crate) fn is_end(text: &str, at: usize) -> bool {
    let rest = &text[at..];
    let mut after = rest.chars();
    if !boundary(text[..at].chars().next_back(), after.next()) {
        return false;
    }
    let before_n = text[..at].ends_with(['n', 'N']);
    let is_negation = before_n
        && rest.starts_with(['\'', '\u{2019}'])
        && matches!(after.next(), Some('t' | 'T'))
        && !after.next().is_some_and(is_word_char);
    !is_negation
}

fn boundary(before: Option<char>, after: Option<char>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => {
            !(is_word_char(before) && is_word_char(after)) || is_unspaced(before) || is_unspaced(after)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_word_is_found_in_any_script() {
        for (text, needle, found) in [
            ("the cat sat", "cat", true),
            ("concatenate", "cat", false),
            ("cat", "cat", true),
            ("(cat)", "cat", true),
            ("cats", "cat", false),
            ("cats cat", "cat", true),
            ("Ann's book", "Ann", true),
            ("you can't", "can", false),
            ("you can\u{2019}t", "can", false),
            ("'can'", "can", true),
            ("café", "caf", false),
            ("cafe\u{301}", "cafe", false),
            ("Das heißt", "heiß", false),
            ("Москва столица", "Москва", true),
            ("Москвачь", "Москва", false),
            ("首都は東京です", "東京", true),
            ("กรุงเทพเป็นเมืองหลวง", "กรุงเทพ", true),
            ("C++ is", "C++", true),
            ("C++11", "C++", true),
            ("snake_case", "snake", false),
            ("", "a", false),
            ("a", "", false),
            ("x 3.14 y", "3.14", true),
            ("13.14", "3.14", false),
        ] {
            assert_eq!(find(text, needle, Bounds::Word).is_some(), found, "{needle:?} in {text:?}");
        }
        assert!(find("concatenate", "cat", Bounds::Anywhere).is_some());
    }

    #[test]
    fn every_place_is_counted_once() {
        assert_eq!(find_all("a a, a. aa", "a", Bounds::Word).count(), 3);
        assert_eq!(find_all("aaaa", "aa", Bounds::Anywhere).count(), 2);
        assert_eq!(find_all("東京東京", "東京", Bounds::Word).count(), 2);
    }

    #[test]
    fn a_hostile_text_takes_linear_time() {
        let text = "a".repeat(4 << 20);
        let needle = "a".repeat(1 << 16);
        assert!(find(&text, &needle, Bounds::Word).is_none());
    }
}
