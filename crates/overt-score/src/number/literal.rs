//! One number as people write it.
//!
//! A reader of decimal literals in the conventions that models use: `1,234.5`, `1.234,5`, `1 234`, `1'234`, `12,34,567`,
//! `.5`, `6.02e23`, `6.02 × 10^23`, `3/4`, `1 1/2`, `½`, `\frac{3}{4}`, `-7`, `−7`, `50 %`, `2 million`.

/// The most bytes of one run of digits; a longer one is no number that anybody compares.
const LONGEST: usize = 400;

/// A number that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Literal {
    pub(super) value: f64,
    /// Whether `%` or "percent" follows; the value is then still the one written (50 for `50 %`).
    pub(super) percent: bool,
}

/// Reads the number that begins at `at` (its sign, its first digit, a point before a digit, a vulgar fraction or
/// `\frac`). Returns it and where it ends. `text` has ASCII digits only, see [`super::statement`].
pub(super) fn read(text: &str, at: usize) -> Option<(Literal, usize)> {
    let mut cursor = Cursor { text, at, in_date: text[..at].ends_with('/') };
    let negative = cursor.sign();
    let magnitude = cursor.fraction_command().or_else(|| cursor.mixed())?;
    let value = cursor.scaled(magnitude);
    let percent = cursor.percent();
    let value = if negative { -value } else { value };
    value.is_finite().then_some((Literal { value, percent }, cursor.at))
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// A slash stands before the number.
    in_date: bool,
}

