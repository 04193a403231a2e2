//! What a model file is called.

use std::path::{Path, PathBuf};

/// A file of weights that was named by its path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ModelFile {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// What the system is called, in runs and in records that everybody reads: below somebody's home directory it begins with
    /// `~/`, which leads there again on that machine, and says to nobody else whose it is.
    pub(super) name: String,
}

impl ModelFile {
    /// The file of this name, for a user with this home directory.
    pub(super) fn named(model: &str, home: Option<&str>) -> Self {
        let home = home.map(Path::new).filter(|home| home.is_absolute() && home.parent().is_some());
        let below = |home: &Path| Path::new(model).strip_prefix(home).ok()?.to_str().map(str::to_owned);
        match (home, model.strip_prefix("~/")) {
            (Some(home), Some(rest)) => Self { path: home.join(rest), name: model.to_owned() },
            (Some(home), None) if let Some(rest) = below(home) => {
                Self { path: model.into(), name: format!("~/{rest}") }
            }
            _ => Self { path: model.into(), name: model.to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_below_home_is_called_so_that_it_names_nobody_and_leads_there_again() {
        let table = [
            ("/home/jane/models/a.gguf", Some("/home/jane"), "/home/jane/models/a.gguf", "~/models/a.gguf"),
            ("~/models/a.gguf", Some("/home/jane"), "/home/jane/models/a.gguf", "~/models/a.gguf"),
            ("/home/janet/a.gguf", Some("/home/jane"), "/home/janet/a.gguf", "/home/janet/a.gguf"),
            ("models/a.gguf", Some("/home/jane"), "models/a.gguf", "models/a.gguf"),
            ("/srv/a.gguf", Some("/"), "/srv/a.gguf", "/srv/a.gguf"),
            ("/srv/a.gguf", Some(""), "/srv/a.gguf", "/srv/a.gguf"),
            ("~/a.gguf", None, "~/a.gguf", "~/a.gguf"),
        ];
        for (model, home, path, name) in table {
            let found = ModelFile::named(model, home);
            assert_eq!((found.path.to_str(), found.name.as_str()), (Some(path), name), "{model} {home:?}");
        }
    }
}
