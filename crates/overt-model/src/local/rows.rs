//! Which rows one step of generation computes.
//!
//! llama.cpp computes neighbouring sequences together and splits a batch wherever a number is missing; each part is a
//! pass over all weights. It also takes another path through its kernels for a single row than for several, with
//! other rounding. So small gaps are filled with *ballast*, a token of an idle sequence that is thrown away, and a
//! sequence never goes alone. Then an answer does not depend on which other answers are computed beside it; the
//! measurements behind this are in `docs/local-models.md`.

/// A gap of so many idle sequences is cheaper to fill than to split at.
const FILL: usize = 3;

/// One row of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// The next token of the sequence with this number.
    Token(usize),
    /// A token of an idle sequence.
    Ballast {
        /// The idle sequence.
        sequence: usize,
        /// Whether its logits are computed too, because one row of logits would go alone.
        logits: bool,
    },
}

impl Row {
    /// The sequence that the row belongs to.
    pub(crate) fn sequence(self) -> usize {
        match self {
            Self::Token(sequence) | Self::Ballast { sequence, .. } => sequence,
        }
    }
}

/// The rows for the `active` sequences (ascending) among `sequences`, in ascending order.
pub(crate) fn rows(active: &[usize], sequences: usize) -> Vec<Row> {
    let mut rows = Vec::with_capacity(active.len() + FILL);
    let mut rest = active;
    while let Some(&first) = rest.first() {
        let length = rest.windows(2).take_while(|pair| pair[1] - pair[0] <= FILL + 1).count() + 1;
        let (run, after) = rest.split_at(length);
        rest = after;
        let last = run[run.len() - 1];
        let lonely = run.len() == 1;
        // A lonely sequence takes its upper neighbour along, or at the end the lower one: both are idle, since the
        // nearest active ones are farther away than `FILL`.
        let (from, to) = match lonely {
            true if first + 1 < sequences => (first, first + 1),
            true if first > 0 => (first - 1, first),
            _ => (first, last),
        };
        rows.extend((from..=to).map(|sequence| match run.binary_search(&sequence) {
            Ok(_) => Row::Token(sequence),
            Err(_) => Row::Ballast { sequence, logits: lonely },
        }));
    }
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_go_together_without_ballast() {
        assert_eq!(rows(&[0, 1, 2], 16), [Row::Token(0), Row::Token(1), Row::Token(2)]);
        assert_eq!(rows(&[], 16), []);
    }

    #[test]
    fn small_gaps_are_filled_and_large_ones_split() {
        let ballast = |sequence| Row::Ballast { sequence, logits: false };
        assert_eq!(
            rows(&[1, 3, 9, 10], 16),
            [Row::Token(1), ballast(2), Row::Token(3), Row::Token(9), Row::Token(10)]
        );
    }

    #[test]
    fn a_lonely_sequence_takes_a_neighbour_along() {
        let beside = |sequence| Row::Ballast { sequence, logits: true };
        assert_eq!(rows(&[4], 16), [Row::Token(4), beside(5)]);
        assert_eq!(rows(&[15], 16), [beside(14), Row::Token(15)]);
    }

    proptest! {
        #[test]
        fn every_part_has_two_rows_of_logits_and_every_active_sequence_one_token(
            active in proptest::collection::btree_set(0_usize..16, 1..16)
        ) {
            let active: Vec<_> = active.into_iter().collect();
            let rows = rows(&active, 16);
            let tokens: Vec<_> =
                rows.iter().filter_map(|row| if let Row::Token(s) = row { Some(*s) } else { None }).collect();
            prop_assert_eq!(&tokens, &active);
            prop_assert!(rows.windows(2).all(|pair| pair[0].sequence() < pair[1].sequence()));
            for part in rows.chunk_by(|a, b| a.sequence() + 1 == b.sequence()) {
                let with_logits =
                    part.iter().filter(|row| !matches!(row, Row::Ballast { logits: false, .. })).count();
                prop_assert!(with_logits >= 2, "{:?}", part);
            }
        }
    }
}
