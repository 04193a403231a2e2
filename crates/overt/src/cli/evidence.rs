//! `overt plan`, `publish`, `verify`, `reveal` and `reproduce`: evaluations that others can check.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{AskArgs, EvalArgs};

/// With which key is signed, and which log is told
#[derive(Clone, Debug, Args)]
pub(crate) struct SignArgs {
    /// The key that signs [default: the only one there is]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// A file that holds the key's passphrase [default: the variable OVERT_PASSPHRASE, or asked for]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// The log that the record goes to: a directory whose keys are here, or an address. Without one it is signed alone
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) log: Option<String>,
    /// Which logs and witnesses are believed (a C2SP tlog-policy); needed for a log at an address
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) outside: OutsideArgs,
}

/// Signing with a key that is not here
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct OutsideArgs {
    /// Sign elsewhere: write what is to be signed to this file, for `ssh-keygen -Y sign -n overt-dsse-v1`, and end
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    pub(crate) unsigned_out: Option<PathBuf>,
    /// The signature over the file that --unsigned-out wrote; everything else as it was said then
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
}

/// Fix what will be run, and claim what will come out, before the first request
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt plan over-refusal --model smollm2-135m --claim 'over-refusal.rate <= 0.5' --log ./log
  overt plan starter --model a --model b --runs-meant 2 --log https://log.example.org --policy trust.policy
  overt eval --plan over-refusal.plan.overt.json       then run it

A plan names tasks, prompts, samples and systems by their digests, and the settings. `overt eval --plan` runs just that,
and refuses to do otherwise; `overt verify` says whether it was kept. What you planned already is not planned again:
two plans for one thing would let you choose afterwards which one you kept.")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) eval: EvalArgs,
    /// What is claimed, as a requirement is written: 'over-refusal.rate <= 0.1' (can be repeated)
    #[arg(long, value_name = "EXPR")]
    pub(crate) claim: Vec<String>,
    /// Why it is done, in your own words
    #[arg(long, value_name = "TEXT")]
    pub(crate) rationale: Option<String>,
    /// How many runs are meant [default: one for each system]
    #[arg(long, value_name = "N")]
    pub(crate) runs_meant: Option<u32>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    /// The file that the plan goes to [default: NAME.plan.overt.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Plan again what is planned already, and replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Sign a finished run, log it, and lay out its files for others
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt publish --log ./log                                  the newest run, all samples public
  overt publish runs/2026… --withhold 'tag == \"private\"' --log ./log
  overt publish --relationship first-party --conflicts 'We sell this system.' --log ./log
  overt publish --log ./log --upload                         the files go beside the log; readers need the record alone
  overt publish --log https://log.example.org --upload       the same over HTTP, where the log's operator takes files

With a key that never leaves an agent or a device:
  overt publish --key hw --log ./log --unsigned-out run.tosign
  ssh-keygen -Y sign -n overt-dsse-v1 -f ~/.ssh/id_ed25519.pub run.tosign
  overt publish --key hw --log ./log --signature run.tosign.sig

A withheld sample keeps its score in the open and its texts private: everybody can compute the results again, and count
what is withheld. `overt reveal` opens one later.")]
pub(crate) struct PublishArgs {
    /// The run [default: the newest under `runs`]
    pub(crate) run: Option<PathBuf>,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    /// Keep the texts of these samples private: an expression as for `overt show --where`
    #[arg(long, value_name = "EXPR")]
    pub(crate) withhold: Option<String>,
    /// How the evaluator stands to whoever made the system
    #[arg(long, value_enum, default_value_t = Standing::ThirdParty)]
    pub(crate) relationship: Standing,
    /// What the results do not show, in your own words
    #[arg(long, value_name = "TEXT")]
    pub(crate) limitations: Option<String>,
    /// What a reader should know about your interests
    #[arg(long, value_name = "TEXT")]
    pub(crate) conflicts: Option<String>,
    /// The record that this one puts right, by its digest
    #[arg(long, value_name = "SHA256")]
    pub(crate) corrects: Option<String>,
    /// The plan's bundle, if the run was made under one [default: where it was when the run was made]
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    /// Put the files beside the log, by digest: whoever has the record gets them with `overt verify --log`
    #[arg(long, requires = "log")]
    pub(crate) upload: bool,
    /// The folder that the files go to [default: published/RUN]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace what is in the folder
    #[arg(long)]
    pub(crate) force: bool,
}

