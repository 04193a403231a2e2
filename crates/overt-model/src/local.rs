//! A model on this machine, computed by llama.cpp inside this process.
//!
//! [`LocalSystem::open`] checks the file and the machine, widens the weights where that pays ([`Weights`]), loads the
//! model and starts the workers that compute. [`System::generate`] renders the chat template, turns it into tokens and
//! queues them for a worker; each answers many requests side by side. What makes answers repeatable, and
//! what everything costs, is measured in `docs/local-models.md`.

mod answer;
mod chat;
mod engine;
mod error;
mod ffi;
mod fingerprint;
mod first_token;
mod gguf;
mod grid;
mod memory;
mod processor;
mod prompt;
mod queue;
mod rows;
mod sampler;
mod slots;
mod weights;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::thread::{self, JoinHandle};

use futures_util::future::BoxFuture;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use overt_eval::{Capabilities, System};
use overt_schema::{
    Artefact, Digest, Failure, FailureKind, Message, Observed, Reach, Request, Response, Retry, Served,
    SystemIdentity,
};
use tokio::sync::oneshot;

pub use self::error::LocalError;
pub use self::gguf::GgufError;
pub use self::weights::{UnknownWeights, Weights};

use self::answer::Job;
use self::engine::Setup;
use self::fingerprint::Fingerprint;
use self::gguf::Header;
use self::grid::Budget;
use self::memory::Need;
use self::prompt::Prompter;
use self::queue::Queue;
use self::slots::Sharing;
use self::weights::Wide;

/// How to run a local model.
#[derive(Clone, Debug, Default)]
pub struct LocalOptions {
    /// Threads to compute with; by default one for each core that this process may use. Up to eight of them are workers
    /// that never wait for each other.
    pub threads: Option<usize>,
    /// The longest conversation with its answer, in tokens; by default what the model was trained for.
    pub context_tokens: Option<u32>,
    /// Answers written side by side; by default 16 for each worker. More are faster up to some point and take more
    /// memory.
    pub sequences: Option<usize>,
    /// Which weights to compute with.
    pub weights: Weights,
    /// Where digests and widened weights are kept.
    pub cache_dir: PathBuf,
}

/// A model on this machine as a [`System`].
#[derive(Debug)]
pub struct LocalSystem {
    identity: SystemIdentity,
    artefact: ArtefactFacts,
    fingerprint: Fingerprint,
    prompter: Prompter,
    budget: Budget,
    queue: Arc<Queue>,
    workers: Vec<JoinHandle<()>>,
}

/// What is known of the file without its digest.
#[derive(Debug)]
struct ArtefactFacts {
    file: String,
    bytes: u64,
    quantisation: String,
    transformed: Option<String>,
}

impl LocalSystem {
    /// Opens the GGUF model at `path` as the system called `name`.
    ///
    /// Blocks while the model loads: a second for a small one, and longer the first time, when its weights are widened.
    ///
    /// # Errors
    /// When the file is missing, cut off, not a GGUF, no chat model, or too large for this machine; see [`LocalError`].
    pub fn open(name: &str, path: &Path, options: &LocalOptions) -> Result<Self, LocalError> {
        processor::check()?;
        let header = Header::open(path)?;
        check_kind(path, &header)?;
        let read = |source| LocalError::Read { path: path.to_owned(), source };
        let fingerprint = Fingerprint::begin(path, &options.cache_dir).map_err(read)?;
        let threads =
            options.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let (workers, threads_each) = grid::divide(threads.clamp(1, 512), options.sequences);

        let (wide, budget) = plan(path, &header, options, workers)?;
        let widened = match wide {
            None => None,
            Some(wide) => widen(path, &header, wide, options, &fingerprint)?.map(|copy| (wide, copy)),
        };
        let model = Arc::new(load(path, widened.as_ref().map_or(path, |(_, copy)| copy))?);
        let prompter = Prompter::new(path, &header, Arc::clone(&model))?;

        let model_name = header.text("general.name").map_or_else(|| stem(path), str::to_owned);
        let recurrent = model.is_recurrent() || model.is_hybrid();
        let setup = Setup {
            model,
            threads: threads_each,
            budget,
            sharing: if recurrent { Sharing::Nothing } else { Sharing::Prefixes },
            served: Served { model: Some(model_name.clone()), ..Served::default() },
        };
        let mut details = details(&setup);
        details.extend(prompter.details());
        let identity = SystemIdentity {
            name: name.to_owned(),
            reach: Reach::Local,
            model: model_name,
            base_url: None,
            artefact: None,
            engine: Some(ffi::engine_version()),
            system_prompt: None,
            details,
            probe: None,
            observed: Observed::default(),
        };
        let artefact = ArtefactFacts {
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            bytes: header.bytes,
            quantisation: header.quantisation(),
            transformed: widened.map(|(wide, _)| format!("widened to {}", wide.as_str())),
        };
        let mut system = Self {
            identity,
            artefact,
            fingerprint,
            prompter,
            budget,
            queue: Arc::new(Queue::new(budget.workers)),
            workers: Vec::new(),
        };
        system.start(path, &Arc::new(setup))?;
        Ok(system)
    }
}

