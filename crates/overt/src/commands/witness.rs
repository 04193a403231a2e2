//! `overt witness`: cosigning logs that grow honestly.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use overt_log::SystemClock;
use overt_log::store::{DirectoryStore, Store};
use overt_log::witness::{Witness, WitnessError, WitnessedLog, parse_list, witness_router};
use overt_record::policy::Policy;
use overt_record::signer::NoteSigner;
use overt_record::{SignatureType, VerifierKey};
use serde::{Deserialize, Serialize};

use super::log::{check_name, listen, new_directory};
use crate::cli::{WitnessCommand, WitnessInitArgs, WitnessServeArgs};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keyring::Keyring;
use crate::logs::{NewKey, address, note_signers};
use crate::output::{Output, STRONG, styled};
use crate::signing;
use crate::text::{count, line};

/// The file that says who a witness is. No object of a witness is called so.
const FILE: &str = "witness.json";

/// Who a witness is, and which key of the keyring it signs with. Nothing in it is secret.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WitnessFile {
    name: String,
    key: String,
    vkeys: Vec<String>,
    post_quantum: bool,
}

pub(crate) fn run(command: &WitnessCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        WitnessCommand::Init(args) => init(args, output),
        WitnessCommand::Serve(args) => serve(args, output),
    }
}

fn init(args: &WitnessInitArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    check_name("--name", &args.name)?;
    new_directory(&args.directory, "witness")?;
    let key_name = args.signing.key.as_deref().unwrap_or("witness");
    let new = NewKey {
        key: key_name,
        name: &args.name,
        no_passphrase: args.signing.no_passphrase,
        passphrase_file: args.signing.passphrase_file.as_deref(),
    };
    let key = new.open_or_make(&environment, output)?;
    let signers = note_signers(&args.name, &key, &types(args.signing.post_quantum))?;
    let store = DirectoryStore::open(&args.directory).map_err(Failure::undecided)?;
    Witness::create(&store, &signers).map_err(failure)?;
    let file = WitnessFile {
        name: args.name.clone(),
        key: key_name.to_owned(),
        vkeys: vkeys(&signers),
        post_quantum: args.signing.post_quantum,
    };
    let text = serde_json::to_vec_pretty(&file).map_err(Failure::undecided)?;
    signing::write(&args.directory.join(FILE), &text)?;
    output.say(format!("  witness  {}", styled(STRONG, &line(&args.name, 200))));
    output.say(format!("  in       {}", args.directory.display()));
    output.say("");
    for (vkey, word) in file.vkeys.iter().zip(["witness", "witness-post-quantum"]) {
        let address = address(&args.name).map(|address| format!(" {address}")).unwrap_or_default();
        output.say(format!("  witness {word} {vkey}{address}"));
    }
    output.note("");
    output.note(
        "  next     give logs and readers that line for their policy, with the address where it is served.",
    );
    output
        .note("           Its memory must never be lost or set back: if it is, begin again with another key");
    Ok(Exit::Yes)
}

fn serve(args: &WitnessServeArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let file = read(&args.directory)?;
    let logs = logs(&args.logs)?;
    let runtime = listen::runtime()?;
    let (listener, address) = listen::bind(&runtime, args.listen)?;
    let keyring = Keyring::new(&environment.home);
    let key = keyring.open(&file.key, args.passphrase_file.as_deref())?;
    let signers = note_signers(&file.name, &key, &types(file.post_quantum))?;
    if vkeys(&signers) != file.vkeys {
        return Err(Failure::usage(format!(
            "the key {:?} of this keyring is not the one of the witness in {}\n  next   set OVERT_HOME to the keyring that it was made with",
            file.key,
            args.directory.display()
        )));
    }
    let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(&args.directory).map_err(Failure::undecided)?);
    let watched = logs.len() as u64;
    let witness = Arc::new(Witness::open(store, signers, logs).map_err(failure)?);
    output.say(format!("  serving  {}", styled(STRONG, &format!("http://{address}"))));
    for vkey in &file.vkeys {
        output.say(format!("  vkey     {vkey}"));
    }
    output.say(format!("  watches  {}", count(watched, "log")));
    let served = runtime.block_on(listen::serve(listener, witness_router(witness, Arc::new(SystemClock))));
    listen::end(runtime);
    served.map(|()| Exit::Yes)
}

fn read(directory: &Path) -> Result<WitnessFile, Failure> {
    let path = directory.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let directory = directory.display();
            return Err(Failure::usage(format!(
                "there is no witness in {directory}\n  next   overt witness init {directory} --name NAME"
            )));
        }
        Err(error) => return Err(Failure::file("read", &path, error)),
    };
    serde_json::from_slice(&bytes).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// Reads which logs are watched: those of a policy, or of a list.
fn logs(path: &Path) -> Result<Vec<WitnessedLog>, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, error).of_option("--logs"))?;
    let logs = match Policy::parse(&bytes) {
        Ok(policy) => {
            let lines: Vec<String> = policy.logs().iter().map(|log| format!("log {}", log.vkey)).collect();
            parse_list(lines.join("\n").as_bytes())
        }
        Err(_) => parse_list(&bytes),
    };
    let wrong = |why: String| Failure::usage(format!("{why}\n  file   {}", path.display()));
    match logs {
        Ok(logs) if logs.is_empty() => Err(wrong("the list names no log".to_owned())),
        Ok(logs) => Ok(logs),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn types(post_quantum: bool) -> Vec<SignatureType> {
    let second = post_quantum.then_some(SignatureType::CosignatureMlDsa44);
    std::iter::once(SignatureType::CosignatureEd25519).chain(second).collect()
}

fn vkeys(signers: &[NoteSigner]) -> Vec<String> {
    signers.iter().map(NoteSigner::vkey).map(VerifierKey::to_string).collect()
}

fn failure(error: WitnessError) -> Failure {
    match error {
        WitnessError::State(_) => Failure::undecided(error),
        error => Failure::usage(error),
    }
}
