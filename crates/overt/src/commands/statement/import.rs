//! `overt statement import`: a letter that was signed elsewhere.

use std::fs;

use overt_record::Link;
use overt_record::record::Body;
use overt_statement::Letter;

use super::{issue, name};
use crate::cli::ImportArgs;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outfile::Existing;
use crate::output::{Output, STRONG, styled};
use crate::signing::Signer;
use crate::text::{count, grouped, line};

pub(super) fn run(args: &ImportArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let existing = Existing::unless(args.force);
    existing.check_file(&args.out)?;
    existing.check_file(&args.listing_out)?;
    let letter = letter(args)?;
    let uri = args.uri.clone().map(Link::new).transpose();
    let uri = uri.map_err(|error| Failure::usage(format!("--uri: {error}")))?;
    let statement = letter.statement(name("--language", &args.language)?, name("--wording", &args.wording)?);
    let signer = Signer::open(&environment, &args.sign)?;

    output.say(format!("  letter  {}", styled(STRONG, &line(letter.title.as_str(), 100))));
    let Some(of) = issue(&environment, &signer, &args.sign, &Body::from(statement), &args.out, output)?
    else {
        return Ok(Exit::Yes);
    };
    let Some(listing) = letter.listing(of, uri) else {
        output.note("  the letter lists no names");
        return Ok(Exit::Yes);
    };
    output.say("");
    let names = count(letter.names.len() as u64, "name");
    match letter.stated_total {
        Some(total) => output.say(format!("  names   {names}; the source states {} in all", grouped(total))),
        None => output.say(format!("  names   {names}")),
    }
    issue(&environment, &signer, &args.sign, &Body::from(listing), &args.listing_out, output)?;
    output
        .note("  they are shown as listed by the source, not verified here, and count as nobody's signature");
    Ok(Exit::Yes)
}

fn letter(args: &ImportArgs) -> Result<Letter, Failure> {
    let failed = |error| Failure::file("read", &args.file, error);
    let size = fs::metadata(&args.file).map_err(failed)?.len();
    if size > Letter::MAX_BYTES as u64 {
        return Err(Failure::usage(format!(
            "{}: a letter has at most {} bytes; this file has {size}",
            args.file.display(),
            Letter::MAX_BYTES
        )));
    }
    let file = fs::read(&args.file).map_err(failed)?;
    Letter::read(&file).map_err(|error| {
        Failure::usage(format!(
            "{}: {error}\n  next   docs/statements.md says how such a file is written",
            args.file.display()
        ))
    })
}
