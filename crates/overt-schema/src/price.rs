//! What tokens cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Usage;

/// What a million tokens cost, in a currency of the user's choice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Of a million tokens read.
    pub input: f64,
    /// Of a million tokens written.
    pub output: f64,
}

impl Prices {
    /// What this many tokens cost. Tokens that a server had cached count as read in full, so the true bill can only be
    /// smaller.
    pub fn of(&self, usage: &Usage) -> f64 {
        (usage.prompt_tokens as f64 * self.input + usage.completion_tokens as f64 * self.output) / 1e6
    }
}

/// What a run cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// The amount, in the currency of the prices.
    pub amount: f64,
    /// The prices that it was computed with.
    pub prices: Prices,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_tokens_cost_their_price() {
        let prices = Prices { input: 0.15, output: 0.6 };
        let usage = Usage { prompt_tokens: 2_000_000, completion_tokens: 500_000, ..Usage::default() };
        assert!((prices.of(&usage) - 0.6).abs() < 1e-12);
    }
}
