use std::io::Cursor;

use proptest::prelude::*;

use super::*;

/// Writes GGUF files, whole or broken.
#[derive(Clone, Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn new(tensors: u64, entries: u64) -> Self {
        Self(b"GGUF".to_vec()).u32(3).u64(tensors).u64(entries)
    }

    fn u32(mut self, n: u32) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }

    fn u64(mut self, n: u64) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }

    fn text(mut self, text: &str) -> Self {
        self = self.u64(text.len() as u64);
        self.0.extend(text.as_bytes());
        self
    }

    fn tensor(self, name: &str, extents: &[u64], kind: u32, offset: u64) -> Self {
        let writer = self.text(name).u32(u32::try_from(extents.len()).unwrap());
        extents.iter().fold(writer, |writer, extent| writer.u64(*extent)).u32(kind).u64(offset)
    }

    /// Pads to the alignment and adds bytes of weights.
    fn weights(mut self, bytes: usize) -> Vec<u8> {
        self.0.resize(self.0.len().next_multiple_of(32) + bytes, 0);
        self.0
    }
}

fn parse(bytes: &[u8]) -> Result<Header, GgufError> {
    Header::parse(Cursor::new(bytes), bytes.len() as u64)
}

/// A whole file: three entries, and two tensors of 64 F32 and 64 Q4_1 weights.
fn small() -> Vec<u8> {
    Writer::new(2, 4)
        .text("general.architecture")
        .u32(8)
        .text("llama")
        .text("llama.block_count")
        .u32(4)
        .u32(30)
        .text("general.file_type")
        .u32(4)
        .u32(3)
        .text("tokens")
        .u32(9)
        .u32(8)
        .u64(2)
        .text("a")
        .text("bc")
        .tensor("norm", &[64], 0, 0)
        .tensor("matrix", &[32, 2], 3, 256)
        .weights(256 + 40)
}

#[test]
fn a_whole_file_is_read() {
    let header = parse(&small()).unwrap();
    assert_eq!(header.text("general.architecture"), Some("llama"));
    assert_eq!(header.architecture_integer("block_count"), Some(30));
    assert_eq!(header.quantisation(), "Q4_1");
    assert_eq!(header.parameters, 128);
    assert!(header.quantised);
    assert!(header.has("tokens") && !header.has("merges"));
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused_with_its_length() {
    let bytes = small();
    for length in 4..bytes.len() {
        let error = parse(&bytes[..length]).unwrap_err();
        assert!(
            matches!(error, GgufError::Truncated { found, needed } if found == length as u64 && needed > found)
        );
    }
}

#[test]
fn another_kind_of_file_is_named_by_its_first_bytes() {
    assert!(parse(b"PK\x03\x04....").unwrap_err().to_string().contains(r"PK\x03\x04"));
    assert!(matches!(parse(b""), Err(GgufError::Magic { .. })));
    assert!(matches!(parse(b"GG"), Err(GgufError::Magic { .. })));
    let big_endian = Writer(b"GGUF".to_vec()).u32(3_u32.swap_bytes()).0;
    assert!(matches!(parse(&big_endian), Err(GgufError::Version(_))));
}

#[test]
fn impossible_claims_are_refused_before_anything_is_allocated() {
    let cases = [
        Writer::new(u64::MAX, 0).0,
        Writer::new(0, u64::MAX).0,
        Writer::new(0, 1).u64(u64::MAX).0,
        Writer::new(0, 1).text("k").u32(8).u64(u64::MAX).0,
        Writer::new(0, 1).text("k").u32(9).u32(8).u64(u64::MAX).0,
        Writer::new(0, 1).text("k").u32(9).u32(12).u64(u64::MAX / 4).0,
        Writer::new(0, 1).text("k").u32(9).u32(9).u64(1).0,
        Writer::new(0, 1).text("k").u32(99).0,
        Writer::new(0, 1).text("general.alignment").u32(4).u32(3).weights(0),
        Writer::new(1, 0).tensor("t", &[u64::MAX, 2], 0, 0).weights(0),
        Writer::new(1, 0).tensor("t", &[32, u64::MAX / 32], 0, u64::MAX).weights(0),
        Writer::new(1, 0).tensor("t", &[1; 9], 0, 0).weights(64),
        Writer::new(1, 0).tensor("t", &[33], 3, 0).weights(64),
        Writer::new(1, 0).tensor("t", &[32], 4, 0).weights(64),
    ];
    for (index, bytes) in cases.iter().enumerate() {
        let error = parse(bytes).expect_err(&format!("case {index}"));
        assert!(
            matches!(error, GgufError::Truncated { .. } | GgufError::Damaged(_)),
            "case {index}: {error}"
        );
    }
}

#[test]
fn a_missing_file_and_a_directory_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let error = Header::open(&directory.path().join("none.gguf")).unwrap_err();
    assert!(matches!(error, LocalError::Missing { .. }), "{error}");
    let error = Header::open(directory.path()).unwrap_err();
    assert!(error.to_string().contains("not a regular file"), "{error}");
}

#[test]
fn block_layouts_agree_with_ggml() {
    for kind in 0..llama_cpp_sys_2::GGML_TYPE_COUNT {
        if let Some(ours) = block_layout(kind) {
            assert_eq!(ours, super::super::ffi::type_layout(kind), "type {kind}");
        }
    }
}

proptest! {
    #[test]
    fn no_damage_makes_the_parser_panic(at in 0_usize..300, byte in any::<u8>(), cut in 0_usize..600) {
        let mut bytes = small();
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(cut);
        let _ = parse(&bytes);
    }
}
