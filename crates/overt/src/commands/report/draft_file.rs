//! A draft as people write it: TOML, each answer under the name of its question. JSON is read, too.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use overt_report::Draft;
use overt_report::draft::MAX_BYTES;
use overt_report::form::{Field, Form, Input, Step};
use toml::{Table, Value};

use crate::failure::Failure;
use crate::text::{harmless, worded};

/// Columns of a comment.
const WIDTH: usize = 100;

/// Reads a draft. Nothing of it is repeated in a message: it may be private.
pub(super) fn read(path: &Path) -> Result<Draft, Failure> {
    let failed = |error| Failure::file("read", path, error);
    let size = fs::metadata(path).map_err(failed)?.len();
    let bad = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    if size > MAX_BYTES as u64 {
        return Err(bad(format!("a draft has at most {MAX_BYTES} bytes; this file has {size}")));
    }
    let text =
        String::from_utf8(fs::read(path).map_err(failed)?).map_err(|_| bad("it is not UTF-8".into()))?;
    parse(&text).map_err(bad)
}

fn parse(text: &str) -> Result<Draft, String> {
    if text.trim_start().starts_with('{') {
        return Draft::from_json(text.as_bytes()).map_err(|error| error.to_string());
    }
    let table: Table = toml::from_str(text).map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        format!("line {line}: it is no TOML: {}", error.message())
    })?;
    let mut answers = Vec::new();
    for (key, value) in &table {
        gather(key, value, &mut answers)?;
    }
    // A question without an answer begins no entry. Entries of a list come in their order, whatever the file's.
    answers.retain(|(_, values)| values.iter().any(|value| !value.is_empty()));
    answers.sort_by_cached_key(|(field, _)| places(field));
    let mut draft = Draft::default();
    for (field, values) in &answers {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        draft
            .set(field, &values)
            .map_err(|problem| format!("{}: {}", harmless(&problem.field), problem.message))?;
    }
    Ok(draft)
}

/// The answers under a name: a value, or those of a table or of a list of tables.
fn gather(field: &str, value: &Value, answers: &mut Vec<(String, Vec<String>)>) -> Result<(), String> {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                gather(&format!("{field}.{key}"), value, answers)?;
            }
        }
        Value::Array(list) if list.iter().any(Value::is_table) => {
            for (index, entry) in list.iter().enumerate() {
                gather(&format!("{field}.{index}"), entry, answers)?;
            }
        }
        Value::Array(list) => {
            let words = list.iter().map(|value| word(field, value)).collect::<Result<Vec<_>, _>>()?;
            answers.push((field.to_owned(), words));
        }
        value => answers.push((field.to_owned(), vec![word(field, value)?])),
    }
    Ok(())
}

fn word(field: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(words) => Ok(words.clone()),
        Value::Boolean(yes) => Ok(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Datetime(time) => Ok(time.to_string()),
        _ => Err(format!("{}: an answer is a text, or a list of texts", harmless(field))),
    }
}

/// A field's name, its numbers as numbers.
fn places(field: &str) -> Vec<Result<u64, String>> {
    field.split('.').map(|word| word.parse().map_err(|_| word.to_owned())).collect()
}

/// Writes a draft with its questions.
pub(super) fn write(form: &Form) -> String {
    let mut text = String::from(
        "# A report of a flaw or an incident. Answer between the quotation marks; what is left empty is not answered.\n\
         # Several answers: [\"one\", \"another\"]. Long ones: \"\"\"…\"\"\". Then: overt report check FILE\n",
    );
    for step in &form.steps {
        write_step(&mut text, step);
    }
    text
}

fn write_step(text: &mut String, step: &Step) {
    let _ = writeln!(text, "\n# ---- {} ----", step.title);
    comment(text, &step.help);
    for field in &step.fields {
        write_field(text, field);
    }
}

fn write_field(text: &mut String, field: &Field) {
    if field.input == Input::Measured {
        // It comes out of a record, and is never typed.
        return;
    }
    let needed = if field.needed { "needed" } else { "may be left out" };
    let public = if field.public { "public" } else { "private" };
    let _ = writeln!(text, "\n# {} ({needed}, {public})", field.label);
    comment(text, &field.help);
    if !field.choices.is_empty() {
        let words: Vec<&str> = field.choices.iter().map(|choice| choice.value.as_str()).collect();
        let which = if field.input.is_many() { "Some of" } else { "One of" };
        comment(text, &format!("{which}: {}", words.join(", ")));
    }
    let values: Vec<Value> = field.values.iter().map(|value| Value::String(value.clone())).collect();
    let value = match (field.input.is_many(), values.first()) {
        (true, _) => Value::Array(values),
        (false, Some(value)) => value.clone(),
        (false, None) => Value::String(String::new()),
    };
    let _ = writeln!(text, "\"{}\" = {value}", field.id);
}

fn comment(text: &mut String, words: &str) {
    for line in worded(words, WIDTH, "# ").lines().filter(|line| !line.trim().is_empty()) {
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use overt_report::form::{Channel, Labels};

    use super::*;

    fn form(draft: &Draft) -> Form {
        Form::of(draft, Channel::Signed, "2026-11-24T16:00:00Z".parse().unwrap(), &Labels::english())
    }

    #[test]
    fn what_is_written_is_read_again_with_its_answers() {
        let mut draft = Draft::default();
        assert_eq!(parse(&write(&form(&draft))).unwrap(), draft, "nothing answered");
        for (field, values) in [
            ("classification.kind", vec!["flaw"]),
            ("event.title", vec!["A \"title\" # with = marks"]),
            ("event.description", vec!["two\nlines"]),
            ("impact.harms", vec!["physical", "psychological"]),
            ("systems.0.name", vec!["One"]),
            ("systems.1.name", vec!["Two"]),
        ] {
            draft.set(field, &values).unwrap();
        }
        let text = write(&form(&draft));
        assert_eq!(parse(&text).unwrap(), draft, "{text}");
        assert!(text.contains("# ---- ") && text.contains("One of: yes, no"), "{text}");
    }

    #[test]
    fn tables_lists_and_json_are_read_and_order_does_not_matter() {
        let mut expected = Draft::default();
        for index in 0..12 {
            expected.set(&format!("systems.{index}.name"), &[&index.to_string()]).unwrap();
        }
        expected.set("classification.csam", &["no"]).unwrap();
        let flat: Vec<String> =
            (0..12).rev().map(|index| format!("\"systems.{index}.name\" = \"{index}\"\n")).collect();
        assert_eq!(parse(&format!("classification.csam = false\n{}", flat.concat())).unwrap(), expected);
        let tables: Vec<String> = (0..12).map(|index| format!("[[systems]]\nname = \"{index}\"\n")).collect();
        assert_eq!(
            parse(&format!("\"classification.csam\" = \"no\"\n{}", tables.concat())).unwrap(),
            expected
        );
        assert_eq!(parse(&expected.to_json()).unwrap(), expected);
    }

    #[test]
    fn what_is_no_draft_is_refused_without_repeating_it() {
        for (text, words) in [
            ("\"event.title\" = secret\n", "line 1"),
            ("a = \"b\"\n", "no such field"),
            ("\"classification.kind\" = \"secret\"\n", "classification.kind"),
            ("\"event.title\" = 1.5\n", "an answer is a text"),
            ("\"systems.3.name\" = \"x\"\n", "without gaps"),
            ("{\"event\": {\"titel\": \"secret\"}}", "unknown field"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words) && !error.contains("secret"), "{text}: {error}");
        }
    }
}
