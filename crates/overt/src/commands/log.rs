//! `overt log`: keeping, serving, copying and checking transparency logs.

mod add;
pub(super) mod crowd;
mod follow;
mod fsck;
mod init;
pub(crate) mod listen;
mod mirror;
pub(super) mod patient;
mod redact;
pub(crate) mod serve;
mod show;

use crate::cli::{LogCommand, LogTrustArgs};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::{self, Access, Opened};
use crate::output::Output;

pub(super) use init::{check_name, new_directory};

pub(crate) fn run(command: &LogCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        LogCommand::Init(args) => init::run(args, output),
        LogCommand::Add(args) => add::run(args, output),
        LogCommand::Redact(args) => redact::run(args, output),
        LogCommand::Erase { log, entry, redaction, admission, passphrase_file } => {
            redact::erase(log, *entry, *redaction, admission.as_deref(), passphrase_file.as_deref(), output)
        }
        LogCommand::Checkpoint { log, trust } => show::checkpoint(log, trust, output),
        LogCommand::Show(args) => show::run(args, output),
        LogCommand::Fsck { log, log_key } => fsck::run(log, log_key.as_deref(), output),
        LogCommand::Serve(args) => serve::run(args, output),
        LogCommand::Mirror(args) => mirror::run(args, output),
        LogCommand::Follow(args) => follow::run(args, output),
    }
}

/// Opens a log to read it.
pub(crate) fn open(log: &str, trust: &LogTrustArgs) -> Result<Opened, Failure> {
    let environment = Environment::read()?;
    logs::open(&environment, log, trust.policy.as_deref(), trust.log_key.as_deref(), Access::Read, None)
}
