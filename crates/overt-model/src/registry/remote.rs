//! Systems behind HTTP: from a name and the environment to [`HttpSettings`].

use crate::base_url::BaseUrl;
use crate::config::{Header, HttpAccess};
use crate::error::ModelError;
use crate::http::{HttpSettings, KeySource, MaxTokensField};
use crate::secret::Secret;

use super::Registry;

/// The variable whose key goes to servers that are named by their address alone.
const KEY: &str = "OVERT_API_KEY";

/// Servers that can be named by their kind.
struct Kind {
    name: &'static str,
    /// The variable that names another address.
    address: &'static str,
    usual_address: &'static str,
    /// The variable that holds the key.
    key: &'static str,
    needs_key: bool,
    max_tokens_field: MaxTokensField,
    concurrency: usize,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "openai",
        address: "OPENAI_BASE_URL",
        usual_address: "https://api.openai.com/v1",
        key: "OPENAI_API_KEY",
        needs_key: true,
        max_tokens_field: MaxTokensField::MaxCompletionTokens,
        concurrency: 16,
    },
    Kind {
        name: "ollama",
        address: "OLLAMA_HOST",
        usual_address: "http://localhost:11434/v1",
        key: "OLLAMA_API_KEY",
        needs_key: false,
        max_tokens_field: MaxTokensField::MaxTokens,
        concurrency: 4,
    },
    Kind {
        name: "vllm",
        address: "VLLM_BASE_URL",
        usual_address: "http://localhost:8000/v1",
        key: "VLLM_API_KEY",
        needs_key: false,
        max_tokens_field: MaxTokensField::MaxTokens,
        concurrency: 64,
    },
];

impl Registry {
    /// `NAME@http://…`.
    pub(super) fn at(&self, name: &str, model: &str, url: &str) -> Result<HttpSettings, ModelError> {
        if model.is_empty() {
            let what = "write the model's name before the @, as in `NAME@http://host:port/v1`".to_owned();
            return Err(ModelError::Incomplete {
                name: BaseUrl::parse(url).map_or_else(|_invalid| "@…".into(), |url| format!("@{url}")),
                what,
            });
        }
        let base_url = parse(url, || model.to_owned())?;
        let mut settings = HttpSettings::new(format!("{model}@{base_url}"), model, base_url);
        if name != format!("{model}@{url}") {
            settings.name = name.to_owned();
        }
        self.optional_key(&mut settings, KEY);
        Ok(settings)
    }

    /// `openai/NAME` and its like; `None` if the kind is not known.
    pub(super) fn of_kind(
        &self,
        name: &str,
        kind: &str,
        model: &str,
    ) -> Result<Option<HttpSettings>, ModelError> {
        let Some(kind) = KINDS.iter().find(|known| known.name == kind) else { return Ok(None) };
        if model.is_empty() {
            let what = format!("write the model's name after the slash, as in `{}/NAME`", kind.name);
            return Err(ModelError::Incomplete { name: name.to_owned(), what });
        }
        let address = match self.variable(kind.address) {
            Some(host) if kind.name == "ollama" => ollama_address(&host),
            Some(address) => address,
            None => kind.usual_address.to_owned(),
        };
        let base_url = parse(&address, || format!("${}", kind.address))?;
        let mut settings = HttpSettings::new(name, model, base_url);
        settings.max_tokens_field = kind.max_tokens_field;
        settings.concurrency = kind.concurrency;
        if kind.needs_key {
            self.key(&mut settings, kind.key)?;
        } else {
            self.optional_key(&mut settings, kind.key);
        }
        Ok(Some(settings))
    }

    /// A system of `overt.toml`.
    pub(super) fn configured_http(
        &self,
        name: &str,
        http: &HttpAccess,
        concurrency: Option<usize>,
    ) -> Result<HttpSettings, ModelError> {
        let mut settings = HttpSettings::new(name, &http.model, http.base_url.clone());
        settings.timeouts = http.timeouts;
        settings.max_tokens_field = http.max_tokens_field;
        settings.omit.clone_from(&http.omit);
        settings.concurrency = concurrency.unwrap_or(settings.concurrency);
        for (header, value) in &http.headers {
            let value = match value {
                Header::Text(text) => Secret::new(text),
                Header::Variable { env } => self.secret(name, format!("the header `{header}`"), env)?,
            };
            settings.headers.push((header.clone(), value));
        }
        if let Some(variable) = &http.api_key_env {
            self.key(&mut settings, variable)?;
        } else {
            let advice = format!("name its environment variable as `api_key_env` in [systems.{name}]");
            settings.key = KeySource::None { advice };
        }
        Ok(settings)
    }

    fn key(&self, settings: &mut HttpSettings, variable: &str) -> Result<(), ModelError> {
        settings.bearer = Some(self.secret(&settings.name, "its key".to_owned(), variable)?);
        settings.key = KeySource::Variable(variable.to_owned());
        Ok(())
    }

    fn optional_key(&self, settings: &mut HttpSettings, variable: &str) {
        settings.bearer = self.variable(variable).map(Secret::new);
        settings.key = match settings.bearer {
            Some(_) => KeySource::Variable(variable.to_owned()),
            None => KeySource::None {
                advice: format!("put it into ${variable}, or define the system in overt.toml"),
            },
        };
    }

    fn secret(&self, name: &str, what: String, variable: &str) -> Result<Secret, ModelError> {
        self.variable(variable).map(Secret::new).ok_or_else(|| ModelError::MissingVariable {
            name: name.to_owned(),
            what,
            variable: variable.to_owned(),
        })
    }

    /// A variable of the environment; empty counts as absent.
    fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|value| !value.trim().is_empty())
    }
}

fn parse(url: &str, place: impl FnOnce() -> String) -> Result<BaseUrl, ModelError> {
    BaseUrl::parse(url).map_err(|source| ModelError::BaseUrl { place: place(), source })
}

/// `OLLAMA_HOST` is an address, a host with a port, a host, or a port; `0.0.0.0` is where the server listens, not
/// where it is reached.
fn ollama_address(host: &str) -> String {
    let host = host.trim().trim_end_matches('/');
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let rest = match rest.strip_prefix(':') {
        Some(port) => format!("localhost:{port}"),
        None => rest.replacen("0.0.0.0", "localhost", 1),
    };
    let bare = !rest.rsplit(']').next().unwrap_or_default().contains(':');
    let port = match scheme {
        _ if !bare || rest.contains('/') => "",
        "https" => "",
        _ => ":11434",
    };
    let path = if rest.ends_with("/v1") { "" } else { "/v1" };
    format!("{scheme}://{rest}{port}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_ollama_host_lead_to_its_interface() {
        for (host, address) in [
            ("127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
            ("0.0.0.0", "http://localhost:11434/v1"),
            ("0.0.0.0:1234", "http://localhost:1234/v1"),
            (":1234", "http://localhost:1234/v1"),
            ("http://gpu.example.org:11434/", "http://gpu.example.org:11434/v1"),
            ("https://ollama.example.org", "https://ollama.example.org/v1"),
            ("http://gpu.example.org:11434/v1", "http://gpu.example.org:11434/v1"),
            ("[::1]:11434", "http://[::1]:11434/v1"),
            ("[::1]", "http://[::1]:11434/v1"),
        ] {
            assert_eq!(ollama_address(host), address, "{host}");
        }
    }
}
