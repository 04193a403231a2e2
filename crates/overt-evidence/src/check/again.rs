//! What a task's samples give when prompts are made, answers scored and results computed once more.

use overt_eval::{Tally, TaskSource, contradiction};
use overt_record::verify::Outcome;
use overt_schema::{Conversation, Hasher, Run, SampleRow, Scorer, TaskRun, canonical_json};
use overt_score::{Outside, Scorers};

use super::prompts::prompt_differs;
use super::{RunCheck, found, judged};
use crate::error::EvidenceError;
use crate::shown::Shown;

/// How many differences are told one by one.
const TOLD: usize = 3;

/// Differences between what is and what should be: how many, and the first few in words.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) count: u64,
    pub(super) first: Vec<String>,
}

impl Differences {
    pub(super) fn add(&mut self, words: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push(words());
        }
    }

    /// The first few, and that there are more.
    pub(super) fn told(&self) -> String {
        let more = self.count.saturating_sub(self.first.len() as u64);
        let tail = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!("{}{tail}", self.first.join("; "))
    }
}

/// What was done again for all tasks.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Samples whose prompt was made again.
    pub(super) prompts: u64,
    /// Scores that were given again.
    pub(super) scores: u64,
    /// Scores of programs, which are not run again.
    pub(super) of_programs: u64,
    /// Rows that were looked at.
    pub(super) rows: u64,
    /// Questions to a judge that were made again.
    pub(super) questions: u64,
    pub(super) other_prompts: Differences,
    pub(super) other_outcomes: Differences,
    pub(super) other_scores: Differences,
    pub(super) other_questions: Differences,
}

impl Done {
    /// What it came to, where the content of `withheld` samples is not here.
    pub(super) fn checks(&self, withheld: u64, judged: bool) -> Vec<RunCheck> {
        let hidden = match withheld {
            0 => String::new(),
            count => format!("; not those of {count} withheld samples"),
        };
        let programs = match self.of_programs {
            0 => String::new(),
            count => format!("; {count} scores of programs, which were not run"),
        };
        let check = |id, other: &Differences, count: u64, done: &str, none: &str| match (other.count, count) {
            (0, 0) => found(id, Outcome::NotChecked, none),
            (0, count) => found(id, Outcome::Passed, format!("{count} {done}")),
            _ => found(id, Outcome::Failed, other.told()),
        };
        let no_prompt = "no prompt could be made again: they show images, or all are withheld";
        let mut checks =
            vec![check("prompts", &self.other_prompts, self.prompts, "prompts made again", no_prompt)];
        if judged {
            let asked = format!("questions made again, as the judge was asked them{hidden}");
            let none = "no answer is here that a judge was asked about";
            checks.push(check("judge", &self.other_questions, self.questions, &asked, none));
        }
        let fit = format!("fit the answers, attempts and errors beside them{hidden}");
        checks.push(check("outcomes", &self.other_outcomes, self.rows, &fit, "all samples are withheld"));
        let given = format!("scores given again{programs}{hidden}");
        let none = format!("nothing to score again{programs}{hidden}");
        checks.push(check("scores", &self.other_scores, self.scores, &given, &none));
        checks
    }
}

/// One task being done again.
pub(super) struct TaskAgain {
    name: String,
    scorers: Scorers,
    /// Those of programs, by their positions.
    programs: Vec<bool>,
    /// `None` if prompts show images, whose files are not here.
    conversation: Option<Conversation>,
    tally: Tally,
    data: Data,
}

/// The samples of a task as its dataset gave them, as far as they are shown.
#[derive(Default)]
struct Data {
    /// Over the canonical JSON of each, one a line.
    hasher: Hasher,
    samples: u64,
    withheld: bool,
}

