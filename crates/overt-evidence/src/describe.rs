//! A run in the words of a record: numbers become decimals that are written one way, texts lose what may not be signed.

use std::collections::BTreeMap;

use overt_record::record::{
    AnswersFrom, Artefact, Build, Corrected, Dataset, Direction, EarlyStopping, Estimate, Interval, Judge,
    JudgeMeasurement, Metric, Observed, PlannedSystem, Reach, Requirement, SampleIds, Settings, Suite,
    System, TaskResult,
};
use overt_record::{Decimal, Hash, Link, Name, Seed, Text};
use overt_schema::{self as schema, Digest, canonical_json};

use crate::error::EvidenceError;

/// The same 32 bytes; the two crates share no type.
pub(crate) fn hash(digest: Digest) -> Hash {
    Hash::from(*digest.as_bytes())
}

/// A word of a run, fit to be signed.
pub(crate) fn name(what: &'static str, word: &str) -> Result<Name, EvidenceError> {
    Name::cleaned(word).ok_or(EvidenceError::Nameless { what })
}

fn text(words: &str) -> Option<Text> {
    Text::cleaned(words)
}

pub(crate) fn decimal(what: &'static str, number: f64) -> Result<Decimal, EvidenceError> {
    Decimal::new(number).ok_or(EvidenceError::NotANumber { what })
}

/// The settings of a run or a plan.
pub(crate) fn settings(settings: &schema::Settings) -> Result<Settings, EvidenceError> {
    let early = settings.early.as_ref().map(|early| {
        let half_width = early.half_width.map(|half| decimal("half-width", half)).transpose()?;
        let decide = early.decide.iter().filter_map(|expression| text(expression)).collect();
        Ok::<_, EvidenceError>(EarlyStopping { half_width, decide })
    });
    Ok(Settings {
        seed: Seed::from(settings.seed),
        epochs: settings.epochs,
        limit: settings.limit,
        sample_ids: (!settings.sample_ids.is_empty()).then(|| sample_ids(&settings.sample_ids)),
        concurrency: settings.concurrency as u64,
        max_attempts: settings.max_attempts,
        level: decimal("level", settings.level)?,
        early: early.transpose()?,
    })
}

/// Ids by their digest: one a line, in order.
pub(crate) fn sample_ids(ids: &[String]) -> SampleIds {
    let lines: String = ids.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
    SampleIds { count: ids.len() as u64, sha256: Hash::of(lines) }
}

pub(crate) fn suite(suite: &schema::SuiteRef) -> Result<Suite, EvidenceError> {
    Ok(Suite {
        name: name("suite", &suite.name)?,
        version: name("version of the suite", &suite.version)?,
        sha256: hash(suite.digest),
    })
}

pub(crate) fn build(build: &schema::Build) -> Result<Build, EvidenceError> {
    Ok(Build {
        version: name("version of overt", &build.version)?,
        build: name("build of overt", &build.build)?,
    })
}

fn reach(reach: schema::Reach) -> Reach {
    match reach {
        schema::Reach::Local => Reach::Local,
        schema::Reach::Api => Reach::Api,
        schema::Reach::Replay => Reach::Replay,
        schema::Reach::Program => Reach::Program,
    }
}

fn artefact(artefact: &schema::Artefact) -> Result<Artefact, EvidenceError> {
    Ok(Artefact {
        file: name("file of the weights", &artefact.file)?,
        sha256: hash(artefact.sha256),
        bytes: artefact.bytes,
        quantisation: name("quantisation", &artefact.quantisation)?,
        transformed: artefact.transformed.as_deref().and_then(text),
    })
}

/// What is known of a system before it is asked.
pub(crate) fn planned_system(system: &schema::SystemIdentity) -> Result<PlannedSystem, EvidenceError> {
    Ok(PlannedSystem {
        name: name("system", &system.name)?,
        reach: reach(system.reach),
        model: name("model", &system.model)?,
        base_url: system.base_url.as_ref().and_then(|url| Link::new(url.clone()).ok()),
        artefact: system.artefact.as_ref().map(artefact).transpose()?,
    })
}

/// A system with what it said about itself; the digest binds all of its identity, also what the record leaves out.
pub(crate) fn system(system: &schema::SystemIdentity) -> Result<System, EvidenceError> {
    let PlannedSystem { name, reach, model, base_url, artefact } = planned_system(system)?;
    let counts = |counts: &BTreeMap<String, u64>| {
        counts.iter().filter_map(|(word, count)| Some((Name::cleaned(word)?, *count))).collect()
    };
    Ok(System {
        name,
        reach,
        model,
        base_url,
        artefact,
        engine: system.engine.as_deref().and_then(Name::cleaned),
        system_prompt: system.system_prompt.as_deref().and_then(text),
        details: system
            .details
            .iter()
            .filter_map(|(key, value)| Some((Name::cleaned(key)?, text(value)?)))
            .collect(),
        observed: Observed {
            models: counts(&system.observed.models),
            fingerprints: counts(&system.observed.fingerprints),
        },
        identity_sha256: Hash::of(canonical_json(system)?),
    })
}

pub(crate) fn dataset(dataset: &schema::DatasetRef) -> Result<Dataset, EvidenceError> {
    Ok(Dataset {
        source: text(&dataset.source).ok_or(EvidenceError::Nameless { what: "source of a dataset" })?,
        sha256: hash(dataset.sha256),
        samples_sha256: hash(dataset.samples_sha256),
        samples: dataset.samples,
        images_sha256: dataset.images_sha256.map(hash),
    })
}

pub(crate) fn interval(interval: &schema::IntervalResult) -> Result<Interval, EvidenceError> {
    Ok(Interval {
        low: decimal("lower end of an interval", interval.low)?,
        high: decimal("upper end of an interval", interval.high)?,
        level: decimal("level", interval.level)?,
        method: name("method of an interval", &interval.method)?,
    })
}

