//! `overt statement`: public texts that people sign.

mod import;
mod list;
mod publish;
mod sign;
mod text_file;

use std::path::Path;

use overt_record::record::{Body, PublicStatement};
use overt_record::{BadText, Hash, KeyId, Name};

use crate::cli::{SignArgs, StatementCommand};
use crate::commands::eval;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs;
use crate::outfile::Existing;
use crate::output::Output;
use crate::signing::{self, Again, Signer};
use crate::text::line;

pub(crate) fn run(command: &StatementCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        StatementCommand::New { file } => begin(file, output),
        StatementCommand::Publish(args) => publish::run(args, output),
        StatementCommand::Import(args) => import::run(args, output),
        StatementCommand::Sign(args) => sign::run(args, output),
        StatementCommand::List(args) => list::run(args, output),
    }
}

fn begin(file: &Path, output: &mut Output) -> Result<Exit, Failure> {
    Existing::Stays.check_file(file)?;
    crate::outfile::write(file, text_file::TEMPLATE.as_bytes())?;
    output.say(format!("  wrote   {}", file.display()));
    output.note(format!(
        "  next    fill it in, then: overt statement publish {} --log DIR|URL",
        file.display()
    ));
    Ok(Exit::Yes)
}

/// A statement that was published.
struct Statement {
    /// The record digest.
    digest: Hash,
    /// The key that signed it.
    issuer: KeyId,
    body: Box<PublicStatement>,
}

/// Reads a statement's bundle.
fn read(path: &Path) -> Result<Statement, Failure> {
    let (bundle, record) = signing::read_bundle(path)?;
    let issuer = record.header().issuer.key.id();
    match record.body() {
        Body::PublicStatement(body) => {
            Ok(Statement { digest: bundle.envelope.digest(), issuer, body: body.clone() })
        }
        other => Err(Failure::usage(format!(
            "{} is no statement: it holds a record of the type `{}`",
            path.display(),
            other.predicate_type().kind
        ))),
    }
}

fn name(what: &str, words: &str) -> Result<Name, Failure> {
    Name::new(words).map_err(|error: BadText| Failure::usage(format!("{what}: {error}")))
}

/// Signs a record, logs it where a log was named, and writes its bundle. `None` if it is to be signed elsewhere.
pub(crate) fn issue(
    environment: &Environment,
    signer: &Signer,
    args: &SignArgs,
    body: &Body,
    out: &Path,
    output: &mut Output,
) -> Result<Option<Hash>, Failure> {
    let Some(signed) = signer.sign(|_| body.clone(), Again::Same, output)? else { return Ok(None) };
    let salt = logs::salt(environment, &signed.digest())?;
    let issued = signing::log(environment, args, signed, salt, &eval::runtime()?, output)?;
    signing::write_bundle(out, &issued.bundle)?;
    output.say(format!("  wrote   {}", out.display()));
    output.say(format!("  record  {}", issued.digest));
    match issued.place() {
        Some((origin, index)) => output.say(format!("  logged  {} index {index}", line(&origin, 80))),
        None => output.note("  not logged: nobody can find it there; say --log"),
    }
    Ok(Some(issued.digest))
}
