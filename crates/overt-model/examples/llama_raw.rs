//! How much of llama.cpp's own speed is left in a [`LocalSystem`]: the bare loop and the system, in turns, on the same
//! weights and threads. Run by `bench/llama/run.sh`.
//!
//! The bare side feeds tokens in full batches of 512, then one token for each of 16 sequences, and takes the most
//! probable ones; it knows no requests, templates, texts or stops. The other side asks a `LocalSystem` for as many
//! tokens. Prompt: 64 requests for one token. Generation: 16 requests for 128 tokens, less the time for one token.

#![allow(clippy::print_stdout, reason = "this program prints its measurements")]

use std::error::Error;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Instant;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use overt_eval::System;
use overt_model::{LocalOptions, LocalSystem};
use overt_schema::{Generation, Message, Request, Role, Usage};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SEQUENCES: usize = 16;
const BATCH: usize = 512;
const ANSWER: u32 = 128;
const ROUNDS: usize = 3;

/// Tokens a second.
#[derive(Clone, Copy, Debug)]
struct Speed {
    prompt: f64,
    generation: f64,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: llama_raw MODEL.gguf CACHE_DIR [fastest|as-shipped|f16|bf16] [THREADS]";
    let path = PathBuf::from(arguments.next().ok_or(usage)?);
    let cache_dir = PathBuf::from(arguments.next().ok_or(usage)?);
    let weights = arguments.next().as_deref().unwrap_or("fastest").parse()?;
    let threads = arguments.next().map(|n| n.parse::<usize>()).transpose()?;
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));

    let options = LocalOptions {
        threads: Some(threads),
        weights,
        cache_dir: cache_dir.clone(),
        ..LocalOptions::default()
    };
    let system = LocalSystem::open("bench", &path, &options)?;
    let weights = computed_weights(&system, &path, &cache_dir)?;
    println!("weights  {}", weights.file_name().unwrap_or_default().display());
    println!("threads  {threads}, processor features {}", system.identity().details["cpu_features"]);

    // `LocalSystem` has initialised llama.cpp, which may be done once only; this value is just the proof of it.
    let backend = LlamaBackend {};
    let model = LlamaModel::load_from_file(&backend, &weights, &LlamaModelParams::default())?;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let (ours, shape) = system_speed(&system, round)?;
        let raw = raw_speed(&backend, &model, threads, shape)?;
        println!(
            "round {round}  prompt {:.0} of {:.0} tokens/s ({:.2})   generation {:.0} of {:.0} tokens/s ({:.2})",
            ours.prompt,
            raw.prompt,
            ours.prompt / raw.prompt,
            ours.generation,
            raw.generation,
            ours.generation / raw.generation,
        );
        rounds.push((ours.prompt / raw.prompt, ours.generation / raw.generation));
    }
    println!(
        "median ratio  prompt {:.2}   generation {:.2}",
        median(&rounds, |r| r.0),
        median(&rounds, |r| r.1)
    );
    // The backend belongs to the system; dropping this value would take it down.
    std::mem::forget(backend);
    Ok(())
}

/// The file whose weights the system computes with.
fn computed_weights(system: &LocalSystem, path: &Path, cache_dir: &Path) -> Result<PathBuf> {
    let artefact = system.identity().artefact.ok_or("the model file cannot be read")?;
    Ok(match artefact.transformed.as_deref().and_then(|text| text.strip_prefix("widened to ")) {
        Some(wide) => cache_dir.join("weights").join(format!("{}.{wide}.gguf", artefact.sha256)),
        None => path.to_owned(),
    })
}

/// The system's speed, and how many tokens each prompt cost on average.
fn system_speed(system: &LocalSystem, round: usize) -> Result<(Speed, usize)> {
    let words =
        ["amber", "boat", "cedar", "dune", "ember", "field", "glass", "harbour", "iron", "jade", "kite"];
    let text = |seed: usize| {
        let word = |i: usize| words[(seed * 7 + i * (seed + 3) + i * i) % words.len()];
        (0..180).map(word).collect::<Vec<_>>().join(" ")
    };
    let long: Vec<_> = (0..4 * SEQUENCES).map(|i| request(&text(round * 1000 + i), 1)).collect();
    let (seconds, usage) = ask(system, long)?;
    let computed = usage.prompt_tokens - usage.cached_tokens;
    let prompt = computed as f64 / seconds;

    let list = |i: usize| {
        let i = i + 20 * round;
        format!("Continue this list for as long as you can: {i}, {}, {}, {},", i + 1, i + 2, i + 3)
    };
    let lists = |tokens| (0..SEQUENCES).map(|i| request(&list(i), tokens)).collect::<Vec<_>>();
    let (first, _) = ask(system, lists(1))?;
    let (all, usage) = ask(system, lists(ANSWER))?;
    let generation = (usage.completion_tokens - SEQUENCES as u64) as f64 / (all - first);
    Ok((Speed { prompt, generation }, usize::try_from(computed)? / (4 * SEQUENCES)))
}

