//! The tree's words without form.

use super::{Block, Span};

pub(super) fn write(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&of_block(block));
        out.push('\n');
    }
    out
}

/// A block without a line end after it.
fn of_block(block: &Block) -> String {
    match block {
        Block::Paragraph(spans) | Block::Heading(_, spans) => of_spans(spans),
        Block::List { start, items } => of_list(*start, items),
        Block::Quote(blocks) => {
            let quoted = write(blocks);
            let lines: Vec<_> =
                quoted.lines().map(|line| format!("> {line}").trim_end().to_owned()).collect();
            lines.join("\n")
        }
        Block::Rule => "* * *".to_owned(),
    }
}

fn of_list(start: Option<u64>, items: &[Vec<Block>]) -> String {
    let mark =
        |at: u64| start.map_or_else(|| "- ".to_owned(), |start| format!("{}. ", start.saturating_add(at)));
    let written: Vec<_> = items.iter().zip(0..).map(|(item, at)| hanging(&mark(at), &write(item))).collect();
    written.join("\n")
}

/// The mark, and the lines beside it.
fn hanging(mark: &str, words: &str) -> String {
    let pad = " ".repeat(mark.len());
    let lines = words.trim_end_matches('\n').split('\n').enumerate();
    let lines: Vec<_> =
        lines.map(|(at, line)| format!("{}{line}", if at == 0 { mark } else { &pad })).collect();
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

fn of_spans(spans: &[Span]) -> String {
    spans.iter().map(of_span).collect()
}

fn of_span(span: &Span) -> String {
    match span {
        Span::Text(words) | Span::Code(words) => words.clone(),
        Span::Emphasis(spans) | Span::Strong(spans) => of_spans(spans),
        Span::Break => "\n".to_owned(),
        Span::Link(target, spans) => {
            let words = of_spans(spans);
            let address = target.as_str();
            let said = words == address || address.strip_prefix("mailto:") == Some(&*words);
            if said { words } else { format!("{words} <{address}>") }
        }
    }
}
