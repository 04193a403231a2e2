//! Texts that are made to be slow: as long as a record allows, of pieces that open something and never close it.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::{Duration, Instant};

use overt_record::Text;
use overt_statement::{Letter, Markup};

/// A hundred times what it takes, and a hundredth of what quadratic work would take.
const LIMIT: Duration = Duration::from_secs(5);

fn timed(what: &str, work: impl FnOnce()) {
    let began = Instant::now();
    work();
    assert!(began.elapsed() < LIMIT, "{what:?} took {:?}", began.elapsed());
}

#[test]
fn markup_takes_time_that_grows_with_the_text() {
    let pieces = [
        "[",
        "![",
        "[a](",
        "*a_",
        "*a ",
        "`` ` ",
        "<!--",
        "<a ",
        "&#x",
        "[a]: b\n",
        "> - 1. ",
        "> ",
        "- ",
        "\\",
        "](",
        "&shy;",
        "![*",
        "a\n",
        "<a@b.example>",
    ];
    for piece in pieces {
        let text = Text::new(piece.repeat(Text::MAX_BYTES / piece.len())).unwrap();
        timed(piece, || drop(Markup::from_markdown(&text).to_plain()));
    }
    let nested = format!("{}x{}", "*a ".repeat(16_000), "*".repeat(16_000));
    let text = Text::new(nested).unwrap();
    timed("nested emphasis", || assert!(Markup::from_markdown(&text).to_plain().contains('x')));
}

#[test]
fn letters_take_time_that_grows_with_the_file() {
    for piece in ["\n", "a\n", "1. a\n", "Signatories\n\n", " 1. a\n\n", "1,", "\n\n- a\n"] {
        let file = format!("T\n\n{}", piece.repeat((1 << 20) / piece.len()));
        timed(piece, || drop(Letter::read(file.as_bytes())));
    }
}
