//! The bodies beside a copy: fetched, held against what the entries commit to, and kept.

use futures_util::{StreamExt as _, TryStreamExt as _};
use overt_record::LogEntry;
use overt_record::tile::FULL_WIDTH;

use super::{Mirror, MirrorError, PARALLEL};
use crate::admission::{FoundBody, Submission, mark_key};
use crate::bodies::{self, BodyError, Pack};
use crate::reader::Reader;
use crate::store::StoreError;

/// Where it is written how many entries were looked at.
const POSITION: &str = "mirrored-bodies";

/// A pack is stored once it has so many bytes.
const PACK_BYTES: usize = 8 << 20;

/// What came of copying bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopiedBodies {
    /// How many were copied.
    pub copied: u64,
    /// How many entries have none to be had: they came without one, or it was taken down.
    pub absent: u64,
    /// Entries beside which the log shows a body that is not theirs. It is not kept.
    pub wrong: Vec<u64>,
}

impl Mirror {
    /// Copies the bodies of the entries that the copy has, those that were not looked at before. What is taken down in the log
    /// later stays in the copy until it is asked to [follow](Mirror::follow_redactions).
    ///
    /// # Errors
    /// When the log can't be asked, or the copy can't be read or written. Copied so far is kept, and the next call goes on.
    pub async fn copy_bodies(&self) -> Result<CopiedBodies, MirrorError> {
        let size = self.head().await?.map_or(0, |head| head.head.size);
        let mut done = CopiedBodies::default();
        let mut next = self.position().await?;
        while next < size {
            let bodies = self.fetch_bodies(next, size, &mut done).await?;
            let after = next + bodies.len() as u64;
            self.keep_bodies(next, bodies, after).await?;
            next = after;
        }
        Ok(done)
    }

    /// How many entries were looked at.
    pub(super) async fn position(&self) -> Result<u64, MirrorError> {
        self.number(POSITION).await
    }

    /// The bodies of entries of one bundle, from an entry on: all of them, or as many as a pack is to have.
    async fn fetch_bodies(
        &self,
        first: u64,
        size: u64,
        done: &mut CopiedBodies,
    ) -> Result<Vec<Option<Vec<u8>>>, MirrorError> {
        let width = u64::from(FULL_WIDTH);
        let reader = Reader::new(self.store.clone());
        let bundle = tokio::task::spawn_blocking(move || reader.bundle(first / width, size)).await;
        let bundle = bundle.map_err(|_| MirrorError::Interrupted)??;
        let entries = (first..).zip(bundle.into_iter().skip((first % width) as usize));
        let mut fetched = std::pin::pin!(
            futures_util::stream::iter(entries)
                .map(|(index, entry)| async move {
                    let found = self.fetch_body(index, &entry).await?;
                    Ok::<_, MirrorError>((index, found))
                })
                .buffered(PARALLEL)
        );
        let (mut bodies, mut bytes) = (Vec::new(), 0);
        while bytes < PACK_BYTES
            && let Some((index, found)) = fetched.try_next().await?
        {
            let body = match found {
                Found::Body(body) => Some(body),
                Found::Nothing => None,
                Found::Wrong => {
                    done.wrong.push(index);
                    None
                }
            };
            match &body {
                Some(body) => {
                    done.copied += 1;
                    bytes += body.len();
                }
                None => done.absent += 1,
            }
            bodies.push(body);
        }
        Ok(bodies)
    }

    async fn fetch_body(&self, index: u64, entry: &[u8]) -> Result<Found, MirrorError> {
        let Ok(entry) = LogEntry::parse(entry) else { return Ok(Found::Nothing) };
        let body = match self.source.found_body(index, &entry.commit).await? {
            FoundBody::Here(body) => body,
            FoundBody::Erased { redaction } => {
                self.mark(&entry, redaction).await?;
                return Ok(Found::Nothing);
            }
            FoundBody::Missing => return Ok(Found::Nothing),
        };
        let is_its = Submission::parse(&body).is_ok_and(|submission| submission.commit() == entry.commit);
        Ok(if is_its { Found::Body(body) } else { Found::Wrong })
    }

    /// Writes down where the log says why a body is gone.
    async fn mark(&self, entry: &LogEntry, redaction: Option<u64>) -> Result<(), MirrorError> {
        let Some(redaction) = redaction else { return Ok(()) };
        let (store, key) = (self.store.clone(), mark_key(&entry.commit)?);
        let put =
            tokio::task::spawn_blocking(move || store.put_new(&key, format!("{redaction}\n").as_bytes()));
        match put.await.map_err(|_| MirrorError::Interrupted)? {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores bodies, and then that they were looked at: a stop in between only looks again.
    async fn keep_bodies(
        &self,
        first: u64,
        bodies: Vec<Option<Vec<u8>>>,
        next: u64,
    ) -> Result<(), MirrorError> {
        let store = self.store.clone();
        super::blocking(move || {
            if bodies.iter().any(Option::is_some) {
                let pack = Pack::new(first, bodies)?;
                match bodies::store(store.as_ref(), &pack) {
                    // Stored before a stop, when the log had more of them.
                    Ok(()) | Err(BodyError::Store(StoreError::Conflict { .. })) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        })
        .await?;
        self.remember(POSITION, format!("{next}\n").into_bytes()).await
    }
}

/// What lies beside an entry.
enum Found {
    Body(Vec<u8>),
    Nothing,
    Wrong,
}
