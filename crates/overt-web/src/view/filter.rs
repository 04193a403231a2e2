//! Which samples are listed, and in which order: read from a query, checked against a sketch.

use overt_schema::Outcome;

use super::Sketch;
use super::facets::FacetTest;
use super::query::Asked;
use crate::kit::link::Query;

/// The longest text that is looked for, in bytes.
const LONGEST: usize = 500;

/// A kind of outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Exactly this one.
    Is(Outcome),
    /// Any that brought no answer.
    Failed,
    /// Withheld, whatever it was.
    Withheld,
}

impl Kind {
    /// The word of addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Is(outcome) => outcome.as_str(),
            Self::Failed => "failed",
            Self::Withheld => "withheld",
        }
    }

    fn read(word: &str) -> Option<Self> {
        let outcomes = Outcome::ALL.into_iter().map(Self::Is);
        outcomes.chain([Self::Failed, Self::Withheld]).find(|kind| kind.as_str() == word)
    }
}

/// In which order samples are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// That of the run.
    #[default]
    Order,
    /// Lowest score first.
    ScoreUp,
    /// Highest score first.
    ScoreDown,
    /// Most tokens first.
    Tokens,
    /// Slowest first.
    Seconds,
}

impl Sort {
    /// All of them, with what people read.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Order, "order", "In the order of the run"),
        (Self::ScoreUp, "score", "Lowest score first"),
        (Self::ScoreDown, "-score", "Highest score first"),
        (Self::Tokens, "-tokens", "Most tokens first"),
        (Self::Seconds, "-seconds", "Slowest first"),
    ];

    /// The word of addresses.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(sort, ..)| *sort == self).map_or("order", |(_, word, _)| word)
    }
}

/// What is asked of the list of samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Only of this task.
    pub task: Option<String>,
    /// Only with such an outcome.
    pub outcome: Option<Kind>,
    /// The scorer that the range and the order are about; if none is named, each task's first.
    pub scorer: Option<String>,
    /// Only scores from here on.
    pub from: Option<f64>,
    /// Only scores up to here.
    pub to: Option<f64>,
    /// Only where the score is missing.
    pub missing: bool,
    /// Only with this value of a field.
    pub tag: Option<(String, String)>,
    /// Only with this text.
    pub text: Option<String>,
    /// The order. A search in texts keeps the run's.
    pub sort: Sort,
}

impl Filter {
    /// Reads what is asked. What makes no sense is left out, and named in the second part.
    pub fn read(asked: &Asked) -> (Self, Vec<String>) {
        let mut unread = Vec::new();
        let mut filter = Self::default();
        let text =
            |name: &str| asked.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let mut read = |name: &str, fits: bool| {
            if !fits {
                unread.push(name.to_owned());
            }
        };
        filter.task = text("task");
        filter.scorer = text("scorer");
        if let Some(word) = text("outcome") {
            filter.outcome = Kind::read(&word);
            read("outcome", filter.outcome.is_some());
        }
        match text("score").as_deref() {
            None => {}
            Some("missing") => filter.missing = true,
            Some("1") => (filter.from, filter.to) = (Some(1.0), Some(1.0)),
            Some("0") => (filter.from, filter.to) = (Some(0.0), Some(0.0)),
            Some(_) => read("score", false),
        }
        for (name, bound) in [("from", &mut filter.from), ("to", &mut filter.to)] {
            let Some(word) = text(name) else { continue };
            let number =
                word.replace(',', ".").replace('\u{2212}', "-").parse().ok().filter(|n: &f64| n.is_finite());
            read(name, number.is_some());
            *bound = number.or(*bound);
        }
        if let Some(word) = text("tag") {
            filter.tag = word.split_once('=').map(|(field, value)| (field.to_owned(), value.to_owned()));
            read("tag", filter.tag.is_some());
        }
        if let Some(words) = text("text") {
            read("text", words.len() <= LONGEST);
            filter.text = Some(words).filter(|words| words.len() <= LONGEST);
        }
        if let Some(word) = text("sort") {
            let sort = Sort::ALL.iter().find(|(_, known, _)| *known == word).map(|(sort, ..)| *sort);
            read("sort", sort.is_some());
            filter.sort = sort.unwrap_or_default();
        }
        (filter, unread)
    }

    /// The query that asks for it.
    pub fn query(&self) -> Query {
        let number = |bound: Option<f64>| bound.map(|bound| bound.to_string());
        Query::new()
            .with_some("task", self.task.clone())
            .with_some("outcome", self.outcome.map(Kind::as_str))
            .with_some("scorer", self.scorer.clone())
            .with_some("score", self.missing.then_some("missing"))
            .with_some("from", number(self.from))
            .with_some("to", number(self.to))
            .with_some("tag", self.tag.as_ref().map(|(field, value)| format!("{field}={value}")))
            .with_some("text", self.text.clone())
            .with_some("sort", Some(self.sort.as_str()).filter(|_| self.sort != Sort::Order))
    }

    /// Whether it leaves every sample in.
    pub fn is_all(&self) -> bool {
        *self == Self { sort: self.sort, scorer: self.scorer.clone(), ..Self::default() }
    }

    /// The test of a row, apart from its texts.
    pub(super) fn test<'a>(&'a self, sketch: &'a Sketch, tasks: &[String]) -> Test<'a> {
        let task =
            self.task.as_ref().map(|name| tasks.iter().position(|known| known == name).unwrap_or(usize::MAX));
        let slots = (0..tasks.len()).map(|task| match &self.scorer {
            Some(scorer) => sketch.slot(task, scorer),
            None => (!sketch.scorers(task).is_empty()).then_some(0),
        });
        Test {
            filter: self,
            sketch,
            task,
            slots: slots.collect(),
            tag: self.tag.as_ref().map(|(field, value)| sketch.facets().test(field, value)),
        }
    }
}

/// Whether a row of a sketch is listed.
pub(super) struct Test<'a> {
    filter: &'a Filter,
    sketch: &'a Sketch,
    /// The task's position; of one that the run does not have, none that a row has.
    task: Option<usize>,
    slots: Vec<Option<usize>>,
    tag: Option<FacetTest<'a>>,
}

impl Test<'_> {
    pub(super) fn holds(&self, row: usize) -> bool {
        let task = self.sketch.task(row);
        self.task.is_none_or(|wanted| wanted == task)
            && self.filter.outcome.is_none_or(|kind| self.has_outcome(row, kind))
            && self.has_score(row)
            && self.tag.as_ref().is_none_or(|test| test.holds(task, row))
    }

    /// The score that the range and the order are about; NaN if it is missing.
    pub(super) fn score(&self, row: usize) -> f32 {
        let slot = self.slots.get(self.sketch.task(row)).copied().flatten();
        slot.map_or(f32::NAN, |slot| self.sketch.score(row, slot))
    }

    fn has_outcome(&self, row: usize, kind: Kind) -> bool {
        match kind {
            Kind::Is(outcome) => self.sketch.outcome(row) == outcome,
            Kind::Failed => !self.sketch.outcome(row).has_answer(),
            Kind::Withheld => self.sketch.is_withheld(row),
        }
    }

    fn has_score(&self, row: usize) -> bool {
        let Filter { from, to, missing, .. } = self.filter;
        if !missing && from.is_none() && to.is_none() {
            return true;
        }
        let score = self.score(row);
        // Rounded alike, so that a bound that is a score is kept.
        *missing == score.is_nan()
            && from.is_none_or(|from| score >= from as f32)
            && to.is_none_or(|to| score <= to as f32)
    }
}
