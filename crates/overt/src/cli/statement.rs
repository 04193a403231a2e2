//! `overt statement`: public texts that people sign.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{FormatArgs, LogTrustArgs, SignArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum StatementCommand {
    /// Begin a text: writes a file to fill in
    #[command(after_help = "Examples:\n  overt statement new open-evaluations.md")]
    New {
        /// The file
        file: PathBuf,
    },
    Publish(PublishStatementArgs),
    Import(ImportArgs),
    Sign(SignStatementArgs),
    List(ListArgs),
}

/// Sign a text and publish it, so that others can sign these exact words
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt statement publish open-evaluations.md --log ./log
  overt statement publish v2.md --replaces statement.overt.json --log https://log.example.org --policy trust.policy

The file is CommonMark with a head between two lines of `---` (title, language, version), as `overt statement new`
writes it. Whoever signs, signs the digest of these words: a changed text is another statement.")]
pub(crate) struct PublishStatementArgs {
    /// The text
    pub(crate) file: PathBuf,
    /// The bundle of the wording before this one. Signatures under that one do not carry over
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) replaces: Option<PathBuf>,
    /// The bundle of the same text in the language in which it was written first
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) translates: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    /// The file that the statement goes to
    #[arg(long, value_name = "FILE", default_value = "statement.overt.json")]
    pub(crate) out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Publish a letter that was signed elsewhere, with the names that its source lists
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt statement import letter.txt --uri https://example.org/letter --log ./log

The file: the title, the text, a line `Signatories`, one line for each name (`1. Name, affiliation`), and perhaps
`See all 1821 signatures` (docs/statements.md). The text becomes a statement; the names become a listing, which says
what the source says: they are shown as \"as listed by the source, not verified here\", and never counted as signatures.")]
pub(crate) struct ImportArgs {
    /// The letter
    pub(crate) file: PathBuf,
    /// Its language, as BCP 47 writes it
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub(crate) language: String,
    /// Which wording it is
    #[arg(long = "wording", value_name = "TEXT", default_value = "1")]
    pub(crate) wording: String,
    /// Where the letter was found
    #[arg(long, value_name = "URL")]
    pub(crate) uri: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    /// The file that the statement goes to
    #[arg(long, value_name = "FILE", default_value = "statement.overt.json")]
    pub(crate) out: PathBuf,
    /// The file that the names go to
    #[arg(long, value_name = "FILE", default_value = "listing.overt.json")]
    pub(crate) listing_out: PathBuf,
    /// Replace the files if they are there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Sign a statement with a key of one's own
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt statement sign statement.overt.json --name 'A Reader' --affiliation 'Example Library' --log ./log
  overt statement sign statement.overt.json --organisation --name 'Example Institute' --domain example.org --log https://log.example.org

With --domain a site shows you as checked once it finds the key in https://DOMAIN/.well-known/overt-key (`overt key export` prints
it), or its id in a TXT record of _overt-key.DOMAIN.
To take a signature back: overt log redact endorsement.overt.json --reason withdrawn --authority 'the signatory'")]
pub(crate) struct SignStatementArgs {
    /// The statement's bundle
    pub(crate) statement: PathBuf,
    /// The name to show [default: the key's]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Your role
    #[arg(long, conflicts_with = "organisation")]
    pub(crate) role: Option<String>,
    /// Your organisation: it tells who you are, and does not sign
    #[arg(long, conflicts_with = "organisation")]
    pub(crate) affiliation: Option<String>,
    /// The country, as two capital letters
    #[arg(long, value_name = "CODE")]
    pub(crate) country: Option<String>,
    /// The organisation signs, not a person
    #[arg(long)]
    pub(crate) organisation: bool,
    /// A domain of yours that publishes the key
    #[arg(long)]
    pub(crate) domain: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    /// The file that the signature goes to
    #[arg(long, value_name = "FILE", default_value = "endorsement.overt.json")]
    pub(crate) out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Who signed a statement, as it follows from the records of a log
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt statement list statement.overt.json ./log
  overt statement list statement.overt.json https://log.example.org --policy trust.policy --format csv > names.csv
  overt statement list statement.overt.json ./log --vouching site.pem       believe what this key says it checked
  overt statement list statement.overt.json ./log --domain example.org      ask example.org which keys are its own

Every entry of the log is read and proven. What was checked of a signatory is believed only of keys that you name.")]
pub(crate) struct ListArgs {
    /// The statement's bundle
    pub(crate) statement: PathBuf,
    /// The log
    #[arg(value_name = "DIR|URL")]
    pub(crate) log: String,
    #[command(flatten)]
    pub(crate) trust: LogTrustArgs,
    /// Public keys (PEM) whose word about others is believed: of a site that confirms addresses (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub(crate) vouching: Vec<PathBuf>,
    /// A domain that is asked for the keys it publishes, so that what it signed counts as its own (can be repeated)
    #[arg(long)]
    pub(crate) domain: Vec<String>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}
