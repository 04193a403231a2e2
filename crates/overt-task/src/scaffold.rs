//! The files that a new task begins with.

use std::path::{Path, PathBuf};

/// A name that no task can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be a task's name\n  next     use lower-case letters, digits and hyphens, for example `city-facts`"
)]
pub struct BadName(String);

/// The longest name: it becomes part of file names.
const LONGEST: usize = 100;

/// The files of a new task, with paths relative to where it shall be: `NAME/NAME.yaml` and `NAME/NAME.jsonl`. They are
/// a working task, commented, for its author to change.
///
/// # Errors
/// When the name is none that a task can have.
pub fn scaffold(name: &str) -> Result<Vec<(PathBuf, String)>, BadName> {
    let is_name_character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty()
        || name.len() > LONGEST
        || name.starts_with('-')
        || !name.chars().all(is_name_character)
    {
        return Err(BadName(name.chars().take(LONGEST).collect()));
    }
    let file = |ending| Path::new(name).join(format!("{name}.{ending}"));
    let task = include_str!("scaffold/task.yaml").replace("NAME", name);
    let samples = include_str!("scaffold/samples.jsonl").replace("NAME", name);
    Ok(vec![(file("yaml"), task), (file("jsonl"), samples)])
}