impl System for LocalSystem {
    fn identity(&self) -> SystemIdentity {
        let mut identity = self.identity.clone();
        match self.fingerprint.wait() {
            Ok(sha256) => {
                let facts = &self.artefact;
                identity.artefact = Some(Artefact {
                    file: facts.file.clone(),
                    sha256,
                    bytes: facts.bytes,
                    quantisation: facts.quantisation.clone(),
                    transformed: facts.transformed.clone(),
                });
            }
            Err(why) => {
                identity.details.insert("artefact".to_owned(), format!("{}: {why}", self.artefact.file));
            }
        }
        identity
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // Twice as many as are computed: the next ones wait in the engine while finished ones are scored.
            concurrency: self.budget.workers * self.budget.sequences * 2,
            max_attempts: 1,
            context_tokens: Some(self.budget.context_tokens),
            tools: false,
            images: false,
            logprobs: true,
        }
    }

    /// The request is queued before this returns, so that the order of calls is the order of computing.
    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let answer = self.submit(request);
        Box::pin(async move {
            answer?.await.unwrap_or_else(|_| {
                let message = "the thread that runs the local model has ended".to_owned();
                Err(failure(FailureKind::Provider, message))
            })
        })
    }
}

impl LocalSystem {
    fn submit(&self, request: Request) -> Result<oneshot::Receiver<Result<Response, Failure>>, Failure> {
        let rejected = |message| failure(FailureKind::Rejected, message);
        // Nothing that was asked is left out in silence.
        if !request.tools.is_empty() || !request.messages.iter().all(Message::is_plain) {
            return Err(rejected("models on this machine take neither tools nor images".to_owned()));
        }
        let generation = request.generation;
        let prompt = self.prompter.prompt(&request.messages, &generation).map_err(rejected)?;
        let (reply, answer) = oneshot::channel();
        let job = Job { prompt: prompt.tokens, generation, digest: prompt.digest, reply };
        // If the engine is gone, the reply channel is too, and the caller learns it there.
        self.queue.push(job);
        Ok(answer)
    }

    fn start(&mut self, path: &Path, setup: &Arc<Setup>) -> Result<(), LocalError> {
        let failed = |why| LocalError::Engine { path: path.to_owned(), why };
        // A context that cannot be made is better known now than at the first request.
        let first = setup.budget.grid(1).map_err(|failure| failed(failure.message))?;
        drop(engine::new_context(setup, first).map_err(failed)?);
        for number in 0..self.budget.workers {
            let (queue, setup) = (Arc::clone(&self.queue), Arc::clone(setup));
            let worker = thread::Builder::new()
                .name(format!("local-model-{number}"))
                .spawn(move || engine::run(&setup, queue.worker(number)))
                .map_err(|error| LocalError::Thread { path: path.to_owned(), why: error.to_string() })?;
            self.workers.push(worker);
        }
        Ok(())
    }
}

