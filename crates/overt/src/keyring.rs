//! The keys that sign: one file each under `keys` in overt's home, encrypted unless their owner wants it otherwise.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use overt_record::{Algorithm, KeyError, KeyId, Link, Name, PrivateKey, PublicKey, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::environment::variable;
use crate::exit::Exit;
use crate::failure::Failure;

/// The variable that a passphrase can come from.
const PASSPHRASE: &str = "OVERT_PASSPHRASE";

/// What is public about a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Identity {
    /// Its name in this keyring.
    pub(crate) key: String,
    /// What it may sign.
    #[serde(default)]
    pub(crate) purpose: Purpose,
    /// Whom its signatures speak for.
    pub(crate) issuer: Name,
    /// Where the issuer can be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<Link>,
    /// The key.
    pub(crate) public_key: PublicKey,
    /// Its id.
    pub(crate) key_id: KeyId,
    /// When it was made or brought here.
    pub(crate) created: Timestamp,
}

/// What a key may sign. A key that signed both could be made to sign one as the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purpose {
    /// Records.
    #[default]
    Records,
    /// Checkpoints of a log, or cosignatures of a witness.
    Checkpoints,
    /// Nothing but its own revocation: another key has followed it.
    Retired,
}

/// How the file of a new key is kept.
pub(crate) enum Protection {
    /// Encrypted.
    Passphrase(Zeroizing<String>),
    /// As it is: whoever reads the file can sign.
    None,
}

/// The keys of a user.
pub(crate) struct Keyring {
    folder: PathBuf,
}

impl Keyring {
    pub(crate) fn new(home: &Path) -> Self {
        Self { folder: home.join("keys") }
    }

