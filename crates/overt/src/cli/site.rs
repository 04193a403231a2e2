//! `overt serve`, `overt site` and `overt index`: a public site.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// The run that `--publish` means without a value.
pub(crate) const NEWEST: &str = "newest";

/// Where a site lies, and how its keys are opened
#[derive(Clone, Debug, Args)]
pub(crate) struct SiteArgs {
    /// The site's directory; made if there is none (docs/site.md)
    #[arg(long, value_name = "DIR", default_value = "site")]
    pub(crate) data: PathBuf,
    /// The site's public address [default: `url` in overt.toml, else where it listens]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Keep keys that are made unencrypted: whoever reads the files can sign
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) no_passphrase: bool,
    /// A file that holds the passphrase of the site's keys [default: the variable OVERT_PASSPHRASE, or asked for]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// Serve a public site: evaluations, statements that people sign, reports, and the log under all of it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt serve --no-passphrase --publish             the newest run as a public page, on this machine
  overt serve --data /srv/register --listen 0.0.0.0:443 --url https://register.example.org \\
              --tls-cert chain.pem --tls-key key.pem --passphrase-file /run/secrets/site

The first start makes the site: its log and its keys, in the keyring like those of `overt log init`. Settings stand under
[site] in overt.toml. Without a mail server, mails are written as files. Ctrl-C ends it when what is under way is done.")]
pub(crate) struct ServeSiteArgs {
    #[command(flatten)]
    pub(crate) site: SiteArgs,
    /// Where to listen
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The certificate and its chain, in PEM. Without it a proxy in front speaks TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Write mails into this directory, whatever overt.toml says [default without a server: DATA/mails]
    #[arg(long, value_name = "DIR")]
    pub(crate) mail_dir: Option<PathBuf>,
    /// Publish this run first, signed with the site's key; without a value, the newest under `runs`
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = NEWEST)]
    pub(crate) publish: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SiteCommand {
    /// Make a site without serving it
    #[command(after_help = "\
Examples:
  overt site init --data ./site --url https://register.example.org
  overt publish --log ./site/log --upload --key site     then publish into its log")]
    Init(SiteArgs),
    Export(ExportSiteArgs),
    /// Make, list and revoke the tokens that moderators and administrators log in with
    #[command(subcommand)]
    Token(TokenCommand),
}

/// Write the public part of a site as files that any file server shows
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt site export --data ./site --out ./public

The pages are those that `overt serve` sends. What needs a server (forms, filters) is left out, and the pages say so.
Not while the site is served.")]
pub(crate) struct ExportSiteArgs {
    #[command(flatten)]
    pub(crate) site: SiteArgs,
    /// The directory that they go to: an empty one, a new one, or an earlier export
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Print what was written as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token. It is shown once
    #[command(after_help = "\
Examples:
  overt site token new 'Desk 1' --role moderator --data ./site

Not while the site is served. Logged in with it at /login, a moderator decides what waits at /moderation.")]
    New {
        /// Whose it is, as the audit trail names them
        holder: String,
        /// What it is good for
        #[arg(long, value_enum, default_value = "moderator")]
        role: TokenRole,
        /// For how many days it is good: at most 366
        #[arg(long, value_name = "DAYS", default_value = "90", value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
        #[command(flatten)]
        site: SiteArgs,
    },
    /// List tokens, without their secrets
    #[command(after_help = "Examples:\n  overt site token list --data ./site --json")]
    List {
        #[command(flatten)]
        site: SiteArgs,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token, and end its sessions
    #[command(
        after_help = "Examples:\n  overt site token revoke 'Desk 1' --reason 'left the desk' --data ./site"
    )]
    Revoke {
        /// Whose it is
        holder: String,
        /// Why, for the audit trail
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        site: SiteArgs,
    },
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokenRole {
    /// Decides about what was held and reported
    Moderator,
    /// Everything else too
    Administrator,
}

#[derive(Debug, Subcommand)]
pub(crate) enum IndexCommand {
    /// Make a site's index anew from its log
    #[command(after_help = "\
Examples:
  overt index rebuild --data ./site

The index holds nothing that the log does not say; it may be deleted at any time. Not while the site is served.")]
    Rebuild {
        #[command(flatten)]
        site: SiteArgs,
        /// Print what was taken in as JSON
        #[arg(long)]
        json: bool,
    },
}
