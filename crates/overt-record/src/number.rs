//! Whole numbers as C2SP's texts write them.

/// Reads ASCII decimal digits without a sign or leading zeros.
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}
