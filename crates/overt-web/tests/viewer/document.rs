//! A page, read by a tokenizer that follows the HTML standard, and the rules that every page keeps.

use std::collections::BTreeSet;

use html5gum::{Token, Tokenizer};

const VOID: [&str; 6] = ["area", "br", "img", "input", "link", "meta"];
/// Parts of SVG may be closed at once.
const CONTROLS: [&str; 3] = ["input", "select", "textarea"];

/// An element's name, attributes, and the text directly and indirectly in it.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The elements of a page in the order in which they begin.
#[derive(Debug)]
pub(crate) struct Document(Vec<Element>);

impl Document {
    /// Reads a page and holds it against the rules.
    pub(crate) fn checked(html: &str) -> Self {
        let document = Self::read(html);
        document.check();
        document
    }

    fn read(html: &str) -> Self {
        let mut elements: Vec<Element> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        for token in Tokenizer::new(html) {
            match token.unwrap() {
                Token::StartTag(tag) => {
                    let name = string(&tag.name);
                    let attributes =
                        tag.attributes.iter().map(|(name, value)| (string(name), string(value))).collect();
                    elements.push(Element { name: name.clone(), attributes, text: String::new() });
                    if !VOID.contains(&&*name) {
                        open.push(elements.len() - 1);
                    }
                }
                Token::EndTag(tag) => {
                    let at = open
                        .pop()
                        .unwrap_or_else(|| panic!("nothing is open to be closed by {}", string(&tag.name)));
                    assert_eq!(elements[at].name, string(&tag.name), "elements are closed in order");
                }
                Token::String(text) => {
                    for at in &open {
                        elements[*at].text.push_str(&string(&text));
                    }
                }
                Token::Error(error) => panic!("the page is no HTML: {error:?}"),
                Token::Comment(_) | Token::Doctype(_) => {}
            }
        }
        assert!(open.is_empty(), "everything is closed");
        Self(elements)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.0.iter().filter(move |element| element.name == name)
    }

    /// The elements with a class.
    pub(crate) fn of_class<'a>(&'a self, class: &'a str) -> impl Iterator<Item = &'a Element> {
        self.0.iter().filter(move |element| {
            element.get("class").is_some_and(|all| all.split(' ').any(|one| one == class))
        })
    }

    /// Where links lead whose text has these words.
    pub(crate) fn link(&self, words: &str) -> String {
        let link = self.all("a").find(|link| link.text.contains(words));
        link.unwrap_or_else(|| panic!("no link {words:?}")).get("href").unwrap().to_owned()
    }

    pub(crate) fn has_link(&self, words: &str) -> bool {
        self.all("a").any(|link| link.text.contains(words))
    }

    pub(crate) fn main(&self) -> &str {
        &self.all("main").next().unwrap().text
    }

    /// The headings of the rows of a list.
    pub(crate) fn row_heads(&self) -> Vec<&str> {
        self.all("th").filter(|cell| cell.get("scope") == Some("row")).map(|cell| cell.text.trim()).collect()
    }

    fn check(&self) {
        self.check_nothing_inline();
        self.check_structure();
        self.check_controls();
    }

    fn check_nothing_inline(&self) {
        for element in &self.0 {
            assert_ne!(element.name, "style", "{element:?}");
            for (name, value) in &element.attributes {
                assert!(name != "style" && !name.starts_with("on"), "{element:?}");
                if matches!(&**name, "href" | "src" | "action") {
                    assert!(
                        value.starts_with('/') && !value.starts_with("//") || value.starts_with('#'),
                        "{element:?}"
                    );
                }
            }
            if element.name == "script" {
                assert!(element.get("src").is_some() && element.text.is_empty(), "{element:?}");
            }
        }
    }

    fn check_structure(&self) {
        let mut ids = BTreeSet::new();
        let mut level = 0;
        for element in &self.0 {
            if let Some(id) = element.get("id") {
                assert!(!id.is_empty() && ids.insert(id), "twice the same id: {element:?}");
            }
            if let Some(found) = element.name.strip_prefix('h').and_then(|level| level.parse::<u8>().ok()) {
                assert!(found <= level + 1, "a heading skips a level: {element:?}");
                level = found;
            }
        }
        assert_eq!(self.all("h1").count(), 1);
        assert_eq!(self.all("main").count(), 1);
        assert!(self.all("html").all(|html| html.get("lang") == Some("en")));
        for reference in ["aria-labelledby", "for"] {
            for named in self.0.iter().filter_map(|element| element.get(reference)) {
                assert!(ids.contains(named), "{reference}={named:?} leads nowhere");
            }
        }
        for link in self.all("a") {
            let label = link.get("aria-label").unwrap_or(&link.text);
            assert!(!label.trim().is_empty(), "a link says where it leads: {link:?}");
        }
        for table in self.0.iter().filter(|element| element.name == "table") {
            assert!(!table.text.is_empty());
        }
        assert_eq!(self.all("caption").count(), self.all("table").count(), "every table has a caption");
        assert!(
            self.all("th").all(|cell| cell.get("scope").is_some()),
            "every heading of a table has a scope"
        );
        for chart in self.all("svg") {
            let is_named = chart.get("aria-label").is_some_and(|label| !label.is_empty());
            assert!(
                is_named || chart.get("aria-hidden") == Some("true") || chart.get("viewbox").is_some(),
                "{chart:?}"
            );
        }
    }

    fn check_controls(&self) {
        let labelled: BTreeSet<&str> = self.all("label").filter_map(|label| label.get("for")).collect();
        for control in self.0.iter().filter(|element| CONTROLS.contains(&&*element.name)) {
            let is_labelled = control.get("id").is_some_and(|id| labelled.contains(id))
                || control.get("aria-label").is_some()
                || control.get("type") == Some("hidden");
            assert!(is_labelled, "a control without a label: {control:?}");
        }
    }
}
