//! `overt key`: making, showing, giving away and changing keys.

use std::fs;
use std::path::PathBuf;

use overt_record::record::{Change, KeyChange, KeyReason, Possession};
use overt_record::ssh::to_public_line;
use overt_record::{Algorithm, PrivateKey, Text};
use zeroize::Zeroizing;

use crate::cli::{ChangeKeyArgs, KeyCommand, KeyFormat, KeyKind, NewKeyArgs, SignArgs, WhyKey};
use crate::commands::eval;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keyring::{self, Identity, Keyring, Protection, Purpose, generate, new_passphrase, now};
use crate::logs;
use crate::output::{FAINT, Output, STRONG, styled};
use crate::signing::{self, Signer};
use crate::text::{line, padded};

pub(crate) fn run(command: &KeyCommand, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let keyring = Keyring::new(&environment.home);
    match command {
        KeyCommand::New(args) => new(&keyring, args, output),
        KeyCommand::List { json } => list(&keyring, *json, output),
        KeyCommand::Show { name } => {
            show(&keyring.identity(name)?, output);
            Ok(Exit::Yes)
        }
        KeyCommand::Export { name, format } => export(&keyring.identity(name)?, *format, output),
        KeyCommand::Rotate(args) => rotate(&environment, &keyring, args, output),
        KeyCommand::Revoke(args) => revoke(&environment, &keyring, args, output),
    }
}

fn new(keyring: &Keyring, args: &NewKeyArgs, output: &mut Output) -> Result<Exit, Failure> {
    let key = match &args.import {
        Some(path) => import(path, args)?,
        None => generate(match args.algorithm {
            KeyKind::Ed25519 => Algorithm::Ed25519,
            KeyKind::P256 => Algorithm::P256,
        })?,
    };
    let identity = keyring::identity(&args.name, Purpose::Records, &args.issuer, args.uri.as_deref(), &key)?;
    let protection = if args.no_passphrase {
        Protection::None
    } else {
        Protection::Passphrase(new_passphrase(args.passphrase_file.as_deref(), &args.name)?)
    };
    keyring.keep(&identity, &key, &protection)?;
    show(&identity, output);
    output.note("");
    output.note(format!(
        "  next    overt key export {} > {}.pem, and give that to whoever checks your records",
        args.name, args.name
    ));
    Ok(Exit::Yes)
}

/// A private key that another tool made. Its passphrase is asked for only if it has one.
fn import(path: &PathBuf, args: &NewKeyArgs) -> Result<PrivateKey, Failure> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| Failure::file("read", path, error))?);
    let wrong =
        |error: overt_record::KeyError| Failure::usage(format!("{error}\n  file   {}", path.display()));
    match PrivateKey::from_pem(&text, None) {
        Err(overt_record::KeyError::NeedsPassphrase) => {
            let question = format!("Passphrase of {}", path.display());
            let words = keyring::passphrase(args.passphrase_file.as_deref(), &question)?;
            PrivateKey::from_pem(&text, Some(words.as_bytes())).map_err(wrong)
        }
        read => read.map_err(wrong),
    }
}

fn list(keyring: &Keyring, json: bool, output: &mut Output) -> Result<Exit, Failure> {
    let keys = keyring.list()?;
    if json {
        output.json(&keys);
        return Ok(Exit::Yes);
    }
    if keys.is_empty() {
        output.say("  no key yet");
        output.note("  next   overt key new me --issuer 'NAME, ORGANISATION'");
    }
    let width = keys.iter().map(|identity| identity.key.len()).max().unwrap_or(0);
    for identity in &keys {
        output.say(format!(
            "  {}  {}  {}",
            styled(STRONG, &padded(&identity.key, width)),
            styled(FAINT, &identity.key_id.short()),
            match identity.purpose {
                Purpose::Records => line(identity.issuer.as_str(), 60),
                Purpose::Checkpoints => format!("{} (checkpoints)", line(identity.issuer.as_str(), 60)),
                Purpose::Retired => format!("{} (retired)", line(identity.issuer.as_str(), 60)),
            }
        ));
    }
    Ok(Exit::Yes)
}

fn show(identity: &Identity, output: &mut Output) {
    output.say(format!("  key     {}", styled(STRONG, &identity.key)));
    output.say(format!("  issuer  {}", line(identity.issuer.as_str(), 100)));
    if let Some(uri) = &identity.uri {
        output.say(format!("  at      {}", line(uri.as_str(), 100)));
    }
    output.say(format!("  id      {}", identity.key_id));
    output.say(format!("  kind    {}", identity.public_key.algorithm()));
    output.say(format!("  since   {}", identity.created));
}

