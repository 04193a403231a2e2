//! Fields of samples with few values: what one can filter and group by. A field that holds a list of words, such as tags,
//! counts for each of them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The most fields of a task that are kept.
const FIELDS: usize = 12;
/// The most values of a field.
const VALUES: usize = 63;
/// The longest value, in bytes.
const LONGEST: usize = 80;
/// Fields that have a meaning of their own.
const OTHER: [&str; 3] = ["id", "target", "choices"];

/// A field of a task, its values sorted, and for each row of the run which of them it has.
#[derive(Debug)]
struct Facet {
    task: u16,
    field: String,
    values: Vec<String>,
    codes: Codes,
}

/// Which values a row has: in rows of other tasks none.
#[derive(Debug)]
enum Codes {
    /// One at most: its place, counted from 1.
    One(Vec<u8>),
    /// Several: a bit for each.
    Several(Vec<u64>),
}

/// The fields that one can filter by, of all tasks.
#[derive(Debug, Default)]
pub struct Facets {
    facets: Vec<Facet>,
    /// For each row its place within its task.
    places: Vec<u32>,
}

impl Facets {
    /// About how many bytes of memory they take.
    pub(super) fn memory(&self) -> usize {
        let codes = |facet: &Facet| match &facet.codes {
            Codes::One(codes) => codes.capacity(),
            Codes::Several(codes) => codes.capacity() * 8,
        };
        self.facets.iter().map(codes).sum::<usize>() + self.places.capacity() * 4
    }

    /// The names of the fields of a task, or of all tasks, each once.
    pub fn fields(&self, task: Option<usize>) -> Vec<&str> {
        let mut names = Vec::new();
        for facet in self.of(task) {
            if !names.contains(&facet.field.as_str()) {
                names.push(facet.field.as_str());
            }
        }
        names
    }

    /// The values of a field in a task, or in all tasks, sorted, each once.
    pub fn values(&self, task: Option<usize>, field: &str) -> Vec<&str> {
        let facets = self.of(task).filter(|facet| facet.field == field);
        let mut values: Vec<&str> = facets.flat_map(|facet| &facet.values).map(String::as_str).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    fn of(&self, task: Option<usize>) -> impl Iterator<Item = &Facet> {
        self.facets.iter().filter(move |facet| task.is_none_or(|task| usize::from(facet.task) == task))
    }

    /// A test for rows that have a value; for each task where to look.
    pub(super) fn test(&self, field: &str, value: &str) -> FacetTest<'_> {
        let found = self.facets.iter().filter(|facet| facet.field == field).filter_map(|facet| {
            let place = facet.values.iter().position(|known| known == value)?;
            Some((facet, place))
        });
        FacetTest { facets: self, found: found.collect() }
    }
}

/// Whether a row has a value.
pub(super) struct FacetTest<'a> {
    facets: &'a Facets,
    found: Vec<(&'a Facet, usize)>,
}

impl FacetTest<'_> {
    pub(super) fn holds(&self, task: usize, row: usize) -> bool {
        let Some((facet, place)) = self.found.iter().find(|(facet, _)| usize::from(facet.task) == task)
        else {
            return false;
        };
        let at = self.facets.places.get(row).map_or(usize::MAX, |place| *place as usize);
        match &facet.codes {
            Codes::One(codes) => codes.get(at).is_some_and(|code| usize::from(*code) == place + 1),
            Codes::Several(codes) => codes.get(at).is_some_and(|bits| bits >> place & 1 == 1),
        }
    }
}

/// Finds out, row by row, which fields have few values.
#[derive(Default)]
pub(super) struct FacetsBuilder {
    tasks: Vec<Growing>,
}

/// The fields of one task so far.
#[derive(Default)]
struct Growing {
    rows: usize,
    fields: Vec<GrowingField>,
}

struct GrowingField {
    name: String,
    values: Vec<String>,
    /// A bit for each value, until it is clear that a row never has two.
    bits: Vec<u64>,
    is_list: bool,
    is_dropped: bool,
}

