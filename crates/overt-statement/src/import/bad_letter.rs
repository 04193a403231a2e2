//! Why a file is no letter that can be read.

use overt_record::BadText;

use super::Letter;

/// Why a file is no letter that can be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLetter {
    /// Larger than any.
    #[error("the letter has {found} bytes; at most {limit} are read", limit = Letter::MAX_BYTES)]
    TooLarge {
        /// Its length.
        found: usize,
    },
    /// A line is not as it should be.
    #[error("line {line}: {fault}")]
    Line {
        /// Which, counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: LetterFault,
    },
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LetterFault {
    /// Not text.
    #[error("this is not UTF-8; save the letter as UTF-8")]
    NotUtf8,
    /// The letter does not begin with a title.
    #[error("a letter begins with its title, which stands alone on a line with a blank line below it")]
    NoTitle,
    /// Nothing between the title and the signatories.
    #[error("the letter has no text below its title")]
    NoText,
    /// Words that a record may not carry.
    #[error(transparent)]
    Words(#[from] BadText),
    /// An item of a list further in than those before it.
    #[error("a list within a list is not read; write it as one list, or as paragraphs")]
    NestedList,
    /// A number that does not follow.
    #[error("the number {found} stands where {expected} should; a list is numbered from 1 without gaps")]
    OutOfOrder {
        /// The number that follows.
        expected: u64,
        /// The one that is there.
        found: u64,
    },
    /// A number that was there before.
    #[error("the number {number} is already at line {first}; each stands once")]
    DuplicateNumber {
        /// The number.
        number: u64,
        /// Where it stood first.
        first: usize,
    },
    /// Neither a name nor a total.
    #[error(
        "below the heading of the signatories stand lines like `12. Name, affiliation` and `See all 1821 signatures`; this is neither"
    )]
    NotAName,
    /// A number without a name.
    #[error("there is no name after the number")]
    EmptyName,
    /// A heading without names.
    #[error("no names stand below this heading; take it away if nobody has signed")]
    NoNames,
    /// A second total.
    #[error("the number of signatures was stated at line {0} already")]
    SecondTotal(usize),
    /// More names than the letter says that there are.
    #[error("{stated} signatures are stated, and {listed} names are listed")]
    MoreThanStated {
        /// What the line says.
        stated: u64,
        /// How many names there are.
        listed: u64,
    },
    /// More names than one record holds.
    #[error("the names up to this one fill a record, which holds 4 MiB; import the rest as another listing")]
    TooManyNames,
}

impl LetterFault {
    pub(super) const fn at(self, line: usize) -> BadLetter {
        BadLetter::Line { line, fault: self }
    }
}
