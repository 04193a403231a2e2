//! Whether the judge was asked what the rubric makes of the answer, about every answer, and once.
//!
//! The questions are written again by the code that a run asks with. A row holds what the judge was told and what it
//! replied; how it was to generate (temperature, schema) is in the task, and that it was sent so is the run's word.

use overt_schema::SampleRow;
use overt_score::{Given, Question, Scorers};

use crate::error::EvidenceError;

/// The questions about one answer.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// How many were made again.
    pub(super) made: u64,
    /// In what those of the row differ.
    pub(super) other: Option<String>,
}

/// Makes the questions of a row again, and sets those that were asked beside them.
pub(super) fn questions(scorers: &Scorers, row: &SampleRow) -> Result<Asked, EvidenceError> {
    let judged: Vec<&str> = scorers.judged().collect();
    if judged.is_empty() {
        return Ok(Asked::default());
    }
    let answer = &row.answer;
    let output = answer.output.as_deref();
    let given = Given { sample: &row.sample, messages: &row.messages, outcome: answer.outcome, output };
    let questions = scorers.questions(given)?;
    let other = questions.iter().find_map(|question| differs(question, row));
    // What was asked about an answer that has none is read by no scorer.
    let count = row.judgements.iter().filter(|said| judged.contains(&said.scorer.as_str())).count();
    let more = !questions.is_empty() && count > questions.len();
    let other = other.or_else(|| more.then(|| "a judge was asked more than the rubric says".into()));
    Ok(Asked { made: questions.len() as u64, other })
}

fn differs(question: &Question, row: &SampleRow) -> Option<String> {
    let Question { scorer, vote, swapped, request } = question;
    let mut asked = row
        .judgements
        .iter()
        .filter(|said| said.scorer == *scorer && said.vote == *vote && said.swapped == *swapped);
    match (asked.next(), asked.next()) {
        (None, _) => Some(format!("the judge of {scorer} was not asked for its vote {vote}")),
        (Some(_), Some(_)) => Some(format!("the judge of {scorer} was asked twice for its vote {vote}")),
        (Some(said), None) => (said.messages != request.messages)
            .then(|| format!("the judge of {scorer} was told something else than the rubric says")),
    }
}
