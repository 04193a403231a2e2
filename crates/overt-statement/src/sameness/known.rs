//! The names under a statement, and which of them another one is like.

use std::collections::BTreeMap;

use overt_record::Name;

use super::FoldedName;

/// How many edits make a name no other name yet, by its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NearRule {
    /// For names of at least so many characters.
    pub from_length: usize,
    /// At most so many characters added, left out, replaced, or changed with their neighbour.
    pub edits: usize,
    /// Why.
    pub why: &'static str,
}

/// From the longest. A shorter name has no near ones.
pub const NEAR_RULES: [NearRule; 2] = [
    NearRule {
        from_length: 12,
        edits: 2,
        why: "a long name has room for a slip and another spelling (Mueller, Müller) at once, and few neighbours",
    },
    NearRule {
        from_length: 7,
        edits: 1,
        why: "below that, names one letter apart are mostly two people's: Li Wei, Li Wen",
    },
];

/// The most likenesses that are told of one name: nobody reads more.
const MAX_LIKENESSES: usize = 32;

/// Names that have signed. To look at a whole list, ask [`Known::like`] of each before adding it: every pair is then told
/// once.
#[derive(Clone, Debug, Default)]
pub struct Known {
    people: Vec<Person>,
    by_name: BTreeMap<String, Vec<usize>>,
    by_words: BTreeMap<String, Vec<usize>>,
    by_skeleton: BTreeMap<String, Vec<usize>>,
    by_length: BTreeMap<usize, Vec<usize>>,
}

#[derive(Clone, Debug)]
struct Person {
    name: FoldedName,
    affiliation: Option<FoldedName>,
}

/// A name that another one is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// Which, in the order in which they were added.
    pub with: usize,
    /// In what way.
    pub how: How,
}

/// In what way two names are alike; the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The same name and the same affiliation, after folding.
    NameAndAffiliation,
    /// The same name after folding.
    Name,
    /// The same words in another order.
    Words,
    /// It looks the same, in letters of another alphabet.
    Looks,
    /// A few edits apart.
    Near {
        /// How many.
        edits: usize,
    },
}

impl Known {
    /// Adds a name, and says which place it has.
    pub fn add(&mut self, name: &Name, affiliation: Option<&Name>) -> usize {
        let at = self.people.len();
        let person = Person::of(name, affiliation);
        let length = person.name.as_str().chars().count();
        self.by_name.entry(person.name.as_str().to_owned()).or_default().push(at);
        self.by_words.entry(person.name.words()).or_default().push(at);
        self.by_skeleton.entry(person.name.skeleton()).or_default().push(at);
        self.by_length.entry(length).or_default().push(at);
        self.people.push(person);
        at
    }

    /// The names that another one is like, each once in the strongest way; the strongest first, then the earliest. At
    /// most 32. The time it takes grows with the number of names of about the same length.
    pub fn like(&self, name: &Name, affiliation: Option<&Name>) -> Vec<Likeness> {
        let person = Person::of(name, affiliation);
        let mut found: BTreeMap<usize, How> = BTreeMap::new();
        for at in listed(&self.by_name, person.name.as_str()) {
            let same = person.affiliation.is_some() && self.people[*at].affiliation == person.affiliation;
            found.insert(*at, if same { How::NameAndAffiliation } else { How::Name });
        }
        for at in listed(&self.by_words, &person.name.words()) {
            found.entry(*at).or_insert(How::Words);
        }
        for at in listed(&self.by_skeleton, &person.name.skeleton()) {
            found.entry(*at).or_insert(How::Looks);
        }
        for (at, edits) in self.near(&person.name) {
            found.entry(at).or_insert(How::Near { edits });
        }
        let mut likenesses: Vec<_> = found.into_iter().map(|(with, how)| Likeness { with, how }).collect();
        likenesses.sort_by_key(|likeness| (likeness.how, likeness.with));
        likenesses.truncate(MAX_LIKENESSES);
        likenesses
    }

    fn near(&self, name: &FoldedName) -> Vec<(usize, usize)> {
        let length = name.as_str().chars().count();
        let Some(rule) = NEAR_RULES.iter().find(|rule| length >= rule.from_length) else { return Vec::new() };
        let lengths = length - rule.edits..=length + rule.edits;
        let candidates = self.by_length.range(lengths).flat_map(|(_, people)| people);
        let apart = |at: &usize| {
            let edits = strsim::osa_distance(name.as_str(), self.people[*at].name.as_str());
            (edits <= rule.edits).then_some((*at, edits))
        };
        candidates.filter_map(apart).collect()
    }
}

impl Person {
    fn of(name: &Name, affiliation: Option<&Name>) -> Self {
        Self { name: FoldedName::of(name), affiliation: affiliation.map(FoldedName::of) }
    }
}

fn listed<'a>(by: &'a BTreeMap<String, Vec<usize>>, key: &str) -> &'a [usize] {
    by.get(key).map_or(&[], Vec::as_slice)
}
