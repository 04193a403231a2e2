//! A form as a browser fills it in: what stands in its fields, what is added, which button is pressed.

use html5gum::{Token, Tokenizer};

/// A form of a page.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Form {
    /// The first form whose address begins so.
    pub(crate) fn of(page: &str, action: &str) -> Self {
        let found = all(page).into_iter().find(|form| form.action.starts_with(action));
        found.unwrap_or_else(|| panic!("no form {action:?} in\n{page}"))
    }

    /// Answers a field; the last answer counts.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn body(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}

/// All forms of a page, with what a browser would send if no button had a name.
fn all(page: &str) -> Vec<Form> {
    let (mut forms, mut select, mut area): (Vec<Form>, Option<String>, Option<(String, String)>) =
        (Vec::new(), None, None);
    for Ok(token) in Tokenizer::new(page) {
        match token {
            Token::StartTag(tag) => {
                let get = |name: &str| {
                    tag.attributes.get(name.as_bytes()).map(|v| String::from_utf8(v.to_vec()).unwrap())
                };
                let name = get("name").unwrap_or_default();
                match &tag.name[..] {
                    b"form" => forms.push(Form { action: get("action").unwrap(), fields: Vec::new() }),
                    b"input" if !name.is_empty() => {
                        let kind = get("type").unwrap_or_default();
                        let sent = !matches!(&*kind, "radio" | "checkbox") || get("checked").is_some();
                        if sent && let Some(form) = forms.last_mut() {
                            form.fields.push((name, get("value").unwrap_or_default()));
                        }
                    }
                    b"select" => select = Some(name),
                    b"option" => {
                        if let (Some(name), Some(form)) = (&select, forms.last_mut()) {
                            let first = !form.fields.iter().any(|(known, _)| known == name);
                            if first || get("selected").is_some() {
                                form.fields.retain(|(known, _)| known != name);
                                form.fields.push((name.clone(), get("value").unwrap_or_default()));
                            }
                        }
                    }
                    b"textarea" => area = Some((name, String::new())),
                    _ => {}
                }
            }
            Token::String(text) => {
                if let Some((_, words)) = &mut area {
                    words.push_str(std::str::from_utf8(&text).unwrap());
                }
            }
            Token::EndTag(tag) => match &tag.name[..] {
                b"select" => select = None,
                b"textarea" => {
                    if let (Some((name, words)), Some(form)) = (area.take(), forms.last_mut()) {
                        // The first line break of a text field is not part of it.
                        form.fields.push((name, words.strip_prefix('\n').unwrap_or(&words).to_owned()));
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    forms
}
