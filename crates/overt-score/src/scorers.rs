//! The scorers of a task, compiled once and applied to every answer.

use overt_schema::{NamedScorer, Outcome, Sample, Score, Scorer, Task};

use crate::canary::Canary;
use crate::choice::Choice;
use crate::confidence::Confidence;
use crate::error::{Lack, ScoreError, ScorerError};
use crate::exact::Exact;
use crate::includes::Includes;
use crate::instructions::Instructions;
use crate::json::Json;
use crate::matching::Match;
use crate::number::Number;
use crate::refusal::Refusal;
use crate::verdict::Verdict;

/// What one kind of scorer does with the text of an answer.
pub(crate) trait Judge: Send + Sync {
    /// The verdict, or what the sample lacks for one.
    fn judge(&self, sample: &Sample, answer: &str) -> Result<Verdict, Lack>;

    /// The verdict that the provider's own word decides, whatever the text.
    fn decided_by(&self, _outcome: Outcome) -> Option<Verdict> {
        None
    }
}

/// A task's scorers with their templates, regular expressions and schemas compiled.
pub struct Scorers {
    judges: Vec<(String, Box<dyn Judge>)>,
}

impl std::fmt::Debug for Scorers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Scorers {
    /// Compiles the scorers of a task.
    ///
    /// # Errors
    /// When a template, a regular expression, a schema or another setting of a scorer is wrong.
    pub fn new(task: &Task) -> Result<Self, ScorerError> {
        let judges = task.scorers.iter().map(|named| Ok((named.name.clone(), compile(named)?)));
        Ok(Self { judges: judges.collect::<Result<_, ScorerError>>()? })
    }

    /// The scorers' names, in the order of the task.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.judges.iter().map(|(name, _)| name.as_str())
    }

    /// One score per scorer, in the order of the task.
    ///
    /// `output` is the text of the answer, `None` if there is none: then a score has no value and says why. An empty
    /// text is an answer. A text of any length and content is read without a panic and in time that grows linearly.
    ///
    /// # Errors
    /// When the sample lacks what a scorer needs (a target, choices, instructions). That is a mistake of the dataset
    /// and does not depend on the answer's content; an empty answer finds it before anything is asked.
    pub fn score(
        &self,
        sample: &Sample,
        outcome: Outcome,
        output: Option<&str>,
    ) -> Result<Vec<Score>, ScoreError> {
        let score = |(name, judge): &(String, Box<dyn Judge>)| {
            let verdict = verdict(judge.as_ref(), sample, outcome, output);
            match verdict {
                Ok(verdict) => Ok(verdict.named(name)),
                Err(lack) => {
                    Err(ScoreError { sample: sample.id.clone(), scorer: name.clone(), lack: Box::new(lack) })
                }
            }
        };
        self.judges.iter().map(score).collect()
    }
}

fn verdict(
    judge: &dyn Judge,
    sample: &Sample,
    outcome: Outcome,
    output: Option<&str>,
) -> Result<Verdict, Lack> {
    if let Some(verdict) = judge.decided_by(outcome) {
        return Ok(verdict);
    }
    match output {
        Some(answer) => judge.judge(sample, answer),
        None => Ok(Verdict::missing(format!("no answer: {}", outcome.as_str()))),
    }
}

fn compile(named: &NamedScorer) -> Result<Box<dyn Judge>, ScorerError> {
    let name = named.name.as_str();
    Ok(match &named.scorer {
        Scorer::Exact { target, ignore_case, ignore_punctuation } => {
            Box::new(Exact::new(name, target.as_deref(), *ignore_case, *ignore_punctuation)?)
        }
        Scorer::Includes { target, require, match_case, within_words } => {
            Box::new(Includes::new(name, target.as_deref(), *require, *match_case, *within_words)?)
        }
        Scorer::Match { pattern, group, target, ignore_case, unparsed } => {
            Box::new(Match::new(name, pattern, *group, target.as_deref(), *ignore_case, *unparsed)?)
        }
        Scorer::Number { target, tolerance, relative, units, unparsed } => {
            Box::new(Number::new(name, target.as_deref(), [*tolerance, *relative], units, *unparsed)?)
        }
        Scorer::Choice { target, unparsed } => Box::new(Choice::new(name, target.as_deref(), *unparsed)?),
        Scorer::Json { schema, path, equals, embedded } => {
            Box::new(Json::new(name, schema.as_ref(), path.as_deref(), equals.as_deref(), *embedded)?)
        }
        Scorer::Instructions { field, strict } => Box::new(Instructions::new(name, field, *strict)?),
        Scorer::Refusal {} => Box::new(Refusal),
        Scorer::Canary { canary, plain } => Box::new(Canary::new(name, canary.as_deref(), *plain)?),
        Scorer::Confidence { pattern } => Box::new(Confidence::new(name, pattern.as_deref())?),
    })
}
