//! One pass over the samples of a run: tree, prompts, outcomes, scores and results.

use overt_eval::{RunDirectory, SAMPLES, TASKS};
use overt_record::merkle::TreeHead;
use overt_record::record::{Evaluation, TaskResult};
use overt_record::verify::Outcome;
use overt_record::{Decimal, sample_root};
use overt_schema::{RequirementResult, Run};

use super::again::{Differences, Done, TaskAgain};
use super::places::Places;
use super::selection::Came;
use super::{ALL, Checked, all, found, tasks};
use crate::describe;
use crate::error::EvidenceError;
use crate::leaf::PublishedSample;
use crate::publish::{OPENINGS, published_samples};
use crate::rows::FieldsRead;
use crate::samples_file::SAMPLES_FILE;

/// One pass over the samples: tree, prompts, scores and results.
pub(super) fn samples(
    record: &Evaluation,
    directory: &RunDirectory,
    run: &Run,
) -> Result<Checked, EvidenceError> {
    let folder = directory.path();
    let here = folder.join(OPENINGS).is_file() || folder.join(SAMPLES_FILE).is_file();
    if !folder.join(TASKS).is_file() || !here {
        let why = format!(
            "the samples are not here: neither {OPENINGS} with {SAMPLES}, nor {SAMPLES_FILE}, or no {TASKS}"
        );
        return Ok(Checked::of(all(&ALL[2..], Outcome::NotChecked, &why)));
    }
    let materials = directory.materials()?;
    let garbled = tasks::differences(&materials, run)?;
    if garbled.count > 0 {
        return Ok(Checked::of(all(&ALL[2..], Outcome::Failed, &garbled.told())));
    }
    let requirements = tasks::requirements(&materials, run);
    let fields = FieldsRead::of(&materials, run.settings.level)?;
    let mut again = Vec::new();
    for (source, entry) in materials.tasks.iter().zip(&run.tasks) {
        again.push(TaskAgain::new(source, entry, run)?);
    }
    let came = Came::of(run);
    let mut pass = Pass { fields, tasks: again, requirements, came, ..Pass::default() };
    let mut leaves = Vec::new();
    for (position, sample) in (0_u64..).zip(published_samples(folder)?) {
        let sample = sample?;
        let Some(leaf) = sample.leaf()? else {
            pass.bad.add(|| format!("sample {position} has neither content nor what stands for it, or both"));
            break;
        };
        leaves.push(leaf);
        pass.places.see(position, &sample.shown, run, &mut pass.bad);
        pass.see(position, &sample)?;
        // One too many is enough to know; a file that was made to be endless is not read to its end.
        if position >= record.samples.count {
            break;
        }
    }
    let tree = sample_root(leaves);
    pass.checks(record, run, tree)
}

#[derive(Default)]
struct Pass {
    fields: FieldsRead,
    tasks: Vec<TaskAgain>,
    requirements: Vec<RequirementResult>,
    places: Places,
    came: Came,
    done: Done,
    /// What is wrong about samples themselves.
    bad: Differences,
    withheld: u64,
}

impl Pass {
    fn see(&mut self, position: u64, sample: &PublishedSample) -> Result<(), EvidenceError> {
        let shown = &sample.shown;
        let Some(task) = self.tasks.get_mut(shown.task as usize) else {
            self.bad.add(|| format!("sample {position} is of a task that the run does not have"));
            return Ok(());
        };
        task.add(shown);
        self.came.see(shown);
        match &sample.content {
            None => {
                self.withheld += 1;
                task.withhold();
            }
            Some(row) if self.fields.shown(row) != *shown => {
                self.bad.add(|| format!("sample {position} shows something else than it contains"));
            }
            Some(row) => task.open(row, &mut self.done)?,
        }
        Ok(())
    }

    fn checks(self, record: &Evaluation, run: &Run, tree: TreeHead) -> Result<Checked, EvidenceError> {
        let Self { mut tasks, requirements, came, done, mut bad, withheld, .. } = self;
        let signed = &record.samples;
        if (tree.size, tree.root) != (signed.count, signed.root) {
            bad.add(|| {
                if tree.size == signed.count {
                    "their Merkle root is another one than was signed".into()
                } else {
                    format!("there are {} samples, and {} were signed", tree.size, signed.count)
                }
            });
        }
        if withheld != signed.withheld {
            bad.add(|| format!("{withheld} are withheld, and the record says {}", signed.withheld));
        }
        let mut of_the_data = true;
        for (task, entry) in tasks.iter_mut().zip(&run.tasks) {
            of_the_data &= task.are_the_samples(entry, &mut bad);
        }
        let tree = match bad.count {
            0 => found("sample-tree", Outcome::Passed, of_tree(tree, withheld, of_the_data)),
            _ => found("sample-tree", Outcome::Failed, bad.told()),
        };
        let judged = tasks.iter().any(TaskAgain::is_judged);
        let mut checks = vec![tree];
        checks.extend(done.checks(withheld, judged));
        let mut other = Differences::default();
        let mut count = 0;
        for (task, (entry, signed)) in tasks.into_iter().zip(run.tasks.iter().zip(&record.tasks)) {
            let again = describe::task(&task.finish(entry))?;
            count += again.metrics.len();
            compare(&again, signed, &mut other);
        }
        if requirements != run.requirements {
            other.add(|| "what the suite requires is judged otherwise".into());
        }
        checks.push(match other.count {
            0 => {
                let all = format!("{count} metrics with their intervals, to the last digit");
                found("metrics", Outcome::Passed, all)
            }
            _ => found("metrics", Outcome::Failed, other.told()),
        });
        Ok(Checked { checks, came: Some(came) })
    }
}

fn of_tree(tree: TreeHead, withheld: u64, of_the_data: bool) -> String {
    let open = match withheld {
        0 => "all of them shown whole".to_owned(),
        _ => format!("{withheld} of them withheld but for their scores"),
    };
    let data = if of_the_data { "; they are those of the datasets" } else { "" };
    format!("{} samples, {open}; Merkle root {}{data}", tree.size, tree.root.short())
}

/// What comes out now beside what was signed.
fn compare(again: &TaskResult, signed: &TaskResult, other: &mut Differences) {
    let name = signed.name.as_str();
    if again.outcomes != signed.outcomes || again.stopped != signed.stopped {
        other.add(|| format!("{name}: the outcomes add up to something else"));
    }
    if again.metrics.len() != signed.metrics.len() {
        other.add(|| format!("{name}: other metrics were signed"));
    }
    let number =
        |value: Option<Decimal>| value.map_or_else(|| "no value".to_owned(), |value| value.to_string());
    for (now, then) in again.metrics.iter().zip(&signed.metrics).filter(|(now, then)| now != then) {
        let metric = then.name.as_str();
        if now.value == then.value {
            other.add(|| format!("{name}.{metric}: another interval, or another note"));
        } else {
            let (was, is) = (number(then.value), number(now.value));
            other.add(|| format!("{name}.{metric}: {was} was signed, the scores give {is}"));
        }
    }
}
