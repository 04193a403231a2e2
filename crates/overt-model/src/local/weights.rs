//! Which weights are computed with: those in the file, or a widened copy of them.
//!
//! llama.cpp has fast kernels for some types of weights and slow ones for others; the type that a model is shipped in
//! was chosen for its size. Widening writes the same weights once more as F16 or BF16. No information is added: each
//! weight keeps its dequantised value, rounded to 11 or 8 significant bits. What is computed differs a little, mostly
//! because activations are no longer rounded to 8 bits before each product, so the identity of the system says what
//! was done. Speed and effect on answers are measured in `docs/local-models.md`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use llama_cpp_sys_2 as sys;
use overt_schema::Digest;

use super::error::LocalError;
use super::gguf::Header;
use super::{ffi, memory, processor};

/// Which weights to compute with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// Widened where that is known to be faster on this processor and there is room; otherwise as shipped.
    #[default]
    Fastest,
    /// As they stand in the file.
    AsShipped,
    /// Widened to the type that this processor computes fastest.
    Widened,
    /// Widened to IEEE half precision: 11 significant bits.
    F16,
    /// Widened to bfloat16: 8 significant bits.
    Bf16,
}

/// A word that names no [`Weights`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown weights {0:?}; use `fastest`, `as-shipped`, `widened`, `f16` or `bf16`")]
pub struct UnknownWeights(String);

impl FromStr for Weights {
    type Err = UnknownWeights;

    fn from_str(text: &str) -> Result<Self, UnknownWeights> {
        match text {
            "fastest" => Ok(Self::Fastest),
            "as-shipped" => Ok(Self::AsShipped),
            "widened" => Ok(Self::Widened),
            "f16" => Ok(Self::F16),
            "bf16" => Ok(Self::Bf16),
            other => Err(UnknownWeights(other.to_owned())),
        }
    }
}

/// The type that weights are widened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wide {
    /// IEEE half precision.
    F16,
    /// bfloat16.
    Bf16,
}

impl Wide {
    /// The type that this processor computes fastest.
    fn fastest() -> Self {
        if processor::has_bf16() { Self::Bf16 } else { Self::F16 }
    }

    /// The name that identities and cached files carry.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
        }
    }

    fn file_type(self) -> sys::llama_ftype {
        match self {
            Self::F16 => sys::LLAMA_FTYPE_MOSTLY_F16,
            Self::Bf16 => sys::LLAMA_FTYPE_MOSTLY_BF16,
        }
    }
}

/// Types whose kernels were measured to be at least twice as slow as F16's. The others have fast ones (Q4_0, Q8_0 and
/// the K types are repacked at load time), or were not measured.
const SLOW: [&str; 3] = ["Q4_1", "Q5_0", "Q5_1"];
/// The share of the available memory that a widened copy may take without being asked for.
const SHARE: u64 = 4;

/// What [`Weights`] comes to for the model with this header, with `available` bytes of memory.
pub(crate) fn choose(wanted: Weights, header: &Header, available: Option<u64>) -> Option<Wide> {
    let wide = match wanted {
        Weights::AsShipped => return None,
        Weights::F16 => Wide::F16,
        Weights::Bf16 => Wide::Bf16,
        Weights::Widened => Wide::fastest(),
        Weights::Fastest => {
            let room = available.is_some_and(|bytes| widened_bytes(header) <= bytes / SHARE);
            let slow = SLOW.contains(&header.quantisation().as_str());
            let fast = processor::has_bf16() || processor::has_f16();
            return (room && slow && fast).then(Wide::fastest);
        }
    };
    header.quantised.then_some(wide)
}

/// About how many bytes the widened copy takes: two for each weight, and the rest of the file.
pub(crate) fn widened_bytes(header: &Header) -> u64 {
    header.parameters.saturating_mul(2).saturating_add(16 << 20)
}

/// The path of the widened copy of the model at `path`, which is written if it is not there yet.
pub(crate) fn widen(
    path: &Path,
    header: &Header,
    wide: Wide,
    digest: Digest,
    cache_dir: &Path,
) -> Result<PathBuf, LocalError> {
    let directory = cache_dir.join("weights");
    let place = directory.join(format!("{digest}.{}.gguf", wide.as_str()));
    // The check of the header notices a copy that was cut off.
    if Header::open(&place).is_ok() {
        return Ok(place);
    }
    let failed = |why: String| LocalError::Widen { path: place.clone(), why };
    fs::create_dir_all(&directory).map_err(|error| failed(error.to_string()))?;
    let needed = widened_bytes(header);
    if let Some(free) = memory::disk_free(&directory).filter(|free| *free < needed) {
        return Err(failed(format!("it takes about {} MiB and {} MiB are free", needed >> 20, free >> 20)));
    }
    let temporary = tempfile::Builder::new()
        .prefix(".widening-")
        .suffix(".gguf")
        .tempfile_in(&directory)
        .map_err(|error| failed(error.to_string()))?
        .into_temp_path();
    super::backend().map_err(failed)?;
    ffi::convert(path, &temporary, wide.file_type()).map_err(failed)?;
    Header::open(&temporary).map_err(|error| failed(error.to_string()))?;
    File::open(&temporary).and_then(|file| file.sync_all()).map_err(|error| failed(error.to_string()))?;
    temporary.persist(&place).map_err(|error| failed(error.error.to_string()))?;
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_named_by_words() {
        assert_eq!("fastest".parse(), Ok(Weights::Fastest));
        assert_eq!("bf16".parse(), Ok(Weights::Bf16));
        assert!("q8".parse::<Weights>().unwrap_err().to_string().contains("as-shipped"));
    }

    #[test]
    fn nothing_is_widened_without_room_or_need() {
        let header = Header { parameters: 1 << 30, quantised: true, ..Header::default() };
        assert_eq!(choose(Weights::AsShipped, &header, Some(u64::MAX)), None);
        assert_eq!(choose(Weights::Fastest, &header, None), None);
        assert_eq!(choose(Weights::Fastest, &header, Some(u64::MAX)), None, "the type is unknown");
        assert_eq!(choose(Weights::F16, &header, None), Some(Wide::F16));
        let wide_already = Header { quantised: false, ..header };
        assert_eq!(choose(Weights::F16, &wide_already, None), None);
    }
}
