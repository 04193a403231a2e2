//! What is done with runs that are there: show, score, compare and check.

use std::path::PathBuf;

use clap::Args;

use super::{AskArgs, FormatArgs};

/// Show a run: results, failures, worst samples, or one sample's whole transcript
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt show                                          the newest run
  overt show runs/20261124T… --task over-refusal      one task, all its metrics and worst samples
  overt show --sample over-refusal-017                the whole transcript of one sample
  overt show --where 'score > 0.5 and outcome == \"ok\"'
                                                      the samples for which that is true
  overt show --task bias-ambiguous --group category   a task's metrics for each category
  overt show --format csv > results.csv               every metric with every digit")]
pub(crate) struct ShowArgs {
    /// The run [default: the newest under `runs`]
    pub(crate) run: Option<PathBuf>,
    /// Show this sample's transcript
    #[arg(long, value_name = "ID")]
    pub(crate) sample: Option<String>,
    /// Show this task only
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,
    /// List the samples for which this is true
    #[arg(long = "where", value_name = "EXPR", conflicts_with = "sample")]
    pub(crate) filter: Option<String>,
    /// Show the metrics for each value of this field, with intervals that hold for all of them together
    #[arg(long, value_name = "FIELD", conflicts_with = "sample")]
    pub(crate) group: Option<String>,
    /// How many of the worst samples to list for each task
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) worst: usize,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Score a run's answers again, without asking the system: with other scorers, another judge, or this version
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt score runs/20261124T…                               with this version's scorers: does it say the same?
  overt score runs/20261124T… --scorers ./stricter.yaml     with the scorers and metrics of a task file
  overt score runs/20261124T… --judge openai/gpt-4o         with another judge

The run stays as it is. The new scores make a run of their own, which names the answers' origin.")]
pub(crate) struct ScoreArgs {
    /// The run [default: the newest under `runs`]
    pub(crate) run: Option<PathBuf>,
    /// Task file whose scorers and metrics replace those of the run's task with the same name (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub(crate) scorers: Vec<String>,
    /// System that judges [default: the verdicts that the run has]
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) judge: Option<String>,
    /// Measurement of the judge, from `overt judge measure` (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub(crate) measured: Vec<PathBuf>,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

/// Compare runs with the first one, paired on their samples
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt compare runs/A runs/B
  overt compare runs/A runs/B runs/C
  overt compare runs/A runs/B --format markdown >> \"$GITHUB_STEP_SUMMARY\"

The difference is B minus A.")]
pub(crate) struct CompareArgs {
    /// The run to compare with, and those that are compared
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Judge a run by what is required of it: exit code 0 if all is met, 1 if not, 3 if it cannot be said
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt check --require 'over-refusal.rate <= 0.10'          the newest run
  overt check runs/20261124T… --junit junit.xml --sarif overt.sarif  for a pipeline
  overt check --markdown \"$GITHUB_STEP_SUMMARY\"                     for the page of a GitHub step

A requirement is judged at the worse end of the interval; with `point` at its end, at the estimate.
What the run's suite requires is judged too. docs/ci.md has a workflow to copy.")]
pub(crate) struct CheckArgs {
    /// The run [default: the newest under `runs`]
    pub(crate) run: Option<PathBuf>,
    /// What must hold: TASK.METRIC <= NUMBER, with <=, <, >= or > (can be repeated)
    #[arg(long, value_name = "EXPR")]
    pub(crate) require: Vec<String>,
    /// Write the verdict as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the samples that speak against a missed requirement as SARIF
    #[arg(long, value_name = "FILE")]
    pub(crate) sarif: Option<PathBuf>,
    /// Add the verdict as Markdown to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
