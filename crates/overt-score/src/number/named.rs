//! Numbers in English words: `twelve`, `forty-two`, `three hundred and five`.

/// What a word adds or how it multiplies.
enum Part {
    Unit(f64),
    Ten(f64),
    Scale(f64),
}

fn part(word: &str) -> Option<Part> {
    let units = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    let tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let scales = [("hundred", 1e2), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9)];
    let position = |list: &[&str]| list.iter().position(|item| word.eq_ignore_ascii_case(item));
    if let Some(unit) = position(&units) {
        return Some(Part::Unit(unit as f64));
    }
    if let Some(ten) = position(&tens) {
        return Some(Part::Ten((ten + 2) as f64 * 10.0));
    }
    let scale = scales.iter().find(|(item, _)| word.eq_ignore_ascii_case(item));
    scale.map(|(_, factor)| Part::Scale(*factor))
}

/// The last number that stands in words, with its place. `one` alone counts only if nothing else is said, since it
/// is a pronoun more often than a number.
pub(super) fn last(text: &str) -> Option<(f64, std::ops::Range<usize>)> {
    let mut best = None;
    let mut current: Option<Sum> = None;
    let mut words = 0_usize;
    for (at, word) in words_of(text) {
        words += 1;
        let Some(part) = part(word) else {
            let joins = word.eq_ignore_ascii_case("and") && current.as_ref().is_some_and(Sum::is_scaled);
            if !joins && let Some(sum) = current.take() {
                best = Some(sum.finish());
            }
            continue;
        };
        let end = at + word.len();
        let continues = current.as_mut().is_some_and(|sum| sum.add(&part, end));
        if !continues {
            best = current.take().map(Sum::finish).or(best);
            current = Sum::new(&part, at, end);
        }
    }
    best = current.map(Sum::finish).or(best);
    best.filter(|(_, range)| words == 1 || !text[range.clone()].eq_ignore_ascii_case("one"))
}

/// Words of ASCII letters with their places.
fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_letter = |c: char| c.is_alphabetic();
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(is_letter)?;
        let end = text[start..].find(|c| !is_letter(c)).map_or(text.len(), |length| start + length);
        from = end;
        Some((start, &text[start..end]))
    })
}

/// A number in words under way: `total` holds finished thousands, `group` what is below.
struct Sum {
    total: f64,
    group: f64,
    room: f64,
    scaled: bool,
    range: std::ops::Range<usize>,
}

impl Sum {
    fn new(part: &Part, start: usize, end: usize) -> Option<Self> {
        let (group, room) = match part {
            Part::Unit(value) => (*value, 0.0),
            Part::Ten(value) => (*value, 10.0),
            Part::Scale(_) => return None,
        };
        Some(Self { total: 0.0, group, room, scaled: false, range: start..end })
    }

    fn is_scaled(&self) -> bool {
        self.scaled
    }

    /// Whether the word continues the number.
    fn add(&mut self, part: &Part, end: usize) -> bool {
        match part {
            Part::Unit(value) if *value > 0.0 && *value < self.room => {
                self.group += value;
                self.room = 0.0;
            }
            Part::Ten(value) if *value < self.room => {
                self.group += value;
                self.room = 10.0;
            }
            Part::Scale(factor) if *factor <= 1e2 && self.group < 100.0 && self.group > 0.0 => {
                self.group *= factor;
                self.room = 100.0;
                self.scaled = true;
            }
            Part::Scale(factor) if *factor > 1e2 && self.group > 0.0 => {
                self.total += self.group * factor;
                self.group = 0.0;
                self.room = 1000.0;
                self.scaled = true;
            }
            _ => return false,
        }
        self.range.end = end;
        true
    }

    fn finish(self) -> (f64, std::ops::Range<usize>) {
        (self.total + self.group, self.range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_are_read() {
        for (text, expected) in [
            ("twelve", Some(12.0)),
            ("Forty-two apples", Some(42.0)),
            ("three hundred and five", Some(305.0)),
            ("two thousand and twenty-four", Some(2024.0)),
            ("one hundred thousand", Some(100_000.0)),
            ("two apples and three pears", Some(3.0)),
            ("One", Some(1.0)),
            ("one of them", None),
            ("nobody", None),
            ("zero", Some(0.0)),
            ("attend", None),
            ("hundred", None),
            ("", None),
            ("five six", Some(6.0)),
        ] {
            assert_eq!(last(text).map(|(value, _)| value), expected, "{text:?}");
        }
    }
}
