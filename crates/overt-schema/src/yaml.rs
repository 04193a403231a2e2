//! YAML text as a tree of nodes that know where they stand.
//!
//! YAML 1.2 with the core schema: `no` is a text, `0x1F` a number. One document a file; keys are texts, and a key
//! that occurs twice is a mistake. Anchors and aliases work. Size, depth and the number of nodes (aliases expanded)
//! are bounded, so a stranger's file can neither exhaust memory nor the stack.

use std::collections::{BTreeMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Map, Value};

use crate::source::Place;

mod scalar;

/// The most bytes of a file.
const MAX_BYTES: usize = 4 << 20;
/// The most lists and mappings within each other.
const MAX_DEPTH: usize = 64;
/// The most nodes, those that aliases repeat included.
const MAX_NODES: usize = 200_000;
/// The most mistakes that are collected before reading on makes no sense.
const MAX_MISTAKES: usize = 50;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: NodeValue,
    /// Line and column of its beginning, from 1.
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// Where its text begins and ends in the file, in characters.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum NodeValue {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a mapping and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

/// Something wrong with the text as YAML.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) fix: Option<String>,
}

/// What could be read, and every mistake met on the way. Without a root there is at least one mistake.
pub(crate) struct Parsed {
    pub(crate) root: Option<Node>,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Node {
    fn new(value: NodeValue, span: &Span) -> Self {
        Self {
            value,
            line: span.start.line(),
            column: span.start.col() + 1,
            start: span.start.index(),
            end: span.end.index(),
        }
    }

    /// The node's text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The node as JSON.
    pub(crate) fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(truth) => Value::Bool(*truth),
            NodeValue::Number(number) => Value::Number(number.clone()),
            NodeValue::Text(text) => Value::String(text.clone()),
            NodeValue::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            NodeValue::Map(entries) => Value::Object(to_json_map(entries)),
        }
    }

    /// How many nodes it has, and how many of them lie within each other.
    fn extent(&self) -> (usize, usize) {
        let children: Box<dyn Iterator<Item = &Self>> = match &self.value {
            NodeValue::List(items) => Box::new(items.iter()),
            NodeValue::Map(entries) => Box::new(entries.iter().map(|entry| &entry.value)),
            _ => return (1, 0),
        };
        let (count, depth) = children
            .map(Self::extent)
            .fold((0, 0), |(count, depth), (more, below)| (count + more, depth.max(below)));
        (count + 1, depth + 1)
    }
}

/// A mapping as a JSON object.
pub(crate) fn to_json_map(entries: &[Entry]) -> Map<String, Value> {
    entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
}

/// Reads a document.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut loader = Loader::default();
    if let Err(mistake) = loader.load(text) {
        loader.mistakes.push(mistake);
        loader.root = None;
    }
    Parsed { root: loader.root, mistakes: loader.mistakes }
}

/// A stranger's YAML as JSON, within the bounds that hold for task files; `None` where it is not YAML. A key that
/// occurs twice and an unknown tag are passed over: nobody is here to mend them.
pub fn yaml_to_json(text: &str) -> Option<Value> {
    parse(text).root.map(|root| root.to_json())
}

#[derive(Default)]
struct Loader {
    root: Option<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    documents: usize,
    mistakes: Vec<Mistake>,
}

/// A list or mapping whose end has not come yet.
struct Open {
    anchor: usize,
    span: Span,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, keys: HashSet<String>, pending: Option<(String, Place)> },
}

