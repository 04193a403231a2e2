//! Units that may follow a number, with their factors.

use serde_json::{Map, Value};

use crate::error::ScorerError;
use crate::word;

/// A task's units, longest first.
#[derive(Debug, Default)]
pub(super) struct Units(Vec<(String, f64)>);

impl Units {
    pub(super) fn new(scorer: &str, units: &Map<String, Value>) -> Result<Self, ScorerError> {
        let mut list = Vec::with_capacity(units.len());
        for (unit, factor) in units {
            let usable = factor.as_f64().filter(|factor| factor.is_finite() && *factor != 0.0);
            let (Some(factor), false) = (usable, unit.trim().is_empty()) else {
                return Err(ScorerError::Setting {
                    scorer: scorer.to_owned(),
                    setting: "units",
                    found: format!("{unit:?}: {factor}"),
                    expected: "give every unit a name and a factor other than 0",
                });
            };
            list.push((unit.trim().to_owned(), factor));
        }
        list.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        Ok(Self(list))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The factor of the unit that `text` begins with and the unit's length in bytes. `mW` and `MW` differ, so case
    /// counts; only where no unit fits exactly, case is ignored.
    pub(super) fn at(&self, text: &str) -> Option<(f64, usize)> {
        let fits = |unit: &str| word::is_end(text, unit.len());
        self.0
            .iter()
            .find(|(unit, _)| text.starts_with(unit.as_str()) && fits(unit))
            .or_else(|| {
                let same = |unit: &str| {
                    text.get(..unit.len()).is_some_and(|start| start.eq_ignore_ascii_case(unit)) && fits(unit)
                };
                self.0.iter().find(|(unit, _)| same(unit))
            })
            .map(|(unit, factor)| (*factor, unit.len()))
    }
}
