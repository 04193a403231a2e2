//! A text reduced to its letters and digits.

use crate::fold;

/// The letters and digits of a text in small form, and for each whether something stood before it.
pub(super) struct Squeezed {
    pub(super) letters: String,
    /// By byte of `letters`, at the first byte of each character: whether another character stood before it.
    separated: Vec<bool>,
}

impl Squeezed {
    pub(super) fn new(text: &str) -> Self {
        let mut letters = String::with_capacity(text.len());
        let mut separated = Vec::with_capacity(text.len());
        let mut gap = false;
        for c in text.chars() {
            // Full-width letters are letters in a wide suit.
            let c = match c {
                '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
                c => c,
            };
            if !c.is_alphanumeric() {
                gap |= !fold::is_invisible(c);
                continue;
            }
            for small in c.to_lowercase().filter(|c| c.is_alphanumeric()) {
                letters.push(small);
                separated.resize(letters.len(), false);
                separated[letters.len() - small.len_utf8()] = gap;
                gap = false;
            }
        }
        Self { letters, separated }
    }

    /// Whether `needle` occurs: anywhere, or else only spelled out, with something between all of its characters.
    pub(super) fn holds(&self, needle: &str, anywhere: bool) -> bool {
        let spelled_out = |start: usize| {
            needle.char_indices().skip(1).all(|(offset, _)| self.separated.get(start + offset) == Some(&true))
        };
        self.letters.match_indices(needle).any(|(start, found)| {
            let end = start + found.len();
            let begins_word = start == 0 || self.separated.get(start) == Some(&true);
            let ends_word = end == self.letters.len() || self.separated.get(end) == Some(&true);
            anywhere
                || (begins_word && ends_word && is_one_word(&self.separated[start..end]))
                || spelled_out(start)
        })
    }
}

/// Whether nothing stood between the characters.
fn is_one_word(separated: &[bool]) -> bool {
    !separated.iter().skip(1).any(|gap| *gap)
}
