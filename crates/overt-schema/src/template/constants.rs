//! Repeated lists whose items and number are written down.
//!
//! The engine computes what is constant when it compiles, before there is fuel or a guard: `[1] * 99999999 ~ ''` would
//! be half a gigabyte of text then. So such a list is counted before.

use serde::Serialize;
use serde_json::Value;

use super::TemplateError;

/// The most values that a constant may have that repeats a list.
const MOST_VALUES: f64 = 10_000.0;

/// Refuses a constant with too many values. The tree is the engine's of `source`.
pub(super) fn check(tree: &impl Serialize, source: &str) -> Result<(), TemplateError> {
    match serde_json::to_value(tree) {
        Ok(tree) => check_node(&tree, source),
        Err(_) => Err(TemplateError::whole("a number does not fit into 64 bits: write a smaller one".into())),
    }
}

fn check_node(node: &Value, source: &str) -> Result<(), TemplateError> {
    if is(node, "BinOp") && values(node).is_some_and(|values| values > MOST_VALUES) {
        let offset = |name| node["inner"][1][name].as_u64().and_then(|offset| usize::try_from(offset).ok());
        let place = offset("start_offset").zip(offset("end_offset")).map_or(0..0, |(start, end)| start..end);
        let message = format!(
            "a list that is repeated a fixed number of times would have more than {MOST_VALUES} values: repeat it less often"
        );
        return Err(TemplateError::at(source, place, message));
    }
    match node {
        Value::Array(nodes) => nodes.iter().try_for_each(|node| check_node(node, source)),
        Value::Object(fields) => fields.values().try_for_each(|node| check_node(node, source)),
        _ => Ok(()),
    }
}

fn is(node: &Value, kind: &str) -> bool {
    node["expr"] == kind
}

/// The values in a constant; `None` for what is not constant.
fn values(node: &Value) -> Option<f64> {
    let inner = &node["inner"][0];
    match node["expr"].as_str()? {
        "Const" | "Compare" => Some(1.0),
        "List" | "Tuple" => {
            inner["items"].as_array()?.iter().try_fold(1.0, |sum, item| Some(sum + values(item)?))
        }
        "Map" => {
            Some(1.0 + inner["values"].as_array().map_or(0.0, |values| values.iter().map(|_| 2.0).sum()))
        }
        "UnaryOp" => values(&inner["expr"]),
        "BinOp" => {
            let (left, right) = (&inner["left"], &inner["right"]);
            let (left_values, right_values) = (values(left)?, values(right)?);
            Some(match (inner["op"] == "Mul", holds_list(left), holds_list(right)) {
                (true, true, _) => left_values * magnitude(right).max(1.0),
                (true, false, true) => magnitude(left).max(1.0) * right_values,
                (true, false, false) => 1.0,
                (false, ..) => left_values + right_values,
            })
        }
        _ => None,
    }
}

fn holds_list(node: &Value) -> bool {
    let inner = &node["inner"][0];
    match node["expr"].as_str() {
        Some("List" | "Tuple" | "Map") => true,
        Some("UnaryOp") => holds_list(&inner["expr"]),
        Some("BinOp") => holds_list(&inner["left"]) || holds_list(&inner["right"]),
        _ => false,
    }
}

/// What a constant number is at most, whatever its sign.
fn magnitude(node: &Value) -> f64 {
    let inner = &node["inner"][0];
    match node["expr"].as_str() {
        Some("Const") => inner["value"].as_f64().map_or(1.0, f64::abs),
        Some("UnaryOp") => magnitude(&inner["expr"]),
        Some("BinOp") => {
            let (left, right) = (magnitude(&inner["left"]), magnitude(&inner["right"]));
            match inner["op"].as_str() {
                Some("Mul") => left * right,
                Some("Pow") => left.max(1.0).powf(right),
                // A division by less than one makes more of it, and so does `or` of the larger.
                Some("Div" | "FloorDiv") if right < 1.0 => f64::MAX,
                _ => left + right,
            }
        }
        _ => 1.0,
    }
}
