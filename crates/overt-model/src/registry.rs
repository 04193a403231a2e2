//! From a name to a system.
//!
//! | name | system |
//! |---|---|
//! | `smollm2-135m` | a model of the [catalogue](crate::CATALOGUE), fetched if it is not there |
//! | `./model.gguf` | a file |
//! | `NAME@http://host:port/v1` | a model of any server that speaks the dialect |
//! | `openai/NAME`, `anthropic/NAME`, `ollama/NAME` and their like | a model of a known provider or kind of server |
//! | a name in `overt.toml` | as it says there |
//! | `replay:RUN` | the answers of an earlier run |
//! | `command:PROGRAM ARGUMENTS` | a program over JSON lines |

mod model_file;
mod probing;
mod provider;
mod remote;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use overt_eval::System;
use overt_schema::{Prices, nearest};

use crate::catalogue::{CATALOGUE, Entry};
use crate::config::{Access, Config, SystemConfig};
use crate::error::ModelError;
use crate::http::{HttpSystem, Limits};
use crate::local::{LocalOptions, LocalSystem, Weights};
use crate::program::ProgramSystem;
use crate::prompted::Prompted;
use crate::pull::{Environment, OnPull, PullOptions, pull};
use crate::registry::model_file::ModelFile;
use crate::replay::ReplaySystem;

/// How to open systems on this machine.
#[derive(Clone, Default)]
pub struct ResolveOptions {
    /// Threads to compute with; by default one for each core.
    pub threads: Option<usize>,
    /// The longest conversation with its answer, in tokens; by default what the model was trained for.
    pub context_tokens: Option<u32>,
    /// Answers that a local model writes side by side; by default 16 for each worker.
    pub sequences: Option<usize>,
    /// Which weights to compute with; by default the fastest.
    pub weights: Option<Weights>,
    /// Told how a model of the catalogue is fetched.
    pub on_pull: Option<OnPull>,
}

/// A system that is known by name without an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name to ask for.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a known system comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The catalogue.
    Catalogue {
        /// Its entry.
        entry: &'static Entry,
        /// Whether its file is there.
        installed: bool,
    },
    /// `overt.toml`.
    Configured {
        /// The address, or the name of the system below.
        reached: String,
    },
}

/// Knows all systems by name.
#[derive(Clone)]
pub struct Registry {
    config: Config,
    home: PathBuf,
    environment: Environment,
}

impl Registry {
    /// A registry over `overt.toml`, overt's home (where models lie) and the environment.
    pub fn new(config: Config, home: PathBuf, environment: Environment) -> Self {
        Self { config, home, environment }
    }

