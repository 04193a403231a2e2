//! Whether this processor has the instructions that the program was built for.
//!
//! ggml is compiled for a fixed set of instruction sets (see `docs/local-models.md`), and the first one that the
//! processor lacks would end the process with an illegal instruction. The set that was compiled in is known, so it is
//! compared with the processor before anything is computed.

use super::error::LocalError;
use super::ffi;

/// Fails if the program needs instructions that this processor lacks.
pub(crate) fn check() -> Result<(), LocalError> {
    let missing: Vec<_> = ffi::compiled_features().into_iter().filter(|name| !present(name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(LocalError::Processor { missing }) }
}

/// Whether the linked ggml computes with BF16 instructions.
pub(crate) fn has_bf16() -> bool {
    ffi::compiled_features().contains(&"avx512bf16")
}

/// Whether the linked ggml converts F16 in hardware.
pub(crate) fn has_f16() -> bool {
    let features = ffi::compiled_features();
    features.contains(&"f16c") || features.contains(&"neon")
}

#[cfg(target_arch = "x86_64")]
fn present(feature: &str) -> bool {
    use std::arch::is_x86_feature_detected as detected;
    match feature {
        "ssse3" => detected!("ssse3"),
        "avx" => detected!("avx"),
        "avx2" => detected!("avx2"),
        "bmi2" => detected!("bmi2"),
        "f16c" => detected!("f16c"),
        "fma" => detected!("fma"),
        "avxvnni" => detected!("avxvnni"),
        "avx512f" => {
            // ggml compiles for this whole family when it compiles for any of it.
            detected!("avx512f")
                && detected!("avx512cd")
                && detected!("avx512vl")
                && detected!("avx512dq")
                && detected!("avx512bw")
        }
        "avx512vbmi" => detected!("avx512vbmi"),
        "avx512vnni" => detected!("avx512vnni"),
        "avx512bf16" => detected!("avx512bf16"),
        _ => true,
    }
}

/// Elsewhere ggml asks the processor itself where it matters.
#[cfg(not(target_arch = "x86_64"))]
fn present(_: &str) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_run_what_was_built_on_it() {
        check().unwrap();
    }

    #[test]
    fn the_message_names_what_is_missing() {
        let error = LocalError::Processor { missing: vec!["avx2", "fma"] };
        assert!(error.to_string().contains("avx2, fma"), "{error}");
    }
}
