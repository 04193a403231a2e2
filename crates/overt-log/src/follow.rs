//! Following a log: every entry once, in order, each proven, across restarts.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use overt_record::merkle::TreeHead;
use overt_record::note::{Note, NoteError};
use overt_record::policy::{Freshness, NotAssessed};
use overt_record::tile::FULL_WIDTH;

use crate::client::{ClientError, LogClient};
use crate::keys::SignedHead;
use crate::retry::Backoff;

/// How often a log that has nothing new is asked.
const POLLING: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) };

/// What the text of a state begins with.
const FIRST_LINE: &str = "overt-follow v1";

/// How far a log was followed. Keep it together with what was made of the entries, and nothing is missed or done twice.
///
/// ```text
/// overt-follow v1
/// next 70000
///
/// <the newest checkpoint that was seen>
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowState {
    next: u64,
    note: Option<Note>,
}

/// Entries that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The index of the first one.
    pub first: u64,
    /// At least one.
    pub entries: Vec<Vec<u8>>,
    /// How far the log was followed with these.
    pub state: FollowState,
}

/// Follows one log.
pub struct Follower {
    client: LogClient,
    state: FollowState,
    head: Option<Arc<SignedHead>>,
    quiet: u32,
}

/// Why a log can't be followed further.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// It can't be read, or is not to be believed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What it was followed to is not a checkpoint of this log.
    #[error("the state is of another log: {0}")]
    OtherLog(#[from] NotAssessed),
    /// The state goes further than its own checkpoint.
    #[error("the state is damaged: it has read {next} entries of {size}")]
    Beyond {
        /// The next entry.
        next: u64,
        /// The size of the tree.
        size: u64,
    },
}

/// Why a text is not the state of a follower.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadState {
    /// It is something else.
    #[error(
        "this is not how far a log was followed: {FIRST_LINE:?}, \"next <number>\", an empty line and a checkpoint"
    )]
    Form,
    /// The checkpoint is no note.
    #[error("how far a log was followed: {0}")]
    Note(#[from] NoteError),
}

impl FollowState {
    /// Before the first entry.
    pub const fn start() -> Self {
        Self { next: 0, note: None }
    }

    /// The index of the next entry.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Reads a state.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadState> {
        let text = str::from_utf8(bytes).map_err(|_| BadState::Form)?;
        let rest = text
            .strip_prefix(FIRST_LINE)
            .and_then(|rest| rest.strip_prefix("\nnext "))
            .ok_or(BadState::Form)?;
        let (next, note) = rest.split_once("\n\n").ok_or(BadState::Form)?;
        let number =
            next.parse().ok().filter(|number: &u64| number.to_string() == next).ok_or(BadState::Form)?;
        let note = if note.is_empty() { None } else { Some(Note::parse(note.as_bytes())?) };
        Ok(Self { next: number, note })
    }

    /// The text of the state.
    pub fn to_text(&self) -> String {
        let note = self.note.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{FIRST_LINE}\nnext {}\n\n{note}", self.next)
    }
}

impl Follower {
    /// Goes on from where a log was followed to. The checkpoint in the state is what the log is held to.
    ///
    /// # Errors
    /// When the state is damaged, or of another log.
    pub async fn resume(client: LogClient, state: FollowState) -> Result<Self, FollowError> {
        if let Some(note) = &state.note {
            let head = client.policy().assess(note, Freshness::AnyAge)?.checkpoint.head();
            if state.next > head.size {
                return Err(FollowError::Beyond { next: state.next, size: head.size });
            }
            client.remember(Arc::new(SignedHead { head, note: note.clone() })).await;
        } else if state.next > 0 {
            return Err(FollowError::Beyond { next: state.next, size: 0 });
        }
        Ok(Self { client, state, head: None, quiet: 0 })
    }

    /// How far the log was followed.
    pub fn state(&self) -> &FollowState {
        &self.state
    }

    /// The newest tree that was seen.
    pub fn head(&self) -> Option<TreeHead> {
        self.head.as_ref().map(|signed| signed.head)
    }

    /// The next entries, at most those of one bundle; `None` if there are none yet.
    ///
    /// # Errors
    /// When the log can't be read, or is not to be believed.
    pub async fn next_batch(&mut self) -> Result<Option<Batch>, FollowError> {
        let first = self.state.next;
        // The log is asked again only when what it showed last is read to its end.
        let (signed, tree) = self.client.checkpoint_and_tree_beyond(first).await?;
        self.head = Some(signed.clone());
        if signed.head.size <= first {
            return Ok(None);
        }
        let full = u64::from(FULL_WIDTH);
        let mut entries = tree.entries(first / full).await.map_err(ClientError::from)?;
        entries.drain(..((first % full) as usize).min(entries.len()));
        self.state = FollowState { next: first + entries.len() as u64, note: Some(signed.note.clone()) };
        Ok(Some(Batch { first, entries, state: self.state.clone() }))
    }

    /// How long to wait before the next look, after so many looks that found nothing.
    pub fn pause(&self) -> Duration {
        POLLING.wait(self.quiet)
    }

    /// Gives every batch to `each`, for ever: until the log is not to be believed, or `each` has seen enough.
    /// A log that does not answer is asked again.
    ///
    /// # Errors
    /// When the log has forked or shows what it did not sign.
    pub async fn run<F: Future<Output = Next>>(
        mut self,
        mut each: impl FnMut(Batch) -> F,
    ) -> Result<(), FollowError> {
        loop {
            match self.next_batch().await {
                Ok(Some(batch)) => {
                    self.quiet = 0;
                    if each(batch).await == Next::Stop {
                        return Ok(());
                    }
                    continue;
                }
                Ok(None) | Err(FollowError::Client(ClientError::Source(_) | ClientError::Quorum(_))) => {}
                Err(FollowError::Client(ClientError::Tree(error))) if !error.is_lie() => {}
                Err(error) => return Err(error),
            }
            self.quiet = self.quiet.saturating_add(1);
            tokio::time::sleep(self.pause()).await;
        }
    }
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// There may be more.
    More,
    /// It is enough.
    Stop,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written_and_nothing_else_is() {
        let state = FollowState { next: 0, note: None };
        assert_eq!(FollowState::parse(state.to_text().as_bytes()), Ok(state));
        let wrong = [
            "",
            "overt-follow v1\n",
            "overt-follow v1\nnext 01\n\n",
            "overt-follow v1\nnext -1\n\n",
            "x\nnext 1\n\n",
        ];
        for text in wrong {
            assert_eq!(FollowState::parse(text.as_bytes()), Err(BadState::Form), "{text:?}");
        }
        assert!(matches!(FollowState::parse(b"overt-follow v1\nnext 1\n\nx"), Err(BadState::Note(_))));
        assert_eq!(FollowState::parse(&[0xff]), Err(BadState::Form));
    }
}
