//! From the events of the CommonMark parser to the tree.
//!
//! The frames of the elements that are open stand on a stack; an element that closes goes into the one around it. An
//! element that the tree has no place for has no frame: what is in it belongs to the one around.

use std::ops::Range;

use overt_record::Text;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};
use unicode_normalization::char::is_combining_mark;

use super::{Block, Level, MAX_DEPTH, Span, Target, paragraph};

const REPLACEMENT: char = '\u{FFFD}';

pub(super) fn build(source: &str) -> Vec<Block> {
    let root = Frame::new(Open::Quote);
    let mut builder = Builder { source, opened: Vec::new(), frames: Vec::new(), root, depth: 0, links: 0 };
    for (event, range) in Parser::new_ext(source, Options::empty()).into_offset_iter() {
        builder.take(event, range);
    }
    builder.root.into_blocks()
}

struct Builder<'a> {
    source: &'a str,
    /// How each of the parser's elements that are open was taken.
    opened: Vec<Taken>,
    frames: Vec<Frame>,
    /// The text itself, in which blocks stand as in a quote.
    root: Frame,
    /// How many of the frames make the tree deeper.
    depth: usize,
    /// How many of them are links: at most one, since links do not stand in links.
    links: usize,
}

enum Taken {
    /// It has a frame.
    Framed,
    /// Its blocks belong to the element around.
    Blocks,
    /// So do its spans.
    Spans,
}

/// An element that is open, with what is in it so far.
struct Frame {
    open: Open,
    blocks: Vec<Block>,
    items: Vec<Vec<Block>>,
    spans: Vec<Span>,
}

enum Open {
    Paragraph,
    Heading(Level),
    CodeBlock,
    Quote,
    List(Option<u64>),
    Item,
    Emphasis,
    Strong,
    Link(Target),
}

impl Frame {
    const fn new(open: Open) -> Self {
        Self { open, blocks: Vec::new(), items: Vec::new(), spans: Vec::new() }
    }

    /// Words that stood among blocks are a paragraph.
    fn settle(&mut self) {
        self.blocks.extend(paragraph(&mut self.spans));
    }

    fn into_blocks(mut self) -> Vec<Block> {
        self.settle();
        self.blocks
    }

    fn add_blocks(&mut self, blocks: impl IntoIterator<Item = Block>) {
        self.settle();
        self.blocks.extend(blocks);
    }

    fn add_span(&mut self, span: Span) {
        match (self.spans.last_mut(), span) {
            (Some(Span::Text(before)), Span::Text(words)) => before.push_str(&words),
            (_, span) => self.spans.push(span),
        }
    }
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => {
                let taken = self.open(tag);
                self.opened.push(taken);
            }
            Event::End(_) => match self.opened.pop() {
                Some(Taken::Framed) => self.close(),
                Some(Taken::Blocks) => self.top().settle(),
                Some(Taken::Spans) | None => {}
            },
            Event::Text(words) => {
                let verbatim = matches!(self.top().open, Open::CodeBlock);
                let words = match self.source.get(range) {
                    Some(written) if verbatim || written == &*words => words.into_string(),
                    _ => cleaned(&words),
                };
                self.top().add_span(Span::Text(words));
            }
            Event::Code(words) => self.top().add_span(Span::Code(words.into_string())),
            Event::Html(words) | Event::InlineHtml(words) => {
                self.top().add_span(Span::Text(words.replace('\n', " ")));
            }
            Event::SoftBreak => self.top().add_span(Span::Text(" ".to_owned())),
            Event::HardBreak => self.top().add_span(Span::Break),
            Event::Rule => self.top().add_blocks([Block::Rule]),
            // Of extensions, which are off.
            Event::InlineMath(words) | Event::DisplayMath(words) | Event::FootnoteReference(words) => {
                self.top().add_span(Span::Text(cleaned(&words)));
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().unwrap_or(&mut self.root)
    }

