//! `overt judge`: how far judges can be trusted.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::AskArgs;
use super::value::level;

#[derive(Debug, Subcommand)]
pub(crate) enum JudgeCommand {
    /// Compare a judge's verdicts with people's labels: agreement, kappa, sensitivity, specificity
    #[command(after_help = "\
Examples:
  overt judge measure ./task.yaml --labels labelled.jsonl --judge openai/gpt-4o
                          asks the judge about the labelled answers
  overt judge measure runs/20261124T… --labels sheet.csv
                          takes the run's verdicts, and corrects its results by the labels
  overt eval ./task.yaml --model a --judge b --measured measurement.json
                          corrects a later run by what was measured

With a task, each row of the labels has the task's fields, `answer` (the text that was judged) and `label` (one of the
rubric's verdicts). With a run, each row has `id` (the sample's) and `label`; rows without a label are passed over.")]
    Measure(MeasureArgs),
    /// Write a sheet of a run's answers, drawn at random, for people to label
    #[command(after_help = "\
Examples:
  overt judge sheet runs/20261124T… --count 100 > sheet.csv
  overt judge measure runs/20261124T… --labels sheet.csv     when the column `label` is filled in

The sheet does not show what the judge said: who knows it agrees with it.")]
    Sheet(SheetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct MeasureArgs {
    /// The task whose rubric is measured, or a run with verdicts
    #[arg(value_name = "TASK|RUN")]
    pub(crate) subject: String,
    /// Answers with people's labels: JSONL, JSON, CSV or Parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: PathBuf,
    /// System that judges, where a task is given [default: `judge` under `[eval]` in overt.toml]
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) judge: Option<String>,
    /// The task of the run [default: the only one with a judge]
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,
    /// The scorer whose rubric it is [default: the only one of kind `judge`]
    #[arg(long, value_name = "SCORER")]
    pub(crate) scorer: Option<String>,
    /// Where the measurement goes [default: measurement.json in the run directory that is made, or nowhere for a run]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Seed of the judge's requests
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Level of the intervals
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95, value_parser = level)]
    pub(crate) level: f64,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SheetArgs {
    /// The run [default: the newest under `runs`]
    pub(crate) run: Option<PathBuf>,
    /// The task [default: the only one with a judge]
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,
    /// The scorer [default: the only one of kind `judge`]
    #[arg(long, value_name = "SCORER")]
    pub(crate) scorer: Option<String>,
    /// How many answers
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,
    /// Seed of the draw
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
}
