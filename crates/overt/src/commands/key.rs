//! `overt key`: making, showing, giving away and changing keys.

use std::fmt::Display;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use overt_record::record::{Change, KeyChange, KeyReason, Possession};
use overt_record::ssh::{parse_public, to_public_line};
use overt_record::{Algorithm, PrivateKey, PublicKey, Text};
use zeroize::Zeroizing;

use crate::cli::{ChangeKeyArgs, KeyCommand, KeyFormat, KeyKind, NewKeyArgs, SignArgs, WhyKey};
use crate::commands::eval;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keyring::{self, Identity, Keyring, Protection, Purpose, generate, new_passphrase, now};
use crate::logs;
use crate::looks::{PUBLIC_KEY, SSH_KEY, of_text};
use crate::output::{FAINT, Output, STRONG, styled};
use crate::signing::{self, Again, Signer};
use crate::text::{line, padded};

/// More bytes than the file of a public key has.
const MAX_KEY: u64 = 64 << 10;

pub(crate) fn run(command: &KeyCommand, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let keyring = Keyring::new(&environment.home);
    match command {
        KeyCommand::New(args) => new(&keyring, args, output),
        KeyCommand::List { json } => list(&keyring, *json, output),
        KeyCommand::Show { name } => {
            show(&keyring, &keyring.identity(name)?, output);
            Ok(Exit::Yes)
        }
        KeyCommand::Export { name, format } => export(&keyring.identity(name)?, *format, output),
        KeyCommand::Rotate(args) => rotate(&environment, &keyring, args, output),
        KeyCommand::Revoke(args) => revoke(&environment, &keyring, args, output),
    }
}

fn new(keyring: &Keyring, args: &NewKeyArgs, output: &mut Output) -> Result<Exit, Failure> {
    let of = |key| keyring::identity(&args.name, Purpose::Records, &args.issuer, args.uri.as_deref(), key);
    if let Some(path) = &args.public {
        let identity = of(public(path)?)?;
        keyring.keep_public(&identity)?;
        show(keyring, &identity, output);
        return Ok(Exit::Yes);
    }
    let key = match &args.import {
        Some(path) => import(path, args)?,
        None => generate(match args.algorithm {
            KeyKind::Ed25519 => Algorithm::Ed25519,
            KeyKind::P256 => Algorithm::P256,
        })?,
    };
    let identity = of(key.public())?;
    let protection = if args.no_passphrase {
        Protection::None
    } else {
        Protection::Passphrase(new_passphrase(args.passphrase_file.as_deref(), &args.name)?)
    };
    keyring.keep(&identity, &key, &protection)?;
    show(keyring, &identity, output);
    output.note("");
    output.note(format!(
        "  next    overt key export {} > {}.pem, and give that to whoever checks your records",
        args.name, args.name
    ));
    Ok(Exit::Yes)
}

/// A private key that another tool made. Its passphrase is asked for only if it has one.
fn import(path: &PathBuf, args: &NewKeyArgs) -> Result<PrivateKey, Failure> {
    let failed = |error| Failure::file("read", path, error).of_option("--import");
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
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

/// A public key, as PEM or as OpenSSH writes it.
fn public(path: &Path) -> Result<PublicKey, Failure> {
    let failed = |error| Failure::file("read", path, error).of_option("--public");
    let mut text = String::new();
    fs::File::open(path).and_then(|file| file.take(MAX_KEY).read_to_string(&mut text)).map_err(failed)?;
    let wrong =
        |error: &dyn Display| Failure::usage(format!("--public: {error}\n  file   {}", path.display()));
    match of_text(&text) {
        PUBLIC_KEY => PublicKey::from_pem(&text).map_err(|error| wrong(&error)),
        SSH_KEY => parse_public(text.trim()).map_err(|error| wrong(&error)),
        other => Err(wrong(&format!(
            "a public key was expected, in PEM or as OpenSSH writes it; this looks like {other}"
        ))),
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
                Purpose::Records if !keyring.can_sign(&identity.key) => {
                    format!("{} (signs elsewhere)", line(identity.issuer.as_str(), 60))
                }
                Purpose::Records => line(identity.issuer.as_str(), 60),
                Purpose::Checkpoints => format!("{} (checkpoints)", line(identity.issuer.as_str(), 60)),
                Purpose::Retired => format!("{} (retired)", line(identity.issuer.as_str(), 60)),
            }
        ));
    }
    Ok(Exit::Yes)
}