fn request(text: &str, max_tokens: u32) -> Request {
    let generation = Generation { max_tokens, ..Generation::default() };
    Request { messages: vec![Message::new(Role::User, text)], generation }
}

/// Asks everything at once; seconds until the last answer, and the tokens of all.
fn ask(system: &LocalSystem, requests: Vec<Request>) -> Result<(f64, Usage)> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let started = Instant::now();
    let pending: Vec<_> = requests.into_iter().map(|request| system.generate(request)).collect();
    let answers = runtime.block_on(futures_util::future::try_join_all(pending))?;
    let seconds = started.elapsed().as_secs_f64();
    let mut usage = Usage::default();
    answers.into_iter().for_each(|answer| usage += answer.usage);
    Ok((seconds, usage))
}

/// The speed of the bare loop for prompts of `length` tokens, with llama.cpp's defaults.
fn raw_speed(backend: &LlamaBackend, model: &LlamaModel, threads: usize, length: usize) -> Result<Speed> {
    let threads = i32::try_from(threads)?;
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(u32::try_from(SEQUENCES * 512)?))
        .with_n_seq_max(u32::try_from(SEQUENCES)?)
        .with_n_batch(u32::try_from(BATCH)?)
        .with_n_ubatch(u32::try_from(BATCH)?)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut context = model.new_context(backend, parameters)?;
    let mut batch = LlamaBatch::new(BATCH, 1);
    let mut tokens = (0..).map(|i: i32| LlamaToken(1000 + (i * 7919) % 40_000));

    let side_by_side = (BATCH / length).clamp(1, SEQUENCES);
    let started = Instant::now();
    let mut computed = 0;
    while computed < 4 * SEQUENCES * length {
        context.clear_kv_cache();
        batch.clear();
        for sequence in 0..side_by_side {
            for position in 0..length {
                let token = tokens.next().ok_or("out of tokens")?;
                let last = position + 1 == length;
                batch.add(token, i32::try_from(position)?, &[i32::try_from(sequence)?], last)?;
            }
        }
        context.decode(&mut batch)?;
        context.synchronize();
        computed += side_by_side * length;
    }
    let prompt = computed as f64 / started.elapsed().as_secs_f64();
    context.clear_kv_cache();
    let generation = raw_generation(&mut context, &mut batch)?;
    Ok(Speed { prompt, generation })
}

fn raw_generation(context: &mut LlamaContext<'_>, batch: &mut LlamaBatch<'_>) -> Result<f64> {
    // As long as the system's prompts, so that attention costs the same.
    let begin = 60;
    for sequence in 0..i32::try_from(SEQUENCES)? {
        batch.clear();
        for position in 0..begin {
            batch.add(LlamaToken(1000 + position), position, &[sequence], position + 1 == begin)?;
        }
        context.decode(batch)?;
    }
    let mut next = [LlamaToken(1000); SEQUENCES];
    let steps = i32::try_from(ANSWER)? - 1;
    let started = Instant::now();
    for step in 0..steps {
        batch.clear();
        for (sequence, token) in (0..).zip(next) {
            batch.add(token, begin + step, &[sequence], true)?;
        }
        context.decode(batch)?;
        for (row, token) in (0..).zip(&mut next) {
            let logits = context.get_logits_ith(row).iter().zip(0..);
            let best = logits.max_by(|a, b| a.0.total_cmp(b.0)).ok_or("no vocabulary")?;
            *token = LlamaToken(best.1);
        }
    }
    Ok(f64::from(steps) * SEQUENCES as f64 / started.elapsed().as_secs_f64())
}

fn median(rounds: &[(f64, f64)], of: impl Fn(&(f64, f64)) -> f64) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
