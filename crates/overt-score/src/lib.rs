//! The pure path from answers to published numbers.

mod canary;
mod choice;
mod confidence;
mod error;
mod exact;
mod fold;
mod includes;
mod instructions;
mod json;
mod matching;
mod number;
mod refusal;
mod scorers;
mod summary;
mod target;
mod verdict;
mod window;
mod word;

pub use error::{Lack, ScoreError, ScorerError};
pub use scorers::Scorers;
pub use summary::{Comparison, Running, Summariser, SummaryError, compare};
