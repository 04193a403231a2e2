//! What the log took down after it was copied: the copy follows, if the redaction says so by whoever has a say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use overt_record::record::{Body, RecordType as _, Redaction};
use overt_record::tile::FULL_WIDTH;
use overt_record::{Hash, KeyId, LogEntry};

use super::{Mirror, MirrorError, blocking};
use crate::admission::{Erased, FoundBody, NotErased, Submission, body_of, erase};
use crate::bodies::{self, BodyError, Pack};
use crate::files;
use crate::key::Key;
use crate::reader::Reader;
use crate::store::Store;

/// Where it is written which redactions were looked at, and which the log has not carried out yet.
const STATE: &str = "mirrored-redactions";

/// What came of following the log's redactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenDown {
    /// What was taken out of the copy.
    pub erased: Vec<Erased>,
    /// What the log took down and the copy keeps, since whoever signed the redaction is nobody whom it follows.
    pub kept: Vec<Kept>,
}

/// A body or files that the log no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// The entry.
    pub index: u64,
    /// The entry of the redaction.
    pub redaction: u64,
    /// Who signed it.
    pub by: KeyId,
}

/// A redaction in the log that names a record of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Redacted {
    redaction: u64,
    index: u64,
}

/// The redactions that were looked at: all before an entry, but for those that the log has not carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    next: u64,
    pending: Vec<Redacted>,
}

impl State {
    /// `None` if it is no state. To look again does no harm.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = str::from_utf8(bytes).ok()?.lines();
        let next = lines.next()?.parse().ok()?;
        let pair = |line: &str| {
            let (redaction, index) = line.split_once(' ')?;
            Some(Redacted { redaction: redaction.parse().ok()?, index: index.parse().ok()? })
        };
        Some(Self { next, pending: lines.map(pair).collect::<Option<_>>()? })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let lines = self.pending.iter().map(|one| format!("{} {}\n", one.redaction, one.index));
        [format!("{}\n", self.next)].into_iter().chain(lines).collect::<String>().into_bytes()
    }
}

impl Mirror {
    /// Takes out of the copy what the log took down since, where a redaction in the log says so that the record's own issuer signed
    /// or one of these authorities. For a copy with bodies.
    ///
    /// # Errors
    /// When the log can't be asked, or the copy can't be read or written. The next call goes on.
    pub async fn follow_redactions(&self, authorities: &BTreeSet<KeyId>) -> Result<TakenDown, MirrorError> {
        let size = self.position().await?;
        let store = self.store.clone();
        let state = blocking(move || found(&store, size)).await?;
        let (mut done, mut pending) = (TakenDown::default(), Vec::new());
        for one in state.pending {
            if !self.is_taken_down(one, size).await? {
                pending.push(one);
                continue;
            }
            let (store, authorities) = (self.store.clone(), authorities.clone());
            let erased = blocking(move || {
                let reader = Reader::new(store.clone());
                let has_say = |key: KeyId| authorities.contains(&key);
                Ok(erase(store.as_ref(), &reader, size, one.index, one.redaction, &has_say))
            });
            match erased.await? {
                Ok(erased) => done.erased.push(erased),
                Err(NotErased::NotAnAuthority(by)) => {
                    done.kept.push(Kept { index: one.index, redaction: one.redaction, by });
                    pending.push(one);
                }
                // The copy never had it, or what names it is no redaction that holds: there is nothing to follow.
                Err(
                    NotErased::NoBody(_)
                    | NotErased::NotARecord { .. }
                    | NotErased::OtherBody(_)
                    | NotErased::NotARedaction { .. }
                    | NotErased::Submission(_),
                ) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let state = State { next: size, pending };
        self.remember(STATE, state.to_bytes()).await?;
        Ok(done)
    }

    /// Whether the log no longer has what a redaction names, and the copy does.
    async fn is_taken_down(&self, one: Redacted, size: u64) -> Result<bool, MirrorError> {
        let store = self.store.clone();
        let (commit, has_files) = blocking(move || {
            let entry = Reader::new(store.clone()).entry(one.index, size)?;
            let index = one.index;
            let commit =
                LogEntry::parse(&entry).map_err(|source| NotErased::NotARecord { index, source })?.commit;
            Ok((commit, files::published(store.as_ref(), &commit)?.is_some()))
        })
        .await?;
        if matches!(self.source.found_body(one.index, &commit).await?, FoundBody::Erased { .. }) {
            return Ok(true);
        }
        Ok(has_files && files::listed(&self.source, &commit).await?.is_none())
    }
}

/// The state with the redactions of entries that were not looked at, of a copy that has the bodies of `size` entries.
fn found(store: &Arc<dyn Store>, size: u64) -> Result<State, MirrorError> {
    let before = store.get(&Key::new(STATE)?)?;
    let mut state = before.and_then(|bytes| State::parse(&bytes)).unwrap_or_default();
    let mut redactions: BTreeMap<Hash, Vec<u64>> = BTreeMap::new();
    let reader = Reader::new(store.clone());
    let width = u64::from(FULL_WIDTH);
    for bundle in state.next / width..size.div_ceil(width) {
        for (index, entry) in (bundle * width..).zip(reader.bundle(bundle, size)?) {
            let entry = LogEntry::parse(&entry).ok();
            let is_new = |entry: &LogEntry| index >= state.next && entry.kind.as_str() == Redaction::KIND;
            if let Some(entry) = entry.filter(is_new)
                && let Some(target) = target_of(store.as_ref(), index, &entry)?
            {
                redactions.entry(target).or_default().push(index);
            }
        }
    }
    if !redactions.is_empty() {
        // Which entry has a record of this digest, only the bodies say: entries have it salted.
        for key in store.list(&Key::new(bodies::FOLDER)?)? {
            let Some(bytes) = store.get(&key)? else { continue };
            let pack = Pack::parse(&key, &bytes).map_err(|source| BodyError::Damaged { key, source })?;
            for (index, body) in (pack.first()..).zip(pack.bodies()) {
                let record = body.as_deref().and_then(|body| Submission::parse(body).ok());
                let named = record.and_then(|record| redactions.get(&record.digest())).into_iter().flatten();
                state.pending.extend(named.map(|redaction| Redacted { redaction: *redaction, index }));
            }
        }
    }
    state.next = state.next.max(size);
    Ok(state)
}

/// The record digest that a redaction names; `None` if its own record is not in the copy, or is none.
fn target_of(store: &dyn Store, index: u64, entry: &LogEntry) -> Result<Option<Hash>, MirrorError> {
    let FoundBody::Here(body) = body_of(store, index, &entry.commit)? else { return Ok(None) };
    let verified = Submission::parse(&body).and_then(|submission| submission.verify());
    Ok(match verified.as_ref().map(|verified| verified.record.body()) {
        Ok(Body::Redaction(redaction)) => Some(redaction.target),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_back_and_anything_else_is_none() {
        let pending = vec![Redacted { redaction: 7, index: 2 }, Redacted { redaction: 9, index: 9 }];
        for state in [State::default(), State { next: 12, pending }] {
            assert_eq!(State::parse(&state.to_bytes()), Some(state));
        }
        for bytes in [b"".as_slice(), b"x", b"1\n2", b"1\n2 3 4", b"1\n-2 3", b"1\n2 3\n\n", b"\xff"] {
            assert_eq!(State::parse(bytes), None, "{bytes:?}");
        }
    }
}