fn estimate(value: f64, bounds: &schema::IntervalResult) -> Result<Estimate, EvidenceError> {
    Ok(Estimate { value: decimal("estimate", value)?, interval: Some(interval(bounds)?) })
}

/// A metric's value and interval.
pub(crate) fn estimate_of(metric: &schema::MetricResult) -> Result<Option<Estimate>, EvidenceError> {
    let Some(value) = metric.value else { return Ok(None) };
    let interval = metric.interval.as_ref().map(interval).transpose()?;
    Ok(Some(Estimate { value: decimal("value", value)?, interval }))
}

fn metric(metric: &schema::MetricResult) -> Result<Metric, EvidenceError> {
    let number =
        |what: &'static str, number: Option<f64>| number.map(|number| decimal(what, number)).transpose();
    let bounds = match metric.bounds {
        Some([low, high]) => Some([decimal("bound", low)?, decimal("bound", high)?]),
        None => None,
    };
    let corrected = match &metric.corrected {
        Some(corrected) => Some(Corrected {
            value: decimal("corrected value", corrected.value)?,
            interval: interval(&corrected.interval)?,
            labels: corrected.labels,
        }),
        None => None,
    };
    Ok(Metric {
        name: name("metric", &metric.name)?,
        title: name("title of a metric", &metric.title)?,
        direction: match metric.direction {
            schema::Direction::Higher => Direction::Higher,
            schema::Direction::Lower => Direction::Lower,
            schema::Direction::Zero => Direction::Zero,
            schema::Direction::None => Direction::None,
        },
        value: number("value", metric.value)?,
        interval: metric.interval.as_ref().map(interval).transpose()?,
        n: metric.n,
        clusters: metric.clusters,
        missing: metric.missing,
        bounds,
        unparsed: (metric.unparsed > 0).then_some(metric.unparsed),
        detectable_difference: number("detectable difference", metric.detectable_difference)?,
        corrected,
        note: metric.note.as_deref().and_then(text),
    })
}

/// The results of a task. Whoever computes them again compares this form, to the last digit.
pub(crate) fn task(task: &schema::TaskRun) -> Result<TaskResult, EvidenceError> {
    let mut outcomes = BTreeMap::new();
    for (outcome, count) in &task.outcomes {
        outcomes.insert(name("outcome", outcome.as_str())?, *count);
    }
    Ok(TaskResult {
        name: name("task", &task.name)?,
        title: name("title of a task", &task.title)?,
        version: name("version of a task", &task.version)?,
        task_sha256: hash(task.task_digest),
        template_sha256: hash(task.template_digest),
        dataset: dataset(&task.dataset)?,
        generation: generation(&task.generation)?,
        epochs: task.epochs,
        planned: task.planned,
        stopped: task.stopped.as_deref().and_then(text),
        outcomes,
        metrics: task.metrics.iter().map(metric).collect::<Result<_, _>>()?,
    })
}

/// The settings of generation, each as JSON writes it.
fn generation(generation: &schema::Generation) -> Result<BTreeMap<Name, Text>, EvidenceError> {
    let mut settings = BTreeMap::new();
    if let serde_json::Value::Object(fields) = serde_json::to_value(generation)? {
        for (key, value) in fields {
            let words = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            if let Some(words) = text(&words) {
                settings.insert(name("setting", &key)?, words);
            }
        }
    }
    Ok(settings)
}

pub(crate) fn judge(judge: &schema::JudgeRun) -> Result<Judge, EvidenceError> {
    let mut outcomes = BTreeMap::new();
    for (outcome, count) in &judge.outcomes {
        outcomes.insert(name("outcome", outcome.as_str())?, *count);
    }
    let measurements = judge.measurements.iter().map(measurement).collect::<Result<_, _>>()?;
    Ok(Judge { system: system(&judge.system)?, outcomes, measurements })
}

fn measurement(measured: &schema::Measurement) -> Result<JudgeMeasurement, EvidenceError> {
    let result = &measured.result;
    let share = |share: &Option<schema::Share>| {
        share.as_ref().map(|share| estimate(share.value, &share.interval)).transpose()
    };
    let number = |number: &Option<schema::Measured>| {
        number.as_ref().map(|number| estimate(number.value, &number.interval)).transpose()
    };
    Ok(JudgeMeasurement {
        scorer: name("scorer", &measured.scorer)?,
        rubric_sha256: hash(measured.rubric_digest),
        labels_sha256: hash(measured.labels.sha256),
        n: result.n,
        missing: result.missing,
        agreement: share(&result.agreement)?,
        kappa: number(&result.kappa)?,
        sensitivity: share(&result.sensitivity)?,
        specificity: share(&result.specificity)?,
        bias: number(&result.bias)?,
    })
}

pub(crate) fn requirement(requirement: &schema::RequirementResult) -> Result<Requirement, EvidenceError> {
    let nameless = |what| EvidenceError::Nameless { what };
    Ok(Requirement {
        expression: text(&requirement.expression).ok_or_else(|| nameless("requirement"))?,
        held: requirement.held,
        reason: text(&requirement.reason).ok_or_else(|| nameless("reason of a requirement"))?,
    })
}

pub(crate) fn answers_from(from: &schema::AnswersFrom) -> Result<AnswersFrom, EvidenceError> {
    let source = text(&from.source).ok_or(EvidenceError::Nameless { what: "source of the answers" })?;
    Ok(AnswersFrom { source, sha256: hash(from.sha256) })
}

pub(crate) fn notes(notes: &[String]) -> Vec<Text> {
    notes.iter().filter_map(|note| text(note)).collect()
}
