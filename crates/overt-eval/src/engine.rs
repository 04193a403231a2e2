//! The loop: ask, score, write down, until every sample has its outcome.
//!
//! One thread does all of it. At any moment at most `concurrency` conversations are under way; whatever has come
//! back is scored, written to the journal in one batch, and only then reported. Recovery is the normal start: the
//! journal is opened, what it holds is done, and the rest is asked.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, future::LocalBoxFuture};
use overt_schema::{Answer, Attempt, Failure, FailureKind, Observed, Outcome, Run, Sample, SampleRow, Usage};
use overt_score::Summariser;
use tokio::sync::watch;

use crate::ask::{self, Manner, Reply, Subject};
use crate::budget::{Budget, Limit, Meter};
use crate::directory::{JOURNAL, RunDirectory};
use crate::early::Early;
use crate::error::EvalError;
use crate::event::{Event, Observer};
use crate::finish;
use crate::journal::Journal;
use crate::ledger::{Ledger, settles};
use crate::plan::{Plan, PlannedTask};
use crate::seed::Seed;
use crate::system::System;

/// Samples in a row that may fail before the system counts as unreachable, at least.
const PATIENCE: usize = 10;

/// What the person at the keyboard wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Go on.
    #[default]
    No,
    /// Begin nothing new; finish what is in flight.
    Soon,
    /// Leave at once; what is in flight will be asked again on resume.
    Now,
}

/// How a run ended.
#[derive(Debug)]
pub enum Conclusion {
    /// Every sample has its outcome; the manifest is final.
    Finished(Box<Run>),
    /// Something is left to ask; the directory can be resumed.
    Interrupted {
        /// Why.
        cause: Interruption,
        /// Samples × epochs with an outcome.
        done: u64,
        /// Samples × epochs in all.
        planned: u64,
    },
}

/// Why a run stopped before its end.
#[derive(Debug)]
pub enum Interruption {
    /// It was asked to.
    Stopped,
    /// The system refuses the requests as such: key, model name, parameter.
    Rejected(Failure),
    /// Too many samples in a row brought no answer.
    Unreachable(Failure),
    /// A limit of its budget is reached.
    Budget(Limit),
}

/// A run in its directory, wherever it stands.
pub(crate) struct Work<'a> {
    pub(crate) plan: &'a Plan,
    /// The manifest as it stands: new, or of an earlier process that did not finish.
    pub(crate) run: Run,
    pub(crate) budget: Budget,
    pub(crate) directory: &'a RunDirectory,
}

/// Goes on with a run until it is finished or something stops it.
pub(crate) async fn execute(
    work: Work<'_>,
    system: &dyn System,
    mut stop: watch::Receiver<Stop>,
    observer: &mut dyn Observer,
) -> Result<Conclusion, EvalError> {
    let Work { plan, mut run, budget, directory } = work;
    let began = Instant::now();
    let mut session = Session::open(plan, &run, budget, directory)?;
    observer.observe(&Event::Started { planned: plan.planned(), done: session.ledger.done() });
    session.recount(plan)?;
    let cause = session.ask_all(plan, system, &mut stop, observer).await?;
    session.journal.sync()?;
    run.seconds += began.elapsed().as_secs_f64();
    session.observed.merge_into(&mut run, system);
    if let Some(cause) = cause {
        run.notes.retain(|note| !note.starts_with("interrupted"));
        run.notes.push(format!("interrupted after {:.0} s; resume to finish", run.seconds));
        directory.write_manifest(&run)?;
        let (done, planned) = (session.ledger.done().iter().sum(), plan.planned().iter().sum());
        return Ok(Conclusion::Interrupted { cause, done, planned });
    }
    observer.observe(&Event::Finishing);
    // The running estimates have served; the final ones need their room.
    session.live.clear();
    let run = finish::finish(plan, run, directory, &session.journal, &session.ledger, budget.prices)?;
    for (task, result) in run.tasks.iter().enumerate() {
        observer.observe(&Event::Task { task, result });
    }
    Ok(Conclusion::Finished(Box::new(run)))
}

/// A process at work on a run.
struct Session {
    journal: Journal,
    ledger: Ledger,
    live: Vec<Summariser>,
    early: Vec<Option<Early>>,
    observed: Sightings,
    health: Health,
    meter: Meter,
    seed: Seed,
    concurrency: usize,
    max_attempts: u32,
}

/// A finished conversation on its way to the journal.
struct Done {
    task: usize,
    index: u64,
    epoch: u32,
    sample: Sample,
    reply: Reply,
}

