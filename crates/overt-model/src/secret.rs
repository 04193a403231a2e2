//! Texts that must never be shown.

use std::fmt;

/// Stands in for a secret wherever one would have been shown.
const MASK: &str = "[secret]";
/// A shorter secret would blank out ordinary words.
const SHORTEST: usize = 6;

/// A key or password. Neither `Debug` nor any error shows it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes in a secret; white space around it is a slip of copy and paste.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().trim().to_owned())
    }

    /// The text itself, for the request and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// A provider's text made fit for a message: secrets masked, control characters and runs of white space replaced by
/// one space, cut after `longest` characters.
///
/// Providers quote keys that they refuse, whole or with asterisks in the middle; both are masked.
pub(crate) fn presentable(text: &str, secrets: &[Secret], longest: usize) -> String {
    // What can be shown at most, plus room for a secret that the cut would otherwise go through.
    let mut text: String = text.chars().take(longest.saturating_mul(4).saturating_add(4096)).collect();
    for secret in secrets {
        if secret.0.len() >= SHORTEST {
            text = text.replace(&secret.0, MASK);
        }
    }
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut shown = String::new();
    for word in words {
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(if word.contains("***") { MASK } else { word });
    }
    match shown.char_indices().nth(longest) {
        Some((cut, _)) => format!("{}…", &shown[..cut]),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_in_its_debug_form() {
        let secret = Secret::new(" sk-live-0123456789\n");
        assert_eq!(secret.expose(), "sk-live-0123456789");
        assert_eq!(format!("{secret:?}"), "[secret]");
    }

    #[test]
    fn a_quoted_key_is_masked_whole_or_starred() {
        let secrets = [Secret::new("sk-live-0123456789")];
        let text = "Incorrect API key provided: sk-live-0123456789.\n(seen as sk-l**********6789)\u{1b}[31m";
        let shown = presentable(text, &secrets, 500);
        assert_eq!(shown, "Incorrect API key provided: [secret]. (seen as [secret] [31m");
    }

    #[test]
    fn a_secret_at_the_cut_is_masked_too() {
        let secrets = [Secret::new("sk-live-0123456789")];
        let shown = presentable("your key sk-live-0123456789 is wrong", &secrets, 16);
        assert_eq!(shown, "your key [secret…");
    }

    #[test]
    fn an_endless_text_is_cut() {
        assert_eq!(presentable(&"a".repeat(1 << 20), &[], 3), "aaa…");
        assert_eq!(presentable("näh", &[], 2), "nä…");
    }
}
