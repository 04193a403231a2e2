//! Where conversations begin: with the system, with programs, with the judge.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use overt_schema::{FailureKind, SampleRow};
use overt_score::Question;

use crate::ask::{self, Manner, Reply, Subject};
use crate::error::EvalError;
use crate::judging::{self, Bench, Judged};
use crate::plan::{Item, Plan};
use crate::seed::Seed;
use crate::system::Systems;

/// A conversation under way.
pub(crate) type Flight<'a> = LocalBoxFuture<'a, Result<Done, EvalError>>;

/// What comes back, on its way to the journal.
pub(crate) enum Done {
    /// The system's part of a sample.
    Answered(Box<Answered>),
    /// The judge's.
    Judged(Box<Judged>),
}

/// A sample with what the system said.
pub(crate) struct Answered {
    pub(crate) item: Item,
    pub(crate) reply: Reply,
}

/// A sample that is answered and waits for its judge, or for a program.
pub(crate) struct Unjudged {
    pub(crate) row: SampleRow,
    pub(crate) questions: Vec<Question>,
}

/// A retry that is about to be made: the task, why, and the seconds until then.
type Retrying = (usize, FailureKind, f64);

/// Begins conversations of one run.
pub(crate) struct Desk<'a> {
    plan: &'a Plan,
    systems: Systems<'a>,
    seed: Seed,
    max_attempts: u32,
    retries: Rc<RefCell<Vec<Retrying>>>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(plan: &'a Plan, systems: Systems<'a>, seed: Seed, max_attempts: u32) -> Self {
        Self { plan, systems, seed, max_attempts, retries: Rc::default() }
    }

    /// The retries since this was asked last.
    pub(crate) fn retries(&self) -> Vec<Retrying> {
        std::mem::take(&mut self.retries.borrow_mut())
    }

    fn retrying(&self, task: usize) -> impl FnMut(FailureKind, f64) + use<> {
        let retries = Rc::clone(&self.retries);
        move |kind, wait| retries.borrow_mut().push((task, kind, wait))
    }

    /// Asks the system about a sample.
    pub(crate) fn ask(&self, item: Item) -> Flight<'a> {
        let task = &self.plan.tasks[item.task];
        let manner = Manner {
            system: self.systems.system,
            generation: &task.source.task.generation,
            tools: &task.source.task.prompt.tools,
            schema: None,
            seed: self.seed,
            max_attempts: self.max_attempts,
        };
        let retrying = self.retrying(item.task);
        let conversation = async move {
            let script = task.script_aside(&item.sample).await?;
            let subject =
                Subject { task: &task.source.task.name, sample: &item.sample.id, epoch: item.epoch };
            let reply = ask::converse(&manner, &subject, script, retrying).await;
            Ok(Done::Answered(Box::new(Answered { item, reply })))
        };
        conversation.boxed_local()
    }

    /// Asks programs and the judge about an answer.
    ///
    /// # Errors
    /// When there are questions and no judge.
    pub(crate) fn judge(&self, waiting: Unjudged) -> Result<Flight<'a>, EvalError> {
        let Unjudged { mut row, questions } = waiting;
        if !questions.is_empty() && self.systems.judge.is_none() {
            return Err(EvalError::NoJudge);
        }
        let task = &self.plan.tasks[row.task as usize];
        let (seed, max_attempts) = (self.seed, self.max_attempts);
        let bench = self.systems.judge.map(|judge| Bench { judge, seed, max_attempts });
        let retrying = self.retrying(row.task as usize);
        let judged = async move {
            if row.pending && !task.commands.is_empty() {
                row.scores = task.commands.score(&row).await?;
            }
            let judged = match bench {
                Some(bench) => judging::judge(bench, &task.source.task.name, row, questions, retrying).await,
                None => Judged { row, failure: None },
            };
            Ok(Done::Judged(Box::new(judged)))
        };
        Ok(judged.boxed_local())
    }
}
