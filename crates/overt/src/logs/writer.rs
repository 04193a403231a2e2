//! A log in a directory, opened with its own key.

use std::path::Path;
use std::sync::Arc;

use overt_log::admission::{AdmissionRules, Door, SUBMISSION};
use overt_log::cosign::{CosignSettings, Cosigner};
use overt_log::store::{DirectoryStore, Store};
use overt_log::{Limits, Log, LogKeys, OpenError, SystemClock};
use overt_record::PrivateKey;
use overt_record::signer::NoteSigner;

use super::{LogFile, load_failure, note_signers};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::keyring::Keyring;

/// The writer of a log. When it is dropped, and nobody holds its door any more, what was taken in is written and answered
/// before the process goes on.
pub(crate) struct Writer {
    log: Arc<Log>,
    store: Arc<dyn Store>,
    keys: Arc<LogKeys>,
    file: LogFile,
    // Fields are dropped in their order: this one is the last to hold the log.
    _closing: Closing,
}

/// Closes a log when it is dropped.
struct Closing(Option<Arc<Log>>);

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(log) = self.0.take().and_then(Arc::into_inner) {
            log.close();
        }
    }
}

impl Writer {
    /// Opens the log with the key of the keyring that `log.json` names.
    pub(crate) fn open(
        environment: &Environment,
        directory: &Path,
        passphrase_file: Option<&Path>,
    ) -> Result<Self, Failure> {
        let file = LogFile::read(directory)?;
        let key = private_key(environment, directory, &file, passphrase_file)?;
        let keys = Arc::new(log_keys(note_signers(file.origin(), &key, &file.types())?)?);
        if keys.signer().vkey() != file.vkey() {
            return Err(Failure::usage(format!(
                "the key {:?} of this keyring is not the one of the log in {}\n  log    {}\n  key    {}\n  next   bring the log's key here, with OVERT_HOME for its keyring or `overt key new --import`",
                file.key().unwrap_or_default(),
                directory.display(),
                file.vkey(),
                keys.signer().vkey()
            )));
        }
        let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(directory).map_err(Failure::undecided)?);
        let log =
            Log::open(store.clone(), keys.clone(), Arc::new(SystemClock), SUBMISSION, Limits::default());
        let log = Arc::new(log.map_err(|error| match error {
            OpenError::Load(error) => load_failure(error),
            error => Failure::undecided(error),
        })?);
        Ok(Self { log: log.clone(), store, keys, file, _closing: Closing(Some(log)) })
    }

    /// What the directory says of it.
    pub(crate) fn file(&self) -> &LogFile {
        &self.file
    }

    /// Where it lies.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The running log.
    pub(crate) fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// A door that lets in what the rules allow.
    pub(crate) fn door(&self, rules: AdmissionRules) -> Result<Arc<Door>, Failure> {
        let door = Door::new(self.log.clone(), self.store.clone(), Arc::new(SystemClock), rules);
        door.map(Arc::new).map_err(Failure::usage)
    }

    /// What asks witnesses to cosign the log.
    pub(crate) fn cosigner(&self, settings: CosignSettings) -> Result<Cosigner, Failure> {
        let clock = Arc::new(SystemClock);
        Cosigner::new(&self.log, self.store.clone(), self.keys.clone(), clock, settings)
            .map_err(Failure::usage)
    }
}

/// The keys of a log out of its signers: one that every reader knows, and one for ML-DSA-44.
pub(crate) fn log_keys(signers: Vec<NoteSigner>) -> Result<LogKeys, Failure> {
    let mut signers = signers.into_iter();
    let signer = signers.next().ok_or_else(|| Failure::usage("a log needs a key"))?;
    LogKeys::new(signer, signers.next()).map_err(Failure::usage)
}

fn private_key(
    environment: &Environment,
    directory: &Path,
    file: &LogFile,
    passphrase_file: Option<&Path>,
) -> Result<PrivateKey, Failure> {
    let directory = directory.display();
    let Some(name) = file.key() else {
        return Err(Failure::usage(format!(
            "{directory} is a copy of the log {}, and nothing is added to a copy\n  next   name the log itself",
            file.origin()
        )));
    };
    let keyring = Keyring::new(&environment.home);
    if !keyring.has(name) {
        return Err(Failure::usage(format!(
            "the log in {directory} is written with the key {name:?}, which is not in this keyring\n  keys   {}\n  next   set OVERT_HOME to its operator's home, or submit to the address where it is served",
            environment.home.join("keys").display()
        )));
    }
    keyring.open(name, passphrase_file)
}
