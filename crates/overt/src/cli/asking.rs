//! How to ask; shared by the commands that ask.

use std::time::Duration;

use clap::Args;
use overt_eval::Tolerance;

use super::value::{amount, duration, tolerance};

/// How to ask; shared by the commands that ask.
#[derive(Clone, Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct AskArgs {
    /// Requests in flight at most [default: what suits the system]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) concurrency: Option<u32>,
    /// Processor threads for a local model [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) threads: Option<u32>,
    /// Context length for each conversation with a local model, in tokens
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(64..))]
    pub(crate) context: Option<u32>,
    /// Weights of a local model: fastest, as-shipped, widened, f16 or bf16 [default: fastest]
    #[arg(long, value_name = "FORM")]
    pub(crate) weights: Option<overt_model::Weights>,
    /// Answer from a cache what was asked before, word for word, and keep what is new; such answers are marked, cost
    /// nothing, and say nothing new about chance
    #[arg(long)]
    pub(crate) cache: bool,
    /// Run the programs that tasks name, to score or to make samples; read the task first
    #[arg(long)]
    pub(crate) allow_commands: bool,
    /// Stop before this many tokens are used, read and written together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_tokens: Option<u64>,
    /// Stop before this amount is spent, at the systems' prices in overt.toml: on each system, with its judge
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    pub(crate) max_cost: Option<f64>,
    /// Stop after this time, for example 90s, 30min or 2h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) max_time: Option<Duration>,
    /// Stop when more samples than this bring no answer: a count, or a share such as 5%
    #[arg(long, value_name = "N|P%", value_parser = tolerance)]
    pub(crate) fail_on_error: Option<Tolerance>,
    /// Print the manifest as JSON when done
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the results only
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
