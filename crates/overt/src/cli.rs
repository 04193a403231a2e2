//! The command line as people type it. Every flag means the same in every command.
//!
//! Each group of commands has a file of its own with its words, arguments and examples; here they come together.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use asking::AskArgs;
pub(crate) use data::DataCommand;
pub(crate) use eval::{EvalArgs, ResumeArgs};
pub(crate) use evidence::{
    OutsideArgs, PlanArgs, PublishArgs, ReproduceArgs, RevealArgs, SignArgs, Standing, VerifyArgs,
};
pub(crate) use format::FormatArgs;
pub(crate) use judge::{JudgeCommand, MeasureArgs, SheetArgs};
pub(crate) use key::{ChangeKeyArgs, KeyCommand, KeyFormat, KeyKind, NewKeyArgs, WhyKey};
pub(crate) use log::{
    AddArgs, FollowArgs, InitArgs, LogCommand, LogTrustArgs, MirrorArgs, RedactArgs, ServeArgs, ShowLogArgs,
    WhyRedacted, WitnessCommand, WitnessInitArgs, WitnessServeArgs,
};
pub(crate) use model::ModelCommand;
pub(crate) use pages::ViewArgs;
pub(crate) use report::{ExportReportArgs, NewReportArgs, ReportCommand, SubmitArgs};
pub(crate) use runs::{CheckArgs, CompareArgs, ScoreArgs, ShowArgs};
pub(crate) use site::{
    ExportSiteArgs, IndexCommand, NEWEST, ServeSiteArgs, SiteArgs, SiteCommand, TokenCommand, TokenRole,
};
pub(crate) use statement::{ImportArgs, ListArgs, PublishStatementArgs, SignStatementArgs, StatementCommand};
pub(crate) use task::TaskCommand;

mod asking;
mod data;
mod eval;
mod evidence;
mod format;
mod judge;
mod key;
mod log;
mod model;
mod pages;
mod report;
mod runs;
mod site;
mod statement;
mod task;
mod value;

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
    Eval(EvalArgs),
    Resume(ResumeArgs),
    Show(ShowArgs),
    Score(ScoreArgs),
    Compare(CompareArgs),
    View(ViewArgs),
    Check(CheckArgs),
    Plan(PlanArgs),
    Publish(PublishArgs),
    Verify(VerifyArgs),
    Reveal(RevealArgs),
    Reproduce(ReproduceArgs),
    /// Write, sign and list statements: public texts that people put their names under
    #[command(subcommand)]
    Statement(StatementCommand),
    /// Report flaws and incidents of AI systems: fill in, sign, show, pass on
    #[command(subcommand)]
    Report(ReportCommand),
    Serve(ServeSiteArgs),
    /// Make a public site, write it as files, give tokens to moderators
    #[command(subcommand)]
    Site(SiteCommand),
    /// Keep a site's index
    #[command(subcommand)]
    Index(IndexCommand),
    /// Make, show and change the keys that sign
    #[command(subcommand)]
    Key(KeyCommand),
    /// Keep, serve, copy and check transparency logs
    #[command(subcommand)]
    Log(LogCommand),
    /// Be a witness: cosign logs that grow honestly
    #[command(subcommand)]
    Witness(WitnessCommand),
    /// List, show, check and write tasks and suites
    #[command(subcommand)]
    Task(TaskCommand),
    /// Fetch, list, verify and clear away datasets that lie elsewhere
    #[command(subcommand)]
    Data(DataCommand),
    /// List, show and fetch systems
    #[command(subcommand)]
    Model(ModelCommand),
    /// Measure judges against people: how far can their scores be trusted?
    #[command(subcommand)]
    Judge(JudgeCommand),
    /// Begin a project here: overt.toml, a task, a pipeline, a folder for runs
    #[command(after_help = "Examples:\n  mkdir oversight && cd oversight && overt init city-facts")]
    Init {
        /// The name of the first task: lower-case letters, digits and hyphens
        #[arg(default_value = "first-task")]
        name: String,
    },
    /// Print what makes a shell complete overt's commands
    #[command(after_help = "\
Examples:
  overt completions bash > ~/.local/share/bash-completion/completions/overt
  overt completions fish > ~/.config/fish/completions/overt.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write manual pages into a directory
    #[command(after_help = "Examples:\n  overt man ~/.local/share/man/man1 && man overt-eval")]
    Man {
        /// The directory
        directory: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
