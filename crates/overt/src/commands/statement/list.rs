//! `overt statement list`: who signed, as it follows from a log.

mod shown;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use overt_log::client::{Pointing, pointing_to};
use overt_record::{Hash, KeyId, PublicKey};
use overt_statement::signatories::FirstNames;
use overt_statement::{LoggedRecord, Said, Signatories, Trust};

use super::read;
use crate::cli::ListArgs;
use crate::commands::eval;
use crate::commands::log::open;
use crate::domains;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::client_failure;
use crate::output::{Output, STRONG, styled};
use crate::text::{grouped, line};

/// More bytes than a public key has.
const MAX_KEY_BYTES: u64 = 16 << 10;

pub(super) fn run(args: &ListArgs, output: &mut Output) -> Result<Exit, Failure> {
    let statement = read(&args.statement)?;
    let vouching = vouching(&args.vouching)?;
    let published = domains::published(&args.domain, output)?;
    let domain_keys = published
        .into_iter()
        .flat_map(|(domain, keys)| keys.into_iter().map(move |key| (key, domain.clone())));
    let trust = Trust {
        authorities: vouching.clone(),
        vouching,
        domain_keys: domain_keys.collect(),
        ..Trust::default()
    };
    let opened = open(&args.log, &args.trust)?;
    let asked = pointing_to(&opened.client, statement.digest);
    let (size, pointing) = eval::runtime()?.block_on(asked).map_err(client_failure)?;
    let records = pointing.iter().filter_map(|one| logged(one, statement.digest));
    let signatories = Signatories::fold(statement.digest, statement.issuer, &trust, records);
    let arranged = signatories.arranged(&FirstNames::default());
    let counts = signatories.counts();
    if args.format.is_json() {
        output.json(&shown::as_json(&statement, size, &arranged, &counts));
        return Ok(Exit::Yes);
    }
    let table = shown::table(&arranged);
    if let Some(layout) = args.format.layout() {
        output.say(table.laid_out(layout));
        return Ok(Exit::Yes);
    }
    output.say(format!("  text    {}", styled(STRONG, &line(statement.body.title.as_str(), 100))));
    output.say(format!("  words   {}", statement.body.sha256));
    output.say(format!("  log     {} entries, each read and proven", grouped(size)));
    output.say("");
    output.say(table.text());
    output.say("");
    for said in shown::numbers(&counts) {
        output.say(format!("  {said}"));
    }
    Ok(Exit::Yes)
}

/// The keys whose word about others is believed.
fn vouching(files: &[PathBuf]) -> Result<BTreeSet<KeyId>, Failure> {
    let key = |path: &PathBuf| {
        let failed = |error| Failure::file("read", path, error).of_option("--vouching");
        if fs::metadata(path).map_err(failed)?.len() > MAX_KEY_BYTES {
            return Err(Failure::usage(format!(
                "{}: this is no public key: it is too large",
                path.display()
            )));
        }
        let pem = fs::read_to_string(path).map_err(failed)?;
        let key = PublicKey::from_pem(&pem);
        key.map(|key| key.id()).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
    };
    files.iter().map(key).collect()
}

/// An entry as the list takes it.
fn logged(pointing: &Pointing, statement: Hash) -> Option<LoggedRecord> {
    let (index, time) = (pointing.index, pointing.entry.time);
    if let Some(verified) = &pointing.record {
        return LoggedRecord::new(index, time, verified);
    }
    let signs = pointing.entry.kind.as_str() == "endorsement" && pointing.entry.refs().contains(&statement);
    signs.then_some(LoggedRecord {
        index,
        time,
        digest: None,
        key: pointing.entry.key,
        // Which redaction says why, only whoever keeps the log could tell: none stands at this place.
        said: Said::Erased { of: statement, redaction: u64::MAX },
    })
}
