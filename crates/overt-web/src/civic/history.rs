//! How the number of signatures came to be, out of a few signatures of a long list.

use overt_record::Hash;
use overt_site::Index;
use overt_site::index::Signed;

use super::fault::Fault;
use crate::kit::Point;

/// How many signatures of the list are looked at for the line.
const POINTS: u64 = 48;

/// A line of signatures over time: numbers of the list, so those that were withdrawn since are in it.
pub(super) struct History {
    pub(super) points: Vec<Point>,
    /// The first day and the last.
    pub(super) ends: Option<[String; 2]>,
}

/// The history of the list under a statement.
pub(super) fn history(index: &Index, of: &Hash) -> Result<History, Fault> {
    let found = index.history(of, POINTS)?;
    let day =
        |signed: Option<&Signed>| signed.map(|signed| signed.time.to_string().chars().take(10).collect());
    let ends = day(found.first()).zip(day(found.last())).map(<[String; 2]>::from);
    // The line begins with nobody.
    let nobody = found.first().map(|first| Point { at: first.time.to_unix() as f64 - 1.0, value: 0.0 });
    let each = found.iter().map(|one| Point { at: one.time.to_unix() as f64, value: one.number as f64 });
    Ok(History { points: nobody.into_iter().chain(each).collect(), ends })
}
