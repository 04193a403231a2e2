//! Shuffles a sample's choices, so that no system scores by preferring a letter.
//!
//! Only `choices` and `target` move. A `target` that is a letter or a zero-based index follows its choice; one that is
//! a choice's text need not move. It is read as the `choice` scorer reads it: a number is an index, a text is first a
//! choice's text, then a letter, then an index. Other fields that point into the choices are not touched: give texts
//! there.

use serde_json::{Map, Value};

use crate::error::{RowProblem, kind};
use crate::shuffle::Random;

/// How a target names its choice.
#[derive(Clone, Copy)]
enum Form {
    Text,
    UpperLetter(usize),
    LowerLetter(usize),
    Index(usize),
    IndexText(usize),
}

/// Shuffles the choices of one sample. The order depends on the seed and the sample's id alone, so it stays the same
/// whatever else is selected.
pub(crate) fn shuffle(fields: &mut Map<String, Value>, seed: u64, id: &str) -> Result<(), RowProblem> {
    let choices = match fields.get("choices") {
        Some(Value::Array(choices)) => choices.clone(),
        other => return Err(RowProblem::NoChoices(other.map_or("none", kind))),
    };
    let mut order: Vec<usize> = (0..choices.len()).collect();
    Random::new("choices", seed, id).shuffle(&mut order);
    if let Some(target) = fields.get_mut("target") {
        match target {
            Value::Array(targets) => {
                for target in targets {
                    follow(target, &choices, &order)?;
                }
            }
            _ => follow(target, &choices, &order)?,
        }
    }
    let shuffled = order.iter().filter_map(|from| choices.get(*from).cloned()).collect();
    fields.insert("choices".into(), Value::Array(shuffled));
    Ok(())
}

/// `order[new] == old`.
fn follow(target: &mut Value, choices: &[Value], order: &[usize]) -> Result<(), RowProblem> {
    let form = form(target, choices).ok_or(RowProblem::Target(choices.len()))?;
    let moved = |old: usize| order.iter().position(|from| *from == old).unwrap_or(old);
    // A letter is only read where there are at most 26 choices, so its new place has one too.
    let letter =
        |first: u8, old| u8::try_from(moved(old)).map_or('?', |new| char::from(first + new)).to_string();
    *target = match form {
        Form::Text => return Ok(()),
        Form::UpperLetter(old) => letter(b'A', old).into(),
        Form::LowerLetter(old) => letter(b'a', old).into(),
        Form::Index(old) => moved(old).into(),
        Form::IndexText(old) => moved(old).to_string().into(),
    };
    Ok(())
}

fn form(target: &Value, choices: &[Value]) -> Option<Form> {
    let in_range = |index: usize| (index < choices.len()).then_some(index);
    let text = match target {
        Value::Number(number) => {
            return number.as_u64().and_then(|n| usize::try_from(n).ok()).and_then(in_range).map(Form::Index);
        }
        Value::String(text) => text.trim(),
        _ => return None,
    };
    let texts = || choices.iter().filter_map(Value::as_str).map(str::trim);
    if texts().any(|choice| choice == text) {
        return Some(Form::Text);
    }
    if let ([letter], ..=26) = (text.as_bytes(), choices.len()) {
        let (first, form): (u8, fn(usize) -> Form) =
            if letter.is_ascii_uppercase() { (b'A', Form::UpperLetter) } else { (b'a', Form::LowerLetter) };
        if letter.is_ascii_alphabetic()
            && let Some(index) = in_range(usize::from(letter - first))
        {
            return Some(form(index));
        }
    }
    if let Some(index) = text.parse().ok().and_then(in_range) {
        return Some(Form::IndexText(index));
    }
    let folded = text.to_lowercase();
    texts().any(|choice| choice.to_lowercase() == folded).then_some(Form::Text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shuffled(target: &Value, choices: &Value, seed: u64) -> Result<(Value, Vec<Value>), RowProblem> {
        let Value::Object(mut fields) = json!({ "target": target, "choices": choices }) else { panic!() };
        shuffle(&mut fields, seed, "s1")?;
        let Some(Value::Array(choices)) = fields.remove("choices") else { panic!() };
        Ok((fields.remove("target").unwrap(), choices))
    }

    #[test]
    fn a_letter_an_index_and_a_text_follow_their_choice() {
        let choices = json!(["red", "green", "blue", "grey"]);
        for seed in 0..50 {
            let (letter, moved) = shuffled(&json!("C"), &choices, seed).unwrap();
            let place = moved.iter().position(|choice| choice == "blue").unwrap();
            assert_eq!(letter, json!(["A", "B", "C", "D"][place]));
            assert_eq!(shuffled(&json!("c"), &choices, seed).unwrap().0, json!(["a", "b", "c", "d"][place]));
            assert_eq!(shuffled(&json!(2), &choices, seed).unwrap().0, json!(place));
            assert_eq!(shuffled(&json!("2"), &choices, seed).unwrap().0, json!(place.to_string()));
            assert_eq!(shuffled(&json!("blue"), &choices, seed).unwrap().0, json!("blue"));
            assert_eq!(shuffled(&json!(["C", 2]), &choices, seed).unwrap().0, json!([letter, place]));
        }
    }

    #[test]
    fn a_text_is_first_taken_for_a_choice() {
        let choices = json!(["B", "A"]);
        assert!((0..20).all(|seed| shuffled(&json!("B"), &choices, seed).unwrap().0 == "B"));
        assert!((0..20).all(|seed| shuffled(&json!("2"), &json!(["1", "2", "3"]), seed).unwrap().0 == "2"));
    }

    #[test]
    fn a_target_that_names_no_choice_is_an_error() {
        for target in [json!("E"), json!(4), json!(-1), json!("violet"), json!(null), json!({})] {
            assert_eq!(shuffled(&target, &json!(["a1", "b1", "c1", "d1"]), 1), Err(RowProblem::Target(4)));
        }
        let mut none = Map::new();
        assert_eq!(shuffle(&mut none, 1, "x"), Err(RowProblem::NoChoices("none")));
    }
}
