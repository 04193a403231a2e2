//! What the pages of participation are made from.

use std::sync::Arc;
use std::time::Duration;

use overt_log::store::Store;
use overt_log::{Clock, Reader};
use overt_record::Timestamp;
use overt_site::{Index, Site};
use tokio::sync::Semaphore;

use super::fault::Fault;
use crate::kit::Frame;

/// How long a request waits for others before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who a request's connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// From whoever asks.
    Nothing,
    /// From a proxy of the operator's, which puts the address of whoever asks last in `X-Forwarded-For`.
    Proxy,
}

/// What the pages need beside the site.
#[derive(Clone)]
pub struct DeskSettings {
    /// The site's public address, without a slash at the end. If it begins with `https:`, cookies are for TLS alone.
    pub url: String,
    /// Who connections come from: rates are limited by address.
    pub behind: Behind,
    /// What surrounds every page.
    pub frame: Frame,
    /// Where the log and its bodies lie.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The pages' state. Clones share it.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    site: Site,
    settings: DeskSettings,
    reader: Reader,
    /// Pages are made on threads of their own, so many at once.
    hands: Arc<Semaphore>,
}

impl Desk {
    /// A desk in front of a site.
    pub fn new(site: Site, settings: DeskSettings) -> Self {
        let reader = Reader::new(Arc::clone(&settings.store));
        let hands = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        Self(Arc::new(Inner { site, settings, reader, hands: Arc::new(Semaphore::new(hands)) }))
    }

    pub(super) fn site(&self) -> &Site {
        &self.0.site
    }

    pub(super) fn index(&self) -> &Index {
        self.0.site.index()
    }

    pub(super) fn settings(&self) -> &DeskSettings {
        &self.0.settings
    }

    pub(super) fn reader(&self) -> &Reader {
        &self.0.reader
    }

    pub(super) fn frame(&self) -> &Frame {
        &self.0.settings.frame
    }

    /// The whole address of a path of this site.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.0.settings.url)
    }

    /// Whether browsers reach the site over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.0.settings.url.starts_with("https://")
    }

    pub(super) fn now(&self) -> Timestamp {
        let seconds = self.0.settings.clock.now() / 1000;
        Timestamp::from_unix(seconds)
            .unwrap_or_else(|| unreachable!("a clock of this age has four digits for its year"))
    }

    /// Makes something on a thread where reading files holds up nobody.
    pub(super) async fn make<T: Send + 'static>(
        &self,
        make: impl FnOnce(&Self) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let hands = Arc::clone(&self.0.hands);
        let Ok(Ok(hand)) = tokio::time::timeout(PATIENCE, hands.acquire_owned()).await else {
            return Err(Fault::Busy);
        };
        let desk = self.clone();
        // The hand goes with the work: whoever hangs up does not make room for more of it.
        let work = move || {
            let _hand = hand;
            make(&desk)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(Fault::Ours))
    }
}
