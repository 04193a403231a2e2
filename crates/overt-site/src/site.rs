//! A site, with everything that it keeps.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use overt_log::Clock;
use overt_log::store::Store;

use crate::accounts::Accounts;
use crate::audit::Audit;
use crate::data::Data;
use crate::domain_keys::{self, DomainKeys, LookedUp};
use crate::index::{self, Believed, Index, IndexError};
use crate::issue::{IssueError, Issuer, Unfinished};
use crate::mail::Outbox;
use crate::moderation::Moderation;
use crate::private::{Identity, Private, PrivateError};
use crate::publish::{Publish, PublishError};
use crate::reports::Reports;
use crate::signing::Signing;

/// How often what is left over is looked for: records that the log did not take, what is to be deleted.
const ROUND: Duration = Duration::from_secs(60);

/// A site. Clones share it.
#[derive(Clone)]
pub struct Site {
    index: Index,
    issuer: Issuer,
    signing: Signing,
    moderation: Moderation,
    reports: Reports,
    accounts: Accounts,
    audit: Audit,
    outbox: Outbox,
    clock: Arc<dyn Clock>,
    publish: Arc<dyn Publish>,
    /// Up to which entry of the log what was taken down has gone; what that entry itself took down is looked at again.
    carried_out: Arc<AtomicU64>,
    /// Holds the directory.
    data: Arc<Data>,
}

/// What a site is made of.
pub struct Parts {
    /// Who it is.
    pub identity: Identity,
    /// Whose redactions its log carries out for every record, beside its own.
    pub authorities: Vec<overt_record::KeyId>,
    /// Keys that it signed with before.
    pub earlier_keys: Vec<overt_record::KeyId>,
    /// The way into its log.
    pub publish: Arc<dyn Publish>,
    /// Where log and bodies lie.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why a site could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The private state.
    #[error(transparent)]
    Private(#[from] PrivateError),
}

impl Site {
    /// Opens the site in a directory. [`Site::go_on`] takes up what a stop has interrupted.
    ///
    /// This reads files; it is not for a thread that runs asynchronous tasks.
    ///
    /// # Errors
    /// When index or private state can't be opened.
    pub fn open(data: Data, parts: Parts) -> Result<Self, OpenError> {
        let Parts { identity, authorities, earlier_keys, publish, store, clock } = parts;
        let own = identity.key.public().id();
        let believed = Believed {
            vouching: earlier_keys.into_iter().chain([own]).collect(),
            authorities: authorities.into_iter().chain([own]).collect(),
        };
        let index = Index::open(&data.index(), believed)?;
        let private =
            Private::open(&data.private(), data.secret().copy(), identity, index.clone(), clock.clone())?;
        let private = Arc::new(private);
        let issuer = Issuer::new(private.clone(), publish.clone(), store);
        Ok(Self {
            index,
            signing: Signing::new(private.clone(), issuer.clone()),
            moderation: Moderation::new(private.clone(), issuer.clone()),
            reports: Reports::new(private.clone(), issuer.clone()),
            accounts: Accounts::new(private.clone()),
            audit: Audit::new(private.clone()),
            outbox: Outbox::new(private),
            issuer,
            clock,
            publish,
            carried_out: Arc::default(),
            data: Arc::new(data),
        })
    }

    /// The index over the log.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Signing by mail.
    pub fn signing(&self) -> &Signing {
        &self.signing
    }

    /// What waits for a person.
    pub fn moderation(&self) -> &Moderation {
        &self.moderation
    }

    /// Reports of incidents and flaws.
    pub fn reports(&self) -> &Reports {
        &self.reports
    }

    /// Tokens and sessions.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The audit trail.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Mails that wait to be sent.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Where it lies.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Takes in what the log has grown by, and answers by how much. To be called after each new checkpoint.
    ///
    /// # Errors
    /// When log or index fail.
    pub async fn follow(&self) -> Result<u64, IndexError> {
        self.issuer.follow().await
    }

    /// Takes every record that was signed and is not in the log the rest of the way, and answers how many got there. To be
    /// called at the start, and from time to time.
    ///
    /// # Errors
    /// When the private state fails; what the log does not take now is no error.
    pub async fn go_on(&self) -> Result<usize, IssueError> {
        self.issuer.go_on().await
    }

    /// The site's own records that are signed, and not where they are to be: what an operator looks at if it is not empty for
    /// long.
    ///
    /// # Errors
    /// When the private state can't be read.
    pub fn unfinished(&self) -> Result<Vec<Unfinished>, PrivateError> {
        self.issuer.unfinished()
    }

    /// Takes away the bodies of what was taken down by whoever has a say, and the files of what was taken down in part: also
    /// where issuers took back what is their own, which no moderator has seen. What the log can't do now is done next time.
    ///
    /// # Errors
    /// When the index can't be read.
    pub async fn carry_out(&self) -> Result<(), IndexError> {
        let since = self.carried_out.load(Ordering::Relaxed);
        let mut due = self.index.taken_down_since(since)?;
        due.extend(self.index.partly_taken_down_since(since)?);
        due.sort_by_key(|one| one.since());
        // What can't be done now keeps nothing up, and is where the next round begins.
        let mut stuck = None;
        for one in due {
            if let Err(PublishError::Later(_)) = self.publish.erase(one.index, one.redaction).await {
                stuck = stuck.or(Some(one.since()));
            }
            self.carried_out.store(stuck.unwrap_or_else(|| one.since()), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Deletes what is to be deleted by now.
    ///
    /// # Errors
    /// When the private state fails.
    pub async fn tidy(&self) -> Result<(), PrivateError> {
        self.signing.tidy().await?;
        self.reports.tidy().await
    }

    /// Looks up the domains that people claim who signed with keys of their own, those that were not looked up for a day, and
    /// no more than 64.
    ///
    /// # Errors
    /// When the index fails.
    pub async fn look_up_domains(&self, domains: &dyn DomainKeys) -> Result<LookedUp, IndexError> {
        domain_keys::look_up(&self.index, domains, self.clock.now() / 1000).await
    }

    /// Does all that has to be done from time to time, for ever: follows the log, goes on, carries out, tidies.
    ///
    /// # Errors
    /// The first failure of index or private state.
    pub async fn run(&self) -> Result<(), IssueError> {
        loop {
            self.follow().await?;
            self.go_on().await?;
            self.carry_out().await?;
            self.tidy().await?;
            tokio::time::sleep(ROUND).await;
        }
    }
}

/// Removes the index of a site that is not open, so that the next start makes it anew.
///
/// # Errors
/// When a file of it can't be removed.
pub fn remove_index(data: &Data) -> io::Result<()> {
    index::remove(&data.index())
}