fn show(keyring: &Keyring, identity: &Identity, output: &mut Output) {
    output.say(format!("  key     {}", styled(STRONG, &identity.key)));
    output.say(format!("  issuer  {}", line(identity.issuer.as_str(), 100)));
    if let Some(uri) = &identity.uri {
        output.say(format!("  at      {}", line(uri.as_str(), 100)));
    }
    output.say(format!("  id      {}", identity.key_id));
    output.say(format!("  kind    {}", identity.public_key.algorithm()));
    output.say(format!("  since   {}", identity.created));
    if !keyring.can_sign(&identity.key) {
        output.say("  signs   elsewhere: --unsigned-out FILE, and then --signature FILE.sig");
    }
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
    let signer = Signer::for_change(environment, &sign_args(args), old.clone())?;
    let waiting = format!("{}.next", args.name);
    let new = next(keyring, &old, &waiting, args)?;
    let (public, possession) = (new.public(), Possession::prove(&old.key_id, &new));
    let change = Change::Rotate { new_key: public, possession, reason: reason(args.reason) };
    if !tell(environment, &signer, &change, "rotate", args, output)? {
        return Ok(Exit::Yes);
    }
    keyring.rename(&args.name, &format!("{}.{}", args.name, old.key_id.short()), Purpose::Retired)?;
    keyring.rename(&waiting, &args.name, Purpose::Records)?;
    show(keyring, &keyring.identity(&args.name)?, output);
    Ok(Exit::Yes)
}

/// The key that is to follow: on disk under a name of its own before anybody is told of it. One that an earlier try left
/// there is it, since a log may know of it already.
fn next(
    keyring: &Keyring,
    old: &Identity,
    waiting: &str,
    args: &ChangeKeyArgs,
) -> Result<PrivateKey, Failure> {
    if keyring.has(waiting) {
        return keyring.open(waiting, args.passphrase_file.as_deref());
    }
    let new = generate(old.public_key.algorithm())?;
    let identity = Identity {
        key: waiting.to_owned(),
        // Not to be taken for a key of its own before it follows the other.
        purpose: Purpose::Retired,
        public_key: new.public(),
        key_id: new.public().id(),
        created: now()?,
        ..old.clone()
    };
    let words = new_passphrase(args.passphrase_file.as_deref(), &args.name)?;
    keyring.keep(&identity, &new, &Protection::Passphrase(words))?;
    Ok(new)
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
    let signer = Signer::for_change(environment, &sign_args(args), identity)?;
    let change = Change::Revoke { reason: reason(args.reason) };
    tell(environment, &signer, &change, "revoke", args, output)?;
    Ok(Exit::Yes)
}

fn sign_args(args: &ChangeKeyArgs) -> SignArgs {
    SignArgs {
        key: Some(args.name.clone()),
        passphrase_file: args.passphrase_file.clone(),
        log: args.log.clone(),
        policy: args.policy.clone(),
        outside: args.outside.clone(),
    }
}

/// Signs, logs and writes a change of a key; `false` if it is to be signed elsewhere first.
fn tell(
    environment: &Environment,
    signer: &Signer,
    change: &Change,
    word: &str,
    args: &ChangeKeyArgs,
    output: &mut Output,
) -> Result<bool, Failure> {
    let explanation = args.explanation.clone().map(Text::new).transpose();
    let explanation = explanation.map_err(|error| Failure::usage(format!("--explanation: {error}")))?;
    let body = |effective| KeyChange {
        key: signer.identity.public_key.clone(),
        change: change.clone(),
        effective,
        explanation: explanation.clone(),
    };
    let Some(signed) = signer.sign(body, Again::Same, output)? else { return Ok(false) };
    let salt = logs::salt(environment, &signed.digest())?;
    let issued = signing::log(environment, &sign_args(args), signed, salt, &eval::runtime()?, output)?;
    let default = || PathBuf::from(format!("{}-{word}.overt.json", args.name));
    let path = args.out.clone().unwrap_or_else(default);
    signing::write_bundle(&path, &issued.bundle)?;
    output.say(format!("  record  {}", path.display()));
    match issued.place() {
        Some((origin, index)) => output.say(format!("  logged  {} index {index}", line(&origin, 80))),
        None => output.note("  no log was told: give the record to whoever trusts the key, or say --log"),
    }
    Ok(true)
}

fn reason(why: WhyKey) -> KeyReason {
    match why {
        WhyKey::Scheduled => KeyReason::Scheduled,
        WhyKey::Compromised => KeyReason::Compromised,
        WhyKey::Lost => KeyReason::Lost,
        WhyKey::Retired => KeyReason::Retired,
    }
}
