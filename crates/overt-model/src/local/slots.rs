//! The sequences of the context: what each holds, and which one a prompt should go to.

use llama_cpp_2::token::LlamaToken;

use super::answer::Answer;
use super::memory::BATCH;

/// Copying a sequence moves its whole buffer, so it must save at least this many tokens of computing ...
const LEAST_SAVED: usize = 16;
/// ... and one for every so many tokens that the buffer has room for. Computing a token of SmolLM2-135M takes as long
/// as copying the keys and values of some 150.
const COPIED_PER_COMPUTED: usize = 128;

/// From so many rows of a prompt on, ggml's fused attention takes another kernel (`GGML_FA_TILE_Q` in `ggml-cpu`), with
/// other rounding. The rounding of each row of a prompt must depend on the prompt alone, so shorter prompts are always
/// computed by the one kernel and longer ones, whatever is kept of them, by the other.
const TILE: usize = 64;

/// The fewest tokens of a prompt that are computed at once. A single row would be rounded differently from several.
fn fewest(prompt: usize) -> usize {
    if prompt < TILE { 2 } else { TILE }
}

/// How many tokens of a prompt are computed next, when `done` are.
pub(crate) fn chunk(prompt: usize, done: usize) -> usize {
    let rest = prompt.saturating_sub(done);
    let full = rest.min(BATCH as usize);
    match rest - full {
        0 => full,
        // Leave enough for the last time.
        left => full - fewest(prompt).saturating_sub(left),
    }
}

/// One sequence of the context.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// The prompt whose keys and values the sequence holds. Those of the answer are not counted: they were computed
    /// one row at a time, with other rounding, and would make a later answer depend on what came before.
    pub(crate) prompt: Vec<LlamaToken>,
    /// What is being written, if anything.
    pub(crate) busy: Option<Busy>,
    /// When it was last given to a prompt, in prompts.
    pub(crate) used: u64,
}

/// An answer in a slot.
#[derive(Debug)]
pub(crate) struct Busy {
    /// The answer.
    pub(crate) answer: Answer,
    /// The token that comes next.
    pub(crate) next: LlamaToken,
    /// Its position.
    pub(crate) position: usize,
}

/// Where a prompt goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// The slot.
    pub(crate) slot: usize,
    /// The slot to copy the beginning from, if that is worth it.
    pub(crate) copy_from: Option<usize>,
    /// Tokens of the prompt that need not be computed.
    pub(crate) kept: usize,
}

/// Whether sequences can be cut and copied. Recurrent models keep one state, not a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// They can.
    Prefixes,
    /// They cannot.
    Nothing,
}

/// The place for a prompt among the slots, each with room for `context` tokens; `None` if all are busy.
///
/// The longest common beginning with what any slot holds decides. Short and long prompts have nothing in common, and
/// enough tokens are left to compute (see [`TILE`]).
pub(crate) fn place(
    slots: &[Slot],
    prompt: &[LlamaToken],
    context: usize,
    sharing: Sharing,
) -> Option<Placement> {
    let oldest = (0..slots.len()).filter(|s| slots[*s].busy.is_none()).min_by_key(|s| slots[*s].used)?;
    if sharing == Sharing::Nothing {
        return Some(Placement { slot: oldest, copy_from: None, kept: 0 });
    }
    let fewest = fewest(prompt.len());
    let most = prompt.len().saturating_sub(fewest);
    let alike = |slot: &Slot| self::fewest(slot.prompt.len()) == fewest;
    let beginning = |slot: &Slot| slot.prompt.iter().zip(prompt).take_while(|(a, b)| a == b).count();
    let common = |slot: &Slot| if alike(slot) { beginning(slot).min(most) } else { 0 };
    // Free slots win over busy ones with the same beginning, low numbers over high ones.
    let rank = |s: &usize| (common(&slots[*s]), slots[*s].busy.is_none(), std::cmp::Reverse(*s));
    let best = (0..slots.len()).max_by_key(rank)?;
    let kept = common(&slots[best]);
    if slots[best].busy.is_none() && kept > 0 {
        return Some(Placement { slot: best, copy_from: None, kept });
    }
    let own = common(&slots[oldest]);
    if kept >= own + LEAST_SAVED + context / COPIED_PER_COMPUTED {
        return Some(Placement { slot: oldest, copy_from: Some(best), kept });
    }
    Some(Placement { slot: oldest, copy_from: None, kept: own })
}

