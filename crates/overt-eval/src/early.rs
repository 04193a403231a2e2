//! Tasks that stop before all of their samples are asked: the random order, and what is watched.

use overt_schema::{
    EarlyStopping, Measurement, Outcome, Requirement, Sample, Score, Settings, Task, TaskRun,
};
use overt_score::{Goal, Watch};

use crate::error::EvalError;
use crate::measured;
use crate::plan::Plan;
use crate::seed::Seed;

/// A task's samples in an order drawn from the run's seed.
#[derive(Debug)]
pub(crate) struct Order {
    /// The samples' indexes in the order of asking.
    pub(crate) samples: Vec<u64>,
    /// Where each sample stands in that order.
    positions: Vec<u64>,
}

impl Order {
    /// Sorts by numbers that are derived from the seed, the task's name and the index: an order that is random, and the
    /// same whenever the run goes on.
    fn draw(seed: Seed, task: &str, count: u64) -> Self {
        let drawn = |index: &u64| seed.derive(&[b"order", task.as_bytes(), &index.to_le_bytes()]);
        let mut samples: Vec<u64> = (0..count).collect();
        samples.sort_by_cached_key(drawn);
        let mut positions = vec![0; samples.len()];
        for (position, sample) in (0..).zip(&samples) {
            if let Some(place) = usize::try_from(*sample).ok().and_then(|sample| positions.get_mut(sample)) {
                *place = position;
            }
        }
        Self { samples, positions }
    }
}

/// A task that may stop early.
#[derive(Debug)]
pub(crate) struct Early {
    pub(crate) order: Order,
    rule: String,
    watch: Watch,
    reached: bool,
    /// One more than the last place of the order that was seen.
    seen_to: u64,
}

impl Early {
    /// What each task of a plan watches: nothing, unless the settings say so and it can be watched.
    ///
    /// # Errors
    /// When a requirement to be decided names a metric that cannot be watched, or no task can stop early.
    pub(crate) fn of_plan(plan: &Plan, measurements: &[Measurement]) -> Result<Vec<Option<Self>>, EvalError> {
        let settings = plan.settings();
        let Some(early) = &settings.early else {
            return Ok(plan.tasks.iter().map(|_| None).collect());
        };
        every_requirement_is_asked(early, plan)?;
        let mut watched = Vec::new();
        for task in &plan.tasks {
            let asked = Asked {
                task: &task.source.task,
                samples: task.samples.len(),
                epochs: task.epochs,
                alone: plan.tasks.len() == 1,
            };
            watched.push(Self::of_task(asked, settings, measurements)?);
        }
        if watched.iter().all(Option::is_none) {
            let why = "none of the tasks has a first metric that can be watched".to_owned();
            return Err(EvalError::Early { task: plan.name().to_owned(), why });
        }
        Ok(watched)
    }

    /// What one task watches: nothing, unless the settings say so and it can be watched.
    ///
    /// # Errors
    /// When it must be watched and cannot.
    pub(crate) fn of_task(
        asked: Asked<'_>,
        settings: &Settings,
        measurements: &[Measurement],
    ) -> Result<Option<Self>, EvalError> {
        let Some(early) = &settings.early else { return Ok(None) };
        let Asked { task, samples, epochs, alone } = asked;
        let decide = requirements(early)?;
        let decides = decide.iter().find(|requirement| requirement.task == task.name);
        let (goal, metric, rule) = match (decides, early.half_width) {
            (Some(requirement), _) => {
                let goal = Goal::Decided(requirement.comparison, requirement.bound);
                (goal, Some(requirement.metric.as_str()), format!("{requirement} is decided"))
            }
            (None, Some(most)) => (Goal::HalfWidth(most), None, format!("half-width <= {most}")),
            (None, None) => return Ok(None),
        };
        let why = match Watch::new(task, metric, goal, settings.level) {
            Ok(_) if epochs > 1 => {
                "each sample is asked several times: repetitions are no independent draws".to_owned()
            }
            Ok(mut watch) => {
                if let Some(measured) = measured::of(measurements, task, watch.scorer())? {
                    watch.correct_by_errors(&measured.result);
                }
                let order = Order::draw(Seed::new(settings.seed), &task.name, samples);
                return Ok(Some(Self { order, rule, watch, reached: false, seen_to: 0 }));
            }
            Err(why) => why.to_string(),
        };
        if decides.is_some() || alone {
            return Err(EvalError::Early { task: task.name.clone(), why });
        }
        Ok(None)
    }

