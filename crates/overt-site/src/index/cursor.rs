//! Pages of lists, by what was seen last and not by how much was skipped: the thousandth page costs what the first does.

use serde::Serialize;

/// Where a page begins. Positions are log indexes, or a list's own numbers; both only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seek {
    /// At the list's beginning.
    #[default]
    Start,
    /// Behind what has this position.
    Behind(u64),
}

/// How many items a page has: 1 to 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u16);

/// Some items of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// The position of the last one, if there are more: what the next page begins [behind](Seek::Behind).
    pub next: Option<u64>,
}

impl PageSize {
    /// The largest.
    pub const MOST: u16 = 500;

    /// As many as asked for, or as few or many as there may be.
    pub fn clamped(size: u16) -> Self {
        Self(size.clamp(1, Self::MOST))
    }

    /// As many as the page holds.
    pub(crate) fn count(self) -> i64 {
        i64::from(self.0)
    }

    /// One more than the page holds: whether it comes tells whether there are more.
    pub(crate) fn and_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for PageSize {
    /// 50.
    fn default() -> Self {
        Self(50)
    }
}

impl Seek {
    /// The least position that may come, in a list that grows downwards.
    pub(crate) fn above(self) -> i64 {
        match self {
            Self::Start => -1,
            Self::Behind(position) => crate::row::integer(position),
        }
    }

    /// What every position has to be below, in a list whose newest come first.
    pub(crate) fn below(self) -> i64 {
        match self {
            Self::Start => i64::MAX,
            Self::Behind(position) => crate::row::integer(position),
        }
    }
}

impl<T> Page<T> {
    /// A page of what was found, one more than the page holds if there are more.
    pub(crate) fn of(mut found: Vec<T>, size: PageSize, position: impl Fn(&T) -> u64) -> Self {
        let most = usize::from(size.0);
        let more = found.len() > most;
        found.truncate(most);
        let next = found.last().filter(|_| more).map(position);
        Self { items: found, next }
    }
}
