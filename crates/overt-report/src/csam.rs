//! Reports about sexual abuse of children: nothing of it is kept, described, passed on or logged.
//!
//! Such material must not be stored or sent by anybody but those whom the law names, whatever the intent. So the form
//! takes no words, no links and no files; what is kept is which system, when, the digests of files that stay where they
//! are, where it was reported, and how the reporter can be reached. No record is made of it, and no export.

/// What the form says instead of asking further.
pub const GUIDANCE: &str = "\
Do not send, copy or describe the material, and do not try to produce it again: in most countries that is a crime, for \
researchers too. Report it now to those whom the law allows to look at it:
- your country's hotline: https://www.inhope.org lists them;
- in the United States, the CyberTipline of NCMEC: https://report.cybertip.org;
- in the United Kingdom, the Internet Watch Foundation: https://report.iwf.org.uk;
- the police, if a child may be in danger.
The system's maker or operator has a duty to act as well; tell them that it happens, without the material. Here only the \
system's name, the time, the SHA-256 of files and where you reported it are kept. Nothing of it becomes public.";

/// The longest plain name, in characters.
pub const MAX_NAME: usize = 48;

/// Whether a text is a name of a product, a model, a version or a hotline and can be nothing else: at most 48 letters,
/// digits, dots, hyphens, underscores and parentheses, and at most five spaces. No address, no data and no sentence worth
/// the name fits.
pub(crate) fn is_plain_name(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | '(' | ')' | '+');
    text.chars().count() <= MAX_NAME
        && text.chars().all(plain)
        && text.matches(' ').count() <= 5
        && !text.contains("www.")
        && overt_record::Name::new(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_plain_names_and_content_has_not() {
        for good in ["Example Assistant", "model-7b_v1.2 (beta)", "2026-11-24", "Modèle 3", "NCMEC", "小模型"]
        {
            assert!(is_plain_name(good), "{good}");
        }
        for bad in [
            "",
            "https://example.org",
            "www.example.org",
            "a, b",
            "one two three four five six seven",
            "line\nbreak",
            "reader@example.org",
            "data:image/png",
            &"x".repeat(49),
        ] {
            assert!(!is_plain_name(bad), "{bad}");
        }
    }
}
