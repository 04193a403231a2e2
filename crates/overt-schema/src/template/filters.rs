//! Bounds on filters whose fuel the engine takes only when all is written.

use minijinja::value::Value;
use minijinja::{Error, State};

use super::guard::{allow_text, indentation, over, weigh_all};

/// How far `pprint` indents.
const PPRINT: usize = 4;

/// Refuses a call of a filter that could give too long a text.
pub(super) fn allow(state: &State<'_, '_>, name: &str, arguments: &[Value]) -> Result<(), Error> {
    let [value, others @ ..] = arguments else {
        return Ok(());
    };
    match name {
        // Each hole may have all arguments' text.
        "format" => {
            let format = value.as_str().unwrap_or_default();
            let holes = format.matches('%').count();
            let filled = holes.saturating_mul(weigh_all(state, others)?);
            allow_text(state, format.len().saturating_add(filled))
        }
        "tojson" => {
            let widths = others.iter().flat_map(|other| [Some(other.clone()), other.get_attr("indent").ok()]);
            let width = widths.flatten().filter_map(|width| usize::try_from(width).ok()).max().unwrap_or(0);
            allow_text(state, indentation(state, value, width)?)
        }
        "pprint" => allow_text(state, indentation(state, value, PPRINT)?),
        "map" => match others {
            [filter, ..] if matches!(filter.as_str(), Some("format" | "pprint")) => Err(not_in_map(filter)),
            [filter, _, ..] if filter.as_str() == Some("tojson") => Err(not_in_map(filter)),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn not_in_map(filter: &Value) -> Error {
    let why = format!("`map` cannot call `{filter}` here: call it in a loop");
    over(why)
}
