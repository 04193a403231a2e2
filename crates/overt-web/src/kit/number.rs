//! Numbers as pages print them: thin groups, units, and a minus sign that is one.

/// A whole number in groups of three, with narrow spaces that do not break: `12 345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A number with so many decimals; `—` if it is none.
pub fn decimal(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "—".into();
    }
    if value.abs() >= 1e9 {
        return format!("{value:.2e}").replace('-', "\u{2212}");
    }
    let text = format!("{value:.decimals$}");
    let text = if text.trim_start_matches(['-', '0', '.']).is_empty() { text.replace('-', "") } else { text };
    text.replace('-', "\u{2212}")
}

/// A number with two decimals, as results are printed.
pub fn value(number: f64) -> String {
    decimal(number, 2)
}

/// A difference: always with its sign.
pub fn signed(number: f64, decimals: usize) -> String {
    let text = decimal(number, decimals);
    if number > 0.0 && text.contains(|c: char| c.is_ascii_digit() && c != '0') {
        format!("+{text}")
    } else {
        text
    }
}

/// A p-value: `0.031`, or `< 0.001`.
pub fn probability(p: f64) -> String {
    if p < 0.001 { "<\u{202f}0.001".into() } else { decimal(p, 3) }
}

/// A share in percent: `95 %`, with decimals only where they say something.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if (percent - percent.round()).abs() < 1e-9 { 0 } else { 2 };
    format!("{}\u{202f}%", decimal(percent, decimals))
}

/// A quantity in round form: `148 k`, `2.1 M`.
pub fn round(number: u64) -> String {
    match number {
        0..=9_999 => grouped(number),
        10_000..=999_999 => format!("{}\u{202f}k", number / 1000),
        1_000_000..=999_999_999 => format!("{:.1}\u{202f}M", number as f64 / 1e6),
        _ => format!("{:.1}\u{202f}G", number as f64 / 1e9),
    }
}

/// Bytes: `98 MB`.
pub fn bytes(number: u64) -> String {
    match number {
        0..=999 => format!("{number}\u{202f}B"),
        1_000..=999_999 => format!("{}\u{202f}kB", number / 1000),
        1_000_000..=999_999_999 => format!("{}\u{202f}MB", number / 1_000_000),
        _ => format!("{:.1}\u{202f}GB", number as f64 / 1e9),
    }
}

/// A duration: `0.8 s`, `71 s`, `12 min 5 s`, `3 h 20 min`.
pub fn seconds(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "—".into();
    }
    let whole = seconds.round().clamp(0.0, 1e12) as u64;
    let text = match whole {
        _ if seconds < 10.0 => format!("{:.1} s", seconds.max(0.0)),
        0..120 => format!("{whole} s"),
        120..7200 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", grouped(whole / 3600), whole / 60 % 60),
    };
    text.replace(' ', "\u{202f}")
}

/// `1 sample`, `2 samples`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        assert_eq!(
            [grouped(0), grouped(1234), grouped(1_234_567)],
            ["0", "1\u{202f}234", "1\u{202f}234\u{202f}567"]
        );
        assert_eq!([value(-0.001), value(-0.5), value(f64::NAN)], ["0.00", "\u{2212}0.50", "—"]);
        assert_eq!([signed(0.25, 2), signed(-0.25, 2), signed(0.0001, 2)], ["+0.25", "\u{2212}0.25", "0.00"]);
        assert_eq!([percent(0.95), percent(0.99375)], ["95\u{202f}%", "99.38\u{202f}%"]);
        assert_eq!([probability(0.0004), probability(0.0312)], ["<\u{202f}0.001", "0.031"]);
    }

    #[test]
    fn hostile_numbers_have_a_form_too() {
        for number in [f64::NAN, f64::INFINITY, f64::MAX, f64::MIN, -1.0] {
            assert!(seconds(number).len() < 40 && decimal(number, 3).len() < 40, "{number}");
        }
        assert_eq!(count(u64::MAX, "token").chars().filter(char::is_ascii_digit).count(), 20);
    }
}
