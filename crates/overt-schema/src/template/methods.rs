//! Python's methods of texts and lists, as templates of other tools use them.

use minijinja::value::Value;
use minijinja::{Error, ErrorKind, State};
use minijinja_contrib::pycompat::unknown_method_callback;

/// Digits in a row that a format may have: a width or precision of up to 9 999. The engine's fuel does not count what
/// `format` fills up, so that `"{:>99999999999}".format(x)` would take all memory there is.
const MOST_DIGITS: usize = 4;

/// Calls a method of Python's that the engine does not have.
///
/// # Errors
/// When there is none of that name, or a format asks for a text that is too long.
pub(super) fn call(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    if method == "format" && value.as_str().is_some_and(is_too_wide) {
        let why = "a width or precision in the format is larger than 9999";
        return Err(Error::new(ErrorKind::InvalidOperation, why));
    }
    unknown_method_callback(state, value, method, args)
}

fn is_too_wide(format: &str) -> bool {
    format.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > MOST_DIGITS)
}