impl Drop for LocalSystem {
    /// Waits for the workers to end, which takes one step at most: no request can be left, since each borrows `self`.
    fn drop(&mut self) {
        self.queue.close();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

fn failure(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message, retry: Retry::Never, status: None, request_id: None }
}

/// Chooses the weights and checks that they and a short context fit into memory.
fn plan(
    path: &Path,
    header: &Header,
    options: &LocalOptions,
    workers: usize,
) -> Result<(Option<Wide>, Budget), LocalError> {
    let available = memory::available();
    let wide = weights::choose(options.weights, header, available);
    let bytes = if wide.is_some() { weights::widened_bytes(header) } else { header.bytes };
    let trained = header.architecture_integer("context_length").and_then(|n| u32::try_from(n).ok());
    let context_tokens = options.context_tokens.or(trained).unwrap_or(4096).max(1);
    let sequences = options.sequences.map_or(grid::SEQUENCES, |all| all.div_ceil(workers)).clamp(1, 256);
    let budget = Budget { need: Need::of(header, bytes), workers, sequences, context_tokens };
    // The context begins short and takes fewer sequences where memory is short; less than this is hopeless.
    let (sequences, context) = (workers * grid::FEWEST, context_tokens.min(512));
    let needed = budget.need.bytes(workers, sequences, context);
    match available.filter(|available| needed > *available) {
        None => Ok((wide, budget)),
        Some(available) => {
            Err(LocalError::TooLarge { path: path.to_owned(), needed, available, sequences, context })
        }
    }
}

/// The widened copy; `None` if there is no room for it and nobody asked for it by name.
fn widen(
    path: &Path,
    header: &Header,
    wide: Wide,
    options: &LocalOptions,
    fingerprint: &Fingerprint,
) -> Result<Option<PathBuf>, LocalError> {
    let digest = fingerprint
        .wait()
        .map_err(|why| LocalError::Read { path: path.to_owned(), source: std::io::Error::other(why) })?;
    match weights::widen(path, header, wide, digest, &options.cache_dir) {
        Ok(copy) => Ok(Some(copy)),
        Err(_) if options.weights == Weights::Fastest => Ok(None),
        Err(error) => Err(error),
    }
}

/// Refuses files that are models of another kind, or parts of one.
fn check_kind(path: &Path, header: &Header) -> Result<(), LocalError> {
    let wrong = |why: String| Err(LocalError::WrongKind { path: path.to_owned(), why });
    if header.integer("split.count").is_some_and(|parts| parts > 1) {
        return wrong(
            "it is one part of a model in several files; join them with llama.cpp's `gguf-split --merge`"
                .into(),
        );
    }
    match header.text("general.type") {
        None | Some("model") => {}
        Some(other) => return wrong(format!("it holds a {other}, not a model")),
    }
    let Some(architecture) = header.text("general.architecture") else {
        return wrong("it names no architecture".into());
    };
    if !header.has("tokenizer.ggml.model") {
        return wrong(format!("it has no tokenizer (its architecture is {architecture})"));
    }
    if header.text("tokenizer.chat_template").is_none() {
        return wrong("it has no chat template; take an instruction-tuned model".into());
    }
    Ok(())
}

/// llama.cpp's global state; made once and never taken down.
fn backend() -> Result<&'static LlamaBackend, String> {
    static BACKEND: LazyLock<Result<LlamaBackend, String>> = LazyLock::new(|| {
        ffi::capture_logs();
        LlamaBackend::init().map_err(|error| error.to_string())
    });
    BACKEND.as_ref().map_err(Clone::clone)
}

fn load(path: &Path, weights: &Path) -> Result<LlamaModel, LocalError> {
    let failed = |why| LocalError::Engine { path: path.to_owned(), why };
    let backend = backend().map_err(failed)?;
    LlamaModel::load_from_file(backend, weights, &LlamaModelParams::default())
        .map_err(|error| failed(ffi::take_complaints().unwrap_or_else(|| error.to_string())))
}

fn details(setup: &Setup) -> BTreeMap<String, String> {
    let budget = &setup.budget;
    BTreeMap::from([
        ("threads".to_owned(), (budget.workers * setup.threads).to_string()),
        ("workers".to_owned(), budget.workers.to_string()),
        ("context_tokens".to_owned(), budget.context_tokens.to_string()),
        ("sequences".to_owned(), (budget.workers * budget.sequences).to_string()),
        ("cpu_features".to_owned(), ffi::compiled_features().join(" ")),
        ("kv_cache".to_owned(), "F16".to_owned()),
    ])
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The digest of a text, for identities.
fn digest_of(text: &str) -> String {
    Digest::of(text).to_string()
}
