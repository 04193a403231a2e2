//! How a log gets its checkpoints cosigned.
//!
//! All witnesses of a policy are asked at once. When their cosignatures meet the quorum, a short grace is left to the
//! others, and the checkpoint is published with what there is ([`WITNESSED`]); what comes later is added to it as long as
//! it is the newest. The next round begins with the newest tree of then, so a busy log is cosigned as often as its
//! witnesses answer. An idle log is cosigned anew from time to time: only the times in cosignatures show a reader that
//! nobody holds an old checkpoint in front of them.

mod ask;
mod cosigner;
mod publish;
mod schedule;

pub use ask::{AskError, WitnessClient};
pub use cosigner::{CannotCosign, CosignSettings, Cosigner, Standing};
pub use publish::{PublishError, WITNESSED};

pub(crate) use publish::with_cosignatures;
