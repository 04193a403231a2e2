//! `includes`: the target occurs in the answer.

use std::borrow::Cow;

use overt_schema::{Quantifier, Sample};

use crate::error::{Lack, ScorerError};
use crate::fold;
use crate::scorers::Judge;
use crate::target::Target;
use crate::verdict::Verdict;
use crate::word::{self, Bounds};

/// 1 if one (or every) target occurs in the answer, else 0.
#[derive(Debug)]
pub(crate) struct Includes {
    target: Target,
    require: Quantifier,
    match_case: bool,
    bounds: Bounds,
}

impl Includes {
    pub(crate) fn new(
        name: &str,
        target: Option<&str>,
        require: Quantifier,
        match_case: bool,
        within_words: bool,
    ) -> Result<Self, ScorerError> {
        let target = Target::new(name, "target", target)?;
        let bounds = if within_words { Bounds::Anywhere } else { Bounds::Word };
        Ok(Self { target, require, match_case, bounds })
    }

    fn comparable<'a>(&self, text: &'a str) -> Cow<'a, str> {
        fold::spaces(if self.match_case { fold::nfc(text) } else { fold::lower(text) })
    }
}

impl Judge for Includes {
    fn judge(&self, sample: &Sample, answer: &str) -> Result<Verdict, Lack> {
        let targets = self.target.texts(sample)?;
        let text = self.comparable(answer);
        let mut found = Vec::new();
        let mut lacking = Vec::new();
        for target in &targets {
            let needle = self.comparable(target);
            if needle.is_empty() {
                return Err(Lack::Form {
                    field: self.target.name().to_owned(),
                    found: "empty".to_owned(),
                    expected: "give a text that an answer can contain",
                });
            }
            let list = if word::find(&text, &needle, self.bounds).is_some() { &mut found } else { &mut lacking };
            list.push(target.as_str());
        }
        let truth = match self.require {
            Quantifier::Any => !found.is_empty(),
            Quantifier::All => lacking.is_empty(),
        };
        let verdict = Verdict::of(truth);
        Ok(match (truth, found.is_empty()) {
            (true, _) => verdict.read(&found.join(", ")),
            (false, true) => verdict,
            (false, false) => verdict.read(&found.join(", ")).because(format!("lacks {}", lacking.join(", "))),
        })
    }
}