impl Loader {
    fn load(&mut self, text: &str) -> Result<(), Mistake> {
        if text.len() > MAX_BYTES {
            let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
            let fix = "put the samples into a file of their own and name it in `dataset.path`";
            return Err(mistake_at(Place { line: 1, column: 1, width: 1 }, message, Some(fix)));
        }
        self.mistakes.extend(lone_return(text));
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| syntax_mistake(&error, text))?;
            self.take(event, span)?;
            if self.mistakes.len() >= MAX_MISTAKES {
                break;
            }
        }
        if self.root.is_none() && self.mistakes.is_empty() {
            return Err(mistake_at(Place { line: 1, column: 1, width: 1 }, "the file is empty".into(), None));
        }
        Ok(())
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Mistake> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "the file holds more than one document".into();
                    return Err(mistake(&span, message, Some("remove the line `---` and what follows it")));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), span)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Content::List(Vec::new()), anchor, tag.as_deref(), span)
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Map { entries: Vec::new(), keys: HashSet::new(), pending: None };
                self.open(content, anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&span),
            Event::Alias(anchor) => self.alias(anchor, &span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Mistake> {
        if self.awaits_key() {
            self.key(text, &span);
            return Ok(());
        }
        let value = match scalar::resolve(text, style, tag) {
            Ok(value) => value,
            Err((message, fix)) => {
                self.mistakes.push(mistake(&span, message, Some(fix)));
                NodeValue::Null
            }
        };
        let node = Node::new(value, &span);
        self.remember(anchor, &node);
        self.put(node, 1, &span)
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { pending: None, .. }, .. }))
    }

    fn key(&mut self, text: &str, span: &Span) {
        let place = place(span);
        if let Some(Open { content: Content::Map { keys, pending, .. }, .. }) = self.open.last_mut() {
            if !keys.insert(text.to_owned()) {
                let message = format!("the key `{text}` occurs twice");
                self.mistakes.push(mistake_at(place, message, Some("keep one of the two")));
            }
            *pending = Some((text.to_owned(), place));
        }
    }

    fn open(
        &mut self,
        content: Content,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Mistake> {
        self.refuse_as_key(&span)?;
        if tag.is_some_and(|tag| !tag.is_yaml_core_schema()) {
            self.mistakes.push(mistake(&span, "tags are not supported here".into(), Some("remove the tag")));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(mistake(&span, format!("more than {MAX_DEPTH} levels lie within each other"), None));
        }
        self.open.push(Open { anchor, span, content });
        Ok(())
    }

    fn refuse_as_key(&self, span: &Span) -> Result<(), Mistake> {
        if !self.awaits_key() {
            return Ok(());
        }
        let fix = "a text that begins with `{`, `[` or `*` needs quotes: \"{{ question }}\"";
        Err(mistake(span, "a key must be a text".into(), Some(fix)))
    }

    fn close(&mut self, span: &Span) -> Result<(), Mistake> {
        let Some(Open { anchor, span: start, content }) = self.open.pop() else {
            return Ok(());
        };
        let value = match content {
            Content::List(items) => NodeValue::List(items),
            Content::Map { entries, .. } => NodeValue::Map(entries),
        };
        let node = Node { end: span.end.index(), ..Node::new(value, &start) };
        self.remember(anchor, &node);
        self.put(node, 1, &start)
    }

    /// Keeps what an anchor names, for the aliases that follow. Anchors are numbered from 1.
    fn remember(&mut self, anchor: usize, node: &Node) {
        if anchor > 0 {
            self.nodes += node.extent().0;
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Result<(), Mistake> {
        self.refuse_as_key(span)?;
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(mistake(span, "the alias stands within what it names".into(), None));
        };
        let (count, depth) = node.extent();
        if self.open.len() + depth > MAX_DEPTH {
            return Err(mistake(span, format!("more than {MAX_DEPTH} levels lie within each other"), None));
        }
        self.affordable(count, span)?;
        let node = node.clone();
        self.put(node, count, span)
    }

    fn affordable(&self, count: usize, span: &Span) -> Result<(), Mistake> {
        if self.nodes + count <= MAX_NODES {
            return Ok(());
        }
        let fix = "put the samples into a file of their own and name it in `dataset.path`";
        Err(mistake(span, format!("the file holds more than {MAX_NODES} values"), Some(fix)))
    }

    fn put(&mut self, node: Node, count: usize, span: &Span) -> Result<(), Mistake> {
        self.affordable(count, span)?;
        self.nodes += count;
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, pending, .. }) => {
                if let Some((key, place)) = pending.take() {
                    entries.push(Entry { key, place, value: node });
                }
            }
        }
        Ok(())
    }
}

/// A carriage return that ends a line alone. To YAML it does, to editors and to what shows places here it does not, so
/// that all places after it would be wrong.
fn lone_return(text: &str) -> Option<Mistake> {
    let mut returns = text.match_indices('\r').map(|(at, _)| at);
    let at = returns.find(|&at| !text[at + 1..].starts_with('\n'))?;
    let before = &text[..at];
    let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
    let place = Place { line: before.matches('\n').count() + 1, column, width: 1 };
    let message = "a carriage return stands without a line feed".into();
    Some(mistake_at(place, message, Some("end the lines with a line feed")))
}

fn place(span: &Span) -> Place {
    let on_one_line = span.start.line() == span.end.line();
    let width = if on_one_line { span.end.col().saturating_sub(span.start.col()).max(1) } else { 1 };
    Place { line: span.start.line(), column: span.start.col() + 1, width }
}

fn mistake(span: &Span, message: String, fix: Option<&str>) -> Mistake {
    mistake_at(place(span), message, fix)
}

fn mistake_at(place: Place, message: String, fix: Option<&str>) -> Mistake {
    Mistake { place, message, fix: fix.map(str::to_owned) }
}

/// The parser's complaint, with what usually stands behind it.
fn syntax_mistake(error: &ScanError, text: &str) -> Mistake {
    let marker = error.marker();
    let place = Place { line: marker.line(), column: marker.col() + 1, width: 1 };
    let line = text.split('\n').nth(marker.line().saturating_sub(1)).unwrap_or_default();
    let info = error.info();
    let fix = if line.trim_start_matches(' ').starts_with('\t') || info.contains("tab") {
        Some("indent with spaces, not with tabs")
    } else if info.contains("mapping values are not allowed") {
        Some("a text that contains `: ` needs quotes, or a block that starts with `>-`")
    } else if info.contains("quoted scalar") {
        Some("close the quotation marks")
    } else if info.contains("cannot start any token") {
        Some("a text that begins with `%`, `@` or a backtick needs quotes")
    } else {
        None
    };
    if info.contains("recursion limit") {
        return mistake_at(place, format!("more than {MAX_DEPTH} levels lie within each other"), None);
    }
    mistake_at(place, format!("not YAML: {info}"), fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carriage_return_alone_is_told_at_its_place_as_editors_count() {
        let parsed = parse("a: 1\r\nb: é\rc: 3\r\nd: [\r");
        let places: Vec<Place> = parsed.mistakes.iter().map(|mistake| mistake.place).collect();
        assert_eq!(places[0], Place { line: 2, column: 5, width: 1 });
        assert!(parsed.mistakes[0].message.contains("carriage return"), "{:?}", parsed.mistakes);
        assert!(parse("a: 1\r\nb: 2\r\n").mistakes.is_empty());
        assert_eq!(yaml_to_json("a: 1\rb: 2\r"), Some(serde_json::json!({ "a": 1, "b": 2 })));
    }
}
