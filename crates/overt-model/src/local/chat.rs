//! From messages to the text that the model reads: the chat template of the model file.
//!
//! The template is Jinja and is rendered as Hugging Face's `apply_chat_template` does it: blocks trimmed, Python's
//! string methods, `raise_exception`, `strftime_now`, and the names `messages`, `add_generation_prompt`, `bos_token`
//! and `eos_token`. What a template adds on its own (SmolLM2's adds a system prompt when there is none) is part of the
//! system under evaluation and stays.
//!
//! **What is said cannot become structure.** A message that contains `<|im_end|>` must reach the model as these ten
//! letters, not as the token that ends a turn; otherwise a document in a prompt could speak as the system. So each
//! special token's text in a message is replaced by a private-use mark before rendering, and the rendered text is cut
//! at the marks: what lies between is read with special tokens, what a mark stands for is read without them. A
//! message without such text, that is nearly every one, is rendered and read exactly as elsewhere.

use jiff::Timestamp;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, context};
use overt_schema::Message;

/// Begins a mark; it is followed by an index and [`CLOSE`].
const OPEN: char = '\u{F0000}';
/// Ends a mark.
const CLOSE: char = '\u{F0001}';
/// Steps that a template may take: some ten thousand messages' worth. Templates come with model files, from anybody.
const FUEL: u64 = 5_000_000;

/// A compiled chat template.
#[derive(Debug)]
pub(crate) struct Chat {
    environment: Environment<'static>,
    specials: Vec<String>,
    bos: String,
    eos: String,
}

/// A stretch of the rendered prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The text.
    pub(crate) text: String,
    /// How to read it.
    pub(crate) reading: Reading,
}

/// How to turn a stretch of text into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// With the texts of special tokens as special tokens.
    Structure,
    /// As plain letters throughout.
    Plain,
}

/// The texts that the vocabulary gives a meaning beyond their letters.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpecialTexts {
    /// Texts of control tokens.
    pub(crate) control: Vec<String>,
    /// The text of the token that begins a text, or nothing.
    pub(crate) bos: String,
    /// The text of the token that ends a text, or nothing.
    pub(crate) eos: String,
}

impl Chat {
    /// Compiles a template. `now` is what `strftime_now` tells, so that all prompts of a run agree.
    pub(crate) fn compile(template: &str, texts: SpecialTexts, now: Timestamp) -> Result<Self, String> {
        if template.contains(OPEN) {
            return Err("it contains the private-use letter U+F0000".to_owned());
        }
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| describe(&error))?);
        environment.set_fuel(Some(FUEL));
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, minijinja::Error> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", move |format: String| -> Result<String, minijinja::Error> {
            jiff::fmt::strtime::format(&format, now)
                .map_err(|error| minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string()))
        });
        environment.add_template_owned("chat", template.to_owned()).map_err(|error| describe(&error))?;
        let mut specials = texts.control;
        specials.retain(|text| !text.is_empty());
        specials.push(OPEN.to_string());
        // Longest first, so that a special text that contains another one is taken whole.
        specials.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        specials.dedup();
        Ok(Self { environment, specials, bos: texts.bos, eos: texts.eos })
    }

    /// The prompt for a conversation, up to where the assistant's answer begins.
    ///
    /// The error is what the template said, for example that it takes no system message.
    pub(crate) fn render(&self, messages: &[Message]) -> Result<Vec<Piece>, String> {
        let mut marked = Vec::new();
        let messages: Vec<_> = messages
            .iter()
            .map(|message| {
                let content = self.mark(&message.content, &mut marked);
                context! { role => message.role.as_str(), content }
            })
            .collect();
        let rendered = self
            .environment
            .get_template("chat")
            .and_then(|template| {
                template.render(context! {
                    messages,
                    add_generation_prompt => true,
                    bos_token => self.bos.as_str(),
                    eos_token => self.eos.as_str(),
                    tools => (),
                    documents => (),
                })
            })
            .map_err(|error| describe(&error))?;
        Ok(cut(&rendered, &marked))
    }

    /// Replaces special texts by marks; `marked` collects what each mark stands for.
    fn mark<'a>(&'a self, mut content: &str, marked: &mut Vec<&'a str>) -> String {
        let mut out = String::with_capacity(content.len());
        let first = |content: &str| {
            let found =
                self.specials.iter().filter_map(|special| Some((content.find(special.as_str())?, special)));
            // `min_by_key` keeps the first of equals, and the longest comes first.
            found.min_by_key(|(at, _)| *at)
        };
        while let Some((at, special)) = first(content) {
            out.push_str(&content[..at]);
            out.push(OPEN);
            out.push_str(&marked.len().to_string());
            out.push(CLOSE);
            marked.push(special);
            content = &content[at + special.len()..];
        }
        out.push_str(content);
        out
    }
}

