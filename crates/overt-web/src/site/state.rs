//! What every page of a site is made from.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use overt_log::store::Store;
use overt_log::{Clock, Reader};
use overt_record::KeyId;
use overt_record::policy::{Policy, PolicyError};
use overt_site::Index;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::kept::Answers;
use super::reply;
use super::wrong::Wrong;
use crate::kit::{Frame, NavLink, Page};
use crate::pages::failure;
use crate::view::Shelf;

/// How long a request waits for others before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a site's pages come from: the log, and what follows from it. Nothing of it is private.
#[derive(Clone)]
pub struct Sources {
    /// The index over the log.
    pub index: Index,
    /// Where the log lies.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The site's policy (C2SP tlog-policy): its log, and the witnesses that it asks. Visitors are shown it as the site's own word.
    pub policy: String,
    /// Where runs may be laid out; may be deleted at any time.
    pub derived: PathBuf,
    /// Keys whose redactions the log carries out for every record: the site's own, and others that it believes.
    pub authorities: BTreeSet<KeyId>,
}

/// What a site says of itself, and what it may take.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name.
    pub name: String,
    /// Its public address, without a slash at the end.
    pub url: String,
    /// Who answers for it: an e-mail address or a URL.
    pub contact: Option<String>,
    /// What it is for: a paragraph of plain text on its first page.
    pub introduction: Option<String>,
    /// The public key that it signs with, in PEM, for `.well-known/overt-key`.
    pub key: Option<String>,
    /// Bytes of memory for runs that were looked at.
    pub memory: usize,
    /// The version of overt.
    pub version: String,
}

/// Why a site's pages can't be made.
#[derive(Debug, thiserror::Error)]
pub enum BadSources {
    /// The policy.
    #[error("the site's policy: {0}")]
    Policy(#[from] PolicyError),
    /// The address.
    #[error("{0:?} is no address of a site: it begins with https:// or http:// and ends without a slash")]
    Url(String),
}

/// The pages of a site. Clones share what is kept in memory.
#[derive(Clone)]
pub struct Site(Arc<Inner>);

struct Inner {
    sources: Sources,
    settings: Settings,
    policy: Policy,
    reader: Reader,
    shelf: Shelf,
    frame: Frame,
    /// Pages are made on threads of their own, so many at once.
    hands: Arc<Semaphore>,
    /// One run at a time is laid out.
    laying: Mutex<()>,
    answers: Answers,
}

impl Site {
    /// The pages of these sources.
    ///
    /// # Errors
    /// When the policy or the address can't be read.
    pub fn new(sources: Sources, settings: Settings) -> Result<Self, BadSources> {
        let policy = Policy::parse(sources.policy.as_bytes())?;
        let url = &settings.url;
        let is_http = url.starts_with("https://") || url.starts_with("http://");
        if !is_http || url.ends_with('/') || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(BadSources::Url(url.clone()));
        }
        let hands = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        let inner = Inner {
            reader: Reader::new(Arc::clone(&sources.store)),
            shelf: Shelf::new(settings.memory),
            frame: frame(&settings),
            policy,
            sources,
            settings,
            hands: Arc::new(Semaphore::new(hands)),
            laying: Mutex::new(()),
            answers: Answers::default(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The index over the log.
    pub fn index(&self) -> &Index {
        &self.0.sources.index
    }

    /// What the site says of itself.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// What surrounds every page.
    pub fn frame(&self) -> &Frame {
        &self.0.frame
    }

    /// The whole address of a path of this site.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.0.settings.url)
    }

    /// The time in seconds since 1970.
    pub fn now(&self) -> u64 {
        self.0.sources.clock.now() / 1000
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.0.sources
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.0.policy
    }

    pub(super) fn reader(&self) -> &Reader {
        &self.0.reader
    }

    pub(super) fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    pub(super) fn answers(&self) -> &Answers {
        &self.0.answers
    }

    pub(super) fn laying(&self) -> &Mutex<()> {
        &self.0.laying
    }

    /// Makes a page on a thread where reading files holds up nobody.
    pub async fn page(&self, make: impl FnOnce(&Self) -> Result<Page, Wrong> + Send + 'static) -> Response {
        self.answer(|site| Ok(reply::page(site.frame(), &make(site)?))).await
    }

    /// Makes any reply on such a thread. What goes wrong becomes a page.
    pub async fn answer(
        &self,
        make: impl FnOnce(&Self) -> Result<Response, Wrong> + Send + 'static,
    ) -> Response {
        self.attempt(make).await.unwrap_or_else(|wrong| reply::wrong(self.frame(), &wrong))
    }

    /// Makes something on such a thread, and leaves what goes wrong to the caller.
    pub(super) async fn attempt<T: Send + 'static>(
        &self,
        make: impl FnOnce(&Self) -> Result<T, Wrong> + Send + 'static,
    ) -> Result<T, Wrong> {
        let hands = Arc::clone(&self.0.hands);
        let Ok(Ok(hand)) = tokio::time::timeout(PATIENCE, hands.acquire_owned()).await else {
            return Err(Wrong::Busy);
        };
        let site = self.clone();
        // The hand goes with the work: whoever hangs up does not make room for more of it.
        let work = move || {
            let _hand = hand;
            make(&site)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(Wrong::Bug))
    }

    /// Waits for what a client of the log does. Only for threads that make pages.
    pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
        Handle::current().block_on(future)
    }

    /// The page for an address that is none.
    pub(super) fn nothing(&self) -> Response {
        let page =
            failure("Not found", "There is no such page here.", "The address may be cut off or mistyped.");
        (StatusCode::NOT_FOUND, reply::page(self.frame(), &page)).into_response()
    }
}

fn frame(settings: &Settings) -> Frame {
    let list =
        |links: &[(&str, &str)]| links.iter().map(|(label, href)| NavLink::new(*label, *href)).collect();
    Frame {
        name: settings.name.clone(),
        home: "/".into(),
        links: list(&[
            ("Evaluations", "/evaluations"),
            ("Systems", "/systems"),
            ("Tasks", "/tasks"),
            ("Statements", "/statements"),
            ("Incidents", "/incidents"),
            ("Log", "/log"),
        ]),
        foot: list(&[
            ("How to check this site", "/about"),
            ("Report an incident", "/report"),
            ("Feed", "/feed.atom"),
            ("API", "/api/v1/openapi.json"),
        ]),
        imprint: format!(
            "Made with overt {}. Everything here can be checked without trusting it.",
            settings.version
        ),
    }
}
