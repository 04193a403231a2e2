//! Rounds of asking.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use overt_record::Hash;
use overt_record::note::{NoteKeyId, NoteSignature};
use overt_record::policy::{Freshness, Policy};
use tokio::sync::{Mutex, mpsc, watch};

use super::ask::{AskError, WitnessClient};
use super::publish::{self, PublishError};
use super::schedule::{LastRound, Schedule, Tree};
use crate::client::{Http, HttpError, source_prefix};
use crate::clock::Clock;
use crate::key::Key;
use crate::keys::{LogKeys, SignedHead};
use crate::log::Log;
use crate::reader::Reader;
use crate::retry::Backoff;
use crate::store::{Store, StoreError};

/// How a log gets its checkpoints cosigned.
#[derive(Clone, Debug)]
pub struct CosignSettings {
    /// The witnesses, and how many must cosign. Those without a URL are not asked.
    pub policy: Policy,
    /// How long a witness may take.
    pub timeout: Duration,
    /// How long others are waited for once there are enough.
    pub grace: Duration,
    /// The shortest time between two rounds: public witnesses take so many requests a day.
    pub pace: Duration,
    /// After what time an unchanged checkpoint is cosigned again.
    pub heartbeat: Duration,
    /// How often the clock is looked at.
    pub tick: Duration,
}

impl CosignSettings {
    /// The witnesses of a policy, asked at most every second and at least every ten minutes.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            timeout: Duration::from_secs(10),
            grace: Duration::from_millis(200),
            pace: Duration::from_secs(1),
            heartbeat: Duration::from_secs(600),
            tick: Duration::from_secs(1),
        }
    }
}

/// Asks a log's witnesses.
pub struct Cosigner {
    witnesses: Vec<Arc<Witness>>,
    policy: Policy,
    settings: CosignSettings,
    schedule: Schedule,
    store: Arc<dyn Store>,
    keys: Arc<LogKeys>,
    clock: Arc<dyn Clock>,
    reader: Reader,
    head: watch::Receiver<Arc<SignedHead>>,
    witnessed: watch::Sender<Option<Arc<SignedHead>>>,
    standing: watch::Sender<Standing>,
}

/// How the witnesses stand, for whoever operates the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// When the quorum was last met, in milliseconds since 1970.
    pub met_at: Option<u64>,
    /// What each witness answered last, if it did not cosign.
    pub complaints: BTreeMap<String, String>,
}

struct Witness {
    client: WitnessClient,
    /// Held while it is asked: a slow witness is not asked twice at once.
    busy: Arc<Mutex<()>>,
}

struct Arrival {
    round: u64,
    signed: Arc<SignedHead>,
    witness: String,
    answer: Result<Vec<NoteSignature>, AskError>,
}

/// A checkpoint and the cosignatures that came for it.
struct Gathered {
    round: u64,
    signed: Arc<SignedHead>,
    cosignatures: BTreeMap<(String, NoteKeyId), NoteSignature>,
}

