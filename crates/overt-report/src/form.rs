//! The form in short steps: which fields apply, which are missing, which are wrong. A page and a command line draw it.
//!
//! A pure function of a draft: answer, look again. [`Form::of`] gives everything that is needed to draw it, [`check`] the
//! faults alone, [`relevant`] the draft without answers to questions that don't apply.

mod check;
mod facts;
mod fields;
mod input;
pub mod labels;
mod paths;

use serde::Serialize;
use serde_json::Value;

pub use self::check::{Problem, check, relevant};
pub use self::facts::Channel;
pub(crate) use self::facts::Facts;
pub(crate) use self::fields::{FIELDS, Spec};
pub(crate) use self::input::wrong;
pub use self::input::{Choices, Input};
pub use self::labels::Labels;
use crate::draft::{Draft, MAX_ITEMS};

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepId {
    /// What kind of report it is.
    Kind,
    /// Instead of all that follows: where to report sexual abuse of children, and what is kept.
    Withheld,
    /// Which system.
    System,
    /// What happened.
    Event,
    /// What shows it.
    Evidence,
    /// How bad it is.
    Impact,
    /// What harm was done.
    Harm,
    /// Who could exploit it.
    Attack,
    /// Why it happened and what was done.
    Cause,
    /// What laws and codes demand of the reporter.
    Duties,
    /// Who reports.
    Reporter,
    /// Who may know, and when.
    Disclosure,
}

impl StepId {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Kind,
        Self::Withheld,
        Self::System,
        Self::Event,
        Self::Evidence,
        Self::Impact,
        Self::Harm,
        Self::Attack,
        Self::Cause,
        Self::Duties,
        Self::Reporter,
        Self::Disclosure,
    ];
}

/// The whole form for a draft as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// The steps that apply.
    pub steps: Vec<Step>,
    /// How far it is.
    pub progress: Progress,
    /// Everything that is missing or wrong, in the order of the form.
    pub problems: Vec<Problem>,
}

/// How many of the answers that are needed are there and right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// There and right.
    pub done: usize,
    /// Needed.
    pub needed: usize,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Which one.
    pub id: StepId,
    /// Its heading.
    pub title: String,
    /// What it is for; in the step `withheld`, where to turn.
    pub help: String,
    /// The fields that apply.
    pub fields: Vec<Field>,
    /// Whether nothing in it is missing or wrong.
    pub complete: bool,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Where the answer goes ([`Draft::set`]): `event.title`, `systems.0.name`.
    pub id: String,
    /// The question in a few words.
    pub label: String,
    /// More about it.
    pub help: String,
    /// How it is answered.
    pub input: Input,
    /// What can be chosen, with the words for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Whether it must be answered.
    pub needed: bool,
    /// Whether the answer becomes public.
    pub public: bool,
    /// The answer so far: one value, or those of a list.
    pub values: Vec<String>,
    /// What is missing or wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// As the draft writes it.
    pub value: String,
    /// For people.
    pub label: String,
}

impl Form {
    /// The form for a draft, at a moment that no date of the past may lie behind.
    pub fn of(draft: &Draft, channel: Channel, now: overt_record::Timestamp, labels: &Labels) -> Self {
        let facts = Facts::of(draft, channel);
        let value = draft.to_value();
        let problems = check(draft, channel, now);
        let fields = |step: StepId| -> Vec<Field> {
            let specs = FIELDS.iter().filter(|spec| spec.step == step && (spec.applies)(&facts));
            specs.flat_map(|spec| drawn(spec, &value, &facts, &problems, labels)).collect()
        };
        let steps: Vec<Step> = StepId::ALL
            .iter()
            .map(|&id| (id, fields(id)))
            .filter(|(_, fields)| !fields.is_empty())
            .map(|(id, fields)| {
                let (title, help) = labels.step(id);
                let complete = fields.iter().all(|field| field.problem.is_none());
                Step { id, title, help, fields, complete }
            })
            .collect();
        let needed = || steps.iter().flat_map(|step| &step.fields).filter(|field| field.needed);
        let done = needed().filter(|field| field.problem.is_none()).count();
        let progress = Progress { done, needed: needed().count() };
        Self { steps, progress, problems }
    }
}

/// A field of the table as it is drawn: once for each entry that its list may have, and once more if there is none.
fn drawn(spec: &Spec, draft: &Value, facts: &Facts, problems: &[Problem], labels: &Labels) -> Vec<Field> {
    let (label, help) = labels.field(spec.id);
    let places = paths::places(spec.id, draft, paths::Empty::OneMore).take(MAX_ITEMS);
    let fields = places.map(|id| Field {
        label: label.clone(),
        help: help.clone(),
        input: spec.input,
        choices: spec.input.choices(facts).iter().map(|value| labels.choice(spec.input, value)).collect(),
        needed: (spec.needed)(facts) || paths::belongs_to_entry(spec, &id, draft),
        public: spec.public,
        values: paths::values(draft, &id),
        problem: problems.iter().find(|problem| problem.field == id).map(|problem| problem.message.clone()),
        id,
    });
    fields.collect()
}

/// How a field is answered, by its id; `None` if there is no such field.
pub(crate) fn field_input(id: &str) -> Option<Input> {
    let pattern: Vec<&str> =
        id.split('.').map(|word| if word.parse::<usize>().is_ok() { "*" } else { word }).collect();
    let pattern = pattern.join(".");
    FIELDS.iter().find(|spec| spec.id == pattern).map(|spec| spec.input)
}
