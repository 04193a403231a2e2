//! Which keys `overt.toml` knows.

use overt_schema::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigProblem;

/// What may stand at a place.
enum Shape {
    /// A table with these keys.
    Table(&'static [(&'static str, Shape)]),
    /// A table with keys of the user's choice.
    Map(&'static Shape),
    /// A value; its type is checked when it is read.
    Value,
}

use Shape::{Map, Table, Value};

const FILE: Shape = Table(&[
    ("eval", Table(&[("judge", Value), ("model", Value), ("concurrency", Value), ("runs", Value)])),
    ("systems", Map(&SYSTEM)),
    // The command line reads these: they are about no system.
    ("site", Value),
]);

const SYSTEM: Shape = Table(&[
    ("model", Value),
    ("base_url", Value),
    ("dialect", Value),
    ("api_key_env", Value),
    ("headers", Map(&Table(&[("env", Value)]))),
    ("system_prompt", Value),
    ("prices", Table(&[("input", Value), ("output", Value)])),
    (
        "limits",
        Table(&[("concurrency", Value), ("requests_per_minute", Value), ("tokens_per_minute", Value)]),
    ),
    ("timeouts", Table(&[("connect", Value), ("first_byte", Value), ("whole", Value)])),
    ("max_tokens_field", Value),
    ("omit", Value),
    ("send", Value),
]);

/// Every key that nobody knows, with the nearest that is known.
///
/// # Errors
/// When the text is not TOML.
pub(super) fn unknown_keys(text: &str) -> Result<Vec<ConfigProblem>, ConfigProblem> {
    let table = DeTable::parse(text).map_err(|error| {
        ConfigProblem::at(text, error.span().map_or(0, |span| span.start), one_line(error.message()))
    })?;
    let mut problems = Vec::new();
    visit(text, "", table.get_ref(), &FILE, &mut problems);
    problems.sort_by_key(|problem| (problem.line, problem.column));
    Ok(problems)
}

fn visit(text: &str, path: &str, table: &DeTable<'_>, shape: &Shape, problems: &mut Vec<ConfigProblem>) {
    for (key, value) in table {
        let name: &str = key.get_ref();
        let below = match shape {
            Table(known) => {
                if let Some((_, below)) = known.iter().find(|(known, _)| *known == name) {
                    below
                } else {
                    problems.push(ConfigProblem::at(text, key.span().start, unknown(path, name, known)));
                    continue;
                }
            }
            Map(below) => below,
            Value => continue,
        };
        descend(text, &joined(path, name), value, below, problems);
    }
}

fn descend(
    text: &str,
    path: &str,
    value: &Spanned<DeValue<'_>>,
    shape: &Shape,
    problems: &mut Vec<ConfigProblem>,
) {
    if let DeValue::Table(table) = value.get_ref() {
        visit(text, path, table, shape, problems);
    }
}

fn unknown(path: &str, name: &str, known: &[(&'static str, Shape)]) -> String {
    let names = known.iter().map(|(name, _)| *name);
    let place = if path.is_empty() { String::new() } else { format!(" in [{path}]") };
    let shown: String = name.chars().take(60).collect();
    match nearest(name, names.clone()) {
        Some(near) => format!("unknown key `{shown}`{place}; did you mean `{near}`?"),
        None => format!("unknown key `{shown}`{place}; known are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The parser's messages may have several lines.
pub(super) fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
