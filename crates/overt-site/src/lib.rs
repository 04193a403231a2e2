//! What a public site keeps: the index over its log, the private state, mail.
//!
//! **Charter.** From a log that anybody can check, and from people who fill in forms, to plain data for pages, and to records
//! that go into the log. Everything private is behind this crate, and so are SQLite and SMTP. It knows no HTML and no HTTP
//! server. `docs/design/web.md` has the design, `docs/site.md` tells operators what is kept and when it is deleted.
//!
//! **A tour, in the order in which data passes.** [`Data`] is the site's directory, which one process at a time has. [`Site`]
//! opens what lies in it. Its [`Index`] follows the log and answers what pages ask ([`index`]); it may be deleted. What must
//! not be public is in a second database, with one writing thread and group commit, addresses and forms
//! sealed for their rows with the site's secret. [`signing`] leads from a form over a link that comes by [`mail`] to a
//! signature in the log; what a person has to look at waits in [`moderation`]; [`reports`] are taken in and published
//! as incidents. A record of the site's own is signed and stored before anybody sees it, and taken into the log through
//! [`Publish`], however often the process stops on the way. [`accounts`] are tokens and sessions, and what they do stands in the
//! [`audit`] trail. [`domain_keys`] tells whether a domain publishes a key. [`language`] has the languages in which people are
//! spoken to, for mails here and for pages elsewhere.
//!
//! ```
//! use std::sync::Arc;
//! # use overt_log::admission::{AdmissionRules, Door, SUBMISSION, Submission};
//! # use overt_log::{Limits, Log, LogKeys, SystemClock, Clock as _, sequencer::Idle, store::{MemoryStore, Store}};
//! # use overt_record::{dsse::Envelope, in_toto, note::KeyName, signer::NoteSigner, sigstore, Record, Salt, SignatureType};
//! use overt_record::record::{Capacity, Header, Issuer, MediaType, PublicStatement};
//! use overt_record::{Algorithm, Hash, PrivateKey, Text};
//! use overt_site::index::{PageSize, Seek};
//! use overt_site::language::Language;
//! use overt_site::mail::{DirectoryMailer, Sender};
//! use overt_site::signing::{MailboxIs, Shown, SigningForm};
//! use overt_site::{AtDoor, Data, Identity, Parts, Publish, Site};
//! use overt_statement::MailAddress;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
//! # let name = KeyName::parse("log.example.org/2026")?;
//! # let log_keys = Arc::new(LogKeys::new(NoteSigner::from_seed(name, SignatureType::Ed25519, &[7; 32])?, None)?);
//! # drop(Idle::create(store.clone(), log_keys.clone(), SystemClock.now()).map_err(|error| error.to_string())?);
//! # let log = Arc::new(Log::open(store.clone(), log_keys, Arc::new(SystemClock), SUBMISSION, Limits::default())?);
//! # let door = Arc::new(Door::new(log, store.clone(), Arc::new(SystemClock), AdmissionRules::everyone())?);
//! // A log (see `overt_log`), and a directory for the rest. Keys come from outside: here they are not random.
//! let directory = tempfile::tempdir()?;
//! let key = || PrivateKey::generate(Algorithm::Ed25519, &[9; 32]);
//! let publish: Arc<dyn Publish> = Arc::new(AtDoor(door));
//! let site = Site::open(Data::open(directory.path().join("site"))?, Parts {
//!     identity: Identity { name: "Example Signatures".parse()?, url: "https://sign.example.org".parse()?, key: key() },
//!     authorities: Vec::new(),
//!     earlier_keys: Vec::new(),
//!     publish: publish.clone(),
//!     store,
//!     clock: Arc::new(SystemClock),
//! })?;
//! # let text: Text = "We ask for evidence that anybody can check.".parse()?;
//! # let body = PublicStatement { title: "Evidence".parse()?, language: "en".parse()?, version: "1".parse()?, replaces: None,
//! #     translates: None, media_type: MediaType::Plain, sha256: Hash::of(text.as_str()), text };
//! # let issuer = Issuer { name: "Example".parse()?, key: key().public(), uri: None };
//! # let record = Record::new(Header { issuer, issued_at: "2026-11-24T16:00:00Z".parse()? }, body)?;
//! # let envelope = Envelope::sign(in_toto::PAYLOAD_TYPE, record.to_payload()?, &key())?;
//! # let statement = envelope.digest();
//! # let submission = Submission::new(Salt::from_bytes([1; 32]), &sigstore::Bundle::new(envelope))?.to_bytes()?;
//!
//! # let mails = directory.path().join("mails");
//! # std::fs::create_dir(&mails)?;
//! let sender = Sender { name: "Example Signatures".parse()?, address: MailAddress::parse("sign@example.org")? };
//! let mailer = DirectoryMailer::new(mails.clone(), sender);
//! tokio::runtime::Runtime::new()?.block_on(async {
//!     # publish.submit(submission).await?;
//!     site.follow().await?; // the statement is in the log
//!     let form = SigningForm {
//!         statement,
//!         address: MailAddress::parse("reader@example.edu")?,
//!         capacity: Capacity::Person,
//!         name: "A Reader".parse()?,
//!         role: None,
//!         affiliation: None,
//!         country: None,
//!         shown: Shown::Name,
//!         language: Language::English,
//!     };
//!     site.signing().request(&form, None).await?;
//!     site.outbox().send_due(&mailer).await?;
//!     # let mail = std::fs::read_to_string(std::fs::read_dir(&mails)?.next().ok_or("no mail")??.path())?;
//!     # let mail = mail.replace("=\r\n", "");
//!     # let secret = mail.split_once("/confirm/").ok_or("no link")?.1.split('?').next().ok_or("no secret")?;
//!     // The reader opens the link in the mail and presses the button.
//!     site.signing().confirm(secret, MailboxIs::Own).await?;
//!     let page = site.index().signatories(&statement, Seek::Start, PageSize::default())?;
//!     assert_eq!(page.items[0].name.as_deref(), Some("A Reader"));
//!     Ok(())
//! })
//! # }
//! ```

pub mod accounts;
pub mod audit;
mod data;
mod database;
pub mod domain_keys;
pub mod index;
mod issue;
pub mod language;
mod limits;
pub mod mail;
pub mod moderation;
mod private;
mod publish;
mod random;
pub mod reports;
mod row;
mod secret;
pub mod signing;
mod site;
mod words;

pub use data::{Data, DataError};
pub use database::DatabaseError;
pub use index::{Index, IndexError};
pub use issue::{IssueError, Unfinished};
pub use private::{Identity, PrivateError};
pub use publish::{AtDoor, Publish, PublishError};
pub use random::NoRandomness;
pub use secret::NotOurs;
pub use site::{OpenError, Parts, Site, remove_index};
pub use words::fold;
