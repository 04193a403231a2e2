#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use overt_record::Hash;
use proptest::prelude::*;

use super::*;

fn of(markdown: &str) -> Vec<Block> {
    Markup::from_markdown(&Text::new(markdown).unwrap()).blocks
}

fn text(words: &str) -> Span {
    Span::Text(words.to_owned())
}

fn words(words: &str) -> Block {
    Block::Paragraph(vec![text(words)])
}

#[test]
fn commonmark_becomes_blocks_and_spans() {
    let link = Target::new("https://example.org/a").unwrap();
    assert_eq!(
        of(
            "# Title\n\nSome *stressed*, **heavy** and `plain` words,\nand [a link](https://example.org/a).\n\n---\n\n> Said.\n"
        ),
        [
            Block::Heading(Level(1), vec![text("Title")]),
            Block::Paragraph(vec![
                text("Some "),
                Span::Emphasis(vec![text("stressed")]),
                text(", "),
                Span::Strong(vec![text("heavy")]),
                text(" and "),
                Span::Code("plain".to_owned()),
                text(" words, and "),
                Span::Link(link, vec![text("a link")]),
                text("."),
            ]),
            Block::Rule,
            Block::Quote(vec![words("Said.")]),
        ]
    );
    assert_eq!(of("a\\\nb"), [Block::Paragraph(vec![text("a"), Span::Break, text("b")])]);
    assert_eq!(
        of("```\na\n  b\n```"),
        [Block::Paragraph(vec![Span::Code("a".to_owned()), Span::Break, Span::Code("  b".to_owned())])]
    );
}

#[test]
fn tight_and_loose_lists_have_the_same_form() {
    let list = |start| Block::List { start, items: vec![vec![words("a")], vec![words("b")]] };
    assert_eq!(of("3. a\n4. b\n"), [list(Some(3))]);
    assert_eq!(of("- a\n\n- b\n"), [list(None)]);
    let inner = Block::List { start: None, items: vec![vec![words("b")]] };
    assert_eq!(of("- a\n  - b\n"), [Block::List { start: None, items: vec![vec![words("a"), inner]] }]);
}

#[test]
fn html_is_shown_as_the_characters_that_it_is() {
    assert_eq!(of("a <b onclick=x>c</b>"), [words("a <b onclick=x>c</b>")]);
    assert_eq!(of("<script>\nalert(1)\n</script>"), [words("<script> alert(1) </script>")]);
    assert_eq!(of("&lt;script&gt;"), [words("<script>")]);
}

#[test]
fn an_image_is_its_description() {
    assert_eq!(
        of("![a *fine* picture](https://example.org/x.png)"),
        [Block::Paragraph(vec![text("a "), Span::Emphasis(vec![text("fine")]), text(" picture"),])]
    );
    assert_eq!(of("![](https://example.org/x.png)"), []);
}

#[test]
fn only_links_that_lead_to_pages_and_mailboxes_are_links() {
    for address in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java&#x0a;script:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.org",
        "/relative",
        "#here",
        "ftp://example.org",
        "https://example.org@evil.example",
        "https://ex\u{430}mple.org",
        "mailto:a@example.org?bcc=b@example.org",
        "mailto:a%0Ab@example.org",
        "mailto:a@example.org,b@example.org",
        "mailto:",
    ] {
        assert_eq!(of(&format!("[x](<{address}>)")), [words("x")], "{address}");
    }
    for address in ["https://example.org/?a=b&c", "http://127.0.0.1/", "mailto:office@example.org"] {
        let target = Target::new(address).unwrap();
        assert_eq!(
            of(&format!("[x]({address})")),
            [Block::Paragraph(vec![Span::Link(target, vec![text("x")])])]
        );
    }
    let mail = Target::new("mailto:office@example.org").unwrap();
    assert_eq!(
        of("<office@example.org>"),
        [Block::Paragraph(vec![Span::Link(mail, vec![text("office@example.org")])])]
    );
    assert_eq!(of("[x][y]\n\n[y]: javascript:alert(1)\n"), [words("x")]);
}

#[test]
fn entities_do_not_spell_what_a_record_refuses() {
    for entity in [
        "&#x202E;",
        "&#x200B;",
        "&shy;",
        "&zwj;&#x2066;",
        "&#x1b;",
        "&#0;",
        "a&#x301;&#x301;&#x301;&#x301;&#x301;&#x301;",
    ] {
        let plain = Markup::from_markdown(&Text::new(format!("a{entity}b")).unwrap()).to_plain();
        assert!(Text::new(plain.clone()).is_ok(), "{entity}: {plain:?}");
    }
    assert_eq!(of("&eacute;&nbsp;&copy;"), [words("é\u{A0}©")]);
}

#[test]
fn what_stands_too_deep_keeps_its_words() {
    let deep = format!("{}x", "> ".repeat(500));
    assert!(Markup::from_markdown(&Text::new(deep).unwrap()).to_plain().contains('x'));
    let lists: String = (0..200).map(|depth| "  ".repeat(depth) + &format!("- item {depth}\n")).collect();
    let markup = Markup::from_markdown(&Text::new(lists).unwrap());
    assert_eq!(depth_of(markup.blocks()), MAX_DEPTH);
    let plain = markup.to_plain();
    (0..40).for_each(|depth| assert!(plain.contains(&format!("item {depth}")), "{depth}"));
    let stars = format!("{}x{}", "*a ".repeat(2000), "*".repeat(2000));
    assert!(Markup::from_markdown(&Text::new(stars).unwrap()).to_plain().contains('x'));
}

