//! How many sequences of how many tokens the context has.

use overt_schema::{Failure, FailureKind, Retry};

use super::memory::{self, Need};

/// The shortest sequence; llama.cpp counts in steps of 256 tokens.
const SHORTEST: u32 = 256;
/// The fewest sequences: a lonely one would need a neighbour (see [`super::rows`]).
pub(crate) const FEWEST: usize = 2;

/// The shape of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Sequences side by side.
    pub(crate) sequences: usize,
    /// Tokens that each has room for.
    pub(crate) tokens: u32,
}

/// How large a context may become. It begins short and grows when a request needs it: the buffers of 16 sequences
/// with all 8192 tokens of SmolLM2-135M take 3 GB, and most evaluations need 100 MB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// What the model needs.
    pub(crate) need: Need,
    /// The most sequences.
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
        self.grid_within(tokens, memory::available())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(sequences: usize, context_tokens: u32) -> Budget {
        Budget { need: Need::for_test(1000), sequences, context_tokens }
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
    fn one_sequence_gets_a_neighbour() {
        assert_eq!(budget(1, 4096).grid_within(1, None).unwrap().sequences, 2);
    }
}
