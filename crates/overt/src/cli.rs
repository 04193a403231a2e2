//! The command line as people type it. Every flag means the same in every command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Open, verifiable oversight of AI systems
#[derive(Debug, Parser)]
#[command(
    name = "overt",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  overt eval                                        evaluate the default model on the starter suite
  overt eval over-refusal --model openai/gpt-4o     one task, another system
  overt show                                        the newest run: results, failures, worst samples
  overt compare runs/A runs/B                       is the difference real?

Exit codes: 0 done, requirements met · 1 a well-founded no · 2 usage or bad input · 3 could not be decided
            · 4 interrupted, can be resumed · 101 a bug"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Evaluate a system on tasks
    #[command(after_help = "\
Examples:
  overt eval                                              starter suite, default model
  overt eval over-refusal sycophancy --limit 20           two built-in tasks, twenty samples each
  overt eval ./my-task.yaml --model ./model.gguf          your task, your weights
  overt eval --model llama3@http://localhost:8000/v1      any OpenAI-compatible server
  overt eval --model openai/gpt-4o-mini --dry-run         what would be asked, without asking

Systems are named in docs/systems.md, tasks in docs/tasks.md.")]
    Eval(EvalArgs),
    /// Go on with an interrupted run, or ask again what failed
    #[command(after_help = "\
Examples:
  overt resume                         the newest run
  overt resume runs/20261124T…         that one")]
    Resume(ResumeArgs),
    /// Show a run: results, failures, worst samples, or one sample's whole transcript
    #[command(after_help = "\
Examples:
  overt show                                          the newest run
  overt show runs/20261124T… --task over-refusal      one task, all its metrics and worst samples
  overt show --sample over-refusal-017                the whole transcript of one sample")]
    Show(ShowArgs),
    /// Compare two runs, paired on their samples
    #[command(after_help = "\
Examples:
  overt compare runs/A runs/B
  overt compare runs/A runs/B --json

The difference is B minus A.")]
    Compare(CompareArgs),
    /// List, show, check and write tasks and suites
    #[command(subcommand)]
    Task(TaskCommand),
    /// List, show and fetch systems
    #[command(subcommand)]
    Model(ModelCommand),
}

/// How to ask; shared by the commands that ask.
#[derive(Clone, Debug, Args)]
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
    /// Print the manifest as JSON when done
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the results only
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// Tasks and suites: built-in names, or paths of YAML files [default: starter]
    #[arg(value_name = "TASK|SUITE")]
    pub(crate) tasks: Vec<String>,
    /// System to evaluate [default: smollm2-135m, or `model` under `[eval]` in overt.toml]
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) model: Option<String>,
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
    /// Level of the intervals
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95, value_parser = level)]
    pub(crate) level: f64,
    /// Where run directories go [default: runs, or `runs` under `[eval]` in overt.toml]
    #[arg(long, value_name = "DIR")]
    pub(crate) runs: Option<PathBuf>,
    /// Say what would be asked, and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The run [default: the newest under `runs`]
    pub(crate) run: Option<PathBuf>,
    /// The system by another name, for example another address of the same server
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) model: Option<String>,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The run [default: the newest under `runs`]
    pub(crate) run: Option<PathBuf>,
    /// Show this sample's transcript
    #[arg(long, value_name = "ID")]
    pub(crate) sample: Option<String>,
    /// Show this task only
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,
    /// How many of the worst samples to list for each task
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) worst: usize,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    /// Print JSON: the manifest, or the sample
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The run to compare with
    pub(crate) a: PathBuf,
    /// The run that is compared
    pub(crate) b: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// List the built-in tasks and suites
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a task or suite: what it measures, and three samples as a system would see them
    #[command(after_help = "Examples:\n  overt task show over-refusal\n  overt task show ./my-task.yaml")]
    Show {
        /// Name or path
        task: String,
        /// Print the task as JSON
        #[arg(long)]
        json: bool,
    },
    /// Find every mistake in a task or suite file and its data, without asking a model
    #[command(after_help = "Examples:\n  overt task check ./my-task.yaml\n  overt task check tasks/*.yaml")]
    Check {
        /// Paths
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Write a new task to start from
    #[command(after_help = "Examples:\n  overt task new my-task\n  overt eval ./my-task/my-task.yaml")]
    New {
        /// The task's name: lower-case letters, digits and hyphens
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// List the systems known by name
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a system's identity
    Show {
        /// The system
        system: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model of the catalogue
    #[command(after_help = "Examples:\n  overt model pull smollm2-135m")]
    Pull {
        /// The model's name
        name: String,
    },
}

fn level(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(level) if level > 0.5 && level < 1.0 => Ok(level),
        _ => Err("a level lies between 0.5 and 1, for example 0.95".into()),
    }
}
