//! `exact`: the answer equals the target.

use std::borrow::Cow;

use overt_schema::Sample;

use crate::error::{Lack, ScorerError};
use crate::fold;
use crate::scorers::Judge;
use crate::target::Target;
use crate::verdict::Verdict;

/// 1 if the answer equals one of the targets after trimming, else 0.
#[derive(Debug)]
pub(crate) struct Exact {
    target: Target,
    ignore_case: bool,
    ignore_punctuation: bool,
}

impl Exact {
    pub(crate) fn new(
        name: &str,
        target: Option<&str>,
        ignore_case: bool,
        ignore_punctuation: bool,
    ) -> Result<Self, ScorerError> {
        Ok(Self { target: Target::new(name, "target", target)?, ignore_case, ignore_punctuation })
    }

    fn comparable<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = fold::trim(text);
        let text = if self.ignore_case { fold::lower(text) } else { fold::nfc(text) };
        if self.ignore_punctuation { Cow::Owned(fold::without_punctuation(&text)) } else { text }
    }
}

impl Judge for Exact {
    fn judge(&self, sample: &Sample, answer: &str) -> Result<Verdict, Lack> {
        let targets = self.target.texts(sample)?;
        let said = self.comparable(answer);
        let equal = targets.iter().any(|target| self.comparable(target) == said);
        Ok(Verdict::of(equal).read(answer))
    }
}