impl Cursor<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    fn eat_any(&mut self, prefixes: &[&str]) -> bool {
        prefixes.iter().any(|prefix| self.eat(prefix))
    }

    /// Goes on past spaces if what follows them begins with one of the prefixes, and past that.
    fn eat_spaced(&mut self, prefixes: &[&str]) -> bool {
        let start = self.at;
        self.skip_spaces();
        let found = self.eat_any(prefixes);
        if !found {
            self.at = start;
        }
        found
    }

    fn skip_spaces(&mut self) {
        while self.eat_any(&[" ", "\u{a0}", "\u{202f}", "\u{2009}"]) {}
    }

    fn sign(&mut self) -> bool {
        let negative = self.eat_any(&["-", "\u{2212}", "\u{2013}"]);
        if !negative {
            self.eat("+");
        }
        self.eat_any(&["$", "€", "£", "¥", "\\$"]);
        negative || self.eat_any(&["-", "\u{2212}"])
    }

    /// Digits, at least one.
    fn digits(&mut self) -> Option<&str> {
        let length = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 || length > LONGEST {
            return None;
        }
        let start = self.at;
        self.at += length;
        Some(&self.text[start..self.at])
    }

    /// `\frac{3}{4}` and its kin.
    fn fraction_command(&mut self) -> Option<f64> {
        let start = self.at;
        if !self.eat_any(&["\\frac", "\\dfrac", "\\tfrac"]) {
            return None;
        }
        let value = self.braced().and_then(|top| Some(top / nonzero(self.braced()?)?));
        if value.is_none() {
            self.at = start;
        }
        value
    }

    fn braced(&mut self) -> Option<f64> {
        if !self.eat("{") {
            return None;
        }
        let negative = self.eat("-");
        let value = self.decimal()?;
        self.eat("}").then_some(if negative { -value } else { value })
    }

    /// `2`, `2.5`, `3/4`, `1 1/2`, `1½`, `½`.
    fn mixed(&mut self) -> Option<f64> {
        if let Some(part) = self.vulgar() {
            return Some(part);
        }
        let whole = self.decimal()?;
        if let Some(part) = self.vulgar() {
            return Some(whole + part);
        }
        if let Some(bottom) = self.over() {
            return Some(whole / bottom);
        }
        let start = self.at;
        if whole.fract() == 0.0 && self.eat(" ") {
            // The top of a mixed number is smaller than its bottom: `1 1/2`, but not `10 12/5`.
            if let Some(top) = self.small_integer()
                && let Some(bottom) = self.over()
                && top < bottom
            {
                return Some(whole + top / bottom);
            }
            self.at = start;
        }
        Some(whole)
    }

    fn small_integer(&mut self) -> Option<f64> {
        self.digits().filter(|digits| digits.len() <= 4)?.parse().ok()
    }

    /// `/4`, but not the second slash of a date, and not a division by 0.
    fn over(&mut self) -> Option<f64> {
        let start = self.at;
        let bottom = if self.eat_any(&["/", "\u{2044}"]) { self.small_integer() } else { None };
        let is_date = self.in_date || self.rest().starts_with('/');
        let fits = bottom.and_then(nonzero).filter(|_| !is_date);
        if fits.is_none() {
            self.at = start;
        }
        fits
    }

    fn vulgar(&mut self) -> Option<f64> {
        let c = self.rest().chars().next()?;
        let value = match c {
            '¼' => 0.25,
            '½' => 0.5,
            '¾' => 0.75,
            '⅓' => 1.0 / 3.0,
            '⅔' => 2.0 / 3.0,
            '⅕' => 0.2,
            '⅖' => 0.4,
            '⅗' => 0.6,
            '⅘' => 0.8,
            '⅙' => 1.0 / 6.0,
            '⅚' => 5.0 / 6.0,
            '⅛' => 0.125,
            '⅜' => 0.375,
            '⅝' => 0.625,
            '⅞' => 0.875,
            _ => return None,
        };
        self.at += c.len_utf8();
        Some(value)
    }

    /// A decimal number with separators.
    fn decimal(&mut self) -> Option<f64> {
        let mut plain = String::new();
        if let Some(whole) = self.digits() {
            plain.push_str(whole);
            self.grouped(&mut plain);
        } else if self.rest().starts_with('.') {
            plain.push('0');
        } else {
            return None;
        }
        self.decimals(&mut plain);
        self.exponent(&mut plain);
        plain.parse().ok()
    }

    /// Groups of digits after the first: one separator throughout, the last group of three digits.
    fn grouped(&mut self, plain: &mut String) {
        if plain.len() > 3 || plain.starts_with('0') {
            return;
        }
        for separator in [",", "'", "\u{2019}", "\u{a0}", "\u{202f}", "\u{2009}", "_", " ", "."] {
            let groups = groups(self.rest(), separator);
            // `1.234` is a decimal fraction; two such groups, or a decimal comma behind, make the points separators.
            let point_means_thousands = || {
                let end: usize = groups.iter().map(|group| separator.len() + group.len()).sum();
                let rest = &self.rest().as_bytes()[end..];
                groups.len() >= 2
                    || (rest.first() == Some(&b',') && rest.get(1).is_some_and(u8::is_ascii_digit))
            };
            if groups.is_empty() || (separator == "." && !point_means_thousands()) {
                continue;
            }
            let mut taken = 0;
            for group in &groups {
                plain.push_str(group);
                taken += separator.len() + group.len();
            }
            self.at += taken;
            return;
        }
    }

    /// `.5`, or `,5` where the comma can't be a separator of thousands.
    fn decimals(&mut self, plain: &mut String) {
        let rest = self.rest();
        let Some(separator @ (b'.' | b',')) = rest.bytes().next() else { return };
        let length = rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        if length == 0
            || length > LONGEST
            || rest[1 + length..].starts_with(char::from(separator)) && separator == b','
        {
            return;
        }
        plain.push('.');
        plain.push_str(&rest[1..=length]);
        self.at += 1 + length;
    }

    /// `e23`.
    fn exponent(&mut self, plain: &mut String) {
        let start = self.at;
        if !self.eat_any(&["e", "E"]) {
            return;
        }
        let sign = if self.eat_any(&["-", "\u{2212}"]) { "-" } else { "" };
        self.eat("+");
        let digits = self.digits().filter(|digits| digits.len() <= 4).map(str::to_owned);
        match digits {
            Some(digits) if !self.rest().starts_with(|c: char| c.is_alphanumeric()) => {
                plain.push('e');
                plain.push_str(sign);
                plain.push_str(&digits);
            }
            _ => self.at = start,
        }
    }

    /// `× 10^23`, `million`.
    fn scaled(&mut self, value: f64) -> f64 {
        let start = self.at;
        if self.eat_spaced(&["\u{d7}", "*", "x", "\\times", "\\cdot", "\u{b7}"])
            && self.eat_spaced(&["10"])
            && let Some(power) = self.power()
        {
            return value * 10f64.powi(power);
        }
        self.at = start;
        self.skip_spaces();
        for (word, factor) in
            [("hundred", 1e2), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9), ("trillion", 1e12)]
        {
            let follows = self.rest().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            if follows && !self.rest()[word.len()..].starts_with(char::is_alphanumeric) {
                self.at += word.len();
                return value * factor;
            }
        }
        self.at = start;
        value
    }

    fn power(&mut self) -> Option<i32> {
        if self.eat_any(&["^", "**"]) {
            let braced = self.eat("{");
            let negative = self.eat_any(&["-", "\u{2212}"]);
            let power: i32 = self.digits().filter(|digits| digits.len() <= 3)?.parse().ok()?;
            if braced {
                self.eat("}");
            }
            return Some(if negative { -power } else { power });
        }
        let negative = self.eat("\u{207b}");
        let mut power = None;
        while let Some(digit) = self.rest().chars().next().and_then(superscript) {
            power = Some(power.unwrap_or(0) * 10 + digit).filter(|power| *power < 1000);
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            power?;
        }
        power.map(|power| if negative { -power } else { power })
    }

    fn percent(&mut self) -> bool {
        self.eat_spaced(&[
            "%",
            "\\%",
            "\u{ff05}",
            "percent",
            "per cent",
            "Prozent",
            "por ciento",
            "pour cent",
        ])
    }
}

/// The groups of digits that follow, each behind the separator: all of three digits, or of two before a last one of
/// three (`12,34,567`). Empty if they don't fit.
fn groups<'a>(rest: &'a str, separator: &str) -> Vec<&'a str> {
    let mut groups: Vec<&str> = Vec::new();
    let mut rest = rest;
    while let Some(next) = rest.strip_prefix(separator) {
        let length = next.bytes().take_while(u8::is_ascii_digit).count();
        if !(2..=3).contains(&length) || groups.len() > 40 {
            break;
        }
        groups.push(&next[..length]);
        rest = &next[length..];
    }
    let behind = rest.strip_prefix(separator).and_then(|rest| rest.bytes().next());
    let goes_on = behind.is_some_and(|byte| byte.is_ascii_digit());
    let same = groups.iter().all(|group| group.len() == 3);
    let indian = separator == ","
        && groups
            .split_last()
            .is_some_and(|(last, others)| last.len() == 3 && others.iter().all(|g| g.len() == 2));
    if goes_on || !(same || indian) { Vec::new() } else { groups }
}

fn nonzero(value: f64) -> Option<f64> {
    (value != 0.0).then_some(value)
}

fn superscript(c: char) -> Option<i32> {
    "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|digit| digit == c).and_then(|digit| i32::try_from(digit).ok())
}