    /// Every key, by name.
    pub(crate) fn list(&self) -> Result<Vec<Identity>, Failure> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Failure::file("read", &self.folder, error)),
        };
        let mut keys = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| Failure::file("read", &self.folder, error))?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                keys.push(read_identity(&path)?);
            }
        }
        keys.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(keys)
    }

    /// What is public about a key.
    pub(crate) fn identity(&self, name: &str) -> Result<Identity, Failure> {
        check_name(name)?;
        let path = self.public_file(name);
        if path.is_file() {
            return read_identity(&path);
        }
        let others: Vec<String> = self.list()?.into_iter().map(|identity| identity.key).collect();
        let known = if others.is_empty() { "none yet".to_owned() } else { others.join(", ") };
        Err(Failure::usage(format!(
            "there is no key {name:?}\n  keys   {known}\n  next   overt key new {name} --issuer 'NAME, ORGANISATION'"
        )))
    }

    /// The key that was named, or the only one there is, to sign records.
    pub(crate) fn chosen(&self, name: Option<&str>) -> Result<Identity, Failure> {
        if let Some(name) = name {
            let identity = self.identity(name)?;
            if identity.purpose == Purpose::Retired {
                return Err(Failure::usage(format!(
                    "the key {name:?} was followed by another\n  next   sign with that one"
                )));
            }
            if identity.purpose == Purpose::Checkpoints {
                return Err(Failure::usage(format!(
                    "the key {name:?} signs checkpoints, and no records\n  next   overt key new me --issuer 'NAME, ORGANISATION'"
                )));
            }
            return Ok(identity);
        }
        let mut keys = self.list()?;
        keys.retain(|identity| identity.purpose == Purpose::Records);
        match keys.len() {
            1 => Ok(keys.remove(0)),
            0 => Err(Failure::usage(
                "there is no key to sign with\n  next   overt key new me --issuer 'NAME, ORGANISATION'",
            )),
            _ => {
                let names: Vec<String> = keys.into_iter().map(|identity| identity.key).collect();
                Err(Failure::usage(format!(
                    "which key?\n  keys   {}\n  next   name one with --key",
                    names.join(", ")
                )))
            }
        }
    }

    /// Whether a name is taken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.secret_file(name).exists() || self.public_file(name).exists()
    }

    /// Whether the private half is here.
    pub(crate) fn can_sign(&self, name: &str) -> bool {
        self.secret_file(name).exists()
    }

    /// Keeps the public half of a key whose private half is elsewhere.
    pub(crate) fn keep_public(&self, identity: &Identity) -> Result<(), Failure> {
        self.check_free(&identity.key)?;
        self.make_folder()?;
        let public = serde_json::to_vec_pretty(identity).map_err(Failure::undecided)?;
        place(&self.public_file(&identity.key), &public, Readers::All)
    }

    /// Refuses a name that cannot be a new key's.
    fn check_free(&self, name: &str) -> Result<(), Failure> {
        check_name(name)?;
        if self.has(name) {
            return Err(Failure::usage(format!(
                "there is a key {name:?} already\n  next   another name, or `overt key rotate {name}`"
            )));
        }
        Ok(())
    }

    fn make_folder(&self) -> Result<(), Failure> {
        fs::create_dir_all(&self.folder).map_err(|error| Failure::file("create", &self.folder, error))
    }

    /// Keeps a new key.
    pub(crate) fn keep(
        &self,
        identity: &Identity,
        key: &PrivateKey,
        protection: &Protection,
    ) -> Result<(), Failure> {
        self.check_free(&identity.key)?;
        let pem = match protection {
            Protection::Passphrase(words) => key.to_encrypted_pem(words.as_bytes(), &entropy()?),
            Protection::None => key.to_pem(),
        }
        .map_err(Failure::usage)?;
        self.make_folder()?;
        place(&self.secret_file(&identity.key), pem.as_bytes(), Readers::Owner)?;
        let public = serde_json::to_vec_pretty(identity).map_err(Failure::undecided)?;
        place(&self.public_file(&identity.key), &public, Readers::All)
    }

    /// Gives a key another name and purpose.
    pub(crate) fn rename(&self, from: &str, to: &str, purpose: Purpose) -> Result<(), Failure> {
        check_name(to)?;
        let identity = Identity { key: to.to_owned(), purpose, ..self.identity(from)? };
        let public = serde_json::to_vec_pretty(&identity).map_err(Failure::undecided)?;
        place(&self.public_file(to), &public, Readers::All)?;
        let (old, new) = (self.secret_file(from), self.secret_file(to));
        if self.can_sign(from) {
            fs::rename(&old, &new).map_err(|error| Failure::file("rename", &old, error))?;
        }
        let old = self.public_file(from);
        fs::remove_file(&old).map_err(|error| Failure::file("remove", &old, error))
    }

    /// The private key. Asks for the passphrase if the file is encrypted: a file, then [`PASSPHRASE`], then the person.
    pub(crate) fn open(&self, name: &str, passphrase_file: Option<&Path>) -> Result<PrivateKey, Failure> {
        let identity = self.identity(name)?;
        let path = self.secret_file(name);
        if !self.can_sign(name) {
            return Err(Failure::usage(format!(
                "the private half of the key {name:?} is not here\n  next   --unsigned-out FILE, sign that where the key is, and then --signature FILE.sig"
            )));
        }
        only_for_its_owner(&path)?;
        let text =
            Zeroizing::new(fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, error))?);
        let key = match PrivateKey::from_pem(&text, None) {
            Err(KeyError::NeedsPassphrase) => {
                let words = passphrase(passphrase_file, &format!("Passphrase of {name}"))?;
                PrivateKey::from_pem(&text, Some(words.as_bytes()))
            }
            read => read,
        };
        let key = key.map_err(|error| Failure::usage(format!("{error}\n  file   {}", path.display())))?;
        if key.public() != identity.public_key {
            return Err(Failure::usage(format!(
                "the private key is not that of the public one beside it\n  file   {}",
                path.display()
            )));
        }
        Ok(key)
    }

    fn secret_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.pem"))
    }

    fn public_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

