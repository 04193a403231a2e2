//! What can be wrong with a task's metrics.

use overt_schema::TemplateError;
use overt_stats::NotALevel;

/// Metrics that can't be computed as they are written.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// The level is none.
    #[error(transparent)]
    Level(#[from] NotALevel),
    /// A metric names a scorer that the task does not have.
    #[error(
        "metric `{metric}` uses the scorer `{scorer}`, which the task does not have; {}",
        nearest.as_ref().map_or_else(|| "add it under `scorers`".to_owned(), |near| format!("did you mean `{near}`?"))
    )]
    UnknownScorer {
        /// The metric's name.
        metric: String,
        /// What it asks for.
        scorer: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// A metric's `where` is no expression.
    #[error("metric `{metric}`: `where` is not an expression: {source}; correct it")]
    Filter {
        /// The metric's name.
        metric: String,
        /// Where and why.
        source: Box<TemplateError>,
    },
    /// A metric's range is empty.
    #[error(
        "metric `{metric}`: the range [{low}, {high}] is empty; the first number must be the smaller one"
    )]
    Range {
        /// The metric's name.
        metric: String,
        /// The first number.
        low: f64,
        /// The second number.
        high: f64,
    },
}
