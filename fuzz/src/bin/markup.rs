//! A statement's text, as a tree and as HTML: nothing is in it that is not on the list, links lead to `https:`, `http:` or
//! `mailto:`, every browser reads it alike, and neither is much larger than the text.
#![no_main]

#[path = "../html.rs"]
mod html;

use libfuzzer_sys::fuzz_target;
use overt_record::Text;
use overt_statement::markup::MAX_DEPTH;
use overt_statement::{Block, Markup, Span};
use overt_web::civic;

/// Elements that stand within a line.
const INLINE: [&str; 6] = ["a", "br", "code", "em", "span", "strong"];
/// Those that stand on lines of their own and hold blocks.
const HOLDERS: [&str; 2] = ["blockquote", "li"];

fn blocks(all: &[Block], depth: usize) {
    assert!(depth <= MAX_DEPTH, "deeper than its readers go");
    for block in all {
        match block {
            Block::Paragraph(words) => spans(words, depth, false),
            Block::Heading(level, words) => {
                assert!((1..=6).contains(&level.get()));
                spans(words, depth, false);
            }
            Block::List { items, .. } => items.iter().for_each(|item| blocks(item, depth + 1)),
            Block::Quote(quoted) => blocks(quoted, depth + 1),
            Block::Rule => {}
        }
    }
}

fn spans(all: &[Span], depth: usize, in_link: bool) {
    assert!(depth <= MAX_DEPTH, "deeper than its readers go");
    for span in all {
        match span {
            Span::Text(words) | Span::Code(words) => {
                assert!(!words.contains(is_obeyed), "{words:?} is obeyed");
            }
            Span::Emphasis(words) | Span::Strong(words) => spans(words, depth + 1, in_link),
            Span::Link(target, words) => {
                assert!(!in_link, "a link in a link");
                assert!(leads_outside(target.as_str()));
                spans(words, depth + 1, true);
            }
            Span::Break => {}
        }
    }
}

/// Prose may have the marks that only settle the side of a neighbour; a page names them.
fn is_obeyed(c: char) -> bool {
    html::is_obeyed(c) && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

fn leads_outside(address: &str) -> bool {
    let plain = address.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\".contains(&byte));
    plain && ["https://", "http://", "mailto:"].iter().any(|scheme| address.starts_with(scheme))
}

fn element(tag: &html::Tag<'_>) {
    let inner = tag.around.last().copied();
    let names: Vec<&str> = tag.attributes.iter().map(|(name, _)| *name).collect();
    let expected: &[&str] = match tag.name {
        "a" => &["href", "rel"],
        "span" => &["class", "title"],
        "ol" if names.is_empty() => &[],
        "ol" => &["start"],
        "p" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "li" | "blockquote" | "hr" | "br" | "em"
        | "strong" | "code" => &[],
        other => panic!("<{other}> has no place in a statement"),
    };
    assert_eq!(names, expected, "<{}>", tag.name);
    match tag.name {
        "a" => {
            assert!(tag.get("href").is_some_and(leads_outside));
            assert_eq!(tag.get("rel"), Some("nofollow noopener noreferrer"));
            assert!(!tag.around.contains(&"a"), "a link in a link");
        }
        "span" => assert_eq!(tag.get("class"), Some("ctl")),
        "ol" => {
            assert!(tag.get("start").is_none_or(|start| start.parse::<u64>().is_ok_and(|start| start != 1)))
        }
        _ => {}
    }
    match (tag.name, inner) {
        ("li", inner) => assert!(matches!(inner, Some("ol" | "ul")), "an item outside of a list"),
        (_, Some("ol" | "ul")) => panic!("a list holds items alone"),
        (name, Some(inner)) if !HOLDERS.contains(&inner) => {
            assert!(INLINE.contains(&name), "a block in <{inner}>");
        }
        _ => {}
    }
}

fuzz_target!(|words: &str| {
    let Ok(text) = Text::new(words) else { return };
    let length = text.as_str().len();
    let plain = Markup::from_plain(&text);
    let bare = |words: &str| words.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    assert_eq!(bare(&plain.to_plain()), bare(text.as_str()), "a plain text keeps its words");
    for tree in [plain, Markup::from_markdown(&text)] {
        blocks(tree.blocks(), 0);
        let page = civic::prose(&tree).into_string();
        let shown = html::read(&page, element);
        assert!(!shown.contains(html::is_obeyed) && !page.contains(html::is_obeyed));
        assert!(page.len() <= 64 * length + 250_000, "{length} bytes became {}", page.len());
        let plain = tree.to_plain();
        assert!(!plain.contains(is_obeyed));
        assert!(plain.len() <= 256 * length + 250_000, "{length} bytes became {}", plain.len());
    }
});