/// Open one withheld sample of a published run, with the proof that it is the one that was signed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt reveal runs/2026… --sample s-17 --bundle published/2026…/evaluation.overt.json --out s-17.overt.json
  overt verify s-17.overt.json")]
pub(crate) struct RevealArgs {
    /// The run [default: the newest under `runs`]
    pub(crate) run: Option<PathBuf>,
    /// Where run directories are
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    /// The sample's id (can be repeated)
    #[arg(long, value_name = "ID", required = true)]
    pub(crate) sample: Vec<String>,
    /// Only of this task
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,
    /// The published bundle
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: PathBuf,
    /// The file that the bundle with the samples goes to
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Check a record: who says what, and whether it holds
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt verify published/2026…                                       a folder: the record and the files beside it
  overt verify evaluation.overt.json --trust jane.pem --policy trust.policy
  overt verify evaluation.sigstore.json                              its proof lies beside it as .tlog-proof
  overt verify evaluation.overt.json --log https://log.example.org --policy trust.policy
                                                                     the run's files come from beside the log
  overt verify evaluation.overt.json --trust old.pem --key-history jane-rotate.overt.json
                                                                     the key that followed the one you trust
  overt verify evaluation.overt.json --domain example.org            example.org publishes the key that signed
  overt verify https://example.org/2026/evaluation.overt.json --json
  tar -xOf evidence.tar evaluation.overt.json | overt verify -       from standard input

Nothing is asked of anybody unless --online, --log or --domain is said. Exit code 1 if anything that was checked fails.")]
pub(crate) struct VerifyArgs {
    /// A bundle, a folder with one, or an address; - is standard input
    #[arg(value_name = "FILE|DIR|URL")]
    pub(crate) what: String,
    /// Folder of the run's files [default: that of the bundle]
    #[arg(long, value_name = "DIR")]
    pub(crate) files: Option<PathBuf>,
    /// Keys that you trust: a public key in PEM, or an allowed_signers file (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Vec<PathBuf>,
    /// A domain that you trust: it publishes the issuer's key in /.well-known/overt-key, or its id in TXT of _overt-key.DOMAIN
    /// (can be repeated)
    #[arg(long)]
    pub(crate) domain: Vec<String>,
    /// A record by which a key that you trust gives way to another, from `overt key rotate` (can be repeated)
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(crate) key_history: Vec<PathBuf>,
    /// Which logs and witnesses you believe (a C2SP tlog-policy)
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// The plan's bundle [default: plan.overt.json in the folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Ask the log whether it grew consistently, and whether the record was corrected, taken down or its key revoked; get
    /// the run's files and the rotations of trusted keys from it where they are not here
    #[arg(long)]
    pub(crate) online: bool,
    /// The log; alone, for files and rotations only [default with --online: the policy's address]
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) log: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Do a published evaluation again, and say whether the two agree
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt reproduce published/2026…                         the same tasks, settings and system, from here
  overt reproduce published/2026… --model other-copy      the same system by another name
  overt reproduce published/2026… --run runs/2026…        with a run that is there already
  overt reproduce published/2026… --log ./log             and publish what came out

Exit code 0 if they agree, 1 if they differ, 3 if so few samples cannot tell.")]
pub(crate) struct ReproduceArgs {
    /// The original: a folder or a bundle
    #[arg(value_name = "DIR|FILE")]
    pub(crate) original: PathBuf,
    /// The system [default: that of the original, by its name]
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) model: Option<String>,
    /// The judge [default: that of the original, by its name]
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) judge: Option<String>,
    /// Your copy of a task file, where the original's dataset does not come with overt and lies at no address (can be
    /// repeated)
    #[arg(long, value_name = "FILE")]
    pub(crate) task: Vec<String>,
    /// Compare with this run instead of making one
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// How near two values must be to agree, in the metric's own unit
    #[arg(long, value_name = "NUMBER", default_value_t = 0.05)]
    pub(crate) margin: f64,
    /// Where run directories go
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    /// The file that the record goes to; without it and without a log nothing is signed
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Standing {
    /// Whoever made or sells the system evaluates it
    FirstParty,
    /// Nobody who made it has a hand in this
    ThirdParty,
    /// Both together
    Collaborative,
    /// Something else; --conflicts says what
    Other,
}
