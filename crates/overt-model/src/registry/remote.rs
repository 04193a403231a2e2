//! Systems behind HTTP: from a name and the environment to [`HttpSettings`].

use crate::base_url::BaseUrl;
use crate::config::{Header, HttpAccess};
use crate::error::ModelError;
use crate::http::{HttpSettings, KeySource, Limits};
use crate::secret::Secret;

use super::Registry;

/// The variable whose key goes to servers that are named by their address alone.
const KEY: &str = "OVERT_API_KEY";

impl Registry {
    /// A model that is asked over HTTP and known without the configuration; `None` if the name means something else.
    pub(super) fn remote(&self, name: &str, model: &str) -> Result<Option<HttpSettings>, ModelError> {
        if model.starts_with("replay:") {
            return Ok(None);
        }
        if let Some((model, url)) = at_address(model) {
            return self.at(name, model, url).map(Some);
        }
        match model.split_once('/') {
            Some((provider, model)) if !model.to_lowercase().ends_with(".gguf") => {
                self.of_provider(name, provider, model)
            }
            _ => Ok(None),
        }
    }

    /// `NAME@http://…`.
    fn at(&self, name: &str, model: &str, url: &str) -> Result<HttpSettings, ModelError> {
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

    /// A system of `overt.toml`.
    pub(super) fn configured_http(
        &self,
        name: &str,
        http: &HttpAccess,
        limits: Limits,
    ) -> Result<HttpSettings, ModelError> {
        let settings = HttpSettings::new(name, &http.model, http.base_url.clone());
        let mut settings = settings.speaking(http.dialect).within(&limits);
        settings.unsettable.retain(|setting| !http.send.contains(setting));
        settings.timeouts = http.timeouts;
        settings.max_tokens_field = http.max_tokens_field;
        settings.omit.clone_from(&http.omit);
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

    pub(super) fn key(&self, settings: &mut HttpSettings, variable: &str) -> Result<(), ModelError> {
        settings.secret = Some(self.secret(&settings.name, "its key".to_owned(), variable)?);
        settings.key = KeySource::Variable(variable.to_owned());
        Ok(())
    }

    pub(super) fn optional_key(&self, settings: &mut HttpSettings, variable: &str) {
        settings.secret = self.variable(variable).map(Secret::new);
        settings.key = match settings.secret {
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
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|value| !value.trim().is_empty())
    }
}

/// `NAME@http://…`: the model's name may have an `@` of its own, an address has none.
fn at_address(name: &str) -> Option<(&str, &str)> {
    let at = name.find("@http://").or_else(|| name.find("@https://"))?;
    Some((&name[..at], &name[at + 1..]))
}

pub(super) fn parse(url: &str, place: impl FnOnce() -> String) -> Result<BaseUrl, ModelError> {
    BaseUrl::parse(url).map_err(|source| ModelError::BaseUrl { place: place(), source })
}
