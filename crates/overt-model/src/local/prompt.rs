//! From a conversation to the tokens that the model reads.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;
use overt_schema::{Digest, Generation, Message};
use serde::Serialize;

use super::chat::{Chat, Piece, Reading, SpecialTexts};
use super::digest_of;
use super::error::LocalError;
use super::gguf::Header;

/// Renders conversations with a model's chat template and turns them into its tokens.
#[derive(Debug)]
pub(crate) struct Prompter {
    model: Arc<LlamaModel>,
    chat: Chat,
    template_sha256: String,
    /// The date that the template is told, if it asks for one.
    date: Option<String>,
}

/// A prompt as the model reads it.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// Its tokens.
    pub(crate) tokens: Vec<LlamaToken>,
    /// The digest of its text and of the settings.
    pub(crate) digest: Digest,
}

impl Prompter {
    /// Compiles the template in the header.
    pub(crate) fn new(path: &Path, header: &Header, model: Arc<LlamaModel>) -> Result<Self, LocalError> {
        let wrong = |why: &str| LocalError::WrongKind { path: path.to_owned(), why: why.to_owned() };
        let template =
            header.text("tokenizer.chat_template").ok_or_else(|| wrong("it has no chat template"))?;
        let vocabulary = model.vocab();
        // One moment for all prompts of a run: a template with a date must not change at midnight.
        let now = Timestamp::now();
        let chat = Chat::compile(template, special_texts(&vocabulary), now)
            .map_err(|why| LocalError::Template { path: path.to_owned(), why })?;
        let date = template.contains("strftime_now").then(|| now.strftime("%Y-%m-%d").to_string());
        Ok(Self { chat, template_sha256: digest_of(template), date, model })
    }

    /// What belongs into the identity of the system.
    pub(crate) fn details(&self) -> impl Iterator<Item = (String, String)> {
        let template = ("chat_template_sha256".to_owned(), self.template_sha256.clone());
        let date = self.date.clone().map(|date| ("chat_template_date".to_owned(), date));
        [Some(template), date].into_iter().flatten()
    }

    /// The prompt for a conversation. The error says why there is none.
    pub(crate) fn prompt(&self, messages: &[Message], generation: &Generation) -> Result<Prompt, String> {
        let pieces =
            self.chat.render(messages).map_err(|why| format!("the model's chat template refused: {why}"))?;
        let vocabulary = self.model.vocab();
        let tokens = tokens(&vocabulary, &pieces);
        if tokens.is_empty() {
            return Err("the prompt is empty".to_owned());
        }
        let text: Vec<_> = pieces.iter().map(|piece| piece.text.as_str()).collect();
        let digest =
            Digest::of_json(&Sent { prompt: &text, generation }).map_err(|error| error.to_string())?;
        Ok(Prompt { tokens, digest })
    }
}

/// What the digest of a request is taken over: the rendered text, cut where a message holds the text of a special
/// token, and the settings.
#[derive(Serialize)]
struct Sent<'a> {
    prompt: &'a [&'a str],
    generation: &'a Generation,
}

/// The tokens of a rendered prompt.
///
/// A template mostly writes the token that begins a text itself; where it does not and the model expects it, it is
/// added, as llama.cpp does.
fn tokens(vocabulary: &LlamaVocab<'_>, pieces: &[Piece]) -> Vec<LlamaToken> {
    let mut tokens = Vec::new();
    for piece in pieces {
        let special = piece.reading == Reading::Structure;
        tokens.extend(vocabulary.tokenize(piece.text.as_bytes(), false, special));
    }
    let bos = vocabulary.bos();
    if vocabulary.should_add_bos() && bos.0 >= 0 && tokens.first() != Some(&bos) {
        tokens.insert(0, bos);
    }
    tokens
}

fn special_texts(vocabulary: &LlamaVocab<'_>) -> SpecialTexts {
    let text = |token: LlamaToken| {
        let known = (0..vocabulary.n_tokens()).contains(&token.0);
        let text = if known { vocabulary.text(token) } else { None };
        text.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let control = vocabulary
        .tokens()
        .filter(|token| vocabulary.is_control(*token) || vocabulary.is_eog(*token))
        .map(text)
        .collect();
    SpecialTexts { control, bos: text(vocabulary.bos()), eos: text(vocabulary.eos()) }
}