    /// The system called `name`, ready to be asked. A model of the catalogue is fetched if need be, and a local one
    /// loaded; nothing is asked yet.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub async fn resolve(&self, name: &str, options: &ResolveOptions) -> Result<Arc<dyn System>, ModelError> {
        let name = name.trim();
        match self.config.systems.get(name) {
            Some(system) => self.configured(name, system, options).await,
            None => self.named(name, name, &Limits::default(), options).await,
        }
    }

    /// What tokens of the system cost, if `overt.toml` says.
    pub fn prices(&self, name: &str) -> Option<Prices> {
        self.config.systems.get(name.trim())?.prices
    }

    /// The systems known by name: those of `overt.toml`, then the catalogue, each sorted.
    pub fn known(&self) -> Vec<Known> {
        let configured = self.config.systems.iter().map(|(name, system)| {
            let reached = match &system.access {
                Access::Http(http) => format!("{} at {}", http.model, http.base_url),
                Access::Named(model) => model.clone(),
            };
            Known { name: name.clone(), origin: Origin::Configured { reached } }
        });
        let catalogue =
            CATALOGUE.iter().filter(|entry| !self.config.systems.contains_key(entry.name)).map(|entry| {
                let installed = entry.is_installed(&self.home);
                Known { name: entry.name.to_owned(), origin: Origin::Catalogue { entry, installed } }
            });
        configured.chain(catalogue).collect()
    }

    /// Fetches a model of the catalogue unless it is there; returns where it lies.
    ///
    /// # Errors
    /// When the catalogue has no such model, or no source gives it.
    pub async fn pull(&self, name: &str, on_pull: Option<OnPull>) -> Result<PathBuf, ModelError> {
        let entry = Entry::find(name).ok_or_else(|| ModelError::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, CATALOGUE.iter().map(|entry| entry.name)).map(str::to_owned),
        })?;
        Ok(pull(entry, &self.home, &self.pull_options(on_pull)).await?)
    }

    async fn configured(
        &self,
        name: &str,
        system: &SystemConfig,
        options: &ResolveOptions,
    ) -> Result<Arc<dyn System>, ModelError> {
        let inner = match &system.access {
            Access::Http(http) => self.http(self.configured_http(name, http, system.limits)?)?,
            Access::Named(model) => self.named(name, model, &system.limits, options).await?,
        };
        Ok(match &system.system_prompt {
            Some(prompt) => Arc::new(Prompted::new(inner, prompt.clone())),
            None => inner,
        })
    }

    /// A model that is known without the configuration, as the system called `name`.
    async fn named(
        &self,
        name: &str,
        model: &str,
        limits: &Limits,
        options: &ResolveOptions,
    ) -> Result<Arc<dyn System>, ModelError> {
        if let Some(settings) = self.remote(name, model)? {
            return self.http(settings.within(limits));
        }
        if limits.requests_per_minute.is_some() || limits.tokens_per_minute.is_some() {
            let what = format!(
                "its `limits` in overt.toml have a rate, and {model:?} is not asked over a network; leave the rate out"
            );
            return Err(ModelError::Incomplete { name: name.to_owned(), what });
        }
        if let Some(run) = model.strip_prefix("replay:") {
            return self.replay(name, run);
        }
        if let Some(command) = model.strip_prefix("command:") {
            // What the configuration names is found from where the configuration lies.
            let configured = self.config.systems.contains_key(name);
            let directory = if configured { self.config.folder.as_path() } else { Path::new(".") };
            return Ok(Arc::new(ProgramSystem::new(name, command, directory)?));
        }
        if model.to_lowercase().ends_with(".gguf") {
            let file = ModelFile::named(model, self.variable("HOME").as_deref());
            let name = if name == model { file.name.as_str() } else { name };
            return self.local(name, &file.path, options).await;
        }
        match Entry::find(model) {
            Some(entry) => self.catalogued(name, entry, options).await,
            None => Err(self.unknown(model)),
        }
    }

    fn http(&self, settings: crate::HttpSettings) -> Result<Arc<dyn System>, ModelError> {
        let name = settings.name.clone();
        let probe = self.shelf().find(&settings);
        match HttpSystem::new(settings) {
            Ok(system) => Ok(Arc::new(system.probed(probe))),
            Err(source) => Err(ModelError::Http { name, source }),
        }
    }

    async fn catalogued(
        &self,
        name: &str,
        entry: &'static Entry,
        options: &ResolveOptions,
    ) -> Result<Arc<dyn System>, ModelError> {
        let path = pull(entry, &self.home, &self.pull_options(options.on_pull.clone())).await?;
        let system = self.local(name, &path, options).await?;
        let found =
            system.identity().artefact.map(|artefact| artefact.sha256.to_string()).unwrap_or_default();
        if found == entry.sha256 { Ok(system) } else { Err(ModelError::Altered { path, entry, found }) }
    }

    /// Opens a file on a thread of its own: loading takes a second and more.
    async fn local(
        &self,
        name: &str,
        path: &Path,
        options: &ResolveOptions,
    ) -> Result<Arc<dyn System>, ModelError> {
        let local = LocalOptions {
            threads: options.threads,
            context_tokens: options.context_tokens,
            sequences: options.sequences,
            weights: options.weights.unwrap_or_default(),
            cache_dir: self.home.join("cache"),
        };
        let (name, path) = (name.to_owned(), path.to_owned());
        let lost = ModelError::Lost(path.display().to_string());
        let opened = tokio::task::spawn_blocking(move || LocalSystem::open(&name, &path, &local)).await;
        Ok(Arc::new(opened.map_err(|_panicked| lost)??))
    }

    /// A run is named by its path, or by its name in the folder where runs go.
    fn replay(&self, name: &str, run: &str) -> Result<Arc<dyn System>, ModelError> {
        if run.is_empty() {
            let what = "write `replay:` and a run directory, for example `replay:runs/NAME`".to_owned();
            return Err(ModelError::Incomplete { name: name.to_owned(), what });
        }
        let runs = self.config.eval.runs.as_deref().unwrap_or(Path::new("runs"));
        let candidates = [PathBuf::from(run), runs.join(run)];
        let path = candidates.iter().find(|path| path.is_dir()).unwrap_or(&candidates[0]);
        match ReplaySystem::open(name, path) {
            Ok(system) => Ok(Arc::new(system)),
            Err(source) => Err(ModelError::Replay { run: run.to_owned(), source }),
        }
    }

    fn pull_options(&self, on_pull: Option<OnPull>) -> PullOptions {
        let mut options = PullOptions::new(Arc::clone(&self.environment));
        if let Some(on_pull) = on_pull {
            options.on_event = on_pull;
        }
        options
    }

    fn unknown(&self, name: &str) -> ModelError {
        let known = self.known();
        let names = known.iter().map(|known| known.name.as_str());
        let nearest_name = nearest(name, names).map(str::to_owned).or_else(|| {
            let (kind, model) = name.split_once('/')?;
            Some(format!("{}/{model}", nearest(kind, provider::names())?))
        });
        ModelError::Unknown { name: name.chars().take(200).collect(), nearest: nearest_name }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("config", &self.config)
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
