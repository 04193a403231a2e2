//! What a request asks, pair by pair, as far as it is sane.

/// The most pairs of a query that are looked at.
const PAIRS: usize = 64;
/// The longest value, in bytes.
const LONGEST: usize = 4096;

/// The pairs of a query.
#[derive(Clone, Debug, Default)]
pub struct Asked(Vec<(String, String)>);

impl Asked {
    /// The pairs of a query, those that are far too long, too many, or hold a NUL left out.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let sane = |(name, value): &(String, String)| {
            name.len() <= 64 && value.len() <= LONGEST && !value.contains('\0')
        };
        Self(pairs.into_iter().take(PAIRS).filter(sane).collect())
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a name, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let found: Vec<&str> =
            self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| &**value).collect();
        found.into_iter()
    }

    /// A number from 1; 1 if there is none that is sane.
    pub fn page(&self) -> u64 {
        self.get("page").and_then(|page| page.parse().ok()).filter(|page| *page >= 1).unwrap_or(1)
    }
}
