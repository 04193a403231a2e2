//! Bounds on Python's methods of texts, as templates of other tools use them.

use super::guard::{allow_text, over};
use minijinja::{Error, State};

/// Digits in a row that a format may have: a width or precision of up to 9 999. The engine's fuel does not count what
/// `format` fills up, so that `"{:>99999999999}".format(x)` would take all memory there is.
const MOST_DIGITS: usize = 4;

/// Refuses a format that could give too long a text: each hole may have all arguments' text, which weighs
/// `arguments`, and fill up what the format's numbers say.
pub(super) fn allow_format(state: &State<'_, '_>, format: &str, arguments: usize) -> Result<(), Error> {
    if is_too_wide(format) {
        let why = "a width or precision in the format is larger than 9999";
        return Err(over(why));
    }
    let holes = format.matches('{').count();
    let numbers = format.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    let filled = numbers.fold(holes.saturating_mul(arguments), usize::saturating_add);
    allow_text(state, format.len().saturating_add(filled))
}

fn is_too_wide(format: &str) -> bool {
    format.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > MOST_DIGITS)
}