impl Cosigner {
    /// Prepares to ask the witnesses of a policy for a log.
    ///
    /// # Errors
    /// When there is no HTTP client, a witness's URL is none, or what is published is not the log's.
    pub fn new(
        log: &Log,
        store: Arc<dyn Store>,
        keys: Arc<LogKeys>,
        clock: Arc<dyn Clock>,
        settings: CosignSettings,
    ) -> Result<Self, CannotCosign> {
        let published = publish::published(store.as_ref(), &keys)?.map(Arc::new);
        let policy = settings.policy.clone().with_logs([keys.signer().vkey().clone()]);
        let schedule = Schedule {
            pace: settings.pace,
            heartbeat: settings.heartbeat,
            backoff: Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60) },
        };
        Ok(Self {
            witnesses: witnesses(&policy, &Http::new(settings.timeout)?)?,
            policy,
            settings,
            schedule,
            store,
            keys,
            clock,
            reader: log.reader().clone(),
            head: log.head(),
            witnessed: watch::channel(published).0,
            standing: watch::channel(Standing::default()).0,
        })
    }

    /// The newest checkpoint that met the quorum, and each one after it.
    pub fn witnessed(&self) -> watch::Receiver<Option<Arc<SignedHead>>> {
        self.witnessed.subscribe()
    }

    /// How the witnesses stand.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Asks until it is dropped, or the log ends.
    pub async fn run(mut self) {
        let (sender, mut arrivals) = mpsc::channel(2 * self.witnesses.len().max(1));
        let mut last: Option<LastRound> = None;
        let mut asked: Option<Gathered> = None;
        let mut round = 0;
        loop {
            let newest = self.head.borrow_and_update().clone();
            let same = asked.as_ref().is_some_and(|asked| asked.signed.head == newest.head);
            let tree = if same { Tree::Same } else { Tree::Grown };
            let now = self.clock.now();
            if self.schedule.is_due(now, last, tree) {
                let mut gathered = Gathered { round, signed: newest, cosignatures: BTreeMap::new() };
                round += 1;
                let met = self.round(&mut gathered, &sender, &mut arrivals).await;
                let failures = if met { 0 } else { last.map_or(0, |last| last.failures).saturating_add(1) };
                last = Some(LastRound { began: now, failures });
                asked = Some(gathered);
                continue;
            }
            tokio::select! {
                changed = self.head.changed() => if changed.is_err() { return },
                Some(arrival) = arrivals.recv() => {
                    if let Some(asked) = &mut asked && self.take(arrival, asked) && self.is_met(asked) {
                        self.publish(asked).await;
                        if let Some(last) = &mut last { last.failures = 0; }
                    }
                }
                () = tokio::time::sleep(self.settings.tick) => {}
            }
        }
    }

    /// Asks everybody once; whether the quorum was met.
    async fn round(
        &self,
        gathered: &mut Gathered,
        sender: &mpsc::Sender<Arrival>,
        arrivals: &mut mpsc::Receiver<Arrival>,
    ) -> bool {
        let mut open = self.witnesses.iter().filter(|witness| self.ask(witness, gathered, sender)).count();
        let deadline = tokio::time::Instant::now() + self.settings.timeout;
        let mut until = deadline;
        let mut met = self.is_met(gathered);
        while open > 0 {
            let Ok(Some(arrival)) = tokio::time::timeout_at(until, arrivals.recv()).await else { break };
            open -= usize::from(arrival.round == gathered.round);
            self.take(arrival, gathered);
            if !met && self.is_met(gathered) {
                met = true;
                until = deadline.min(tokio::time::Instant::now() + self.settings.grace);
            }
        }
        if met {
            self.publish(gathered).await;
        }
        met
    }

    /// Begins to ask a witness, unless it has not answered the last question yet.
    fn ask(&self, witness: &Arc<Witness>, gathered: &Gathered, sender: &mpsc::Sender<Arrival>) -> bool {
        let Ok(busy) = witness.busy.clone().try_lock_owned() else { return false };
        let (witness, sender, reader) = (witness.clone(), sender.clone(), self.reader.clone());
        let (round, signed) = (gathered.round, gathered.signed.clone());
        tokio::spawn(async move {
            let answer = witness.client.cosign(&signed, &reader).await;
            drop(busy);
            let name = witness.client.name().to_owned();
            // If the cosigner has ended, nobody needs the answer.
            let _ = sender.send(Arrival { round, signed, witness: name, answer }).await;
        });
        true
    }

    /// Notes an answer; whether it added to what was gathered.
    fn take(&self, arrival: Arrival, gathered: &mut Gathered) -> bool {
        let Arrival { signed, witness, answer, .. } = arrival;
        match answer {
            Ok(cosignatures) => {
                self.standing.send_modify(|standing| drop(standing.complaints.remove(&witness)));
                if signed.note.text() != gathered.signed.note.text() {
                    return false;
                }
                for signature in cosignatures {
                    let of = (signature.name().to_string(), signature.id());
                    gathered.cosignatures.insert(of, signature);
                }
                true
            }
            Err(error) => {
                self.keep_dispute(&witness, &error);
                self.standing.send_modify(|standing| {
                    standing.complaints.insert(witness, error.to_string());
                });
                false
            }
        }
    }

    fn is_met(&self, gathered: &Gathered) -> bool {
        let Ok(note) = publish::with_cosignatures(&gathered.signed.note, gathered.cosignatures.values())
        else {
            return false;
        };
        let now = self.clock.now() / 1000;
        self.policy.assess(&note, Freshness::AsOf(now)).is_ok_and(|assessment| assessment.quorum.holds())
    }

    async fn publish(&self, gathered: &Gathered) {
        let cosignatures: Vec<NoteSignature> = gathered.cosignatures.values().cloned().collect();
        let Ok(note) = publish::with_cosignatures(&gathered.signed.note, &cosignatures) else { return };
        let signed = Arc::new(SignedHead { head: gathered.signed.head, note });
        let (store, keys, published) = (self.store.clone(), self.keys.clone(), signed.clone());
        let written = tokio::task::spawn_blocking(move || {
            publish::publish(store.as_ref(), &keys, &published, &cosignatures)
        });
        let now = self.clock.now();
        match written.await {
            Ok(Ok(())) => {
                self.standing.send_modify(|standing| standing.met_at = Some(now));
                self.witnessed.send_if_modified(|newest| {
                    let grows = newest.as_ref().is_none_or(|newest| newest.head.size <= signed.head.size);
                    if grows {
                        *newest = Some(signed);
                    }
                    grows
                });
            }
            Ok(Err(error)) => self.complain("the log's own store", &error.to_string()),
            Err(_) => self.complain("the log's own store", "the checkpoint could not be written"),
        }
    }

    fn complain(&self, who: &str, what: &str) {
        self.standing.send_modify(|standing| {
            standing.complaints.insert(who.to_owned(), what.to_owned());
        });
    }

    /// A request that a witness disputes is half of a fork proof: it is kept.
    fn keep_dispute(&self, witness: &str, error: &AskError) {
        let AskError::Disputed { status, message, request } = error else { return };
        let text = format!("{witness}\n{status}\n{message}\n\n{}", String::from_utf8_lossy(request));
        let store = self.store.clone();
        let Ok(key) = Key::new(format!("disputed/{}.txt", Hash::of(&text))) else { return };
        tokio::task::spawn_blocking(move || {
            let few = store.list(&Key::new("disputed").map_err(drop)?).map_err(drop)?.len() < 64;
            let kept: Result<_, StoreError> =
                if few { store.put_new(&key, text.as_bytes()).map(drop) } else { Ok(()) };
            kept.map_err(drop)
        });
    }
}

