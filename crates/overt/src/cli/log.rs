//! `overt log` and `overt witness`: the machinery of trust.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Begin a log in a directory
    #[command(after_help = "\
Examples:
  overt log init ./log --origin log.example.org/2026      makes a key `log` if there is none
  overt log show ./log                                    its key as others need it, and what is in it")]
    Init(InitArgs),
    /// Add signed records, and keep the proofs
    #[command(after_help = "\
Examples:
  overt log add ./log incident.sigstore.json                   the proof goes to incident.tlog-proof
  overt log add https://log.example.org incident.overt.json --policy trust.policy

The same file added again is found where it is: if in doubt whether it arrived, add it again.")]
    Add(AddArgs),
    /// Print the newest checkpoint
    Checkpoint {
        /// The log
        #[arg(value_name = "DIR|URL")]
        log: String,
        #[command(flatten)]
        trust: LogTrustArgs,
    },
    /// Show a log: its key, its size, and its newest entries
    Show(ShowLogArgs),
    /// Compute everything again from the entries, and find what deviates: exit code 1 if something does
    Fsck {
        /// The log's directory
        #[arg(value_name = "DIR")]
        log: PathBuf,
        /// The log's key, if the directory does not say it
        #[arg(long, value_name = "VKEY")]
        log_key: Option<String>,
    },
    /// Serve a log over HTTP
    #[command(after_help = "\
Examples:
  overt log serve ./log --listen 127.0.0.1:8080
  overt log serve ./log --policy trust.policy       asks the policy's witnesses to cosign")]
    Serve(ServeArgs),
    /// Keep a verified copy of a log, and shout if it ever shows another history
    #[command(after_help = "\
Examples:
  overt log mirror https://log.example.org ./mirror --policy trust.policy
  overt log mirror https://log.example.org ./mirror --policy trust.policy --once   exit code 1 if it forked")]
    Mirror(MirrorArgs),
    /// Print entries as they come, as JSON lines
    #[command(after_help = "\
Examples:
  overt log follow https://log.example.org --policy trust.policy
  overt log follow ./log --from 1000 --once | jq .leaf.kind")]
    Follow(FollowArgs),
}

/// What is believed of a log
#[derive(Clone, Debug, Args)]
pub(crate) struct LogTrustArgs {
    /// Which logs and witnesses are believed (a C2SP tlog-policy)
    #[arg(long, value_name = "FILE", conflicts_with = "log_key")]
    pub(crate) policy: Option<PathBuf>,
    /// The log's key, if there is no policy and the directory does not say it
    #[arg(long, value_name = "VKEY")]
    pub(crate) log_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The log: a directory whose keys are here, or an address
    #[arg(value_name = "DIR|URL")]
    pub(crate) log: String,
    /// Sigstore bundles or overt bundles
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: LogTrustArgs,
    /// A file that holds the passphrase of the log's key
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ShowLogArgs {
    /// The log
    #[arg(value_name = "DIR|URL")]
    pub(crate) log: String,
    /// So many entries
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u64,
    #[command(flatten)]
    pub(crate) trust: LogTrustArgs,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MirrorArgs {
    /// The log
    #[arg(value_name = "DIR|URL")]
    pub(crate) log: String,
    /// The directory of the copy
    #[arg(value_name = "DIR")]
    pub(crate) copy: PathBuf,
    #[command(flatten)]
    pub(crate) trust: LogTrustArgs,
    /// Look once, and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) every: u64,
}

#[derive(Debug, Args)]
pub(crate) struct FollowArgs {
    /// The log
    #[arg(value_name = "DIR|URL")]
    pub(crate) log: String,
    #[command(flatten)]
    pub(crate) trust: LogTrustArgs,
    /// From this entry on
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    pub(crate) from: u64,
    /// End at the end of what is there
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The directory
    #[arg(value_name = "DIR")]
    pub(crate) log: PathBuf,
    /// What the log is called for ever: its future address without `https://`
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: String,
    /// The key of the keyring that its checkpoints are signed with; made if there is none of that name
    #[arg(long, value_name = "KEY", default_value = "log")]
    pub(crate) key: String,
    /// Keep a key that is made unencrypted: whoever reads the file can sign
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) no_passphrase: bool,
    /// A file that holds the key's passphrase
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Sign checkpoints with ML-DSA-44 as well, which no quantum computer breaks
    #[arg(long)]
    pub(crate) post_quantum: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The log's directory
    #[arg(value_name = "DIR")]
    pub(crate) log: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Who may add what (docs/log.md) [default: every signed record]
    #[arg(long, value_name = "FILE")]
    pub(crate) admission: Option<PathBuf>,
    /// Whose cosignatures are asked for (a C2SP tlog-policy with addresses)
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// A file that holds the key's passphrase
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Don't tell of what is added
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCommand {
    /// Begin a witness: its key and its memory
    #[command(after_help = "Examples:\n  overt witness init ./witness --name witness.example.org/w1")]
    Init(WitnessInitArgs),
    /// Watch logs: cosign what grows, refuse what does not
    #[command(after_help = "\
Examples:
  overt witness serve ./witness --logs logs.txt --listen 0.0.0.0:8081")]
    Serve(WitnessServeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct WitnessInitArgs {
    /// The directory of its memory
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Its name, as it stands in cosignatures
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// The key of the keyring that it signs with; made if there is none of that name
    #[arg(long, value_name = "KEY", default_value = "witness")]
    pub(crate) key: String,
    /// Keep a key that is made unencrypted: whoever reads the file can sign
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) no_passphrase: bool,
    /// A file that holds the key's passphrase
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Sign with ML-DSA-44 as well
    #[arg(long)]
    pub(crate) post_quantum: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WitnessServeArgs {
    /// The directory of its memory
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The logs: lines as in witness-network's lists, or a tlog-policy
    #[arg(long, value_name = "FILE")]
    pub(crate) logs: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8081")]
    pub(crate) listen: SocketAddr,
    /// A file that holds the key's passphrase
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}
