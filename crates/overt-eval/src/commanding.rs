//! Programs that score: what they are sent, and what they reply.

use std::cell::Cell;
use std::time::Duration;

use overt_schema::{SampleRow, Score, Scorer};
use overt_task::LoadedTask;
use serde_json::{Map, Value, json};

use crate::error::EvalError;
use crate::program::{Program, ProgramError, ProgramSpec};

/// So many failures before the first reply mean that the program does not work.
const PATIENCE: u32 = 3;

/// The most characters of a program's words that a score keeps.
const KEPT: usize = 500;

/// The programs of a task's scorers.
#[derive(Debug)]
pub(crate) struct Commands {
    task: String,
    programs: Vec<(String, Program)>,
    replied: Cell<bool>,
    failed: Cell<u32>,
}

impl Commands {
    /// Prepares them; nothing is started.
    pub(crate) fn of(loaded: &LoadedTask) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let mut programs = Vec::new();
        for named in &loaded.task.scorers {
            let Scorer::Command { command, timeout, memory } = &named.scorer else { continue };
            let timeout = Duration::try_from_secs_f64(*timeout).unwrap_or(Duration::MAX);
            let memory = Some(u64::from(*memory) << 20);
            let (command, directory) = (command.clone(), loaded.folder());
            let spec = ProgramSpec { command, directory, timeout, memory, workers };
            programs.push((named.name.clone(), Program::new(spec)));
        }
        let (replied, failed) = (Cell::new(false), Cell::new(0));
        Self { task: loaded.task.name.clone(), programs, replied, failed }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.programs.is_empty()
    }

    /// What the programs say of an answer. One that fails leaves its score missing; one that has never replied stops
    /// the run.
    pub(crate) async fn score(&self, row: &SampleRow) -> Result<Vec<Score>, EvalError> {
        let mut scores = Vec::with_capacity(self.programs.len());
        for (scorer, program) in &self.programs {
            let mut request = json!({
                "id": row.sample.id,
                "epoch": row.epoch,
                "fields": row.sample.fields,
                "messages": row.messages,
                "output": row.answer.output,
                "outcome": row.answer.outcome,
            });
            if !row.answer.tool_calls.is_empty() {
                request["tool_calls"] = json!(row.answer.tool_calls);
            }
            scores.push(self.reply(scorer, program, &request).await?);
        }
        Ok(scores)
    }

    /// A program's score. Until it has replied once, a failure is tried again rather than taken for the answer's.
    async fn reply(&self, scorer: &str, program: &Program, request: &Value) -> Result<Score, EvalError> {
        loop {
            let source = match program.ask(request).await {
                Ok(reply) => {
                    self.replied.set(true);
                    return Ok(read(scorer, &reply));
                }
                Err(source) => source,
            };
            self.failed.set(self.failed.get() + 1);
            if matches!(source, ProgramError::Start { .. })
                || (!self.replied.get() && self.failed.get() >= PATIENCE)
            {
                return Err(EvalError::Program {
                    task: self.task.clone(),
                    scorer: scorer.to_owned(),
                    source,
                });
            }
            if self.replied.get() {
                return Ok(missing(scorer, &source.to_string()));
            }
        }
    }
}

/// A program's reply as a score. What is no number is none.
fn read(scorer: &str, reply: &Map<String, Value>) -> Score {
    let text = |name: &str| reply.get(name).and_then(Value::as_str).map(kept);
    let value = match reply.get("value") {
        Some(Value::Bool(truth)) => Some(f64::from(u8::from(*truth))),
        Some(Value::Number(number)) => number.as_f64().filter(|number| number.is_finite()),
        Some(Value::Null) => None,
        _ => {
            return missing(
                scorer,
                "the program's reply has no `value` that is a number, a truth value or null",
            );
        }
    };
    let explanation = text("explanation").or_else(|| text("error"));
    Score { scorer: scorer.to_owned(), value, answer: text("answer"), explanation, unparsed: false }
}

fn missing(scorer: &str, why: &str) -> Score {
    let explanation = Some(kept(why));
    Score { scorer: scorer.to_owned(), value: None, answer: None, explanation, unparsed: false }
}

fn kept(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().take(KEPT).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_a_score_or_says_why_not() {
        let of = |reply: Value| read("s", reply.as_object().unwrap());
        assert_eq!(of(json!({ "value": 0.25, "explanation": "so" })).value, Some(0.25));
        assert_eq!(of(json!({ "value": true })).value, Some(1.0));
        let none = of(json!({ "value": null, "error": "cannot\u{1b} tell" }));
        assert_eq!((none.value, none.explanation.as_deref()), (None, Some("cannot\u{fffd} tell")));
        for wrong in [json!({}), json!({ "value": "1" }), json!({ "value": [1] })] {
            assert!(of(wrong).explanation.unwrap().contains("no `value`"));
        }
        assert_eq!(
            of(json!({ "value": 1, "explanation": "x".repeat(10_000) })).explanation.unwrap().len(),
            KEPT
        );
    }
}
