//! Texts between `-----BEGIN X-----` and `-----END X-----`: PEM (RFC 7468), and OpenSSH's, whose lines are longer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The label of the text and what its base64 stands for. Nothing but white space may stand around the text, and no
/// headers in it.
pub(crate) fn read(text: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let (label, rest) = text.trim().strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let body = rest.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")?;
    // Of the whole length from the start, so that no piece of a secret stays behind where the text outgrew its place.
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.split_ascii_whitespace());
    let mut contents = Zeroizing::new(vec![0; base64.len()]);
    let length = STANDARD.decode_slice(base64.as_bytes(), &mut contents).ok()?;
    contents.truncate(length);
    Some((label, contents))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_may_have_any_length_and_any_ends() {
        for text in [
            "-----BEGIN A B-----\nAQID\nBA==\n-----END A B-----\n",
            "\r\n-----BEGIN A B-----\r\nAQIDBA==\r\n-----END A B-----",
        ] {
            let (label, contents) = read(text).unwrap();
            assert_eq!((label, contents.as_slice()), ("A B", [1, 2, 3, 4].as_slice()));
        }
    }

    #[test]
    fn what_is_not_framed_is_refused() {
        for text in [
            "",
            "-----BEGIN A-----",
            "-----BEGIN A-----\nAQID\n-----END B-----",
            "-----BEGIN A-----\nAQID\n-----END A----",
            "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n-----END A-----",
            "-----BEGIN A-----\nAQI\n-----END A-----",
            "-----BEGIN A-----\nAQIDBB==\n-----END A-----",
            "x\n-----BEGIN A-----\nAQID\n-----END A-----",
            "-----BEGIN A-----\nAQID\n-----END A-----\n-----BEGIN A-----\nAQID\n-----END A-----",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String, body in "[A-Za-z0-9+/=\n -]{0,40}") {
            let _ = read(&text);
            let _ = read(&format!("-----BEGIN A-----{body}-----END A-----"));
        }
    }
}
