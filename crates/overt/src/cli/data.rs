//! `overt data`: datasets that lie elsewhere.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Fetch the datasets of tasks that lie at an address or on a hub, or go on where that was interrupted
    #[command(after_help = "\
Examples:
  overt data pull ./my-task.yaml             before a journey, or in the step of a pipeline that has a network
  overt data pull starter ./my-suite.yaml    what is there already is read, and fetched again if damaged")]
    Pull {
        /// Tasks and suites: built-in names, or paths of YAML files
        #[arg(required = true, value_name = "TASK|SUITE")]
        tasks: Vec<String>,
    },
    /// Put files into the cache, under their digests: for machines without a network
    #[command(after_help = "\
Examples:
  overt data add /media/stick/bbq_age.jsonl     a task with this `sha256` finds it")]
    Add {
        /// The files, as a task's `url` would give them
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// List the datasets in the cache
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Read every dataset in the cache and find those that are not what they were: exit code 1 if there are any
    Verify,
    /// Remove from the cache what nobody needs: interrupted downloads, damaged files, those long unused
    #[command(after_help = "\
Examples:
  overt data gc --dry-run         what would go, and how much that is
  overt data gc --keep-days 7     also what was not used for a week
  overt data gc --all             everything but what is being fetched just now")]
    Gc {
        /// Keep what was used in so many days
        #[arg(long, value_name = "N", default_value_t = 30, conflicts_with = "all")]
        keep_days: u32,
        /// Remove everything
        #[arg(long)]
        all: bool,
        /// Say what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
}
