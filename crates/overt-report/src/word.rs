//! Terms as the words that JSON has for them.

use serde::Serialize;
use serde_json::Value;

/// The word of a term, such as `end_users`.
pub(crate) fn word<T: Serialize>(term: &T) -> String {
    match serde_json::to_value(term) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The words of several terms.
pub(crate) fn words<T: Serialize>(terms: &[T]) -> Vec<String> {
    terms.iter().map(word).collect()
}
