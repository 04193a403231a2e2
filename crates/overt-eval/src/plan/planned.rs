//! One task of a plan: its samples, prompts, scorers and programs, ready to be asked.

use std::collections::BTreeMap;
use std::path::Path;

use overt_schema::{
    Answer, ChoiceBy, Conversation, DatasetRef, Digest, Hasher, Image, Message, MetricKind, Outcome, Sample,
    SampleRow, Scorer, ScriptError, Settings, Step, TaskRun, Usage, template_digest,
};
use overt_score::{Given, Outside, Question, Scorers, Summariser};
use overt_task::{Images, LoadedTask, Samples, Selection};

use super::{Extent, Item, TaskSource};
use crate::commanding::Commands;
use crate::error::EvalError;
use crate::outcome;

/// One task, ready to be asked.
#[derive(Debug)]
pub(crate) struct PlannedTask {
    pub(crate) source: TaskSource,
    pub(crate) conversation: Conversation,
    pub(crate) scorers: Scorers,
    pub(crate) commands: Commands,
    pub(crate) samples: Samples,
    images: Images,
    /// Digest over the digests of all images that are shown.
    images_digest: Option<Digest>,
    pub(crate) epochs: u32,
    template_digest: Digest,
    task_digest: Digest,
}

impl PlannedTask {
    /// The row of an answered sample, and what is to be asked of a judge about it.
    pub(crate) fn row(
        &self,
        item: Item,
        mut messages: Vec<Message>,
        mut answer: Answer,
    ) -> Result<(SampleRow, Vec<Question>), EvalError> {
        messages.iter_mut().flat_map(|message| &mut message.images).for_each(Image::forget);
        let Item { task, index, epoch, sample } = item;
        // What other scorers made of a recorded answer does not count here.
        answer.outcome = outcome::of_answer(answer.outcome);
        let output = answer.output.as_deref();
        let outside = Outside { logprobs: answer.logprobs.as_ref(), ..Outside::default() };
        let scores = self.scorers.score(&sample, answer.outcome, output, outside)?;
        let given = Given { sample: &sample, messages: &messages, outcome: answer.outcome, output };
        let questions = self.scorers.questions(given)?;
        answer.outcome = outcome::of_scored(answer.outcome, &scores);
        let commanded = !self.commands.is_empty() && answer.output.is_some();
        let (task, judgements, pending) = (task as u32, Vec::new(), commanded || !questions.is_empty());
        Ok((
            SampleRow { task, index, epoch, sample, messages, answer, scores, judgements, pending },
            questions,
        ))
    }

    pub(super) fn prepare(
        loaded: &LoadedTask,
        selection: &Selection,
        settings: &Settings,
        cache: &Path,
    ) -> Result<Self, EvalError> {
        let task = &loaded.task;
        let name = &task.name;
        let samples = loaded
            .prepare(selection, cache, &mut |_| {})
            .map_err(|source| EvalError::dataset(name, source))?;
        let conversation =
            Conversation::new(task).map_err(|source| EvalError::Template { task: name.clone(), source })?;
        let scorers =
            Scorers::new(task).map_err(|source| EvalError::Scorer { task: name.clone(), source })?;
        Summariser::new(task, settings.level)?;
        let epochs = settings.epochs.unwrap_or(task.epochs).max(1);
        for metric in &task.metrics {
            if let MetricKind::PassAtK { k, .. } = &metric.kind
                && *k > epochs
            {
                return Err(EvalError::TooFewEpochs {
                    task: name.clone(),
                    metric: metric.name.clone(),
                    k: *k,
                    epochs,
                });
            }
        }
        Ok(Self {
            conversation,
            images: loaded.images(),
            images_digest: None,
            scorers,
            commands: Commands::of(loaded),
            samples,
            epochs,
            template_digest: template_digest(task).map_err(EvalError::Json)?,
            task_digest: loaded.digest,
            source: TaskSource { origin: loaded.origin.to_string(), task: task.clone() },
        })
    }

