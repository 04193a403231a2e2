//! Encodings in which a model can give a text away: rot13, base64, hexadecimal.

/// Letters moved by thirteen places.
pub(super) fn rot13(text: &str) -> String {
    let turn = |c: char| match c {
        'a'..='m' | 'A'..='M' => char::from(u8::try_from(c).unwrap_or_default() + 13),
        'n'..='z' | 'N'..='Z' => char::from(u8::try_from(c).unwrap_or_default() - 13),
        c => c,
    };
    text.chars().map(turn).collect()
}

/// What the text's runs of base64 decode to, at each of the four places where a group of characters can begin. Runs
/// may be broken by line ends; those too short for `bytes` bytes are left out.
pub(super) fn base64_runs(text: &str, bytes: usize) -> impl Iterator<Item = Vec<u8>> {
    let shortest = bytes * 4 / 3;
    let value = |c: char| match c {
        'A'..='Z' => Some(c as u32 - 'A' as u32),
        'a'..='z' => Some(c as u32 - 'a' as u32 + 26),
        '0'..='9' => Some(c as u32 - '0' as u32 + 52),
        '+' | '-' => Some(62),
        '/' | '_' => Some(63),
        _ => None,
    };
    runs(text, value, |c| matches!(c, '\n' | '\r'), shortest)
        .into_iter()
        .flat_map(|run| (0..4).map(move |shift| pack(run.get(shift..).unwrap_or_default(), 6)))
}

/// What the text's runs of hexadecimal digits decode to, at both places where a byte can begin. The digits may be
/// separated by spaces, colons, commas, `0x` and `\x`.
pub(super) fn hex_runs(text: &str, bytes: usize) -> impl Iterator<Item = Vec<u8>> {
    let text = text.replace("0x", "").replace("\\x", "");
    let separates = |c: char| c.is_whitespace() || matches!(c, ':' | ',' | '-' | '%');
    runs(&text, |c| c.to_digit(16), separates, bytes * 2)
        .into_iter()
        .flat_map(|run| (0..2).map(move |shift| pack(run.get(shift..).unwrap_or_default(), 4)))
}

/// Runs of characters that have a value, with separators between them left out, of at least `shortest` values.
fn runs(
    text: &str,
    value: impl Fn(char) -> Option<u32>,
    separates: impl Fn(char) -> bool,
    shortest: usize,
) -> Vec<Vec<u32>> {
    let mut runs = Vec::new();
    let mut run = Vec::new();
    for c in text.chars() {
        if let Some(value) = value(c) {
            run.push(value);
        } else if !separates(c) {
            if run.len() >= shortest {
                runs.push(std::mem::take(&mut run));
            }
            run.clear();
        }
    }
    if run.len() >= shortest {
        runs.push(run);
    }
    runs
}

/// Values of so many bits each, joined to bytes; bits that fill no byte are dropped.
fn pack(values: &[u32], bits: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len());
    let (mut held, mut count) = (0_u32, 0_u32);
    for value in values {
        held = (held << bits) | value;
        count += bits;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((held >> count) & 0xff).unwrap_or_default());
            held &= (1 << count) - 1;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_at_every_alignment() {
        // RFC 4648, section 10.
        for (encoded, plain) in [("Zm9vYmFy", "foobar"), ("xZm9vYmFy", "foobar"), ("Zm9v\nYmFy", "foobar")] {
            assert!(base64_runs(encoded, 6).any(|bytes| bytes == plain.as_bytes()), "{encoded}");
        }
        assert_eq!(base64_runs("Zm9v Ym", 6).count(), 0);
    }

    #[test]
    fn hexadecimal_is_decoded_with_separators() {
        for encoded in ["666f6f", "66:6F:6f", "0x66 0x6f 0x6f", "\\x66\\x6f\\x6f", "%66%6f%6f"] {
            assert!(hex_runs(encoded, 3).any(|bytes| bytes == b"foo"), "{encoded}");
        }
    }

    #[test]
    fn rot13_is_its_own_inverse() {
        assert_eq!(rot13("Why did the chicken"), "Jul qvq gur puvpxra");
        assert_eq!(rot13(&rot13("añ 42")), "añ 42");
    }
}
