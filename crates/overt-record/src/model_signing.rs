//! The digest of a folder of weights, as OpenSSF Model Signing computes it (method `files`, hash `sha256`): so that a
//! record about local weights and their publisher's signature name the same subject.
//!
//! Checked against `model_signing` 1.1.1 (`signing.py`, `manifest.py`).

use std::collections::BTreeMap;

use crate::Hash;

/// What `model_signing` leaves out at the top of a model's folder unless told otherwise, files and whole folders. The
/// signature itself, usually `model.sig`, is left out too, by whoever signs or verifies.
pub const GIT_PATHS: [&str; 4] = [".git", ".gitattributes", ".github", ".gitignore"];

/// Why a list of files has no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFilesError {
    /// Nothing is left to hash.
    #[error("no file of the model is left to hash; is this the model's folder?")]
    NoFiles,
    /// A name that is not a plain path below the folder.
    #[error("{0:?} is not a path relative to the model's folder, with `/` between its parts")]
    Path(String),
    /// A file given twice.
    #[error("the file {0:?} stands twice in the list")]
    Twice(String),
}

/// The digest of the files given, by their paths relative to the model's folder (`/` between the parts) and the SHA-256
/// of their contents: SHA-256 over the 32 bytes of each, ordered by path. Those below `ignored` paths are left out.
///
/// Paths are ordered part by part, as Python orders `PurePosixPath`s: `a/b` comes before `a-b`.
pub fn root_digest<'a>(
    files: impl IntoIterator<Item = (&'a str, Hash)>,
    ignored: &[&str],
) -> Result<Hash, ModelFilesError> {
    let ignored = ignored.iter().map(|path| parts(path)).collect::<Result<Vec<_>, _>>()?;
    let mut ordered = BTreeMap::new();
    for (path, hash) in files {
        let parts = parts(path)?;
        if ignored.iter().any(|ignored| parts.starts_with(ignored)) {
            continue;
        }
        if ordered.insert(parts, hash).is_some() {
            return Err(ModelFilesError::Twice(path.to_owned()));
        }
    }
    if ordered.is_empty() {
        return Err(ModelFilesError::NoFiles);
    }
    Ok(Hash::of_all(ordered.values().map(|hash| hash.as_bytes().as_slice())))
}

fn parts(path: &str) -> Result<Vec<&str>, ModelFilesError> {
    let parts: Vec<_> = path.split('/').collect();
    if parts.iter().any(|part| ["", ".", ".."].contains(part)) {
        return Err(ModelFilesError::Path(path.to_owned()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `model_signing` 1.1.1 was given, under Python 3.11: paths and contents.
    const FILES: [(&str, &str); 17] = [
        ("config.json", "{}"),
        ("a/b", "1"),
        ("a-b", "2"),
        ("a/\u{e9}.txt", "3"),
        ("a.b/c", "4"),
        ("B", "5"),
        ("model.safetensors", "weights"),
        (".gitattributes", "x"),
        (".git/config", "y"),
        ("sub/.git/config", "z"),
        ("model.sig", "sig"),
        ("sub/.gitignore", "q"),
        ("a/\u{1f600}", "6"),
        ("a/\u{ffee}", "7"),
        (".github/w.yml", "r"),
        (".gitignore", "gi"),
        ("sub/model.sig", "8"),
    ];

    fn files() -> impl Iterator<Item = (&'static str, Hash)> {
        FILES.iter().map(|(path, contents)| (*path, Hash::of(contents)))
    }

    #[test]
    fn the_digest_is_that_of_model_signing() {
        let ignored = [GIT_PATHS.as_slice(), &["model.sig"]].concat();
        let digest = root_digest(files(), &ignored).unwrap();
        assert_eq!(digest.to_string(), "b387b3cbb99637845b32b1602e9d1df6714e6fd65954ae79eaee309990260159");
        let digest = root_digest(files(), &[]).unwrap();
        assert_eq!(digest.to_string(), "7213979a5228675de791975d054b7e0999f55c26b5c5cad3128ddb7dc2fc4f10");
    }

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        let backwards: Vec<_> = files().collect::<Vec<_>>().into_iter().rev().collect();
        assert_eq!(root_digest(backwards, &[]), root_digest(files(), &[]));
    }

    #[test]
    fn a_path_that_could_mean_two_files_is_refused() {
        for path in ["", "/", "/etc/passwd", "a//b", "./a", "a/..", "a/"] {
            let error = root_digest([(path, Hash::of(""))], &[]);
            assert_eq!(error, Err(ModelFilesError::Path(path.to_owned())));
        }
        let twice = [("a", Hash::of("1")), ("a", Hash::of("2"))];
        assert_eq!(root_digest(twice, &[]), Err(ModelFilesError::Twice("a".to_owned())));
        assert_eq!(root_digest([], &[]), Err(ModelFilesError::NoFiles));
        assert_eq!(root_digest([(".git/x", Hash::of(""))], &GIT_PATHS), Err(ModelFilesError::NoFiles));
    }
}
