//! `overt eval` and `overt resume`: asking.

use std::path::PathBuf;

use clap::Args;

use super::AskArgs;
use super::value::{half_width, level};

/// Evaluate a system on tasks
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  overt eval                                              starter suite, default model
  overt eval over-refusal sycophancy --limit 20           two built-in tasks, twenty samples each
  overt eval ./my-task.yaml --model ./model.gguf          your task, your weights
  overt eval --model llama3@http://localhost:8000/v1      any OpenAI-compatible server
  overt eval --model a@http://…/v1 --model b@http://…/v1  two systems side by side
  overt eval --model openai/gpt-4o-mini --dry-run         what would be asked, without asking
  overt eval --model paid --max-cost 5                    no more than that (prices in overt.toml)
  overt eval over-refusal --until 'half-width <= 0.08'    no more samples than that takes
  overt eval ./judged.yaml --model a --judge b            one system judges another's answers
  overt eval --plan over-refusal.plan.overt.json          what was announced, and nothing else

Systems are named in docs/systems.md, tasks in docs/tasks.md.")]
pub(crate) struct EvalArgs {
    /// Tasks and suites: built-in names, or paths of YAML files [default: starter]
    #[arg(value_name = "TASK|SUITE")]
    pub(crate) tasks: Vec<String>,
    /// System to evaluate; repeated, each is, and they are compared with the first [default: smollm2-135m, or `model`
    /// under `[eval]` in overt.toml]
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) model: Vec<String>,
    /// System that judges, for tasks with a scorer of kind `judge` [default: `judge` under `[eval]` in overt.toml]
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) judge: Option<String>,
    /// Measurement of the judge, from `overt judge measure`: results are corrected by it (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub(crate) measured: Vec<PathBuf>,
    /// At most this many samples of each task
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Only this sample (can be repeated)
    #[arg(long, value_name = "ID")]
    pub(crate) sample_id: Vec<String>,
    /// Ask each sample this many times [default: what the task says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) epochs: Option<u32>,
    /// Seed of the run; every request's seed derives from it
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Attempts at each request [default: what suits the system]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) max_attempts: Option<u32>,
    /// Stop each task as soon as its first metric is known well enough: 'half-width <= 0.03'. Samples come in random
    /// order, and the interval holds whenever one stops
    #[arg(long, value_name = "EXPR", value_parser = half_width)]
    pub(crate) until: Option<f64>,
    /// Stop a task as soon as a requirement is decided either way: 'over-refusal.rate <= 0.10' (can be repeated)
    #[arg(long, value_name = "EXPR")]
    pub(crate) decide: Vec<String>,
    /// Level of the intervals
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95, value_parser = level)]
    pub(crate) level: f64,
    /// Where run directories go [default: runs, or `runs` under `[eval]` in overt.toml]
    #[arg(long, value_name = "DIR")]
    pub(crate) runs: Option<PathBuf>,
    /// Run what this plan says, and refuse to do otherwise: the bundle that `overt plan` wrote
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Go on where a run departs from its plan, and say so in the run
    #[arg(long, requires = "plan")]
    pub(crate) allow_deviations: bool,
    /// Say what would be asked, and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

/// Go on with an interrupted run, or ask again what failed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt resume                         the newest run
  overt resume runs/20261124T…         that one")]
pub(crate) struct ResumeArgs {
    /// The run [default: the newest under `runs`]
    pub(crate) run: Option<PathBuf>,
    /// The system by another name, for example another address of the same server
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) model: Option<String>,
    /// The judge by another name
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) judge: Option<String>,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}
