//! A statement's text as a tree that is safe to show.
//!
//! The tree has a few kinds of blocks and spans, and no place for anything else: HTML in the text is shown as the
//! characters that it is, an image as its description, and a link leads to `https:`, `http:` or `mailto:` or is plain
//! words. Whoever writes a page walks the tree and escapes its texts; there is nothing to filter.

mod builder;
mod plain;
mod target;

use overt_record::Text;
use overt_record::record::{MediaType, PublicStatement};

pub use self::target::Target;

/// How deep quotes, lists, emphasis and links may stand in one another; what stands deeper loses its form and keeps its
/// words. Deeper than any letter, and shallow enough to walk the tree by recursion.
pub const MAX_DEPTH: usize = 16;

/// A text as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markup {
    blocks: Vec<Block>,
}

/// What stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A heading.
    Heading(Level, Vec<Span>),
    /// A list.
    List {
        /// The number of the first item; `None` if the items are not numbered.
        start: Option<u64>,
        /// The items.
        items: Vec<Vec<Self>>,
    },
    /// A quotation.
    Quote(Vec<Self>),
    /// A line between two parts.
    Rule,
}

/// What stands within a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Words, not yet escaped.
    Text(String),
    /// Stressed words.
    Emphasis(Vec<Self>),
    /// Heavily stressed words.
    Strong(Vec<Self>),
    /// Words that lead somewhere.
    Link(Target, Vec<Self>),
    /// Words of a machine, not yet escaped.
    Code(String),
    /// The end of a line that the author meant.
    Break,
}

/// How far down a heading stands: 1 to 6, under the title of the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(u8);

impl Level {
    /// 1 to 6.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Markup {
    /// The text of a statement, read as its media type says.
    pub fn of(statement: &PublicStatement) -> Self {
        match statement.media_type {
            MediaType::Plain => Self::from_plain(&statement.text),
            MediaType::Markdown => Self::from_markdown(&statement.text),
        }
    }

    /// Reads CommonMark without its extensions.
    pub fn from_markdown(text: &Text) -> Self {
        Self { blocks: builder::build(text.as_str()) }
    }

    /// Reads plain text: paragraphs between blank lines, and the lines as they are.
    pub fn from_plain(text: &Text) -> Self {
        let mut blocks = Vec::new();
        let mut spans = Vec::new();
        for line in text.as_str().split('\n') {
            if line.trim().is_empty() {
                blocks.extend(paragraph(&mut spans));
            } else {
                if !spans.is_empty() {
                    spans.push(Span::Break);
                }
                spans.push(Span::Text(line.to_owned()));
            }
        }
        blocks.extend(paragraph(&mut spans));
        Self { blocks }
    }

    /// The blocks, in order.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The same words without form, for mail and feeds: blank lines between blocks, lists with their marks, the
    /// address of a link in angle brackets after its words.
    pub fn to_plain(&self) -> String {
        plain::write(&self.blocks)
    }
}

/// The spans so far as a paragraph, if there are any.
fn paragraph(spans: &mut Vec<Span>) -> Option<Block> {
    (!spans.is_empty()).then(|| Block::Paragraph(std::mem::take(spans)))
}

#[cfg(test)]
mod tests;
