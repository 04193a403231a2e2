//! `overt report`: flaws and incidents.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use overt_report::Format;

use super::SignArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    New(NewReportArgs),
    /// Say what is missing or wrong in a draft
    #[command(after_help = "\
Examples:
  overt report check report.toml

Exit code 1 if anything is. What is asked depends on the answers, so more may be asked after some were given.")]
    Check {
        /// The draft
        draft: PathBuf,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    Submit(SubmitArgs),
    /// Show a report that was submitted
    #[command(
        after_help = "Examples:\n  overt report show report.overt.json\n  overt report show report.overt.json --json"
    )]
    Show {
        /// The report's bundle
        report: PathBuf,
        /// Print the record's body as JSON
        #[arg(long)]
        json: bool,
    },
    Export(ExportReportArgs),
}

/// Begin a report: asks step by step on a terminal, else writes a draft to fill in
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt report new report.toml                              answer the questions; Ctrl-D keeps what there is
  overt report new report.toml --blank                      write the questions into a file, for an editor
  overt report new report.toml --go-on                      ask what is open in a draft, and what its answers raise
  overt report new update.toml --updates report.overt.json  correct a report, or carry it on

The draft is TOML: each answer under the name of its question (docs/reports.md). It stays on this machine; who you are, and
whatever else is private in it, goes into no record.")]
pub(crate) struct NewReportArgs {
    /// The draft
    #[arg(value_name = "FILE", default_value = "report.toml")]
    pub(crate) draft: PathBuf,
    /// Ask nothing
    #[arg(long)]
    pub(crate) blank: bool,
    /// The bundle of the report that this one corrects or carries on
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) updates: Option<PathBuf>,
    /// Go on with the draft that is there: its answers are kept, its comments are written anew
    #[arg(long, conflicts_with = "updates")]
    pub(crate) go_on: bool,
}

/// Check a draft, sign it, and put it into a log
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt report submit report.toml --log ./site/log
  overt report submit report.toml --log https://register.example.org --policy trust.policy --key me
  overt report submit report.toml --evaluation published/2026…/evaluation.overt.json --metric over-refusal.rate --log ./site/log

A record is for ever, and public: name no private person in it. What is private in a draft stays there. No record is made of
a report about sexual abuse of children; the draft's questions say where to turn.")]
pub(crate) struct SubmitArgs {
    /// The draft: TOML as `overt report new` writes it, or JSON
    pub(crate) draft: PathBuf,
    /// The bundle of an evaluation that shows it: how often is taken from its record
    #[arg(long, value_name = "BUNDLE", requires = "metric")]
    pub(crate) evaluation: Option<PathBuf>,
    /// The metric of that evaluation that shows how often. Of one where more is better, the rest counts
    #[arg(long, value_name = "TASK.METRIC", requires = "evaluation")]
    pub(crate) metric: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    /// The file that the report goes to
    #[arg(long, value_name = "FILE", default_value = "report.overt.json")]
    pub(crate) out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Write a report in somebody else's format
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt report export report.overt.json --format avid > report.json
  overt report export report.overt.json --format flare --draft report.toml --out flare.jsonld

What is private goes out only with the draft, and only what it agrees to pass on to this format's readers. What the format
requires and the report lacks is an error, and never made up.")]
pub(crate) struct ExportReportArgs {
    /// The report's bundle
    pub(crate) report: PathBuf,
    /// The format
    #[arg(long, value_enum)]
    pub(crate) format: ReportFormat,
    /// The draft that it was made from, for what its reporter agreed to pass on
    #[arg(long, value_name = "FILE")]
    pub(crate) draft: Option<PathBuf>,
    /// Where the report can be read
    #[arg(long, value_name = "URL")]
    pub(crate) address: Option<String>,
    /// The file that it goes to [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

/// Other people's formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// FLARE-AI's report, as JSON-LD
    #[value(alias = "flare-ai")]
    Flare,
    /// A report to the AI Vulnerability Database
    Avid,
    /// A submission to the AI Incident Database
    Aiid,
    /// The OECD's common framework, as a table to read
    #[value(alias = "oecd-md")]
    Oecd,
    /// The same for a spreadsheet
    OecdCsv,
    /// The same as data
    OecdJson,
    /// Measure 9.2 of the EU's code for general-purpose AI, as a document
    #[value(alias = "gpai-md")]
    Gpai,
    /// The same as data
    GpaiJson,
    /// OpenVEX 0.2.0
    Openvex,
}

impl From<ReportFormat> for Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Flare => Self::FlareAi,
            ReportFormat::Avid => Self::Avid,
            ReportFormat::Aiid => Self::Aiid,
            ReportFormat::Oecd => Self::OecdMarkdown,
            ReportFormat::OecdCsv => Self::OecdCsv,
            ReportFormat::OecdJson => Self::OecdJson,
            ReportFormat::Gpai => Self::GpaiMarkdown,
            ReportFormat::GpaiJson => Self::GpaiJson,
            ReportFormat::Openvex => Self::OpenVex,
        }
    }
}
