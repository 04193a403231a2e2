//! How many sequences of how many tokens the context has.

use overt_schema::{Failure, FailureKind, Retry};

use super::memory::{self, Need};

/// The shortest sequence; llama.cpp counts in steps of 256 tokens.
const SHORTEST: u32 = 256;
/// The fewest sequences: a lonely one would need a neighbour (see [`super::rows`]).
pub(crate) const FEWEST: usize = 2;

/// The most workers.
const MOST_WORKERS: usize = 8;

/// Sequences of each worker where nothing is said. Every token that a worker computes passes all weights through the
/// processor once, for all of its sequences together, so fewer would waste most of that.
pub(crate) const SEQUENCES: usize = 16;

/// The shape of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Sequences side by side.
    pub(crate) sequences: usize,
    /// Tokens that each has room for.
    pub(crate) tokens: u32,
}

/// How large each worker's context may become.
///
/// It begins short and grows when a request needs it: the buffers of 16 sequences with all 8192 tokens of SmolLM2-135M
/// take 3 GB, and most evaluations need 100 MB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// What the model needs.
    pub(crate) need: Need,
    /// Workers, each with a context of its own.
    pub(crate) workers: usize,
    /// The most sequences of each worker.
    pub(crate) sequences: usize,
    /// The longest conversation with its answer, in tokens.
    pub(crate) context_tokens: u32,
}

impl Budget {
    /// The room that a request needs: its prompt and the longest answer that it may have.
    ///
    /// A prompt that leaves no room for a single token does not fit; an answer that may be longer than the room left
    /// is cut where the context ends.
    pub(crate) fn tokens_for(&self, prompt: usize, max_tokens: u32) -> Result<u32, Failure> {
        let limit = self.context_tokens;
        match u32::try_from(prompt) {
            Ok(prompt) if prompt < limit => Ok(prompt.saturating_add(max_tokens).min(limit)),
            _ => {
                Err(exceeded(format!("the prompt has {prompt} tokens and the context has room for {limit}")))
            }
        }
    }

    /// The grid for sequences of at least `tokens`, with fewer sequences where memory is short.
    pub(crate) fn grid(&self, tokens: u32) -> Result<Grid, Failure> {
        // Each worker leaves the others their share.
        self.grid_within(tokens, memory::available().map(|bytes| bytes / self.workers.max(1) as u64))
    }

    fn grid_within(&self, tokens: u32, available: Option<u64>) -> Result<Grid, Failure> {
        // Doubling keeps the number of rebuilds small.
        let tokens = tokens.max(SHORTEST).checked_next_power_of_two().unwrap_or(tokens);
        let longest = self.context_tokens.max(SHORTEST).next_multiple_of(SHORTEST);
        let tokens = tokens.min(longest);
        let mut sequences = self.sequences.max(FEWEST);
        let needed = |sequences| self.need.beside_weights(sequences, tokens);
        let available = available.unwrap_or(u64::MAX);
        while needed(sequences) > available && sequences > FEWEST {
            sequences = (sequences / 2).max(FEWEST);
        }
        if needed(sequences) > available {
            return Err(exceeded(format!(
                "a context of {tokens} tokens takes about {} MiB of memory and {} MiB are available",
                needed(sequences) >> 20,
                available >> 20
            )));
        }
        Ok(Grid { sequences, tokens })
    }
}

fn exceeded(message: String) -> Failure {
    Failure {
        kind: FailureKind::ContextExceeded,
        message,
        retry: Retry::Never,
        status: None,
        request_id: None,
    }
}

/// How the threads are divided: workers, and threads of each.
///
/// One thread for each worker while there are few, so that none waits for another; each worker needs a context, so
/// from [`MOST_WORKERS`] on they get more threads instead, and so they do where there are less than [`SEQUENCES`]
/// sequences for each.
pub(crate) fn divide(threads: usize, sequences: Option<usize>) -> (usize, usize) {
    let worthwhile = sequences.map_or(MOST_WORKERS, |all| all.div_ceil(SEQUENCES));
    let most = worthwhile.clamp(1, MOST_WORKERS);
    let each = threads.div_ceil(most).max(1);
    ((threads / each).max(1), each)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(sequences: usize, context_tokens: u32) -> Budget {
        Budget { need: Need::for_test(1000), workers: 1, sequences, context_tokens }
    }

    #[test]
    fn a_request_needs_its_prompt_and_its_longest_answer() {
        let budget = budget(16, 1000);
        assert_eq!(budget.tokens_for(100, 256).unwrap(), 356);
        assert_eq!(budget.tokens_for(999, 256).unwrap(), 1000);
        let failure = budget.tokens_for(1000, 1).unwrap_err();
        assert_eq!(failure.kind, FailureKind::ContextExceeded);
        assert!(failure.message.contains("1000 tokens"), "{failure}");
    }

    #[test]
    fn the_context_grows_in_doublings_up_to_its_limit() {
        let grid = |tokens| budget(16, 3000).grid_within(tokens, None).unwrap();
        assert_eq!(grid(10), Grid { sequences: 16, tokens: 256 });
        assert_eq!(grid(257), Grid { sequences: 16, tokens: 512 });
        assert_eq!(grid(2900), Grid { sequences: 16, tokens: 3072 });
    }

    #[test]
    fn short_memory_means_fewer_sequences_and_then_a_clear_no() {
        let grid = |available| budget(16, 4096).grid_within(1024, Some(available));
        assert_eq!(grid(16 * 1024 * 1000).unwrap().sequences, 16);
        assert_eq!(grid(16 * 1024 * 1000 - 1).unwrap().sequences, 8);
        assert_eq!(grid(2 * 1024 * 1000).unwrap().sequences, 2);
        assert_eq!(grid(2 * 1024 * 1000 - 1).unwrap_err().kind, FailureKind::ContextExceeded);
    }

    #[test]
    fn threads_become_workers_until_there_are_many() {
        assert_eq!(divide(1, None), (1, 1));
        assert_eq!(divide(2, None), (2, 1));
        assert_eq!(divide(8, None), (8, 1));
        assert_eq!(divide(12, None), (6, 2));
        assert_eq!(divide(64, None), (8, 8));
        assert_eq!(divide(4, Some(1)), (1, 4), "one answer at a time has all threads");
        assert_eq!(divide(2, Some(16)), (1, 2), "a small batch is not split");
        assert_eq!(divide(4, Some(32)), (2, 2));
    }

    #[test]
    fn one_sequence_gets_a_neighbour() {
        assert_eq!(budget(1, 4096).grid_within(1, None).unwrap().sequences, 2);
    }
}