/// Why a log can't ask its witnesses.
#[derive(Debug, thiserror::Error)]
pub enum CannotCosign {
    /// There is no HTTP client.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// What is published can't be read.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Not a URL.
    #[error("the policy's URL of the witness {name:?} is none: {reason}")]
    Url {
        /// The witness.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// The witnesses with a URL. Two keys behind one URL are two keys of one witness.
fn witnesses(policy: &Policy, http: &Http) -> Result<Vec<Arc<Witness>>, CannotCosign> {
    let mut by_url: BTreeMap<String, (String, Vec<_>)> = BTreeMap::new();
    for witness in policy.witnesses() {
        let Some(url) = &witness.url else { continue };
        let place = by_url.entry(url.trim_end_matches('/').to_owned());
        place.or_insert_with(|| (witness.name.clone(), Vec::new())).1.push(witness.vkey.clone());
    }
    let client = |(url, (name, vkeys)): (String, (String, Vec<_>))| {
        let wrong = |reason| CannotCosign::Url { name: name.clone(), reason };
        let prefix = source_prefix(&url).map_err(wrong)?;
        let url = prefix.join("add-checkpoint").map_err(|error| wrong(error.to_string()))?;
        let client = WitnessClient::new(name, vkeys, url, http.clone());
        Ok(Arc::new(Witness { client, busy: Arc::default() }))
    };
    by_url.into_iter().map(client).collect()
}
