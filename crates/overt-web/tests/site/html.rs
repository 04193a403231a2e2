//! What every page has to keep.

use std::collections::BTreeSet;

use html5gum::{Token, Tokenizer};

/// What a page is made of, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    pub(crate) links: BTreeSet<String>,
    pub(crate) faults: Vec<String>,
    pub(crate) text: String,
}

/// Looks through a page.
pub(crate) fn look(page: &str) -> Looked {
    let mut looked = Looked::default();
    let (mut ids, mut labelled, mut fields) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let mut levels = Vec::new();
    let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    for token in Tokenizer::new(page) {
        match token.unwrap() {
            Token::StartTag(tag) => {
                let element = string(&tag.name);
                let attributes: Vec<(String, String)> =
                    tag.attributes.iter().map(|(name, value)| (string(name), string(value))).collect();
                let get = |name: &str| {
                    attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
                };
                for (attribute, _) in &attributes {
                    if attribute == "style" || attribute.starts_with("on") {
                        looked.faults.push(format!("<{element}> has {attribute}"));
                    }
                }
                if element == "style" || (element == "script" && get("src").is_none()) {
                    looked.faults.push(format!("<{element}> is inline"));
                }
                if let Some(id) = get("id")
                    && !ids.insert(id.clone())
                {
                    looked.faults.push(format!("two ids {id:?}"));
                }
                if let [b'h', level @ b'1'..=b'6'] = element.as_bytes() {
                    levels.push(level - b'0');
                }
                if element == "label" {
                    labelled.extend(get("for"));
                }
                let is_field = matches!(element.as_str(), "select" | "textarea" | "input");
                if is_field && get("type").as_deref() != Some("hidden") && get("aria-label").is_none() {
                    fields.push(get("id").unwrap_or_default());
                }
                for attribute in ["href", "src", "data-bundle", "data-verifier", "action"] {
                    looked.links.extend(get(attribute));
                }
            }
            Token::String(text) => looked.text.push_str(&string(&text)),
            Token::Error(error) => looked.faults.push(format!("markup: {error:?}")),
            _ => {}
        }
    }
    for field in fields.iter().filter(|field| !labelled.contains(*field)) {
        looked.faults.push(format!("a field without a label: {field:?}"));
    }
    if levels.iter().filter(|level| **level == 1).count() != 1 || levels.first() != Some(&1) {
        looked.faults.push(format!("not one h1 that comes first: {levels:?}"));
    }
    if levels.windows(2).any(|pair| pair[1] > pair[0] + 1) {
        looked.faults.push(format!("headings skip a level: {levels:?}"));
    }
    looked
}
