//! `overt task`: what can be asked.

use std::path::PathBuf;

use clap::Subcommand;

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