impl Session {
    fn open(plan: &Plan, run: &Run, budget: Budget, directory: &RunDirectory) -> Result<Self, EvalError> {
        let mut ledger = Ledger::new(&plan.planned());
        let journal = Journal::open(&directory.file(JOURNAL), |place, line| ledger.note(place, line))?;
        let live = plan
            .tasks
            .iter()
            .map(|task| Summariser::new(&task.source.task, run.settings.level))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            journal,
            ledger,
            live,
            early: Early::of_plan(plan)?,
            observed: Sightings::default(),
            health: Health::default(),
            meter: Meter::new(budget, plan.planned().iter().sum()),
            seed: Seed::new(run.settings.seed),
            concurrency: run.settings.concurrency.max(1),
            max_attempts: run.settings.max_attempts.max(1),
        })
    }

    /// Brings the running estimates up to what an earlier process finished.
    fn recount(&mut self, plan: &Plan) -> Result<(), EvalError> {
        let mut buffer = Vec::new();
        for (task, _) in plan.tasks.iter().enumerate() {
            for (_, offset) in self.ledger.lines(task) {
                let row = self.journal.read(offset, &mut buffer)?;
                self.meter.count(row.answer.usage, row.answer.outcome);
                if !settles(row.answer.outcome) {
                    self.meter.forgive();
                    continue;
                }
                self.live[task].add(&row.sample, row.epoch, row.answer.outcome, &row.scores);
                if let Some(early) = &mut self.early[task] {
                    early.see(row.index, &row.sample, row.answer.outcome, &row.scores);
                }
            }
        }
        Ok(())
    }

    /// Asks whatever has no answer. `None` when nothing is left.
    async fn ask_all(
        &mut self,
        plan: &Plan,
        system: &dyn System,
        stop: &mut watch::Receiver<Stop>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Interruption>, EvalError> {
        let retries: Rc<RefCell<Vec<(usize, FailureKind, f64)>>> = Rc::default();
        let todo = self.ledger.todo();
        let orders: Vec<_> =
            self.early.iter().map(|early| early.as_ref().map(|early| early.order.samples.clone())).collect();
        let halted = vec![Cell::new(false); orders.len()];
        let mut items = plan.items(&todo, &orders, &halted);
        let mut flying: FuturesUnordered<LocalBoxFuture<'_, Result<Done, EvalError>>> =
            FuturesUnordered::new();
        let (seed, max_attempts) = (self.seed, self.max_attempts);
        let mut exhausted = false;
        let mut limit = None;
        let mut listening = true;
        // Retries are told of even while nothing comes back.
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        loop {
            for (halted, early) in halted.iter().zip(&self.early) {
                halted.set(early.as_ref().is_some_and(Early::reached));
            }
            while !exhausted && *stop.borrow() == Stop::No && flying.len() < self.concurrency {
                limit = self.meter.reached(flying.len());
                if limit.is_some() {
                    break;
                }
                match items.next() {
                    None => exhausted = true,
                    Some(item) => {
                        let item = item?;
                        let task = &plan.tasks[item.task];
                        let manner =
                            Manner { system, generation: &task.source.task.generation, seed, max_attempts };
                        let retries = Rc::clone(&retries);
                        flying
                            .push(async move { converse(manner, task, item, &retries).await }.boxed_local());
                    }
                }
            }
            if flying.is_empty() {
                return Ok(match limit {
                    _ if exhausted && *stop.borrow() != Stop::Now => None,
                    Some(limit) if *stop.borrow() == Stop::No => Some(Interruption::Budget(limit)),
                    _ => Some(Interruption::Stopped),
                });
            }
            let first = tokio::select! {
                done = flying.next() => done,
                changed = stop.changed(), if listening => {
                    listening = changed.is_ok();
                    if *stop.borrow() == Stop::Now {
                        return Ok(Some(Interruption::Stopped));
                    }
                    None
                }
                _ = tick.tick() => None,
            };
            for (task, kind, wait) in retries.borrow_mut().drain(..) {
                observer.observe(&Event::Retry { task, kind, wait });
            }
            let mut batch = Vec::new();
            let mut next = first;
            while let Some(done) = next {
                batch.push(done?);
                next = flying.next().now_or_never().flatten();
            }
            if let Some(cause) = self.settle(plan, batch, observer)? {
                return Ok(Some(cause));
            }
        }
    }

    /// Scores a batch, makes it durable, and tells of it.
    fn settle(
        &mut self,
        plan: &Plan,
        batch: Vec<Done>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Interruption>, EvalError> {
        let mut cause = None;
        let mut told = Vec::with_capacity(batch.len());
        for done in batch {
            if let Some(interruption) = self.health.judge(&done.reply, self.concurrency) {
                // What is refused as such was not asked: it must not enter the record as the system's failure.
                let rejected = matches!(interruption, Interruption::Rejected(_));
                cause.get_or_insert(interruption);
                if rejected {
                    continue;
                }
            }
            let Done { task, index, epoch, sample, reply } = done;
            let Reply { messages, mut answer, .. } = reply;
            let planned = &plan.tasks[task];
            let scores = planned.scorers.score(&sample, answer.outcome, answer.output.as_deref())?;
            if answer.outcome == Outcome::Ok && !scores.is_empty() && scores.iter().all(|s| s.unparsed) {
                answer.outcome = Outcome::InvalidFormat;
            }
            self.observed.see(&answer);
            self.keep_earlier_attempts(task, index, &mut answer)?;
            let row = SampleRow { task: task as u32, index, epoch, sample, messages, answer, scores };
            let offset = self.journal.push(&row)?;
            told.push((task, index, offset, row));
        }
        self.journal.commit()?;
        for (task, index, offset, row) in told {
            let SampleRow { epoch, sample, answer, scores, .. } = row;
            self.ledger.record(task, index, offset, answer.outcome);
            self.meter.count(answer.usage, answer.outcome);
            self.live[task].add(&sample, epoch, answer.outcome, &scores);
            if let Some(early) = &mut self.early[task] {
                early.see(index, &sample, answer.outcome, &scores);
            }
            let running = self.live[task].running();
            observer.observe(&Event::Sample { task, outcome: answer.outcome, usage: answer.usage, running });
        }
        Ok(cause)
    }

    /// A sample that failed before and is asked again keeps the attempts of the first time.
    fn keep_earlier_attempts(&self, task: usize, index: u64, answer: &mut Answer) -> Result<(), EvalError> {
        if let Some(offset) = self.ledger.offset(task, index) {
            let earlier: Vec<Attempt> = self.journal.read(offset, &mut Vec::new())?.answer.attempts;
            answer.attempts.splice(0..0, earlier);
        }
        Ok(())
    }
}

/// One item's way from script to reply.
async fn converse(
    manner: Manner<'_>,
    task: &PlannedTask,
    item: crate::plan::Item,
    retries: &RefCell<Vec<(usize, FailureKind, f64)>>,
) -> Result<Done, EvalError> {
    let crate::plan::Item { task: position, index, epoch, sample } = item;
    let script = task.conversation.script(&sample).map_err(|source| EvalError::Prompt {
        task: task.source.task.name.clone(),
        sample: sample.id.clone(),
        source,
    })?;
    let subject = Subject { task: &task.source.task.name, sample: &sample.id, epoch };
    let reply = ask::converse(&manner, &subject, script, |kind, wait| {
        retries.borrow_mut().push((position, kind, wait));
    })
    .await;
    Ok(Done { task: position, index, epoch, sample, reply })
}

/// Notices when asking on makes no sense.
#[derive(Default)]
struct Health {
    ever_answered: bool,
    failed_in_a_row: usize,
}

impl Health {
    fn judge(&mut self, reply: &Reply, concurrency: usize) -> Option<Interruption> {
        let Some(failure) = &reply.failure else {
            self.ever_answered = true;
            self.failed_in_a_row = 0;
            return None;
        };
        match failure.kind {
            FailureKind::ContextExceeded | FailureKind::ContentFiltered => None,
            FailureKind::Rejected if !self.ever_answered => Some(Interruption::Rejected(failure.clone())),
            FailureKind::Rejected
            | FailureKind::Timeout
            | FailureKind::RateLimited
            | FailureKind::Provider => {
                self.failed_in_a_row += 1;
                (self.failed_in_a_row >= PATIENCE.max(concurrency))
                    .then(|| Interruption::Unreachable(failure.clone()))
            }
        }
    }
}

/// What replies said about themselves, counted.
#[derive(Default)]
struct Sightings {
    observed: Observed,
    usage: Usage,
}

impl Sightings {
    fn see(&mut self, answer: &Answer) {
        let Observed { models, fingerprints, first_request_ms, last_request_ms } = &mut self.observed;
        for (name, counts) in [(&answer.served.model, models), (&answer.served.fingerprint, fingerprints)] {
            if let Some(name) = name {
                match counts.get_mut(name) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert(name.clone(), 1);
                    }
                }
            }
        }
        for at in answer.attempts.iter().map(|attempt| attempt.started_ms) {
            *first_request_ms = Some(first_request_ms.map_or(at, |first| first.min(at)));
            *last_request_ms = Some(last_request_ms.map_or(at, |last| last.max(at)));
        }
        self.usage += answer.usage;
    }

    fn merge_into(&self, run: &mut Run, system: &dyn System) {
        let earlier = std::mem::take(&mut run.system.observed);
        run.system = system.identity();
        let mut observed = self.observed.clone();
        for (name, count) in earlier.models {
            *observed.models.entry(name).or_default() += count;
        }
        for (name, count) in earlier.fingerprints {
            *observed.fingerprints.entry(name).or_default() += count;
        }
        let least = [earlier.first_request_ms, observed.first_request_ms].into_iter().flatten().min();
        let most = [earlier.last_request_ms, observed.last_request_ms].into_iter().flatten().max();
        (observed.first_request_ms, observed.last_request_ms) = (least, most);
        run.system.observed = observed;
    }
}