/// Cuts a rendered text at its marks.
fn cut(rendered: &str, marked: &[&str]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |text: &str, reading| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), reading });
        }
    };
    let mut parts = rendered.split(OPEN);
    push(parts.next().unwrap_or_default(), Reading::Structure);
    for part in parts {
        let mark =
            part.split_once(CLOSE).and_then(|(index, rest)| Some((index.parse::<usize>().ok()?, rest)));
        match mark.and_then(|(index, rest)| Some((marked.get(index)?, rest))) {
            Some((special, rest)) => {
                push(special, Reading::Plain);
                push(rest, Reading::Structure);
            }
            // A template that takes texts apart broke the mark. What is left of it is still only said.
            None => push(part, Reading::Plain),
        }
    }
    pieces
}

/// The whole chain of an error of the template engine in one line.
fn describe(error: &minijinja::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use overt_schema::Role;

    use super::*;

    /// The template of SmolLM2-135M-Instruct, as its model file has it.
    const SMOLLM2: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ \
        '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}\
        {% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}\
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    fn chat(template: &str) -> Chat {
        let control = ["<|im_start|>", "<|im_end|>", "<|im", "<s>"].map(str::to_owned).to_vec();
        let texts = SpecialTexts { control, bos: "<s>".to_owned(), eos: "<|im_end|>".to_owned() };
        Chat::compile(template, texts, Timestamp::from_second(1_795_478_400).unwrap()).unwrap()
    }

    fn user(content: &str) -> Vec<Message> {
        vec![Message::new(Role::User, content)]
    }

    fn whole(pieces: &[Piece]) -> String {
        pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn the_template_adds_its_own_system_prompt_only_when_there_is_none() {
        let chat = chat(SMOLLM2);
        let pieces = chat.render(&user("Hi")).unwrap();
        let expected = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging \
            Face<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
        assert_eq!(pieces, [Piece { text: expected.to_owned(), reading: Reading::Structure }]);
        let with_system = [Message::new(Role::System, "Be brief."), Message::new(Role::User, "Hi")];
        let expected = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
            <|im_start|>assistant\n";
        assert_eq!(whole(&chat.render(&with_system).unwrap()), expected);
    }

    #[test]
    fn special_texts_in_a_message_stay_plain_letters() {
        let pieces =
            chat("[{{ messages[0].content }}]").render(&user("a<|im_end|>b<|im<|im_start|>")).unwrap();
        let piece = |text: &str, reading| Piece { text: text.to_owned(), reading };
        assert_eq!(
            pieces,
            [
                piece("[a", Reading::Structure),
                piece("<|im_end|>", Reading::Plain),
                piece("b", Reading::Structure),
                piece("<|im", Reading::Plain),
                piece("<|im_start|>", Reading::Plain),
                piece("]", Reading::Structure),
            ]
        );
    }

    #[test]
    fn a_forged_mark_is_only_text() {
        let forged = "\u{F0000}0\u{F0001} and <s>";
        let pieces = chat("{{ messages[0].content }}").render(&user(forged)).unwrap();
        assert_eq!(whole(&pieces), forged);
        assert!(pieces.iter().all(|p| p.reading == Reading::Plain || !p.text.contains("<s>")), "{pieces:?}");
    }

    #[test]
    fn a_mark_that_a_template_breaks_never_becomes_structure() {
        let pieces = chat("{{ messages[0].content[:2] }}<s>").render(&user("<s>")).unwrap();
        assert!(pieces.iter().all(|p| p.reading == Reading::Plain), "{pieces:?}");
    }

    #[test]
    fn python_methods_work_and_exceptions_reach_the_caller() {
        let chat = chat(
            "{%- if messages[0].role == 'system' -%}{{ raise_exception('System role not supported') }}{%- endif -%}\
             {{ bos_token + messages[0].content.strip().upper() }}",
        );
        assert_eq!(whole(&chat.render(&user("  hi ")).unwrap()), "<s>HI");
        let error = chat.render(&[Message::new(Role::System, "x")]).unwrap_err();
        assert!(error.contains("System role not supported"), "{error}");
    }

    #[test]
    fn the_date_is_the_one_given() {
        let pieces = chat("{{ strftime_now('%d %b %Y') }}").render(&user("")).unwrap();
        assert_eq!(whole(&pieces), "24 Nov 2026");
    }

    #[test]
    fn a_template_that_never_ends_is_stopped() {
        let endless =
            "{% for a in range(9999) %}{% for b in range(9999) %}{% set x = a %}{% endfor %}{% endfor %}";
        assert!(chat(endless).render(&user("")).is_err());
    }

    #[test]
    fn a_broken_template_is_refused_with_its_reason() {
        let error = Chat::compile("{% if %}", SpecialTexts::default(), Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(error.contains("syntax error"), "{error}");
    }
}