    /// Takes in a sample that has its outcome.
    pub(crate) fn see(&mut self, index: u64, sample: &Sample, outcome: Outcome, scores: &[Score]) {
        let position = usize::try_from(index).ok().and_then(|index| self.order.positions.get(index));
        if let Some(position) = position {
            self.seen_to = self.seen_to.max(position + 1);
            self.watch.see(*position, sample, outcome, scores);
            self.reached = self.reached || self.watch.reached();
        }
    }

    /// Whether nothing more need be asked.
    pub(crate) fn reached(&self) -> bool {
        self.reached
    }

    /// Why these are not the samples that the rule leads to, if they are not: it stops no task before it is met, and what
    /// was asked is the beginning of the order that was drawn.
    pub(crate) fn broken(&self, asked: u64, planned: u64) -> Option<String> {
        if asked < planned && !self.reached {
            return Some(format!(
                "it stopped after {asked} of {planned} samples, and `{}` was not met",
                self.rule
            ));
        }
        (self.seen_to != asked)
            .then(|| format!("its {asked} samples are not the first ones of the order that the seed draws"))
    }

    /// Puts what was watched into the task's results.
    pub(crate) fn apply(&self, entry: &mut TaskRun) {
        let asked: u64 = entry.outcomes.values().sum();
        self.watch.apply(&mut entry.metrics);
        let fixed = self.watch.fixed_design().map_or_else(String::new, |fixed| {
            format!("; to be sure of it beforehand takes {fixed}, whatever the rate is")
        });
        entry.stopped = (asked < entry.planned)
            .then(|| format!("{}: {asked} of {} samples were asked{fixed}", self.rule, entry.planned));
    }
}

/// A task as a run asks it.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) task: &'a Task,
    pub(crate) samples: u64,
    pub(crate) epochs: u32,
    /// Whether the run has no other task: then it must be possible to watch this one.
    pub(crate) alone: bool,
}

/// The requirements to be decided.
fn requirements(early: &EarlyStopping) -> Result<Vec<Requirement>, EvalError> {
    let read = |expression: &String| {
        Requirement::parse(expression)
            .map_err(|source| EvalError::Requirement { expression: expression.clone(), source })
    };
    early.decide.iter().map(read).collect()
}

/// Whether each of them is about a task of the plan.
fn every_requirement_is_asked(early: &EarlyStopping, plan: &Plan) -> Result<(), EvalError> {
    for (requirement, expression) in requirements(early)?.into_iter().zip(&early.decide) {
        if !plan.tasks.iter().any(|task| task.source.task.name == requirement.task) {
            let why = format!("`{expression}` is to be decided, and the task is not asked");
            return Err(EvalError::Early { task: requirement.task, why });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_permutation_that_depends_on_seed_and_task() {
        let order = Order::draw(Seed::new(1), "a", 1000);
        let mut sorted = order.samples.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert!(order.samples.iter().enumerate().all(|(i, s)| order.positions[*s as usize] == i as u64));
        assert_eq!(order.samples, Order::draw(Seed::new(1), "a", 1000).samples);
        assert_ne!(order.samples, Order::draw(Seed::new(2), "a", 1000).samples);
        assert_ne!(order.samples, Order::draw(Seed::new(1), "b", 1000).samples);
    }
}