#[cfg(test)]
mod tests {
    use overt_schema::{Digest, Generation};
    use proptest::prelude::*;
    use tokio::sync::oneshot;

    use super::super::answer::Job;
    use super::*;

    fn tokens(ids: impl IntoIterator<Item = i32>) -> Vec<LlamaToken> {
        ids.into_iter().map(LlamaToken).collect()
    }

    fn slot(prompt: impl IntoIterator<Item = i32>, used: u64) -> Slot {
        Slot { prompt: tokens(prompt), busy: None, used }
    }

    fn busy(mut slot: Slot) -> Slot {
        let (reply, _) = oneshot::channel();
        let generation = Generation::default();
        let job = Job { prompt: slot.prompt.clone(), generation, digest: Digest::of(""), reply };
        slot.busy = Some(Busy { answer: Answer::begin(job, 0), next: LlamaToken(0), position: 0 });
        slot
    }

    #[test]
    fn a_prompt_goes_to_the_free_slot_that_holds_its_beginning() {
        let slots = [slot(0..5, 1), slot(0..50, 2), slot([9], 0)];
        let place = place(&slots, &tokens(0..60), 256, Sharing::Prefixes);
        assert_eq!(place, Some(Placement { slot: 1, copy_from: None, kept: 50 }));
    }

    #[test]
    fn a_beginning_in_a_busy_slot_is_copied_to_the_one_unused_longest() {
        let slots = [busy(slot(0..50, 3)), slot([], 2), slot([7], 1)];
        let place = place(&slots, &tokens(0..60), 256, Sharing::Prefixes);
        assert_eq!(place, Some(Placement { slot: 2, copy_from: Some(0), kept: 50 }));
    }

    #[test]
    fn a_short_common_beginning_is_not_worth_a_copy() {
        let slots = [busy(slot(0..17, 1)), slot([], 0)];
        let place = place(&slots, &tokens(0..60), 256, Sharing::Prefixes);
        assert_eq!(place, Some(Placement { slot: 1, copy_from: None, kept: 0 }));
    }

    #[test]
    fn enough_tokens_are_left_to_compute() {
        let kept = |slot: Slot, prompt: Vec<LlamaToken>| {
            place(&[slot], &prompt, 256, Sharing::Prefixes).unwrap().kept
        };
        assert_eq!(kept(slot(0..60, 0), tokens(0..60)), 58);
        assert_eq!(kept(slot(0..60, 0), tokens(0..1)), 0);
        assert_eq!(kept(slot(0..200, 0), tokens(0..200)), 136);
        assert_eq!(kept(slot(0..200, 0), tokens(0..64)), 0);
    }

    #[test]
    fn short_and_long_prompts_share_nothing() {
        let kept = |slot: Slot, prompt: Vec<LlamaToken>| {
            place(&[slot], &prompt, 256, Sharing::Prefixes).unwrap().kept
        };
        assert_eq!(kept(slot(0..63, 0), tokens(0..200)), 0);
        assert_eq!(kept(slot(0..64, 0), tokens(0..63)), 0);
        assert_eq!(kept(slot(0..64, 0), tokens(0..200)), 64);
    }

    proptest! {
        #[test]
        fn chunks_cover_a_prompt_and_none_is_too_small(prompt in 1_usize..3000, share in 0.0_f64..1.0) {
            let most = prompt.saturating_sub(fewest(prompt));
            let mut done = (most as f64 * share) as usize;
            while done < prompt {
                let chunk = chunk(prompt, done);
                prop_assert!(chunk <= BATCH as usize);
                prop_assert!(chunk >= fewest(prompt) || prompt < 2, "{chunk} at {done}");
                done += chunk;
            }
            prop_assert_eq!(done, prompt);
        }
    }

    #[test]
    fn a_recurrent_model_starts_anew_each_time() {
        let slots = [slot(0..60, 5), slot([], 4)];
        let place = place(&slots, &tokens(0..60), 256, Sharing::Nothing);
        assert_eq!(place, Some(Placement { slot: 1, copy_from: None, kept: 0 }));
    }

    #[test]
    fn there_is_no_place_while_all_are_busy() {
        assert_eq!(place(&[busy(slot(0..3, 0))], &tokens(0..3), 256, Sharing::Prefixes), None);
    }
}
