//! `overt log init`: beginning a log.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use overt_log::sequencer::Idle;
use overt_log::store::DirectoryStore;
use overt_log::{Clock as _, SystemClock};
use overt_record::SignatureType;
use overt_record::note::KeyName;

use crate::cli::InitArgs;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::{LogFile, NewKey, load_failure, log_keys, note_signers};
use crate::output::{Output, STRONG, styled};
use crate::text::line;

/// The longest name of a log or witness.
const MAX_NAME: usize = 200;

pub(super) fn run(args: &InitArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    check_name("--origin", &args.origin)?;
    new_directory(&args.log, "log")?;
    let key_name = args.signing.key.as_deref().unwrap_or("log");
    let new = NewKey {
        key: key_name,
        name: &args.origin,
        no_passphrase: args.signing.no_passphrase,
        passphrase_file: args.signing.passphrase_file.as_deref(),
    };
    let key = new.open_or_make(&environment, output)?;
    let mut types = vec![SignatureType::Ed25519];
    types.extend(args.signing.post_quantum.then_some(SignatureType::CosignatureMlDsa44));
    let signers = note_signers(&args.origin, &key, &types)?;
    let mut vkeys = signers.iter().map(|signer| signer.vkey().clone());
    let vkey = vkeys.next().ok_or_else(|| Failure::usage("a log needs a key"))?;
    let file = LogFile::of_log(key_name, vkey, vkeys.next());
    let keys = Arc::new(log_keys(signers)?);
    let store = Arc::new(DirectoryStore::open(&args.log).map_err(Failure::undecided)?);
    drop(Idle::create(store, keys, SystemClock.now()).map_err(load_failure)?);
    file.write(&args.log)?;
    say(&file, args, output);
    Ok(Exit::Yes)
}

/// Refuses a name that would stand wrong in every checkpoint, for ever: it is no address, but how one goes on after `https://`.
pub(crate) fn check_name(option: &str, name: &str) -> Result<(), Failure> {
    let wrong = |why: String| {
        Failure::usage(format!(
            "{option} {name:?}: {why}\n  next   the future address without https://, for example log.example.org/2026"
        ))
    };
    if let Some((scheme, rest)) = name.split_once("://") {
        return Err(wrong(format!("it has a scheme ({scheme}://); the name is what follows: {rest}")));
    }
    if name.contains(['?', '#', '\\', '"']) {
        return Err(wrong("it has a character that does not stand in an address of a log".to_owned()));
    }
    if name.starts_with('/') || name.ends_with('/') || name.contains("//") {
        return Err(wrong("it begins or ends with a slash, or has two of them in a row".to_owned()));
    }
    if name.len() > MAX_NAME {
        return Err(wrong(format!("it has {} bytes; {MAX_NAME} are enough", name.len())));
    }
    if !name.is_ascii() {
        return Err(wrong("it has letters that look like others; ASCII has one spelling".to_owned()));
    }
    KeyName::parse(name).map(drop).map_err(|error| wrong(error.to_string()))
}

/// Makes the directory of a log or witness. One that is there must be empty.
pub(crate) fn new_directory(path: &Path, what: &str) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::file("create", path, error))?;
    let mut entries = fs::read_dir(path).map_err(|error| Failure::file("read", path, error))?;
    if entries.next().is_none() {
        return Ok(());
    }
    let why = if path.join(format!("{what}.json")).exists() {
        format!("there is a {what} in {} already; it was left as it is", path.display())
    } else {
        format!("{} is not empty; it was left as it is", path.display())
    };
    Err(Failure::usage(format!("{why}\n  next   name a directory that is empty or not there yet")))
}

fn say(file: &LogFile, args: &InitArgs, output: &mut Output) {
    let directory = args.log.display();
    output.say(format!("  log     {}", styled(STRONG, &line(file.origin(), 200))));
    output.say(format!("  in      {directory}"));
    output.say(format!("  vkey    {}", file.vkey()));
    output.say(format!("  policy  {}", args.log.join("log.policy").display()));
    output.say("");
    for line in file.policy_text().lines() {
        output.say(format!("  {line}"));
    }
    output.note("");
    output.note(
        "  next    give the policy to whoever checks records; keep a copy of the key where this disk is not:",
    );
    output.note("          without it the log can never be written again");
    output.note(format!("          overt log add {directory} RECORD, or overt log serve {directory}"));
}