fn export(identity: &Identity, format: KeyFormat, output: &mut Output) -> Result<Exit, Failure> {
    let ssh = to_public_line(&identity.public_key);
    let text = match format {
        KeyFormat::Pem => identity.public_key.to_pem().map_err(Failure::undecided)?,
        KeyFormat::Ssh => format!("{ssh} {}", identity.key),
        KeyFormat::AllowedSigners => {
            let principal: String = identity
                .issuer
                .as_str()
                .chars()
                .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '.' | '@' | '_') { c } else { '_' })
                .collect();
            format!("{principal} namespaces=\"overt-dsse-v1\" {ssh}")
        }
    };
    output.say(text.trim_end());
    Ok(Exit::Yes)
}

/// The old key signs that the new one follows it, and the new one that it is held by the same hand.
fn rotate(
    environment: &Environment,
    keyring: &Keyring,
    args: &ChangeKeyArgs,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let old = keyring.chosen(Some(&args.name))?;
    let key = keyring.open(&args.name, args.passphrase_file.as_deref())?;
    let new = generate(old.public_key.algorithm())?;
    let change = Change::Rotate {
        new_key: new.public(),
        possession: Possession::prove(&old.key_id, &new),
        reason: reason(args.reason),
    };
    // The new key is on disk under a name of its own before anybody is told of it.
    let waiting = format!("{}.next", args.name);
    let next = Identity {
        key: waiting.clone(),
        public_key: new.public(),
        key_id: new.public().id(),
        created: now()?,
        ..old.clone()
    };
    let words = new_passphrase(args.passphrase_file.as_deref(), &args.name)?;
    keyring.keep(&next, &new, &Protection::Passphrase(words))?;
    tell(environment, &Signer::of(old.clone(), key), change, "rotate", args, output)?;
    keyring.rename(&args.name, &format!("{}.{}", args.name, old.key_id.short()), Purpose::Retired)?;
    keyring.rename(&waiting, &args.name, Purpose::Records)?;
    show(&keyring.identity(&args.name)?, output);
    Ok(Exit::Yes)
}

fn revoke(
    environment: &Environment,
    keyring: &Keyring,
    args: &ChangeKeyArgs,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let identity = keyring.identity(&args.name)?;
    if identity.purpose == Purpose::Checkpoints {
        // It says why not.
        keyring.chosen(Some(&args.name))?;
    }
    let key = keyring.open(&args.name, args.passphrase_file.as_deref())?;
    let change = Change::Revoke { reason: reason(args.reason) };
    tell(environment, &Signer::of(identity, key), change, "revoke", args, output)?;
    Ok(Exit::Yes)
}

/// Signs, logs and writes a change of a key.
fn tell(
    environment: &Environment,
    signer: &Signer,
    change: Change,
    word: &str,
    args: &ChangeKeyArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let effective = now()?;
    let explanation = args.explanation.clone().map(Text::new).transpose();
    let explanation = explanation.map_err(|error| Failure::usage(format!("--explanation: {error}")))?;
    let body = KeyChange { key: signer.identity.public_key.clone(), change, effective, explanation };
    let envelope = signer.sign(body, effective)?;
    let sign = SignArgs {
        key: Some(args.name.clone()),
        passphrase_file: args.passphrase_file.clone(),
        log: args.log.clone(),
        policy: args.policy.clone(),
    };
    let salt = logs::salt(environment, &envelope.digest())?;
    let issued = signing::log(environment, &sign, envelope, salt, &eval::runtime()?)?;
    let default = || PathBuf::from(format!("{}-{word}.overt.json", args.name));
    let path = args.out.clone().unwrap_or_else(default);
    signing::write_bundle(&path, &issued.bundle)?;
    output.say(format!("  record  {}", path.display()));
    match issued.place() {
        Some((origin, index)) => output.say(format!("  logged  {} index {index}", line(&origin, 80))),
        None => output.note("  no log was told: give the record to whoever trusts the key, or say --log"),
    }
    Ok(())
}

fn reason(why: WhyKey) -> KeyReason {
    match why {
        WhyKey::Scheduled => KeyReason::Scheduled,
        WhyKey::Compromised => KeyReason::Compromised,
        WhyKey::Lost => KeyReason::Lost,
        WhyKey::Retired => KeyReason::Retired,
    }
}
