//! A statement's text as it is read: the tree of its markup, and nothing else.

use maud::{Markup, html};
use overt_record::Text;
use overt_record::record::MediaType;
use overt_site::index::StatementView;
use overt_statement::{Block, Markup as Tree, Span};

use crate::kit::text::visible;

/// The text in its own language.
pub(super) fn letter(statement: &StatementView) -> Markup {
    let tree = Text::new(statement.text.as_str()).map(|text| match statement.media_type {
        MediaType::Plain => Tree::from_plain(&text),
        MediaType::Markdown => Tree::from_markdown(&text),
    });
    html! {
        article.prose.letter lang=(statement.language) dir="auto" {
            @match &tree {
                Ok(tree) => { (prose(tree)) }
                Err(_) => { p { (visible(&statement.text)) } }
            }
        }
    }
}

/// A text's tree as HTML: paragraphs, headings from the second level on, lists, quotations, links to the outside, and the
/// marks of [`visible`]; nothing else.
pub fn prose(tree: &Tree) -> Markup {
    blocks(tree.blocks(), &mut 1)
}

/// The plain words of the text's beginning, for lists and for heads of pages.
pub(super) fn beginning(statement: &StatementView, most: usize) -> String {
    let plain = statement.text.split_whitespace().collect::<Vec<_>>().join(" ");
    crate::kit::text::plain(&plain, most)
}

/// `level` is that of the heading before: no heading of a page skips one.
fn blocks(all: &[Block], level: &mut u8) -> Markup {
    html! {
        @for block in all {
            @match block {
                Block::Paragraph(words) => { p { (spans(words)) } }
                Block::Heading(wanted, words) => { (heading(wanted.get(), words, level)) }
                Block::List { start: Some(start), items } => {
                    ol start=[(*start != 1).then_some(start)] { (list(items, level)) }
                }
                Block::List { start: None, items } => { ul { (list(items, level)) } }
                Block::Quote(quoted) => { blockquote { (blocks(quoted, level)) } }
                Block::Rule => { hr; }
            }
        }
    }
}

fn list(items: &[Vec<Block>], level: &mut u8) -> Markup {
    html! {
        @for item in items {
            li {
                // A paragraph alone needs no room around it.
                @if let [Block::Paragraph(words)] = item.as_slice() { (spans(words)) } @else { (blocks(item, level)) }
            }
        }
    }
}

fn heading(wanted: u8, words: &[Span], level: &mut u8) -> Markup {
    *level = (wanted + 1).min(*level + 1).clamp(2, 6);
    match *level {
        2 => html! { h2 { (spans(words)) } },
        3 => html! { h3 { (spans(words)) } },
        4 => html! { h4 { (spans(words)) } },
        5 => html! { h5 { (spans(words)) } },
        _ => html! { h6 { (spans(words)) } },
    }
}

fn spans(all: &[Span]) -> Markup {
    html! {
        @for span in all {
            @match span {
                Span::Text(words) => { (visible(words)) }
                Span::Emphasis(words) => { em { (spans(words)) } }
                Span::Strong(words) => { strong { (spans(words)) } }
                Span::Code(words) => { code { (visible(words)) } }
                Span::Link(target, words) => { a href=(target) rel="nofollow noopener noreferrer" { (spans(words)) } }
                Span::Break => { br; }
            }
        }
    }
}
