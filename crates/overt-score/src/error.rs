//! What can be wrong with a scorer, and with a sample that it meets.

use overt_schema::TemplateError;

/// A scorer that can't be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum ScorerError {
    /// A setting that is a template is none.
    #[error("scorer `{scorer}`: `{setting}` is not a template: {source}; correct the template")]
    Template {
        /// The scorer's name.
        scorer: String,
        /// The setting.
        setting: &'static str,
        /// Where and why.
        source: Box<TemplateError>,
    },
    /// A setting that is a regular expression is none.
    #[error("scorer `{scorer}`: `pattern` is not a regular expression: {message}; correct the pattern")]
    Pattern {
        /// The scorer's name.
        scorer: String,
        /// Where and why.
        message: String,
    },
    /// The capture group does not exist.
    #[error("scorer `{scorer}`: the pattern has no group {group}, it has {groups}; use an existing group")]
    Group {
        /// The scorer's name.
        scorer: String,
        /// What was asked for.
        group: usize,
        /// How many there are.
        groups: usize,
    },
    /// A setting that is a JSON Schema is none.
    #[error(
        "scorer `{scorer}`: `schema` is not a JSON Schema: {message}; correct it (references must be local)"
    )]
    Schema {
        /// The scorer's name.
        scorer: String,
        /// Where and why.
        message: String,
    },
    /// A setting has a value that makes no sense.
    #[error("scorer `{scorer}`: `{setting}` is {found}; {expected}")]
    Setting {
        /// The scorer's name.
        scorer: String,
        /// The setting.
        setting: &'static str,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
}

/// A sample that lacks what a scorer needs. It is the dataset's mistake, never the answer's.
#[derive(Debug, thiserror::Error)]
#[error("sample `{sample}`, scorer `{scorer}`: {lack}")]
pub struct ScoreError {
    /// The sample's id.
    pub sample: String,
    /// The scorer's name.
    pub scorer: String,
    /// What is missing or wrong, and what to do.
    #[source]
    pub lack: Box<Lack>,
}

/// What a sample lacks.
#[derive(Debug, thiserror::Error)]
pub enum Lack {
    /// A field is not there.
    #[error(
        "there is no field `{field}`; add it, map it under `dataset.fields`, or name another in the scorer"
    )]
    Field {
        /// The field.
        field: String,
    },
    /// A field or a rendered setting has the wrong form.
    #[error("`{field}` is {found}; {expected}")]
    Form {
        /// The field or the setting.
        field: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A template could not be filled from the sample.
    #[error("`{setting}` can't be filled from the sample: {source}")]
    Template {
        /// The setting.
        setting: &'static str,
        /// Where and why.
        source: Box<TemplateError>,
    },
    /// The target is none of the choices.
    #[error(
        "the target {target:?} is none of the {choices} choices; give its letter, its zero-based index or its text"
    )]
    Target {
        /// What the target says.
        target: String,
        /// How many choices there are.
        choices: usize,
    },
    /// An instruction is unknown or lacks a setting.
    #[error("`{field}` is not a list of instructions: {message}; `docs/scorers.md` lists the kinds")]
    Instructions {
        /// The field.
        field: String,
        /// Where and why.
        message: String,
    },
}