    /// Opens what a tag stands for here.
    fn open(&mut self, tag: Tag<'_>) -> Taken {
        let inline = matches!(
            tag,
            Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Superscript
                | Tag::Subscript
                | Tag::Link { .. }
                | Tag::Image { .. }
        );
        match self.element(tag) {
            Some(open) => {
                self.depth += usize::from(open.is_nested());
                self.links += usize::from(matches!(open, Open::Link(_)));
                self.frames.push(Frame::new(open));
                Taken::Framed
            }
            None if inline => Taken::Spans,
            None => {
                self.top().settle();
                Taken::Blocks
            }
        }
    }

    /// The element that a tag stands for here; `None` if there is no place for one.
    fn element(&mut self, tag: Tag<'_>) -> Option<Open> {
        let in_list = matches!(self.top().open, Open::List(_));
        let (deep, in_link) = (self.depth >= MAX_DEPTH, self.links > 0);
        Some(match tag {
            Tag::Paragraph | Tag::HtmlBlock => Open::Paragraph,
            Tag::Heading { level, .. } => Open::Heading(Level(level as u8)),
            Tag::CodeBlock(_) => Open::CodeBlock,
            Tag::BlockQuote(_) if !deep => Open::Quote,
            Tag::List(start) if !deep => Open::List(start),
            Tag::Item if in_list => Open::Item,
            Tag::Emphasis if !deep => Open::Emphasis,
            Tag::Strong if !deep => Open::Strong,
            Tag::Link { link_type, dest_url, .. } if !deep && !in_link => {
                let address = match link_type {
                    LinkType::Email => format!("mailto:{dest_url}"),
                    _ => dest_url.into_string(),
                };
                Open::Link(Target::new(&address)?)
            }
            _ => return None,
        })
    }

    /// Closes the innermost element into the one around it.
    fn close(&mut self) {
        let Some(mut frame) = self.frames.pop() else { return };
        self.depth -= usize::from(frame.open.is_nested());
        self.links -= usize::from(matches!(frame.open, Open::Link(_)));
        let outer = self.top();
        match frame.open {
            Open::Paragraph => outer.add_blocks(paragraph(&mut frame.spans)),
            Open::Heading(level) if !frame.spans.is_empty() => {
                outer.add_blocks([Block::Heading(level, frame.spans)]);
            }
            Open::Heading(_) => {}
            Open::CodeBlock => outer.add_blocks(paragraph(&mut code_lines(&frame.spans))),
            Open::Quote => outer.add_blocks([Block::Quote(frame.into_blocks())]),
            Open::List(start) => {
                outer.add_blocks([Block::List { start, items: frame.items }]);
            }
            Open::Item => outer.items.push(frame.into_blocks()),
            Open::Emphasis => outer.add_span(Span::Emphasis(frame.spans)),
            Open::Strong => outer.add_span(Span::Strong(frame.spans)),
            Open::Link(target) => outer.add_span(Span::Link(target, frame.spans)),
        }
    }
}

impl Open {
    /// Whether it makes the tree deeper, and may stand in one of its own kind.
    const fn is_nested(&self) -> bool {
        matches!(self, Self::Quote | Self::List(_) | Self::Emphasis | Self::Strong | Self::Link(_))
    }
}

/// A block of code as lines of code.
fn code_lines(spans: &[Span]) -> Vec<Span> {
    let code: String =
        spans.iter().filter_map(|span| if let Span::Text(t) = span { Some(&**t) } else { None }).collect();
    let mut lines = Vec::new();
    for line in code.trim_end_matches('\n').split('\n') {
        if !lines.is_empty() {
            lines.push(Span::Break);
        }
        lines.push(Span::Code(line.to_owned()));
    }
    lines
}

/// Words that do not stand in the source as they are, since an entity spells them: it could spell what a record
/// refuses. Marks are refused altogether, for how many there are on a letter can't be seen here.
fn cleaned(words: &str) -> String {
    let fit = |c: char| !c.is_control() && !is_combining_mark(c) && Text::new(format!("a{c}")).is_ok();
    words.chars().map(|c| if fit(c) || c == '\t' { c } else { REPLACEMENT }).collect()
}
