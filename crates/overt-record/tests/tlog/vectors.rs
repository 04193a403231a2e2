//! Vectors that lie beside the repository, where they do.

use std::fs;
use std::path::{Path, PathBuf};

use overt_record::Hash;
use overt_record::merkle::{TreeHead, leaf_hash};
use serde::Deserialize;

/// Our own vectors: `overt-vectors.json`.
#[derive(Deserialize)]
pub(crate) struct Vectors {
    pub(crate) seeds: Seeds,
    pub(crate) origin: String,
    pub(crate) witness: String,
    pub(crate) timestamp: u64,
    pub(crate) vkeys: Vkeys,
    pub(crate) paths: Vec<IndexPath>,
    pub(crate) geometry: Vec<Geometry>,
    pub(crate) checkpoints: Vec<CheckpointVector>,
    pub(crate) inclusion: Vec<InclusionVector>,
    pub(crate) consistency: Vec<ConsistencyVector>,
    pub(crate) add_checkpoint: Vec<AddCheckpointVector>,
    pub(crate) tlog_proof: Vec<TlogProofVector>,
}

#[derive(Deserialize)]
pub(crate) struct Seeds {
    pub(crate) log_ed25519: Hash,
    pub(crate) witness_ed25519: Hash,
    pub(crate) log_mldsa44: Hash,
    pub(crate) witness_mldsa44: Hash,
}

#[derive(Deserialize)]
pub(crate) struct Vkeys {
    pub(crate) log_ed25519: String,
    pub(crate) witness_ed25519: String,
    pub(crate) log_mldsa44: String,
    pub(crate) witness_mldsa44: String,
}

#[derive(Deserialize)]
pub(crate) struct IndexPath {
    pub(crate) n: u64,
    pub(crate) path: String,
}

#[derive(Deserialize)]
pub(crate) struct Geometry {
    pub(crate) size: u64,
    pub(crate) tiles: Vec<GeometryLevel>,
}

#[derive(Deserialize)]
pub(crate) struct GeometryLevel {
    pub(crate) level: u8,
    pub(crate) full_tiles: usize,
    pub(crate) partial_width: u16,
}

#[derive(Deserialize)]
pub(crate) struct CheckpointVector {
    pub(crate) size: u64,
    pub(crate) root: String,
    pub(crate) note: String,
    pub(crate) cosig_ed25519_message_hex: String,
    pub(crate) cosig_ed25519_line: String,
    pub(crate) cosig_mldsa44_message_hex: String,
    pub(crate) cosig_mldsa44_line: Option<String>,
    pub(crate) log_mldsa44_line: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct InclusionVector {
    pub(crate) index: u64,
    pub(crate) size: u64,
    pub(crate) leaf_hash: String,
    pub(crate) root: String,
    pub(crate) proof: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct ConsistencyVector {
    pub(crate) old: u64,
    pub(crate) new: u64,
    pub(crate) old_root: String,
    pub(crate) new_root: String,
    pub(crate) proof: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct AddCheckpointVector {
    pub(crate) old: u64,
    pub(crate) body: String,
    pub(crate) expect: u16,
}

#[derive(Deserialize)]
pub(crate) struct TlogProofVector {
    pub(crate) index: u64,
    pub(crate) leaf_hex: String,
    pub(crate) text: String,
}

impl Vectors {
    /// The vectors, or `None` with a word about it.
    pub(crate) fn load() -> Option<Self> {
        let text = read("overt-vectors.json")?;
        Some(serde_json::from_str(&text).unwrap())
    }
}

/// The leaf of our vectors: `entry <i>` and a newline.
pub(crate) fn leaf(index: u64) -> Hash {
    leaf_hash(format!("entry {index}\n").as_bytes())
}

pub(crate) fn hash(base64: &str) -> Hash {
    Hash::from_base64(base64).unwrap()
}

pub(crate) fn hashes(base64: &[String]) -> Vec<Hash> {
    base64.iter().map(|text| hash(text)).collect()
}

pub(crate) fn head(size: u64, root: &str) -> TreeHead {
    TreeHead { size, root: hash(root) }
}

/// Every file below a folder of the vectors, sorted.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            skipped(&folder);
            continue;
        };
        let (inner, plain): (Vec<_>, Vec<_>) =
            entries.map(|entry| entry.unwrap().path()).partition(|path| path.is_dir());
        folders.extend(inner);
        files.extend(plain);
    }
    files.sort();
    files
}

fn read(file: &str) -> Option<String> {
    let path = root().join(file);
    fs::read_to_string(&path).inspect_err(|_| skipped(&path)).ok()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/vectors")
}

#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skipped(path: &Path) {
    eprintln!("SKIPPED: there are no vectors at {}", path.display());
}