#[test]
fn plain_text_keeps_its_paragraphs_and_lines() {
    let markup = Markup::from_plain(&Text::new("# a\n*b*\n\n\n<c>\n").unwrap());
    let lines = vec![text("# a"), Span::Break, text("*b*")];
    assert_eq!(markup.blocks(), [Block::Paragraph(lines), words("<c>")]);
    assert_eq!(markup.to_plain(), "# a\n*b*\n\n<c>\n");
}

#[test]
fn a_statement_is_read_as_its_media_type_says() {
    let statement = |media_type| PublicStatement {
        title: "T".parse().unwrap(),
        language: "en".parse().unwrap(),
        version: "1".parse().unwrap(),
        replaces: None,
        translates: None,
        media_type,
        sha256: Hash::of("*a*"),
        text: Text::new("*a*").unwrap(),
    };
    assert_eq!(Markup::of(&statement(MediaType::Plain)).to_plain(), "*a*\n");
    assert_eq!(Markup::of(&statement(MediaType::Markdown)).to_plain(), "a\n");
}

#[test]
fn the_plain_form_keeps_lists_quotes_and_addresses() {
    let markdown = "## Why\n\nSee [here](https://example.org) or <https://example.org>.\n\n9. a\n10. b\n\n    c\n\n> - q\n\n***\n";
    let plain = "Why\n\nSee here <https://example.org> or https://example.org.\n\n9. a\n10. b\n\n    c\n\n> - q\n\n* * *\n";
    assert_eq!(Markup::from_markdown(&Text::new(markdown).unwrap()).to_plain(), plain);
}

/// How many blocks and spans stand in one another, without lists' items and paragraphs.
fn depth_of(blocks: &[Block]) -> usize {
    let of_block = |block: &Block| match block {
        Block::Paragraph(spans) | Block::Heading(_, spans) => depth_of_spans(spans),
        Block::List { items, .. } => 1 + items.iter().map(|item| depth_of(item)).max().unwrap_or(0),
        Block::Quote(blocks) => 1 + depth_of(blocks),
        Block::Rule => 0,
    };
    blocks.iter().map(of_block).max().unwrap_or(0)
}

fn depth_of_spans(spans: &[Span]) -> usize {
    let of_span = |span: &Span| match span {
        Span::Emphasis(spans) | Span::Strong(spans) | Span::Link(_, spans) => 1 + depth_of_spans(spans),
        Span::Text(_) | Span::Code(_) | Span::Break => 0,
    };
    spans.iter().map(of_span).max().unwrap_or(0)
}

/// All targets and all words of a tree.
fn gather(blocks: &[Block], targets: &mut Vec<String>, words: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(spans) | Block::Heading(_, spans) => gather_spans(spans, targets, words),
            Block::List { items, .. } => items.iter().for_each(|item| gather(item, targets, words)),
            Block::Quote(blocks) => gather(blocks, targets, words),
            Block::Rule => {}
        }
    }
}

fn gather_spans(spans: &[Span], targets: &mut Vec<String>, words: &mut String) {
    for span in spans {
        match span {
            Span::Text(text) | Span::Code(text) => words.push_str(text),
            Span::Emphasis(spans) | Span::Strong(spans) => gather_spans(spans, targets, words),
            Span::Link(target, spans) => {
                targets.push(target.as_str().to_owned());
                gather_spans(spans, targets, words);
            }
            Span::Break => {}
        }
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z ]{0,6}",
        "[\\[\\]()<>*_`#!&;:/\\\\\n >-]{1,6}",
        Just("](javascript:".to_owned()),
        Just("](https://a.example".to_owned()),
        Just("<data:x>".to_owned()),
        Just("<mailto:a@b.example>".to_owned()),
        Just("\n\n[x]: vbscript:y\n\n".to_owned()),
        Just("&#x202E;".to_owned()),
        Just("&colon;".to_owned()),
        Just("<script>".to_owned()),
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 1..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_yields_another_scheme_or_a_character_that_a_record_refuses(markdown in pieces()) {
        if let Ok(given) = Text::new(markdown) {
            let markup = Markup::from_markdown(&given);
            let (mut targets, mut words) = (Vec::new(), String::new());
            gather(markup.blocks(), &mut targets, &mut words);
            for target in targets {
                prop_assert!(["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)), "{target}");
                prop_assert!(!target.contains(['"', '<', '>', '\\', ' ']), "{target}");
            }
            for c in words.chars().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
                prop_assert!(Text::new(format!("a{c}")).is_ok(), "{c:?} in {words:?}");
            }
            prop_assert!(depth_of(markup.blocks()) <= MAX_DEPTH);
        }
    }

    #[test]
    fn words_without_signs_stay_as_they_are(words in "[a-zé]{1,9}( [a-zé]{1,9}){0,9}") {
        let plain = Markup::from_markdown(&Text::new(words.clone()).unwrap()).to_plain();
        prop_assert_eq!(plain, words + "\n");
    }
}
