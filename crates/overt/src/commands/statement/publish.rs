//! `overt statement publish`: a text for others to sign.

use std::fs;

use overt_record::record::{Body, PublicStatement};

use super::{issue, read, text_file};
use crate::cli::PublishStatementArgs;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outfile::Existing;
use crate::output::{Output, STRONG, styled};
use crate::signing::Signer;
use crate::text::line;

pub(super) fn run(args: &PublishStatementArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    Existing::unless(args.force).check_file(&args.out)?;
    let bad = |why: String| Failure::usage(format!("{}: {why}", args.file.display()));
    let size = fs::metadata(&args.file).map_err(|error| Failure::file("read", &args.file, error))?.len();
    if size > text_file::MAX_BYTES {
        return Err(bad(format!("a text has at most {} bytes; this file has {size}", text_file::MAX_BYTES)));
    }
    let file = fs::read(&args.file).map_err(|error| Failure::file("read", &args.file, error))?;
    let file = String::from_utf8(file).map_err(|_| bad("it is not UTF-8".into()))?;
    let statement = text_file::parse(&file).map_err(|error| bad(error.to_string()))?;
    let other = |path: &Option<std::path::PathBuf>| path.as_deref().map(read).transpose();
    let (replaces, translates) = (other(&args.replaces)?, other(&args.translates)?);
    let statement = PublicStatement {
        replaces: replaces.map(|other| other.digest),
        translates: translates.map(|other| other.digest),
        ..statement
    };
    let signer = Signer::open(&environment, &args.sign)?;
    output.say(format!("  text    {}", styled(STRONG, &line(statement.title.as_str(), 100))));
    if issue(&environment, &signer, &args.sign, &Body::from(statement), &args.out, output)?.is_some() {
        output.note("");
        output.note(format!("  next    overt statement sign {}", args.out.display()));
    }
    Ok(Exit::Yes)
}
