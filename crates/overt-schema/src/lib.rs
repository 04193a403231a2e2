//! The nouns of an evaluation as data.
//!
//! **Charter.** Task, suite, system, sample, answer, score, summary, run manifest: their types, their files and
//! digests, and the mistakes people make in them. This crate is pure: no I/O, no clock, no randomness, no environment.
//!
//! **Tour**, in the order in which data passes:
//!
//! 1. A [`Task`] is read from YAML by [`Task::parse`], a [`Suite`] by [`Suite::parse`]. All [`Diagnostics`] of a file
//!    come at once, each with its place. [`schemas()`] gives the same formats as JSON Schemas, [`taxonomy`] the tags
//!    that a task may carry.
//! 2. A [`Sample`] is one row of the task's dataset; [`Expression`]s filter rows.
//! 3. A [`Conversation`] turns the task's [`Template`]s and a sample into [`Step`]s: messages, and places where the
//!    system is asked.
//! 4. A [`Request`] goes to a system, known by its [`SystemIdentity`]; a [`Response`] or [`Failure`] comes back, and
//!    all attempts together are an [`Answer`] with an [`Outcome`].
//! 5. A [`Score`] is what a scorer says about an answer, a [`MetricResult`] what a metric makes of all scores.
//! 6. A [`Run`] is the manifest that binds all of it by [`Digest`]s over [`canonical_json`]; a [`Requirement`] judges
//!    its results.
//!
//! ```
//! use overt_schema::{Conversation, Message, Role, Sample, Step, Task};
//!
//! let task = Task::parse(
//!     "capitals.yaml",
//!     r#"
//! name: capitals
//! title: Capitals of Europe
//! description: Whether the system knows them.
//! version: "1.0.0"
//! licence: CC0-1.0
//! dataset: { path: capitals.jsonl }
//! prompt: { user: "What is the capital of {{ country }}?" }
//! scorers: [{ kind: includes }]
//! metrics: [{ name: accuracy, kind: rate, scorer: includes, direction: higher }]
//! "#,
//! )?;
//! let fields = serde_json::from_str(r#"{ "country": "France", "target": "Paris" }"#)?;
//! let sample = Sample { id: "france".into(), fields };
//! let steps = Conversation::new(&task)?.script(&sample)?;
//! assert_eq!(steps, [Step::Say(Message::new(Role::User, "What is the capital of France?")), Step::Ask]);
//!
//! let mistakes = Task::parse("capitals.yaml", "name: capitals\ntilte: Capitals").unwrap_err();
//! assert!(mistakes.to_string().contains("did you mean `title`?"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod conversation;
mod dataset;
mod decode;
mod diagnostic;
mod digest;
mod filter_note;
mod first_token;
mod generation;
mod image;
mod instruction;
mod judge;
mod measurement;
mod message;
mod metric;
mod price;
mod probe;
mod prompt;
mod requirement;
mod run;
mod sample;
mod schemas;
mod score;
mod scorer;
mod source;
mod suggest;
mod suite;
mod system;
mod task;
pub mod taxonomy;
mod template;
mod tool;
mod yaml;

pub use answer::{
    Answer, Attempt, Failure, FailureKind, Finish, Outcome, Outcomes, Request, Response, Retry, Served, Usage,
};
pub use conversation::{Conversation, ScriptError, Step, template_digest};
pub use dataset::{Dataset, Format, is_commit};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use digest::{Digest, Hasher, NotADigest, canonical_json};
pub use filter_note::{FilterNote, FilterSide};
pub use first_token::{Alternative, FirstToken};
pub use generation::Generation;
pub use image::{Image, ImageType, NotAnImage};
pub use instruction::{Instruction, ListStyle};
pub use judge::{Judgement, Rubric, RubricForm, Shown};
pub use measurement::{Agreement, LabelCount, MEASUREMENT_FORMAT, Measured, Measurement, Share};
pub use message::{Message, Role};
pub use metric::{Direction, MeanReduction, Metric, MetricKind, RateReduction};
pub use price::{Cost, Prices};
pub use probe::{Feature, Finding, Probe, Verdict};
pub use prompt::{FewShot, Prompt, ScriptedCall, Turn};
pub use requirement::{Comparison, JudgedAt, Requirement, RequirementError};
pub use run::{
    AnswersFrom, Build, Corrected, DatasetRef, EarlyStopping, IntervalResult, JudgeRun, MetricResult,
    PlanRef, RUN_FORMAT, RequirementResult, Run, SampleRow, Settings, Status, SuiteRef, TaskRun,
};
pub use sample::Sample;
pub use schemas::schemas;
pub use score::Score;
pub use scorer::{ChoiceBy, NamedScorer, Quantifier, Scorer, SimilarityMeasure, Unparsed};
pub use suggest::nearest;
pub use suite::{Suite, SuiteTask};
pub use system::{Artefact, Observed, Reach, SystemIdentity};
pub use task::Task;
pub use template::{Expression, Template, TemplateError};
pub use tool::{ToolCall, ToolDefinition};
pub use yaml::yaml_to_json;