/// A key's public half as the keyring keeps it.
pub(crate) fn identity(
    name: &str,
    purpose: Purpose,
    issuer: &str,
    uri: Option<&str>,
    key: PublicKey,
) -> Result<Identity, Failure> {
    Ok(Identity {
        key: name.to_owned(),
        purpose,
        issuer: Name::new(issuer).map_err(|error| Failure::usage(format!("--issuer: {error}")))?,
        uri: uri.map(Link::new).transpose().map_err(|error| Failure::usage(format!("--uri: {error}")))?,
        key_id: key.id(),
        public_key: key,
        created: now()?,
    })
}

/// A new key.
pub(crate) fn generate(algorithm: Algorithm) -> Result<PrivateKey, Failure> {
    Ok(PrivateKey::generate(algorithm, &entropy()?))
}

/// Random bytes of the operating system.
pub(crate) fn entropy<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::undecided(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes)
}

/// The time, to the second.
pub(crate) fn now() -> Result<Timestamp, Failure> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since
        .ok()
        .and_then(|since| Timestamp::from_unix(since.as_secs()))
        .ok_or_else(|| Failure::undecided("this machine's clock is not set"))
}

/// The passphrase for a new key, asked for twice where a person types it.
pub(crate) fn new_passphrase(file: Option<&Path>, key: &str) -> Result<Zeroizing<String>, Failure> {
    let words = passphrase(file, &format!("New passphrase for {key}"))?;
    if words.is_empty() {
        return Err(Failure::usage(
            "the passphrase is empty\n  next   if the key shall lie open, say --no-passphrase",
        ));
    }
    if file.is_none() && variable(PASSPHRASE).is_none() {
        let again = passphrase(None, "The same again")?;
        if words != again {
            return Err(Failure::usage("the two passphrases differ\n  next   try again"));
        }
    }
    Ok(words)
}

/// A passphrase: from the file, then from [`PASSPHRASE`], then from the person.
pub(crate) fn passphrase(file: Option<&Path>, prompt: &str) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = file {
        let failed = |error| Failure::file("read", path, error).of_option("--passphrase-file");
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        return Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    if let Some(words) = variable(PASSPHRASE) {
        return Ok(Zeroizing::new(words));
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "a passphrase is needed, and nobody is here to type it\n  next   --passphrase-file FILE, or the variable {PASSPHRASE}"
        )));
    }
    rpassword::prompt_password(format!("{prompt}: "))
        .map(Zeroizing::new)
        .map_err(|error| Failure { message: format!("no passphrase was given: {error}"), exit: Exit::Usage })
}

/// A name that is a file name everywhere.
fn check_name(name: &str) -> Result<(), Failure> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.' || c == '_';
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && name.len() <= 100 && name.chars().all(fits) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{name:?} cannot be a key's name\n  next   lower-case letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
    )))
}

fn read_identity(path: &Path) -> Result<Identity, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, error))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::usage(format!("{}: {error}\n  next   bring the key here again", path.display()))
    })
}

/// Refuses a key that others could have copied.
#[cfg(unix)]
fn only_for_its_owner(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_err(|error| Failure::file("read", path, error))?.permissions().mode();
    let others = mode & 0o077;
    if others == 0 {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "others can read the private key (mode {:03o})\n  file   {}\n  next   chmod 600 {}, and rotate it if somebody may have",
        mode & 0o777,
        path.display(),
        path.display()
    )))
}

#[cfg(not(unix))]
fn only_for_its_owner(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// Who may read a file.
#[derive(Clone, Copy)]
enum Readers {
    Owner,
    All,
}

/// Writes a file that is not there yet: whole and on disk, or not at all.
fn place(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = |error| Failure::file("write", path, error);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    #[cfg(unix)]
    if matches!(readers, Readers::All) {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(failed)?;
    }
    #[cfg(not(unix))]
    let _ = readers;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path).map_err(|error| failed(error.error))?;
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| Failure::file("sync", folder, error))
}
