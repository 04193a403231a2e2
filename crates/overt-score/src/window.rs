//! How much of an answer is read.
//!
//! An answer can be megabytes long. Scorers whose cost is more than one cheap pass read a window of 256 KiB: the
//! first for what an answer opens with, the last for what it concludes with. The explanation then says so.

/// The most bytes that a scorer with a window reads.
pub(crate) const WINDOW: usize = 256 * 1024;

/// A part of an answer and, if something was left out, what to say about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a> {
    pub(crate) text: &'a str,
    pub(crate) remark: Option<&'static str>,
}

/// The first 256 KiB, cut between characters.
pub(crate) fn first(text: &str) -> Window<'_> {
    if text.len() <= WINDOW {
        return Window { text, remark: None };
    }
    let text = &text[..text.floor_char_boundary(WINDOW)];
    Window { text, remark: Some("only the first 256 KiB of the answer were read") }
}

/// The last 256 KiB, cut between characters.
pub(crate) fn last(text: &str) -> Window<'_> {
    if text.len() <= WINDOW {
        return Window { text, remark: None };
    }
    let text = &text[text.ceil_char_boundary(text.len() - WINDOW)..];
    Window { text, remark: Some("only the last 256 KiB of the answer were read") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_answer_is_read_whole() {
        assert_eq!(first("abc").text, "abc");
        assert!(last("abc").remark.is_none());
    }

    #[test]
    fn a_long_answer_is_cut_between_characters() {
        let long = "ä".repeat(WINDOW);
        for window in [first(&long), last(&long), first(&format!("x{long}")), last(&format!("{long}x"))] {
            assert!(window.text.len() <= WINDOW && window.text.len() > WINDOW - 4);
            assert!(window.remark.is_some());
        }
    }
}
