//! The plan: everything that is decided before the first request.
//!
//! Every prompt is rendered and every scorer is tried on every sample before anything is asked, so that a mistake on
//! the last sample is found now and not after an hour.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use overt_schema::{
    Build, Digest, JudgeRun, RUN_FORMAT, RequirementResult, Run, Sample, Settings, Status, Step, Suite,
    SuiteRef, SystemIdentity, Task, ToolDefinition, Usage,
};
use overt_task::{BUILT_IN, DatasetError, LoadedTask, Selection};
use serde::{Deserialize, Serialize};

use crate::early::Early;
use crate::error::EvalError;
use crate::ledger::Todo;
use crate::system::{System, Systems};

pub(crate) use planned::PlannedTask;

mod planned;

/// A task and where it came from, as `tasks.json` keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskSource {
    /// Where the task file was found: `built-in:FILE` or a path, in `tasks.json` from the run directory.
    pub origin: String,
    /// The task as it was.
    pub task: Task,
}

/// What a run is made of, as `tasks.json` keeps it: enough to read, score and resume it without the original files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Materials {
    /// The suite, if one was asked for.
    pub suite: Option<Suite>,
    /// The tasks, in order.
    pub tasks: Vec<TaskSource>,
}

impl Materials {
    /// The paths of tasks that came from files.
    pub(crate) fn files(&mut self) -> impl Iterator<Item = &mut String> {
        self.tasks.iter_mut().map(|task| &mut task.origin).filter(|origin| !origin.starts_with(BUILT_IN))
    }
}

/// Everything that is decided before the first request.
#[derive(Debug)]
pub struct Plan {
    pub(crate) suite: Option<Suite>,
    pub(crate) settings: Settings,
    pub(crate) tasks: Vec<PlannedTask>,
    extent: Extent,
}

/// How much a plan will ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Samples × epochs.
    pub samples: u64,
    /// Requests: more than samples where conversations have several turns.
    pub requests: u64,
    /// Characters of all prompts, earlier answers not counted.
    pub prompt_chars: u64,
    /// Tokens that all answers may have together, at most.
    pub max_output_tokens: u64,
    /// Questions to the judge.
    pub judge_requests: u64,
}

impl Plan {
    /// Prepares the data and checks every sample: prompts render, scorers find what they need.
    ///
    /// Blocking: it reads whole datasets. One that lies elsewhere must have been fetched into `cache`
    /// ([`LoadedTask::fetch`]).
    pub fn prepare(
        suite: Option<Suite>,
        tasks: Vec<LoadedTask>,
        settings: Settings,
        cache: &Path,
    ) -> Result<Self, EvalError> {
        let selection = Selection { limit: settings.limit, sample_ids: settings.sample_ids.clone() };
        let mut extent = Extent::default();
        let mut planned = Vec::with_capacity(tasks.len());
        for loaded in tasks {
            let mut task = PlannedTask::prepare(&loaded, &selection, &settings, cache)?;
            task.check(&mut extent)?;
            planned.push(task);
        }
        if planned.iter().all(|task| task.samples.is_empty()) {
            return Err(EvalError::NothingToDo);
        }
        let plan = Self { suite, settings, tasks: planned, extent };
        // What cannot stop early is told before anything is asked.
        Early::of_plan(&plan, &[])?;
        Ok(plan)
    }

    /// How much will be asked.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// How it will be asked.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The conversation of a task's first sample, up to its first question, for people to look at.
    pub fn preview(&self, task: usize) -> Option<Vec<Step>> {
        let task = self.tasks.get(task)?;
        let sample = task.samples.get(0).ok()??;
        task.script(&sample).ok()
    }

    /// The tools that a task offers.
    pub fn tools(&self, task: usize) -> &[ToolDefinition] {
        self.tasks.get(task).map_or(&[], |task| &task.source.task.prompt.tools)
    }

    /// The name that a run of this plan carries: the suite's, or the only task's, or `tasks`.
    pub fn name(&self) -> &str {
        match (&self.suite, self.tasks.as_slice()) {
            (Some(suite), _) => &suite.name,
            (None, [task]) => &task.source.task.name,
            (None, _) => "tasks",
        }
    }

    /// Samples × epochs of each task, in order.
    pub fn planned(&self) -> Vec<u64> {
        self.tasks.iter().map(PlannedTask::planned).collect()
    }

    /// The ids of the samples of each task, in the run's order.
    pub fn sample_ids(&self) -> Result<Vec<Vec<String>>, EvalError> {
        let of_task = |task: &PlannedTask| {
            let id = |sample: Result<(u64, Sample), _>| match sample {
                Ok((_, sample)) => Ok(sample.id),
                Err(source) => Err(EvalError::dataset(&task.source.task.name, source)),
            };
            (&task.samples).into_iter().map(id).collect()
        };
        self.tasks.iter().map(of_task).collect()
    }

