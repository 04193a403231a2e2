//! What a scalar means, by the core schema of YAML 1.2 (section 10.3 of the specification).

use saphyr_parser::{ScalarStyle, Tag};
use serde_json::Number;

use super::NodeValue;

/// What is wrong, and what to do about it.
type Problem = (String, &'static str);

/// The value of a scalar: texts in quotes and blocks are texts, a plain one may be null, a truth value or a number.
pub(super) fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<NodeValue, Problem> {
    let plain =
        || if style == ScalarStyle::Plain { core(text) } else { Ok(NodeValue::Text(text.to_owned())) };
    let Some(tag) = tag else {
        return plain();
    };
    let resolved = match tag.suffix.as_str() {
        "str" | "" | "!" => return Ok(NodeValue::Text(text.to_owned())),
        _ => core(text)?,
    };
    match (tag.is_yaml_core_schema().then_some(tag.suffix.as_str()), &resolved) {
        (Some("null"), NodeValue::Null)
        | (Some("bool"), NodeValue::Bool(_))
        | (Some("int" | "float"), NodeValue::Number(_)) => Ok(resolved),
        _ => Err((format!("the tag `{}` does not fit here", tag.suffix), "remove the tag")),
    }
}

fn core(text: &str) -> Result<NodeValue, Problem> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "true" | "True" | "TRUE" => NodeValue::Bool(true),
        "false" | "False" | "FALSE" => NodeValue::Bool(false),
        _ => match number(text) {
            Some(Ok(number)) => NodeValue::Number(number),
            Some(Err(problem)) => return Err(problem),
            None => NodeValue::Text(text.to_owned()),
        },
    })
}

/// `None` if the text does not look like a number.
fn number(text: &str) -> Option<Result<Number, Problem>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix).filter(|digits| !digits.is_empty())?;
        digits.chars().all(|c| c.is_digit(radix)).then(|| u64::from_str_radix(digits, radix))
    };
    if let Some(parsed) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(parsed.ok().map(Number::from).ok_or_else(|| too_large(text)));
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        let message = format!("`{text}` is not a number that can be used here");
        return Some(Err((message, "write a finite number, or quotes if a text is meant")));
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let signed = digits.parse::<i64>().ok().map(Number::from);
        let whole = signed.or_else(|| digits.parse::<u64>().ok().map(Number::from));
        return Some(whole.ok_or_else(|| too_large(text)));
    }
    if !is_float(unsigned) {
        return None;
    }
    let parsed = text.parse::<f64>().ok().and_then(Number::from_f64);
    Some(parsed.ok_or_else(|| too_large(text)))
}

fn too_large(text: &str) -> Problem {
    let shown: String = text.chars().take(40).collect();
    (
        format!("the number `{shown}` is too large"),
        "put it between quotes if it is a text, such as an identifier",
    )
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    has_digits && digits(whole) && digits(fraction) && exponent.is_none_or(|e| !e.is_empty() && digits(e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn plain(text: &str) -> Value {
        match core(text).unwrap() {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(truth) => truth.into(),
            NodeValue::Number(number) => number.into(),
            NodeValue::Text(text) => text.into(),
            NodeValue::List(_) | NodeValue::Map(_) => panic!("not a scalar"),
        }
    }

    #[test]
    fn plain_scalars_follow_the_specification() {
        // Examples 10.4 to 10.9 of YAML 1.2.2, and what YAML 1.1 would have read otherwise.
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("null", json!(null)),
            ("True", json!(true)),
            ("FALSE", json!(false)),
            ("0", json!(0)),
            ("0o7", json!(7)),
            ("0x3A", json!(58)),
            ("-19", json!(-19)),
            ("+12", json!(12)),
            ("0.", json!(0.0)),
            ("-0.0", json!(-0.0)),
            (".5", json!(0.5)),
            ("+12e03", json!(12000.0)),
            ("-2E+05", json!(-200_000.0)),
            ("18446744073709551615", json!(u64::MAX)),
            ("no", json!("no")),
            ("on", json!("on")),
            ("1_000", json!("1_000")),
            ("1:30", json!("1:30")),
            ("2024-01-01", json!("2024-01-01")),
            ("1.0.0", json!("1.0.0")),
            (".", json!(".")),
            ("e3", json!("e3")),
            ("-", json!("-")),
            ("0x", json!("0x")),
        ] {
            assert_eq!(plain(text), value, "{text:?}");
        }
    }

    #[test]
    fn a_number_that_would_lose_digits_is_a_mistake() {
        for text in
            ["123456789012345678901234567890", ".inf", "-.INF", ".nan", "1e999", "0xfffffffffffffffff"]
        {
            assert!(core(text).is_err(), "{text}");
        }
    }
}
