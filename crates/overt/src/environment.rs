//! What the surroundings say: environment variables, the home directory, `overt.toml`. The only place that reads them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use overt_model::Config;

use crate::failure::Failure;

/// The surroundings of a command.
pub(crate) struct Environment {
    /// Where models, keys and caches live.
    pub(crate) home: PathBuf,
    /// `overt.toml`, found upward from the working directory; empty if there is none.
    pub(crate) config: Config,
}

impl Environment {
    /// Reads `OVERT_HOME` and `overt.toml`.
    pub(crate) fn read() -> Result<Self, Failure> {
        let config = match config_file()? {
            None => Config::default(),
            Some((path, text)) => {
                Config::parse(&path.display().to_string(), &text).map_err(Failure::usage)?
            }
        };
        Ok(Self { home: home(), config })
    }
}

/// The nearest `overt.toml` with its text.
pub(crate) fn config_file() -> Result<Option<(PathBuf, String)>, Failure> {
    let here = std::env::current_dir().map_err(|source| Failure::file("find", Path::new("."), source))?;
    let Some(path) = Config::find(&here) else { return Ok(None) };
    let text = std::fs::read_to_string(&path).map_err(|source| Failure::file("read", &path, source))?;
    Ok(Some((path, text)))
}

/// A variable of the environment; empty counts as absent.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// [`variable`] in the form in which systems take it.
pub(crate) fn variables() -> overt_model::Environment {
    Arc::new(variable)
}

/// `OVERT_HOME`, or `overt` in the platform's data directory.
fn home() -> PathBuf {
    if let Some(home) = variable("OVERT_HOME") {
        return home.into();
    }
    if let Some(data) = variable("XDG_DATA_HOME") {
        return Path::new(&data).join("overt");
    }
    let user = variable("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
    if cfg!(target_os = "macos") {
        user.join("Library/Application Support/overt")
    } else {
        user.join(".local/share/overt")
    }
}
