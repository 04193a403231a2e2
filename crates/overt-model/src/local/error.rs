//! Why a local model could not be opened.

use std::io;
use std::path::PathBuf;

use super::gguf::GgufError;

/// Why a local model could not be opened: what happened, where, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// There is no such file.
    #[error("there is no model file at {}; fetch it with `overt model pull`, or check the path", path.display())]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the model file {}: {source}", path.display())]
    Read {
        /// The model file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not a GGUF, is cut off, or contradicts itself.
    #[error("{} {source}", path.display())]
    Gguf {
        /// The model file.
        path: PathBuf,
        /// What is wrong with it.
        source: GgufError,
    },
    /// The file is a GGUF, but not one that can be asked in a chat.
    #[error("{} cannot be evaluated as a chat model: {why}", path.display())]
    WrongKind {
        /// The model file.
        path: PathBuf,
        /// What it is, or what it lacks.
        why: String,
    },
    /// The chat template in the file cannot be compiled or rendered.
    #[error("the chat template in {} does not work: {why}", path.display())]
    Template {
        /// The model file.
        path: PathBuf,
        /// What the template engine said.
        why: String,
    },
    /// Weights and cache do not fit into memory.
    #[error(
        "{} needs about {} of memory ({sequences} sequences of {context} tokens) and {} is available; \
         lower `sequences` or `context_tokens`, keep the weights as shipped, or take a smaller model",
        path.display(),
        mebibytes(*needed),
        mebibytes(*available)
    )]
    TooLarge {
        /// The model file.
        path: PathBuf,
        /// Bytes needed for weights, cache and work space.
        needed: u64,
        /// Bytes available.
        available: u64,
        /// Sequences planned for.
        sequences: usize,
        /// Tokens of each.
        context: u32,
    },
    /// This program was built for a processor with instructions that this one lacks.
    #[error(
        "this program was built for a processor with {}, which this machine lacks; build it here with \
         `cargo build --release` and without GGML_* in the environment",
        missing.join(", ")
    )]
    Processor {
        /// The instruction sets that are missing.
        missing: Vec<&'static str>,
    },
    /// llama.cpp refused the file.
    #[error("llama.cpp cannot load {}: {why}", path.display())]
    Engine {
        /// The model file.
        path: PathBuf,
        /// The last thing that llama.cpp logged.
        why: String,
    },
    /// The widened copy of the weights could not be written.
    #[error("cannot write the widened weights {}: {why}; ask for the weights as shipped, or free some disk space", path.display())]
    Widen {
        /// The copy.
        path: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// The engine's thread could not be started or died while loading.
    #[error("the thread that runs {} could not be started: {why}", path.display())]
    Thread {
        /// The model file.
        path: PathBuf,
        /// What went wrong.
        why: String,
    },
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}
