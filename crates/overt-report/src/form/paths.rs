//! From `systems.*.name` to the places in a draft, and to what stands there.

use serde_json::Value;

use super::Spec;

/// What a list without entries gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    /// A place for a first one: a form draws it.
    OneMore,
    /// No place.
    Nothing,
}

/// The ids of a field's places, one after the other: a draft out of a file may have many more than a form draws.
pub(super) fn places<'a>(
    pattern: &'a str,
    draft: &Value,
    empty: Empty,
) -> impl Iterator<Item = String> + use<'a> {
    let parts = pattern.split_once(".*.");
    let entries = parts.map_or(1, |(list, _)| at(draft, list).and_then(Value::as_array).map_or(0, Vec::len));
    let shown = if entries == 0 && empty == Empty::OneMore { 1 } else { entries };
    (0..shown).map(move |index| match parts {
        Some((list, rest)) => format!("{list}.{index}.{rest}"),
        None => pattern.to_owned(),
    })
}

/// What stands at a place.
pub(super) fn at<'a>(draft: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(draft, |value, word| match value {
        Value::Array(list) => word.parse::<usize>().ok().and_then(|index| list.get(index)),
        Value::Object(fields) => fields.get(word),
        _ => None,
    })
}

/// The answer at a place, as words.
pub(super) fn values(draft: &Value, path: &str) -> Vec<String> {
    let words = |value: &Value| match value {
        Value::String(words) => words.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    };
    match at(draft, path) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.iter().map(words).collect(),
        Some(value) => vec![words(value)],
    }
}

/// Whether this place lies in an entry that has begun, and an entry needs it.
pub(super) fn belongs_to_entry(spec: &Spec, id: &str, draft: &Value) -> bool {
    let Some((entry, _)) = id.rsplit_once('.').filter(|_| spec.id.contains(".*.")) else { return false };
    let begun = at(draft, entry).and_then(Value::as_object).is_some_and(|fields| !fields.is_empty());
    begun && spec.of_entry
}

/// Takes away what stands at a place.
pub(super) fn remove(draft: &mut Value, path: &str) {
    let Some((parent, last)) = path.rsplit_once('.') else {
        if let Some(fields) = draft.as_object_mut() {
            fields.remove(path);
        }
        return;
    };
    let found = parent.split('.').try_fold(draft, |value, word| match value {
        Value::Array(list) => word.parse::<usize>().ok().and_then(|index| list.get_mut(index)),
        Value::Object(fields) => fields.get_mut(word),
        _ => None,
    });
    if let Some(Value::Object(fields)) = found {
        fields.remove(last);
    }
}
