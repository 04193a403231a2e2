//! Numbers that JSON cannot carry safely: decimals and 64-bit integers, written as strings with one spelling each.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The longest text that a finite double has: `-`, `0.`, 323 zeros and its digits, with room to spare.
const MAX_LENGTH: usize = 340;

/// A decimal number, in JSON a string such as `"0.3125"`, `"1"`, `"-0.5"`.
///
/// It is a finite double, and its text is the shortest one that reads back as the same double, without an exponent:
/// what Rust, Python and JavaScript print for numbers of ordinary size. Each number has exactly one spelling, so equal
/// records have equal bytes, and a number that is signed is the number that was computed. Zero has no sign.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(f64);

impl Decimal {
    /// `None` for infinities and NaN, which no metric may publish.
    pub fn new(value: f64) -> Option<Self> {
        // Adding zero turns -0 into 0.
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The number.
    pub const fn to_f64(self) -> f64 {
        self.0
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        // Neither NaN nor -0 can be built, so the total order is that of numbers.
        self.0.total_cmp(&other.0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rust prints a double without exponent, in the fewest digits that read back as the same double.
        fmt::Display::fmt(&self.0, f)
    }
}

/// Why a text is not a decimal number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotADecimal {
    /// It is no number at all, or one that no double holds.
    #[error("a decimal number is written like \"0.3125\", \"1\" or \"-0.5\", without exponent; found {0:?}")]
    Malformed(String),
    /// It is a number with another spelling.
    #[error("the decimal number {found:?} must be written {canonical:?}: each number has one spelling")]
    NotCanonical {
        /// As it stands.
        found: String,
        /// As it must be.
        canonical: String,
    },
}

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let malformed = || NotADecimal::Malformed(text.chars().take(80).collect());
        if text.len() > MAX_LENGTH || text.contains(|c: char| !matches!(c, '0'..='9' | '.' | '-')) {
            return Err(malformed());
        }
        let number = text.parse().ok().and_then(Self::new).ok_or_else(malformed)?;
        let canonical = number.to_string();
        if canonical == text {
            return Ok(number);
        }
        Err(NotADecimal::NotCanonical { found: text.chars().take(80).collect(), canonical })
    }
}

impl TryFrom<String> for Decimal {
    type Error = NotADecimal;

    fn try_from(text: String) -> Result<Self, NotADecimal> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(number: Decimal) -> Self {
        number.to_string()
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A decimal number: the shortest text that reads back as the same double, without exponent",
            "pattern": r"^(0|-?(0\.[0-9]*[1-9]|[1-9][0-9]*(\.[0-9]*[1-9])?))$",
            "maxLength": MAX_LENGTH,
        })
    }
}

/// The seed of a run: any 64-bit integer. In JSON a string of decimal digits, since numbers there are exact only up
/// to 2^53 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Seed(u64);

impl Seed {
    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for Seed {
    fn from(seed: u64) -> Self {
        Self(seed)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is not a seed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a seed is a whole number from 0 to 18446744073709551615 in decimal digits, without leading zeros; found {0:?}"
)]
pub struct NotASeed(String);

impl FromStr for Seed {
    type Err = NotASeed;

    fn from_str(text: &str) -> Result<Self, NotASeed> {
        let seed = text.parse().ok().map(Self).filter(|seed| seed.to_string() == text);
        seed.ok_or_else(|| NotASeed(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Seed {
    type Error = NotASeed;

    fn try_from(text: String) -> Result<Self, NotASeed> {
        text.parse()
    }
}

impl From<Seed> for String {
    fn from(seed: Seed) -> Self {
        seed.to_string()
    }
}

impl JsonSchema for Seed {
    fn schema_name() -> Cow<'static, str> {
        "Seed".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (number, text) in [
            (0.3125, "0.3125"),
            (1.0, "1"),
            (-0.5, "-0.5"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e21, "1000000000000000000000"),
            (1e-7, "0.0000001"),
        ] {
            let decimal = Decimal::new(number).unwrap();
            assert_eq!(decimal.to_string(), text);
            assert_eq!(text.parse(), Ok(decimal));
        }
    }

    #[test]
    fn the_longest_doubles_fit() {
        for number in [
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            -f64::MIN_POSITIVE,
            5e-324,
            -5e-324,
            -2.225_073_858_507_201e-308,
        ] {
            let text = Decimal::new(number).unwrap().to_string();
            assert!(text.len() <= MAX_LENGTH);
            assert_eq!(text.parse::<Decimal>().unwrap().to_f64().to_bits(), number.to_bits());
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Decimal::new(number), None);
        }
        let huge = "9".repeat(400);
        for text in [
            "", "-", ".", "1.", ".5", "+1", "1e3", "inf", "NaN", "0x1", " 1", "1 ", "1_0", "1-", "--1",
            "1.2.3", &huge, "\u{661}",
        ] {
            assert!(text.parse::<Decimal>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn another_spelling_of_a_number_is_refused_with_the_right_one() {
        for (text, right) in [
            ("0.50", "0.5"),
            ("00", "0"),
            ("-0", "0"),
            ("01", "1"),
            ("1.0", "1"),
            ("0.1000000000000000055511151231257827", "0.1"),
        ] {
            match text.parse::<Decimal>() {
                Err(NotADecimal::NotCanonical { canonical, .. }) => assert_eq!(canonical, right),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_seed_keeps_all_64_bits_and_one_spelling() {
        let seed = Seed::from(u64::MAX);
        assert_eq!(serde_json::to_string(&seed).unwrap(), "\"18446744073709551615\"");
        assert_eq!("18446744073709551615".parse(), Ok(seed));
        for text in ["", "-1", "+1", "01", "18446744073709551616", "1.0", " 1", "١"] {
            assert!(text.parse::<Seed>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_finite_double_survives(bits: u64) {
            let number = f64::from_bits(bits);
            if let Some(decimal) = Decimal::new(number) {
                let json = serde_json::to_string(&decimal).unwrap();
                prop_assert!(!json.contains(['e', 'E']));
                let again: Decimal = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(again.to_f64().to_bits(), (number + 0.0).to_bits());
            }
        }

        #[test]
        fn a_text_that_is_read_is_the_text_that_is_written(text in "-?[0-9]{0,3}\\.?[0-9]{0,4}") {
            if let Ok(decimal) = text.parse::<Decimal>() {
                prop_assert_eq!(decimal.to_string(), text);
            }
        }
    }
}