    /// The tasks' names, in order.
    pub fn task_names(&self) -> Vec<String> {
        self.tasks.iter().map(|task| task.source.task.name.clone()).collect()
    }

    /// The same plan at another pace, which changes how fast is asked and not what.
    #[must_use]
    pub fn at_pace(mut self, concurrency: usize, max_attempts: u32) -> Self {
        self.settings.concurrency = concurrency.max(1);
        self.settings.max_attempts = max_attempts.max(1);
        self
    }

    /// What the run directory keeps of the plan.
    pub(crate) fn materials(&self) -> Materials {
        Materials {
            suite: self.suite.clone(),
            tasks: self.tasks.iter().map(|task| task.source.clone()).collect(),
        }
    }

    /// The manifest of a run that has not begun.
    pub fn manifest(
        &self,
        id: String,
        created: String,
        systems: Systems<'_>,
        build: Build,
    ) -> Result<Run, EvalError> {
        let suite = match &self.suite {
            None => None,
            Some(suite) => Some(SuiteRef {
                name: suite.name.clone(),
                version: suite.version.clone(),
                digest: Digest::of_json(suite).map_err(EvalError::Json)?,
            }),
        };
        let unjudged = |expression: &String| RequirementResult {
            expression: expression.clone(),
            held: None,
            reason: "the run is not finished".into(),
        };
        Ok(Run {
            format: RUN_FORMAT.into(),
            id,
            status: Status::Running,
            created,
            finished: None,
            seconds: 0.0,
            overt: build,
            host: crate::host::facts(),
            requirements: self.suite.iter().flat_map(|suite| &suite.require).map(unjudged).collect(),
            suite,
            system: systems.system.identity(),
            settings: self.settings.clone(),
            tasks: self.tasks.iter().map(PlannedTask::entry).collect(),
            usage: Usage::default(),
            cost: None,
            answers_from: None,
            plan: None,
            judge: self.judge(systems)?,
            files: BTreeMap::new(),
            notes: Vec::new(),
        })
    }

    /// The first scorer that needs a judge, as `task.scorer`.
    pub fn judged(&self) -> Option<String> {
        self.tasks.iter().find_map(|task| {
            let scorer = task.scorers.judged().next()?;
            Some(format!("{}.{scorer}", task.source.task.name))
        })
    }

    /// The first scorer that runs a program, as `task.scorer`. Whoever starts the run says whether it may.
    pub fn commanded(&self) -> Option<String> {
        self.tasks.iter().find_map(|task| {
            let scorer = task.scorers.commanded().next()?;
            Some(format!("{}.{scorer}", task.source.task.name))
        })
    }

    fn judge(&self, systems: Systems<'_>) -> Result<Option<JudgeRun>, EvalError> {
        if self.judged().is_none() {
            return Ok(None);
        }
        let judge = systems.judge.ok_or(EvalError::NoJudge)?;
        let (outcomes, usage) = (BTreeMap::new(), Usage::default());
        Ok(Some(JudgeRun { system: judge.identity(), outcomes, usage, cost: None, measurements: Vec::new() }))
    }

    /// Whether the system can take everything that is to be sent; otherwise says what it cannot. [`Evaluation::start`]
    /// looks too, before anything is asked.
    ///
    /// [`Evaluation::start`]: crate::Evaluation::start
    pub fn suits(&self, system: &dyn System) -> Result<(), EvalError> {
        let can = system.capabilities();
        for task in &self.tasks {
            if let Some(scorer) = task.needs_logprobs().filter(|_| !can.logprobs) {
                let (task, scorer) = (task.source.task.name.clone(), scorer.to_owned());
                return Err(EvalError::NoLogprobs { task, scorer, system: system.identity().name });
            }
            let prompt = &task.source.task.prompt;
            let what = match () {
                () if !can.tools && prompt.has_tools() => "tools",
                () if !can.images && prompt.has_images() => "images",
                () => continue,
            };
            let (task, system) = (task.source.task.name.clone(), system.identity().name);
            return Err(EvalError::Incapable { task, system, what });
        }
        Ok(())
    }

    /// Whether this plan is the one that a manifest was made from; otherwise says what differs.
    pub(crate) fn matches(&self, run: &Run) -> Result<(), EvalError> {
        let differs = |what: String| Err(EvalError::Changed { run: run.id.clone(), what });
        if self.tasks.len() != run.tasks.len() {
            return differs(format!("it has {} tasks, the run has {}", self.tasks.len(), run.tasks.len()));
        }
        for (task, earlier) in self.tasks.iter().zip(&run.tasks) {
            let now = task.entry();
            if now.task_digest != earlier.task_digest {
                return differs(format!("task {} is another one now", earlier.name));
            }
        }
        self.has_samples_of(run)
    }

