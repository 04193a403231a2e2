//! The log's newest checkpoint, as the site's policy judges it.

use overt_log::Key;
use overt_log::cosign::WITNESSED;
use overt_record::Hash;
use overt_record::note::Note;
use overt_record::policy::{Freshness, Quorum};

use super::state::Site;
use super::wrong::Wrong;

/// A checkpoint that the site's own log signed.
pub(super) struct Checkpoint {
    pub(super) note: Note,
    pub(super) origin: String,
    pub(super) size: u64,
    pub(super) root: Hash,
    /// Witnesses of the policy that cosigned it, and when, in seconds since 1970.
    pub(super) cosigned: Vec<(String, u64)>,
    /// What the quorum lacks; empty if it is met, `None` if the policy asks for no witness.
    pub(super) lacking: Option<Vec<String>>,
}

impl Checkpoint {
    fn is_met(&self) -> bool {
        self.lacking.as_ref().is_none_or(Vec::is_empty)
    }
}

impl Site {
    /// The newest checkpoint that met the policy's quorum; if none did, the newest that the log signed.
    pub(super) fn checkpoint(&self) -> Result<Checkpoint, Wrong> {
        self.checkpoint_that(|_| true)
    }

    /// The same of those that have an entry.
    pub(super) fn checkpoint_with(&self, index: u64) -> Result<Checkpoint, Wrong> {
        self.checkpoint_that(|checkpoint| checkpoint.size > index)
    }

    fn checkpoint_that(&self, fits: impl Fn(&Checkpoint) -> bool) -> Result<Checkpoint, Wrong> {
        let mut found = None;
        for path in ["checkpoint", WITNESSED] {
            let key = Key::new(path).map_err(|error| Wrong::Damaged(error.to_string()))?;
            let Some(bytes) = self.sources().store.get(&key)? else { continue };
            let checkpoint = self.judge(&bytes)?;
            if !fits(&checkpoint) {
                continue;
            }
            if checkpoint.is_met() {
                return Ok(checkpoint);
            }
            found.get_or_insert(checkpoint);
        }
        found.ok_or_else(|| Wrong::Damaged("it has no checkpoint".into()))
    }

    fn judge(&self, bytes: &[u8]) -> Result<Checkpoint, Wrong> {
        let damaged = |error: &dyn std::fmt::Display| Wrong::Damaged(error.to_string());
        let note = Note::parse(bytes).map_err(|error| damaged(&error))?;
        let assessed =
            self.policy().assess(&note, Freshness::AsOf(self.now())).map_err(|error| damaged(&error))?;
        let head = assessed.checkpoint.head();
        let cosigned = assessed.cosigned.iter().map(|by| (by.witness.name.clone(), by.timestamp)).collect();
        let lacking = match &assessed.quorum {
            Quorum::NotRequired => None,
            Quorum::Met => Some(Vec::new()),
            Quorum::Missing(shortfalls) => Some(shortfalls.iter().map(ToString::to_string).collect()),
        };
        let origin = assessed.checkpoint.origin().to_owned();
        Ok(Checkpoint { origin, size: head.size, root: head.root, cosigned, lacking, note })
    }
}
