//! The pure path from answers to published numbers.
//!
//! **Charter.** Scorers turn an answer's text into [`overt_schema::Score`]s; metrics and summaries turn scores into
//! results. The same answer gets the same score everywhere: in a run, in a reproduction, in telemetry. This crate is
//! pure: no I/O, no clock, no model is asked. Answers are untrusted text of any length and content; no scorer panics
//! on one, and the time for one grows linearly with its length.
//!
//! **Tour.** [`Scorers`] compiles a task's scorers once (templates, regular expressions, JSON Schemas) and applies
//! them to each answer. A [`ScorerError`] is the task's mistake, a [`ScoreError`] the dataset's; an answer is never an
//! error. Each kind of scorer is a module with one idea: `exact`, `includes`, `matching`, `number`, `choice`, `json`,
//! `instructions`, `refusal`, `canary`, `confidence`, `similarity`; `docs/scorers.md` says what each reads and when it is wrong.
//! A `judge` scorer needs another system's word: [`Scorers::questions`] says what to ask it, and whoever drives brings the
//! replies to [`Scorers::score`]. `fold` and `word` make texts comparable, `window` bounds what is read, `verdict` is a score without a name. Then
//! `summary` aggregates.
//!
//! ```
//! use overt_schema::{Outcome, Sample, Task};
//! use overt_score::{Outside, Scorers};
//! use serde_json::json;
//!
//! let task: Task = serde_json::from_value(json!({
//!     "name": "capitals", "title": "Capitals", "description": "Knows capitals.", "version": "1", "licence": "CC0-1.0",
//!     "dataset": { "path": "capitals.jsonl" },
//!     "prompt": { "user": "{{ question }}" },
//!     "scorers": [{ "name": "choice", "kind": "choice" }],
//!     "metrics": [{ "name": "accuracy", "direction": "higher", "kind": "rate", "scorer": "choice" }],
//! }))?;
//! let sample: Sample = serde_json::from_value(json!({
//!     "id": "fr", "fields": { "choices": ["Lyon", "Paris"], "target": "B" },
//! }))?;
//!
//! let scores = Scorers::new(&task)?.score(&sample, Outcome::Ok, Some("The answer is (B)."), Outside::default())?;
//! assert_eq!(scores[0].value, Some(1.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod against;
mod canary;
mod choice;
mod confidence;
mod error;
mod exact;
mod fold;
mod includes;
mod instructions;
mod json;
mod judge;
mod matching;
mod measurement;
mod number;
mod refusal;
mod scorers;
mod similarity;
mod summary;
mod target;
mod verdict;
mod watch;
mod window;
mod word;

pub use against::Against;
pub use error::{Lack, ScoreError, ScorerError};
pub use judge::{JUDGE_PROTOCOL, Question};
pub use measurement::{Label, Labelled, agreement, label, verdict as verdict_label};
pub use scorers::{Given, Outside, Scorers};
pub use summary::{
    Comparison, GroupResults, GroupSummaries, GroupedResults, Groups, Headline, MOST_GROUPS, Ran, Running,
    Summariser, SummaryError, TaskComparison, Tested, TooManyGroups, adjust, between, compare,
    not_comparable,
};
pub use watch::{Goal, NotWatchable, Watch};