impl FacetsBuilder {
    pub(super) fn push(&mut self, task: u32, fields: &str) {
        let at = task as usize;
        if at >= usize::from(u16::MAX) {
            return;
        }
        if self.tasks.len() <= at {
            self.tasks.resize_with(at + 1, Growing::default);
        }
        self.tasks[at].push(fields);
    }

    pub(super) fn finish(self, tasks: &[u16]) -> Facets {
        let mut next = vec![0_u32; self.tasks.len()];
        let place = |task: &u16| {
            let next = &mut next[usize::from(*task)];
            *next += 1;
            *next - 1
        };
        let places: Vec<u32> = tasks.iter().map(place).collect();
        let mut facets = Vec::new();
        for (task, growing) in self.tasks.into_iter().enumerate() {
            let rows = growing.rows;
            let fields = growing.fields.into_iter().filter(|field| field.groups(rows));
            facets.extend(fields.map(|field| field.finish(task as u16, rows)));
        }
        let places = if facets.is_empty() { Vec::new() } else { places };
        Facets { facets, places }
    }
}

impl Growing {
    fn push(&mut self, fields: &str) {
        let row = self.rows;
        self.rows += 1;
        // After a while no field begins that would group; if all are dropped there is nothing to look for.
        if row > 4096 && self.fields.iter().all(|field| field.is_dropped) {
            return;
        }
        let mut reader = serde_json::Deserializer::from_str(fields);
        // A row that is no object has no fields.
        let _ = reader
            .deserialize_map(Each(|name: Cow<'_, str>, value: &RawValue| self.field(row, &name, value)));
    }

    fn field(&mut self, row: usize, name: &str, value: &RawValue) {
        let at = self.fields.iter().position(|field| field.name == name);
        let at = at.unwrap_or_else(|| {
            let is_dropped = OTHER.contains(&name) || name.len() > LONGEST || name.contains(char::is_control);
            let name = if is_dropped && name.len() > LONGEST { String::new() } else { name.to_owned() };
            self.fields.push(GrowingField {
                name,
                values: Vec::new(),
                bits: Vec::new(),
                is_list: false,
                is_dropped,
            });
            self.fields.len() - 1
        });
        let kept = self.fields.iter().filter(|field| !field.is_dropped).count();
        let known = self.fields.len();
        let field = &mut self.fields[at];
        if kept > FIELDS && field.values.is_empty() || known > 256 {
            field.drop_all();
        }
        if !field.is_dropped {
            field.push(row, value.get());
        }
        // A hostile run may name a new field in every row.
        self.fields.truncate(257);
    }
}

impl GrowingField {
    fn drop_all(&mut self) {
        self.is_dropped = true;
        (self.values, self.bits) = (Vec::new(), Vec::new());
    }

    fn push(&mut self, row: usize, json: &str) {
        let words: Vec<Cow<'_, str>> = match json.as_bytes().first() {
            Some(b'"') => serde_json::from_str(json).into_iter().collect(),
            Some(b'[') => match serde_json::from_str(json) {
                Ok(words) => {
                    self.is_list = true;
                    words
                }
                Err(_) => return self.drop_all(),
            },
            Some(b'{' | b'n') | None => return,
            Some(_) => vec![Cow::Borrowed(json)],
        };
        self.bits.resize(row, 0);
        let mut bits = 0;
        for word in words {
            let at = self.values.iter().position(|known| *known == word).or_else(|| self.begin(&word));
            let Some(at) = at else { return self.drop_all() };
            bits |= 1 << at;
        }
        self.bits.push(bits);
    }

    /// A new value; `None` if there are too many, or it is too long, or none that a form can carry.
    fn begin(&mut self, word: &str) -> Option<usize> {
        if self.values.len() >= VALUES || word.len() > LONGEST || word.contains(char::is_control) {
            return None;
        }
        self.values.push(word.to_owned());
        Some(self.values.len() - 1)
    }

    /// Whether it divides so many rows into groups.
    fn groups(&self, rows: usize) -> bool {
        !self.is_dropped && self.values.len() >= 2 && self.values.len() * 3 <= rows.max(6)
    }

    fn finish(self, task: u16, rows: usize) -> Facet {
        let mut order: Vec<usize> = (0..self.values.len()).collect();
        order.sort_by(|a, b| self.values[*a].cmp(&self.values[*b]));
        let mut sorted = vec![0; order.len()];
        for (place, was) in order.iter().enumerate() {
            sorted[*was] = place;
        }
        let moved = |bits: &u64| {
            (0..order.len()).filter(|at| bits >> at & 1 == 1).fold(0_u64, |out, at| out | 1 << sorted[at])
        };
        let codes = if self.is_list {
            let mut codes: Vec<u64> = self.bits.iter().map(moved).collect();
            codes.resize(rows, 0);
            Codes::Several(codes)
        } else {
            let code =
                |bits: &u64| if *bits == 0 { 0 } else { sorted[bits.trailing_zeros() as usize] as u8 + 1 };
            let mut codes: Vec<u8> = self.bits.iter().map(code).collect();
            codes.resize(rows, 0);
            Codes::One(codes)
        };
        let values = order.iter().map(|at| self.values[*at].clone()).collect();
        Facet { task, field: self.name, values, codes }
    }
}

/// Hands each field of an object to a function, without building anything.
struct Each<F>(F);

impl<'de, F: FnMut(Cow<'de, str>, &'de RawValue)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            (self.0)(name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facets(rows: &[(u16, &str)]) -> Facets {
        let mut builder = FacetsBuilder::default();
        for (task, fields) in rows {
            builder.push((*task).into(), fields);
        }
        builder.finish(&rows.iter().map(|(task, _)| *task).collect::<Vec<_>>())
    }

    #[test]
    fn fields_with_few_values_are_found_and_rows_have_theirs() {
        let rows = [
            (0, r#"{"lang":"fr","n":1,"q":"a","tags":["x","y"]}"#),
            (1, r#"{"lang":"de"}"#),
            (0, r#"{"lang":"en","n":2,"q":"b","tags":["y"]}"#),
            (0, r#"{"n":1,"q":"c","tags":[]}"#),
            (0, r#"{"lang":"fr","n":1,"q":"d"}"#),
            (0, r#"{"lang":"en","n":null,"q":"e"}"#),
            (0, r#"{"lang":"en","n":2,"q":"f","tags":["x"]}"#),
        ];
        let facets = facets(&rows);
        assert_eq!(facets.fields(Some(0)), ["lang", "n", "tags"]);
        assert_eq!(facets.fields(Some(1)), [""; 0]);
        assert_eq!(facets.values(None, "lang"), ["en", "fr"]);
        let holding = |field, value| {
            let test = facets.test(field, value);
            let holds = |row: &usize| test.holds(rows[*row].0.into(), *row);
            (0..rows.len()).filter(holds).collect::<Vec<_>>()
        };
        assert_eq!(holding("lang", "fr"), [0, 4]);
        assert_eq!(holding("n", "2"), [2, 6]);
        assert_eq!(holding("tags", "y"), [0, 2]);
        assert_eq!(holding("tags", "z"), [0; 0]);
        assert_eq!(holding("lang", "de"), [0; 0]);
    }

    #[test]
    fn hostile_fields_are_dropped_and_take_no_room() {
        let mut builder = FacetsBuilder::default();
        for row in 0..3000 {
            builder.push(
                0,
                &format!(
                    r#"{{"f{row}":1,"unique":"{row}","long":"{}","deep":[[1]],"ok":{}}}"#,
                    "x".repeat(500),
                    row % 2
                ),
            );
        }
        for broken in ["", "[]", "{", "null", r#"{"ok":"#] {
            builder.push(0, broken);
        }
        assert!(builder.tasks[0].fields.len() <= 257);
        let facets = builder.finish(&[0; 3005]);
        assert!(facets.fields(None).len() <= FIELDS && facets.memory() < 200_000);
    }
}
