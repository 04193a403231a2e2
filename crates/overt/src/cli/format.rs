//! How results are printed; shared by the commands that print tables.

use clap::{Args, ValueEnum};

use crate::report::Layout;

/// How results are printed; shared by the commands that print tables.
#[derive(Clone, Debug, Args)]
pub(crate) struct FormatArgs {
    /// How to print: for people, as JSON, or as a table for pages and spreadsheets
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", conflicts_with = "json")]
    format: Format,
    /// The same as --format json
    #[arg(long)]
    json: bool,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Markdown,
    Csv,
}

impl FormatArgs {
    pub(crate) fn is_json(&self) -> bool {
        self.json || self.format == Format::Json
    }

    /// The layout, if a table is asked for.
    pub(crate) fn layout(&self) -> Option<Layout> {
        match self.format {
            Format::Markdown => Some(Layout::Markdown),
            Format::Csv => Some(Layout::Csv),
            Format::Text | Format::Json => None,
        }
    }
}