    /// Whether this plan is about the samples that a run was about, whatever it makes of the answers.
    ///
    /// # Errors
    /// What differs.
    pub fn has_samples_of(&self, run: &Run) -> Result<(), EvalError> {
        let differs = |what: String| Err(EvalError::Changed { run: run.id.clone(), what });
        for (task, earlier) in self.tasks.iter().zip(&run.tasks) {
            let now = task.entry();
            if now.dataset.samples_sha256 != earlier.dataset.samples_sha256 || now.planned != earlier.planned
            {
                return differs(format!("the samples of {} are others now", earlier.name));
            }
            if now.dataset.images_sha256 != earlier.dataset.images_sha256 {
                return differs(format!("the images of {} are others now", earlier.name));
            }
        }
        Ok(())
    }

    /// What is to be asked: task after task, each in the order of its samples or in one that was drawn. A task whose
    /// flag among `halted` is set is left at once.
    pub(crate) fn items<'a>(
        &'a self,
        todo: &'a Todo,
        orders: &'a [Option<Vec<u64>>],
        halted: &'a [Cell<bool>],
    ) -> impl Iterator<Item = Result<Item, EvalError>> + 'a {
        let tasks = self.tasks.iter().zip(orders).zip(halted).enumerate();
        tasks.flat_map(move |(position, ((task, order), halted))| {
            let epochs = task.epochs;
            let wanted = move |epoch: u32, sample: u64| {
                let index = sample * u64::from(epochs) + u64::from(epoch);
                todo.wants(position, index).then_some((index, epoch))
            };
            let any = move |sample: u64| (0..epochs).any(|epoch| wanted(epoch, sample).is_some());
            let samples: Box<dyn Iterator<Item = Result<(u64, Sample), DatasetError>>> = match order {
                None => Box::new(task.samples.iter_where(any)),
                Some(order) => {
                    let wanted = order.iter().copied().filter(move |sample| any(*sample));
                    let read = move |number| Ok(task.samples.get(number)?.map(|sample| (number, sample)));
                    Box::new(wanted.map(read).filter_map(Result::transpose))
                }
            };
            samples.take_while(|_| !halted.get()).flat_map(move |read| {
                let (number, sample, failure) = match read {
                    Ok((number, sample)) => (number, Some(sample), None),
                    Err(source) => (0, None, Some(Err(EvalError::dataset(&task.source.task.name, source)))),
                };
                let of_sample = sample.into_iter().flat_map(move |sample| {
                    (0..epochs).filter_map(move |epoch| wanted(epoch, number)).map(move |(index, epoch)| {
                        Ok(Item { task: position, index, epoch, sample: sample.clone() })
                    })
                });
                failure.into_iter().chain(of_sample)
            })
        })
    }
}

/// The ids of the samples that settings choose of a built-in task, in the run's order. `None` if the task is none of this
/// build: the data of another one would have to be looked for where a stranger says.
pub fn built_in_ids(source: &TaskSource, settings: &Settings) -> Option<Result<Vec<String>, EvalError>> {
    let loaded = LoadedTask::restore(&source.origin, source.task.clone()).ok()?;
    if !loaded.is_built_in() {
        return None;
    }
    let selection = Selection { limit: settings.limit, sample_ids: settings.sample_ids.clone() };
    let failed = |error| EvalError::dataset(&source.task.name, error);
    let read = || {
        let samples = loaded.prepare(&selection, &std::env::temp_dir(), &mut |_| {}).map_err(failed)?;
        samples.iter().map(|sample| Ok(sample.map_err(failed)?.1.id)).collect()
    };
    Some(read())
}

/// One sample in one epoch, to be asked.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) task: usize,
    pub(crate) index: u64,
    pub(crate) epoch: u32,
    pub(crate) sample: Sample,
}

/// A directory name for a run: time, what, whom; only characters that every file system and shell takes.
pub(crate) fn run_id(created: &jiff::Timestamp, plan: &Plan, system: &SystemIdentity) -> String {
    let plain = |text: &str| {
        let mut name: String = text
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
            .take(60)
            .collect();
        name.truncate(name.trim_end_matches(['-', '.']).len());
        name.trim_start_matches(['-', '.']).to_owned()
    };
    // Of a file of weights that was named by its path, its own name says enough.
    let file = system.artefact.as_ref().map(|artefact| artefact.file.as_str());
    let of = file.filter(|file| system.name.ends_with(file)).unwrap_or(&system.name);
    format!("{}-{}-{}", created.strftime("%Y%m%dT%H%M%SZ"), plain(plan.name()), plain(of))
}

/// The directory of datasets that were fetched, within overt's home.
pub fn dataset_cache(home: &Path) -> PathBuf {
    home.join("datasets")
}