    /// The conversation about a sample, with its images. Reads their files.
    pub(crate) fn script(&self, sample: &Sample) -> Result<Vec<Step>, EvalError> {
        script(&self.conversation, &self.images, sample).map_err(|source| self.unrendered(sample, source))
    }

    /// The same, with the files read on a thread where waiting for a disk holds up nobody else.
    pub(crate) async fn script_aside(&self, sample: &Sample) -> Result<Vec<Step>, EvalError> {
        if !self.source.task.prompt.has_images() {
            return self.script(sample);
        }
        let (conversation, images, asked) = (self.conversation.clone(), self.images.clone(), sample.clone());
        let read = tokio::task::spawn_blocking(move || script(&conversation, &images, &asked)).await;
        match read {
            Ok(script) => script.map_err(|source| self.unrendered(sample, source)),
            // There is no such thread any more.
            Err(_) => self.script(sample),
        }
    }

    fn unrendered(&self, sample: &Sample, source: ScriptError) -> EvalError {
        EvalError::Prompt { task: self.source.task.name.clone(), sample: sample.id.clone(), source }
    }

    /// The first scorer that decides by log-probabilities.
    pub(super) fn needs_logprobs(&self) -> Option<&str> {
        let by_first_token =
            |scorer: &Scorer| matches!(scorer, Scorer::Choice { by, .. } if *by != ChoiceBy::Answer);
        let mut scorers = self.source.task.scorers.iter();
        scorers.find(|named| by_first_token(&named.scorer)).map(|named| named.name.as_str())
    }

    pub(super) fn planned(&self) -> u64 {
        self.samples.len() * u64::from(self.epochs)
    }

    /// Renders every prompt and tries every scorer on an empty answer.
    pub(super) fn check(&mut self, extent: &mut Extent) -> Result<(), EvalError> {
        let mut images = None;
        let task = &self.source.task;
        let epochs = u64::from(self.epochs);
        for sample in &self.samples {
            let (_, sample) = sample.map_err(|source| EvalError::dataset(&task.name, source))?;
            let script = self.script(&sample)?;
            self.scorers.score(&sample, Outcome::Ok, Some(""), Outside::default())?;
            let given = Given { sample: &sample, messages: &[], outcome: Outcome::Ok, output: Some("") };
            extent.judge_requests += self.scorers.questions(given)?.len() as u64 * epochs;
            let (mut said, mut asks) = (0, 0);
            for step in &script {
                match step {
                    Step::Say(message) => {
                        said += message.content.chars().count() as u64;
                        for image in &message.images {
                            let digests = images.get_or_insert_with(Hasher::default);
                            digests.update(format!("{}\n", image.sha256).as_bytes());
                        }
                    }
                    Step::Ask => {
                        asks += 1;
                        extent.prompt_chars += said * epochs;
                    }
                }
            }
            extent.samples += epochs;
            extent.requests += asks * epochs;
            extent.max_output_tokens += asks * epochs * u64::from(task.generation.max_tokens);
        }
        self.images_digest = images.map(Hasher::finish);
        Ok(())
    }

    pub(super) fn entry(&self) -> TaskRun {
        let task = &self.source.task;
        TaskRun {
            name: task.name.clone(),
            title: task.title.clone(),
            version: task.version.clone(),
            task_digest: self.task_digest,
            template_digest: self.template_digest,
            dataset: DatasetRef { images_sha256: self.images_digest, ..self.samples.dataset_ref().clone() },
            generation: task.generation.clone(),
            epochs: self.epochs,
            planned: self.planned(),
            outcomes: BTreeMap::new(),
            usage: Usage::default(),
            cached: 0,
            stopped: None,
            metrics: Vec::new(),
        }
    }
}

fn script(conversation: &Conversation, images: &Images, sample: &Sample) -> Result<Vec<Step>, ScriptError> {
    conversation.script_with(sample, &|path| images.read(path).map_err(|error| error.to_string()))
}
