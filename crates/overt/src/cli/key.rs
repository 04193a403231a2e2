//! `overt key`: who signs.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::OutsideArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key, or bring one here that OpenSSH or another tool made
    #[command(after_help = "\
Examples:
  overt key new me --issuer 'Jane Doe, University of Somewhere'
  overt key new me --issuer 'Jane Doe' --import ~/.ssh/id_ed25519    the key you have already
  overt key new ci --issuer 'Acme CI' --passphrase-file /run/secrets/overt
  overt key new hw --issuer 'Jane Doe' --public ~/.ssh/id_ed25519.pub    the private half stays where it is")]
    New(NewKeyArgs),
    /// List the keys
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one key: whom it speaks for, its id, and how others name it
    Show {
        /// The key
        #[arg(value_name = "KEY")]
        name: String,
    },
    /// Print the public half, to give away
    #[command(after_help = "\
Examples:
  overt key export me > me.pem                                    for `overt verify --trust me.pem`
  overt key export me --format ssh >> allowed-keys
  overt key export me --format allowed-signers > allowed_signers  for ssh-keygen and `overt verify --trust`")]
    Export {
        /// The key
        #[arg(value_name = "KEY")]
        name: String,
        /// In which form
        #[arg(long, value_enum, default_value_t = KeyFormat::Pem)]
        format: KeyFormat,
    },
    /// Put a new key in the place of an old one; the old one signs that it is so
    #[command(after_help = "\
Examples:
  overt key rotate me --log ./log                      a new key named `me`; the old one becomes me.<id>
  overt key rotate me --reason compromised --log ./log")]
    Rotate(ChangeKeyArgs),
    /// Say that a key is not to be trusted from now on
    #[command(after_help = "\
Examples:
  overt key revoke me --reason retired --log ./log")]
    Revoke(ChangeKeyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct NewKeyArgs {
    /// What this keyring calls it
    #[arg(value_name = "KEY")]
    pub(crate) name: String,
    /// Whom its signatures speak for, as it is to stand in records
    #[arg(long, value_name = "NAME")]
    pub(crate) issuer: String,
    /// Where the issuer can be found
    #[arg(long, value_name = "URL")]
    pub(crate) uri: Option<String>,
    /// The kind of key
    #[arg(long, value_enum, default_value_t = KeyKind::Ed25519, conflicts_with_all = ["import", "public"])]
    pub(crate) algorithm: KeyKind,
    /// A private key to bring here: PKCS#8 or OpenSSH
    #[arg(long, value_name = "FILE")]
    pub(crate) import: Option<PathBuf>,
    /// A public key whose private half stays with an agent or a device: PEM or OpenSSH. Records are signed there
    /// (`--unsigned-out`, `--signature`)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["import", "no_passphrase", "passphrase_file"])]
    pub(crate) public: Option<PathBuf>,
    /// Keep the key unencrypted: whoever reads the file can sign
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) no_passphrase: bool,
    /// A file that holds the passphrase [default: the variable OVERT_PASSPHRASE, or asked for]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ChangeKeyArgs {
    /// The key
    #[arg(value_name = "KEY")]
    pub(crate) name: String,
    /// Why
    #[arg(long, value_enum, default_value_t = WhyKey::Scheduled)]
    pub(crate) reason: WhyKey,
    /// More about it, in your own words
    #[arg(long, value_name = "TEXT")]
    pub(crate) explanation: Option<String>,
    /// The log that is told: a directory or an address
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) log: Option<String>,
    /// Which logs and witnesses are believed (a C2SP tlog-policy); needed for a log at an address
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// The file that the record goes to [default: KEY-rotate.overt.json or KEY-revoke.overt.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// A file that holds the passphrase [default: the variable OVERT_PASSPHRASE, or asked for]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) outside: OutsideArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeyKind {
    /// Ed25519: small, fast, what OpenSSH makes
    Ed25519,
    /// ECDSA on P-256: what cosign makes
    P256,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeyFormat {
    /// SubjectPublicKeyInfo in PEM, as openssl and cosign read it
    Pem,
    /// A line as in authorized_keys
    Ssh,
    /// A line as in ssh-keygen's allowed_signers, for the namespace overt-dsse-v1
    AllowedSigners,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum WhyKey {
    /// It was time
    Scheduled,
    /// Somebody else may have it
    Compromised,
    /// Nobody has it
    Lost,
    /// It is not used any more
    Retired,
}
