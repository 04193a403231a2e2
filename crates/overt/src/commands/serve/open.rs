//! A site out of its directory: made if there is none, and opened with its keys.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use overt_log::admission::AdmissionRules;
use overt_log::cosign::{CosignSettings, Cosigner};
use overt_log::sequencer::Idle;
use overt_log::serve::log_router;
use overt_log::store::DirectoryStore;
use overt_log::{Clock as _, SystemClock};
use overt_record::record::Kind;
use overt_record::{Algorithm, KeyId, Link, PrivateKey, SignatureType};
use overt_site::{AtDoor, Data, Identity, Parts};
use overt_web::civic::{Desk, DeskSettings};
use overt_web::site::{Settings, Sources};

use super::settings::SiteSettings;
use crate::cli::SiteArgs;
use crate::commands::log::{check_name, serve::rules};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::keyring::{self, Keyring, Protection, Purpose, entropy, generate, new_passphrase};
use crate::logs::{LogFile, NewKey, Writer, load_failure, log_keys, note_signers};
use crate::output::Output;

/// Bytes of memory for runs that were looked at: six runs of a million samples.
const MEMORY: usize = 256 << 20;

/// Where a site is that nobody said an address of.
pub(crate) const HERE: &str = "http://127.0.0.1:8080";

/// How often one address may submit to a log whose operator says nothing else. The site's own records are not counted.
const ADDRESS_LIMIT: &str = "[limits]\naddress = { events = 60, seconds = 60 }\n";

/// A site that is open. Dropped, it is closed: what it acknowledged is then on the disk.
pub(crate) struct OpenSite {
    /// Everything that is kept.
    pub(crate) site: overt_site::Site,
    /// The pages that everybody may read.
    pub(crate) pages: overt_web::site::Site,
    /// All of its addresses.
    pub(crate) router: Router,
    /// What asks witnesses to cosign its log.
    pub(crate) cosigner: Option<Cosigner>,
    // Fields are dropped in their order: the writer closes the log when nobody else holds it.
    pub(crate) writer: Writer,
}

/// Who a site is, and with what it is opened.
pub(crate) struct Opening<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) settings: &'a SiteSettings,
    pub(crate) args: &'a SiteArgs,
    pub(crate) url: Link,
}

impl<'a> Opening<'a> {
    /// A site at the address that the command line, the settings, or else `here` says.
    pub(crate) fn new(
        environment: &'a Environment,
        settings: &'a SiteSettings,
        args: &'a SiteArgs,
        here: &str,
    ) -> Result<Self, Failure> {
        let url = args.url.as_deref().or(settings.url.as_deref()).unwrap_or(here).trim_end_matches('/');
        let wrong = |why: String| {
            Failure::usage(format!(
                "the site's address {url:?}: {why}\n  next   --url https://NAME, or url under [site] in overt.toml"
            ))
        };
        let link = Link::new(url).map_err(|error| wrong(error.to_string()))?;
        if url.contains(['?', '#']) {
            return Err(wrong("it has a query or a fragment; links are put together from it".to_owned()));
        }
        Ok(Self { environment, settings, args, url: link })
    }

    /// Makes what is not there yet: directory, log, keys. `true` if that was anything.
    pub(crate) fn begin(&self, output: &mut Output) -> Result<bool, Failure> {
        let data = self.data()?;
        let log = data.log();
        let is_new = LogFile::find(&log)?.is_none();
        if is_new {
            self.begin_log(&log, output)?;
        }
        let keyring = Keyring::new(&self.environment.home);
        if !keyring.has(self.settings.key()) {
            self.make_key(&keyring, output)?;
        }
        Ok(is_new)
    }

    /// Opens it. This reads files: not for a thread that runs asynchronous tasks.
    pub(crate) fn open(&self) -> Result<OpenSite, Failure> {
        self.open_with(self.data()?)
    }

    /// The same, with a directory that is held already.
    pub(crate) fn open_with(&self, data: Data) -> Result<OpenSite, Failure> {
        let Self { environment, settings, args, url } = self;
        let passphrase = args.passphrase_file.as_deref();
        let key = self.key()?;
        let own = key.public().id();
        let authorities = settings.authorities()?;
        let rules = self.rules(own)?;
        let writer = Writer::open(environment, &data.log(), passphrase)?;
        let (policy, cosigner) = self.witnesses(&writer)?;
        let (store, clock) = (writer.store().clone(), Arc::new(SystemClock));
        let door = writer.door(rules)?;
        let public = key.public().to_pem().map_err(Failure::undecided)?;
        let derived = data.derived();
        let parts = Parts {
            identity: Identity { name: settings.name()?, url: url.clone(), key },
            authorities: authorities.iter().copied().collect(),
            earlier_keys: settings.earlier_keys()?.into_iter().collect(),
            publish: Arc::new(AtDoor(door.clone())),
            store: store.clone(),
            clock: clock.clone(),
        };
        let site = overt_site::Site::open(data, parts).map_err(Failure::undecided)?;
        let sources = Sources {
            index: site.index().clone(),
            store: store.clone(),
            clock: clock.clone(),
            policy,
            derived,
            authorities: authorities.into_iter().chain([own]).collect(),
        };
        let pages = overt_web::site::Site::new(sources, self.said(public)?).map_err(Failure::usage)?;
        let desk = DeskSettings {
            url: url.to_string(),
            behind: settings.behind(),
            frame: pages.frame().clone(),
            store,
            clock: clock.clone(),
        };
        let part = overt_web::civic::router(Desk::new(site.clone(), desk));
        let router = overt_web::site::router(pages.clone(), part, log_router(door, clock, cosigner.as_ref()));
        Ok(OpenSite { site, pages, router, cosigner, writer })
    }