impl TaskAgain {
    pub(super) fn new(source: &TaskSource, entry: &TaskRun, run: &Run) -> Result<Self, EvidenceError> {
        let task = &source.task;
        let template = |source| overt_eval::EvalError::Template { task: task.name.clone(), source };
        let conversation =
            if task.prompt.has_images() { None } else { Some(Conversation::new(task).map_err(template)?) };
        Ok(Self {
            name: task.name.clone(),
            scorers: Scorers::new(task)?,
            programs: task
                .scorers
                .iter()
                .map(|named| matches!(named.scorer, Scorer::Command { .. }))
                .collect(),
            conversation,
            tally: Tally::new(task, entry, run.tasks.len(), &run.settings, run.judge.as_ref())?,
            data: Data::default(),
        })
    }

    /// Whether a judge gives scores.
    pub(super) fn is_judged(&self) -> bool {
        self.scorers.judged().next().is_some()
    }

    /// Takes in what is shown of a sample.
    pub(super) fn add(&mut self, shown: &Shown) {
        self.tally.add(shown.index, shown.epoch, &shown.sample(), shown.outcome, &shown.scores);
    }

    /// Notes that the content of a sample is not shown.
    pub(super) fn withhold(&mut self) {
        self.data.withheld = true;
    }

    /// Makes the prompt of a sample again and scores its answer again.
    pub(super) fn open(&mut self, row: &SampleRow, done: &mut Done) -> Result<(), EvidenceError> {
        if row.epoch == 0 {
            self.data.samples += 1;
            self.data.hasher.update(&canonical_json(&row.sample)?);
            self.data.hasher.update(b"\n");
        }
        let at = || format!("{} {} (epoch {})", self.name, row.sample.id, row.epoch);
        if let Some(conversation) = &self.conversation {
            done.prompts += 1;
            match prompt_differs(conversation, row) {
                None => {}
                Some(why) => done.other_prompts.add(|| format!("{}: {why}", at())),
            }
        }
        let outside = Outside {
            judgements: &row.judgements,
            scores: &row.scores,
            logprobs: row.answer.logprobs.as_ref(),
        };
        let again =
            self.scorers.score(&row.sample, row.answer.outcome, row.answer.output.as_deref(), outside)?;
        done.rows += 1;
        let contradictions = std::iter::once(contradiction(&row.answer, &again))
            .chain(row.judgements.iter().map(|said| contradiction(&said.answer, &[])));
        for why in contradictions.flatten() {
            done.other_outcomes.add(|| format!("{}: {why}", at()));
        }
        let asked = judged::questions(&self.scorers, row)?;
        done.questions += asked.made;
        if let Some(why) = asked.other {
            done.other_questions.add(|| format!("{}: {why}", at()));
        }
        if row.scores.len() > again.len() {
            done.other_scores.add(|| format!("{}: it has scores of no scorer", at()));
        }
        for (position, score) in again.iter().enumerate() {
            if self.programs.get(position) == Some(&true) && row.answer.output.is_some() {
                done.of_programs += 1;
                continue;
            }
            done.scores += 1;
            let before = row.scores.get(position);
            if before != Some(score) {
                let number =
                    |value: Option<f64>| value.map_or("nothing".to_owned(), |value| value.to_string());
                done.other_scores.add(|| {
                    let (before, now) = (number(before.and_then(|score| score.value)), number(score.value));
                    format!("{}: {} gave {before} and gives {now}", at(), score.scorer)
                });
            }
        }
        Ok(())
    }

    /// Looks whether these are the samples that the settings lead to, and those of the dataset. `false` if the dataset
    /// could not be looked at, since not all of it is shown.
    pub(super) fn are_the_samples(&mut self, entry: &TaskRun, bad: &mut Differences) -> bool {
        if let Some(why) = self.tally.broken(entry.planned) {
            bad.add(|| format!("{}: {why}", self.name));
        }
        let Data { hasher, samples, withheld } = std::mem::take(&mut self.data);
        if withheld || samples != entry.dataset.samples {
            return false;
        }
        if hasher.finish() != entry.dataset.samples_sha256 {
            bad.add(|| format!("{}: the samples are not those of the dataset", self.name));
        }
        true
    }

    /// The task's part of the manifest as it comes out now.
    pub(super) fn finish(self, entry: &TaskRun) -> TaskRun {
        let mut again = entry.clone();
        self.tally.finish(&mut again);
        again
    }
}
