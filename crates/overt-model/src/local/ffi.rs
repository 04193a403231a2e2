//! The few calls into llama.cpp that `llama-cpp-2` does not wrap: logs, versions, processor features, quantisation.
//!
//! All `unsafe` code of overt stands in this file.
#![allow(unsafe_code, reason = "llama-cpp-2 has no safe form of these calls of the C interface")]

use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::sync::Mutex;

use llama_cpp_sys_2 as sys;

/// The last complaints of llama.cpp, for error messages.
static COMPLAINTS: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
/// How many are kept.
const KEPT: usize = 4;

/// Sends llama.cpp's log to a short memory instead of stderr.
pub(crate) fn capture_logs() {
    // SAFETY: `remember` is a function with the signature asked for, it lives as long as the program, touches only a
    // mutex, does not unwind, and ignores the user data.
    unsafe { sys::llama_log_set(Some(remember), std::ptr::null_mut()) }
}

unsafe extern "C" fn remember(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if text.is_null() || level != sys::GGML_LOG_LEVEL_ERROR {
        return;
    }
    // SAFETY: llama.cpp passes a text that ends with NUL and stays valid during this call; null was excluded.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    if let Ok(mut complaints) = COMPLAINTS.lock() {
        complaints.truncate(KEPT - 1);
        complaints.push_front(text.trim().to_owned());
    }
}

/// Takes what llama.cpp complained about since the last call, the latest first, as one line.
pub(crate) fn take_complaints() -> Option<String> {
    let complaints = std::mem::take(&mut *COMPLAINTS.lock().ok()?);
    (!complaints.is_empty()).then(|| Vec::from(complaints).join("; "))
}

/// The version of the engine that is linked in, for example `llama.cpp 0.1.2 (ggml 0.26.0)`.
pub(crate) fn engine_version() -> String {
    // SAFETY: both calls take nothing and return static texts that end with NUL.
    let [llama, ggml] = unsafe { [sys::llama_version(), sys::ggml_version()] }.map(|version| {
        // SAFETY: as above; the texts are static.
        unsafe { CStr::from_ptr(version) }.to_string_lossy()
    });
    format!("llama.cpp {llama} (ggml {ggml})")
}

/// Instruction sets that the linked ggml was compiled for, in a fixed order.
pub(crate) fn compiled_features() -> Vec<&'static str> {
    let probes: [(&'static str, unsafe extern "C" fn() -> c_int); 15] = [
        ("ssse3", sys::ggml_cpu_has_ssse3),
        ("avx", sys::ggml_cpu_has_avx),
        ("avx2", sys::ggml_cpu_has_avx2),
        ("bmi2", sys::ggml_cpu_has_bmi2),
        ("f16c", sys::ggml_cpu_has_f16c),
        ("fma", sys::ggml_cpu_has_fma),
        ("avxvnni", sys::ggml_cpu_has_avx_vnni),
        ("avx512f", sys::ggml_cpu_has_avx512),
        ("avx512vbmi", sys::ggml_cpu_has_avx512_vbmi),
        ("avx512vnni", sys::ggml_cpu_has_avx512_vnni),
        ("avx512bf16", sys::ggml_cpu_has_avx512_bf16),
        ("neon", sys::ggml_cpu_has_neon),
        ("dotprod", sys::ggml_cpu_has_dotprod),
        ("i8mm", sys::ggml_cpu_has_matmul_int8),
        ("sve", sys::ggml_cpu_has_sve),
    ];
    // SAFETY: the probes take nothing, touch no memory and return constants or the result of a CPUID-like query.
    probes.into_iter().filter(|(_, has)| unsafe { has() } != 0).map(|(name, _)| name).collect()
}

/// Writes a copy of a model with its matrices in another type (`llama_model_quantize`).
///
/// `file_type` is a `llama_ftype`. The error is what llama.cpp complained about.
pub(crate) fn convert(from: &Path, to: &Path, file_type: sys::llama_ftype) -> Result<(), String> {
    let path = |path: &Path| {
        let bytes = path.to_str().ok_or("the path is not UTF-8")?;
        CString::new(bytes).map_err(|_| "the path holds a NUL byte")
    };
    let (from, to) = (path(from)?, path(to)?);
    // SAFETY: takes nothing and returns a plain structure whose pointers are null.
    let mut parameters = unsafe { sys::llama_model_quantize_default_params() };
    parameters.ftype = file_type;
    parameters.allow_requantize = true;
    // SAFETY: both paths end with NUL and, like the parameters, outlive the call; the optional pointers in the
    // parameters are null, which llama.cpp takes as absent. It catches its own exceptions and returns a status.
    let status = unsafe { sys::llama_model_quantize(from.as_ptr(), to.as_ptr(), &raw const parameters) };
    match status {
        0 => Ok(()),
        _ => Err(take_complaints().unwrap_or_else(|| format!("llama.cpp returned status {status}"))),
    }
}

/// ggml's own block size and bytes of a block for a type, to check ours against.
///
/// # Panics
/// If there is no type of that number.
#[cfg(test)]
pub(crate) fn type_layout(kind: u32) -> (u64, u64) {
    assert!(kind < sys::GGML_TYPE_COUNT);
    // SAFETY: both look up a constant table at an index that was checked to be inside.
    let (block, size) = unsafe { (sys::ggml_blck_size(kind), sys::ggml_type_size(kind)) };
    (u64::try_from(block).unwrap(), size as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_says_its_version_and_what_it_was_compiled_for() {
        assert!(engine_version().contains("ggml"), "{}", engine_version());
        let features = compiled_features();
        assert!(!cfg!(target_arch = "x86_64") || !features.contains(&"neon"), "{features:?}");
    }

    #[test]
    fn a_path_with_a_nul_byte_is_refused_before_llama_cpp_sees_it() {
        let error = convert(Path::new("a\0b"), Path::new("c"), 1);
        assert_eq!(error, Err("the path holds a NUL byte".to_owned()));
    }
}