    /// Its directory, locked.
    pub(crate) fn data(&self) -> Result<Data, Failure> {
        Data::open(&self.args.data).map_err(|error| match error {
            error @ (overt_site::DataError::Io { .. } | overt_site::DataError::InUse(_)) => {
                Failure::undecided(error)
            }
            error => Failure::usage(error),
        })
    }

    fn begin_log(&self, directory: &Path, output: &mut Output) -> Result<(), Failure> {
        let origin = self.origin()?;
        check_name("--url", &origin)?;
        let name = self.settings.log_key();
        let new = NewKey {
            key: name,
            name: &origin,
            no_passphrase: self.args.no_passphrase,
            passphrase_file: self.args.passphrase_file.as_deref(),
        };
        let key = new.open_or_make(self.environment, output)?;
        let signers = note_signers(&origin, &key, &[SignatureType::Ed25519])?;
        let vkey = signers.first().map(|signer| signer.vkey().clone());
        let vkey = vkey.ok_or_else(|| Failure::usage("a log needs a key"))?;
        let store = Arc::new(DirectoryStore::open(directory).map_err(Failure::undecided)?);
        let keys = Arc::new(log_keys(signers)?);
        drop(Idle::create(store, keys, SystemClock.now()).map_err(load_failure)?);
        LogFile::of_log(name, vkey, None).write(directory)
    }

    /// What its log is called for ever: the address without its scheme. One that no other machine reaches tells nothing
    /// apart, so such a log is called by chance.
    fn origin(&self) -> Result<String, Failure> {
        let address = self.url.as_str();
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        let host = rest.split('/').next().unwrap_or_default();
        let is_here = host.starts_with("localhost") || host.starts_with("127.") || host.starts_with('[');
        if !is_here {
            return Ok(rest.to_owned());
        }
        let chance = u64::from_be_bytes(entropy()?);
        Ok(format!("localhost/{chance:016x}"))
    }

    fn make_key(&self, keyring: &Keyring, output: &mut Output) -> Result<(), Failure> {
        let name = self.settings.key();
        let key = generate(Algorithm::Ed25519)?;
        let issuer = self.settings.name()?;
        let identity = keyring::identity(
            name,
            Purpose::Records,
            issuer.as_str(),
            Some(self.url.as_str()),
            key.public(),
        )?;
        let protection = if self.args.no_passphrase {
            Protection::None
        } else {
            Protection::Passphrase(new_passphrase(self.args.passphrase_file.as_deref(), name)?)
        };
        keyring.keep(&identity, &key, &protection)?;
        output.note(format!("  made the key {name}"));
        Ok(())
    }

    fn key(&self) -> Result<PrivateKey, Failure> {
        let keyring = Keyring::new(&self.environment.home);
        let identity = keyring.chosen(Some(self.settings.key()))?;
        keyring.open(&identity.key, self.args.passphrase_file.as_deref())
    }

    /// Who may add what. The site has to get its own records in, and what it takes down has to go.
    fn rules(&self, own: KeyId) -> Result<AdmissionRules, Failure> {
        let authorities = self.settings.authorities()?;
        let files = self.settings.files_rule()?;
        let Some(path) = &self.settings.admission else {
            let ids: Vec<String> = authorities.iter().chain([&own]).map(|id| format!("\"{id}\"")).collect();
            let text = format!(
                "max_body_bytes = 2097152\n[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n{ADDRESS_LIMIT}[redaction]\nauthorities = [{}]\n{files}",
                ids.join(", ")
            );
            return AdmissionRules::parse(text.as_bytes()).map_err(Failure::undecided);
        };
        let rules = rules(path)?;
        let lacks = |what: String| {
            Failure::usage(format!(
                "the admission file {what}\n  file   {}\n  next   docs/site.md says what a site needs",
                path.display()
            ))
        };
        if let Some(id) = authorities.iter().chain([&own]).find(|id| !rules.is_authority(**id)) {
            return Err(lacks(format!(
                "does not name {id} among the authorities of [redaction], so what the site takes down would stay"
            )));
        }
        for kind in ["endorsement", "redaction", "incident"] {
            let kind: Kind = kind.parse().map_err(Failure::undecided)?;
            rules
                .check(&kind, own)
                .map_err(|error| lacks(format!("keeps the site's own records out: {error}")))?;
        }
        Ok(rules)
    }

    /// The policy that visitors are shown, and what asks its witnesses.
    fn witnesses(&self, writer: &Writer) -> Result<(String, Option<Cosigner>), Failure> {
        let Some(path) = &self.settings.policy else { return Ok((writer.file().policy_text(), None)) };
        let policy = crate::logs::policy(path)?;
        let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, error))?;
        Ok((text, Some(writer.cosigner(CosignSettings::new(policy))?)))
    }

    fn said(&self, key: String) -> Result<Settings, Failure> {
        Ok(Settings {
            name: self.settings.name()?.to_string(),
            url: self.url.to_string(),
            contact: self.settings.contact.clone(),
            introduction: self.settings.introduction.clone(),
            key: Some(key),
            memory: MEMORY,
            version: env!("CARGO_PKG_VERSION").into(),
        })
    }
}
