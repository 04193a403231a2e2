//! The nouns of an evaluation as data.
//!
//! **Charter.** Task, suite, system, sample, answer, score, summary, run manifest: their types, their files and
//! digests, and the mistakes people make in them. This crate is pure: no I/O, no clock, no randomness, no environment.

mod answer;
mod conversation;
mod decode;
mod diagnostic;
mod digest;
mod generation;
mod instruction;
mod message;
mod requirement;
mod run;
mod sample;
mod schemas;
mod score;
mod source;
mod suggest;
mod suite;
mod system;
mod task;
pub mod taxonomy;
mod template;
mod yaml;

pub use answer::{
    Answer, Attempt, Failure, FailureKind, Finish, Outcome, Outcomes, Request, Response, Retry, Served, Usage,
};
pub use conversation::{Conversation, Step, template_digest};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use digest::{Digest, Hasher, NotADigest, canonical_json};
pub use generation::Generation;
pub use instruction::{Instruction, ListStyle};
pub use message::{Message, Role};
pub use requirement::{Comparison, JudgedAt, Requirement, RequirementError};
pub use run::{
    Build, DatasetRef, IntervalResult, MetricResult, RUN_FORMAT, RequirementResult, Run, SampleRow, Settings,
    Status, SuiteRef, TaskRun,
};
pub use sample::Sample;
pub use schemas::schemas;
pub use score::Score;
pub use suggest::nearest;
pub use suite::{Suite, SuiteTask};
pub use system::{Artefact, Observed, Reach, SystemIdentity};
pub use task::{
    Dataset, Direction, FewShot, Format, Metric, MetricKind, NamedScorer, Prompt, Quantifier, Scorer, Task,
    Turn, Unparsed,
};
pub use template::{Expression, Template, TemplateError};
