//! `overt log` and `overt witness`: the machinery of trust.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use overt_record::KeyId;

use super::SignArgs;

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
    /// Say that a record is to be taken down: by whom and why; the log keeps that it was there
    Redact(RedactArgs),
    /// Take down the body of a record, as a redaction in the log says; every proof keeps verifying
    #[command(after_help = "\
Examples:
  overt log erase ./log --entry 4 --redaction 9")]
    Erase {
        /// The log's directory
        #[arg(value_name = "DIR")]
        log: PathBuf,
        /// The entry whose body goes
        #[arg(long, value_name = "INDEX")]
        entry: u64,
        /// The entry of the redaction that says so
        #[arg(long, value_name = "INDEX")]
        redaction: u64,
        /// Who may add what, and whose redactions count beside the issuer's own (docs/log.md)
        #[arg(long, value_name = "FILE")]
        admission: Option<PathBuf>,
        /// A file that holds the log key's passphrase
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
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
  overt log mirror https://log.example.org ./mirror --policy trust.policy --once   exit code 1 if it forked
  overt log mirror https://log.example.org ./mirror --policy trust.policy --bodies the records, too")]
    Mirror(MirrorArgs),
    /// Print entries as they come, as JSON lines
    #[command(after_help = "\
Examples:
  overt log follow https://log.example.org --policy trust.policy
  overt log follow ./log --from 1000 --once | jq .leaf.kind
  overt log follow https://log.example.org --policy trust.policy --state seen.state --once >> entries.jsonl
                                                  goes on where it stopped, and catches a log that was set back")]
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
    /// Copy the records themselves, too, and take out of the copy what the log takes down, if the record's issuer says so
    #[arg(long)]
    pub(crate) bodies: bool,
    /// Follow the redactions by this key, whoever's records they are of
    #[arg(long, value_name = "KEY", requires = "bodies")]
    pub(crate) authority: Vec<KeyId>,
    /// Copy the files beside the log, too
    #[arg(long, requires = "bodies")]
    pub(crate) files: bool,
    /// The most bytes of all files in the copy
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 30, requires = "files")]
    pub(crate) files_bytes: u64,
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
    /// Keep the place in this file: go on from there, and hold the log to the checkpoint that was seen last
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) state: Option<PathBuf>,
    /// End at the end of what is there
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt log redact evaluation.overt.json --reason personal-data --authority 'The issuer' --log ./log")]
pub(crate) struct RedactArgs {
    /// The record's bundle
    #[arg(value_name = "FILE")]
    pub(crate) bundle: PathBuf,
    /// Why
    #[arg(long, value_enum)]
    pub(crate) reason: WhyRedacted,
    /// More about it, in your own words
    #[arg(long, value_name = "TEXT")]
    pub(crate) explanation: Option<String>,
    /// Who decided it: the issuer, a court, the operator
    #[arg(long, value_name = "NAME")]
    pub(crate) authority: String,
    /// The file number or the like of the decision
    #[arg(long, value_name = "TEXT")]
    pub(crate) reference: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    /// The file that the record goes to [default: redaction.overt.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum WhyRedacted {
    /// It holds somebody's personal data
    PersonalData,
    /// A court or an authority ordered it
    LegalOrder,
    /// It infringes a copyright
    Copyright,
    /// It helps to do harm
    Hazardous,
    /// It would leak a test into training data
    Contamination,
    /// It is wrong
    Error,
    /// Its issuer withdraws it
    Withdrawn,
    /// Something else, which --explanation says
    Other,
}

/// With what a log or a witness signs
#[derive(Debug, Args)]
pub(crate) struct CheckpointKeyArgs {
    /// The key of the keyring that it signs with; made if there is none of that name [default: log, or witness]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Keep a key that is made unencrypted: whoever reads the file can sign
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) no_passphrase: bool,
    /// A file that holds the key's passphrase
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Sign with ML-DSA-44 as well, which no quantum computer breaks
    #[arg(long)]
    pub(crate) post_quantum: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The directory
    #[arg(value_name = "DIR")]
    pub(crate) log: PathBuf,
    /// What the log is called for ever: its future address without `https://`
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: String,
    #[command(flatten)]
    pub(crate) signing: CheckpointKeyArgs,
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
    #[command(flatten)]
    pub(crate) signing: CheckpointKeyArgs,
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
