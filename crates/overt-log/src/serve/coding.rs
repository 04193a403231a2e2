//! Compression of what is sent: zstd (RFC 8878) to those who take it, else gzip.

use std::io::{self, Write as _};

use axum::http::{HeaderMap, header};
use flate2::Compression;
use flate2::write::GzEncoder;

/// The level of zstd: as fast as gzip's lowest, and smaller.
const ZSTD_LEVEL: i32 = 3;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Zstandard.
    Zstd,
    /// Gzip.
    Gzip,
}

impl Coding {
    /// The better one of those that a request takes; `None` if it takes neither.
    pub fn taken(headers: &HeaderMap) -> Option<Self> {
        [Self::Zstd, Self::Gzip].into_iter().find(|coding| coding.is_taken(headers))
    }

    /// Whether a request takes it (RFC 9110, section 12.5.3).
    pub fn is_taken(self, headers: &HeaderMap) -> bool {
        let values =
            headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
        let codings: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
        let weight = |wanted: &str| codings.iter().find_map(|coding| weight_of(coding, wanted));
        weight(self.name()).or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
    }

    /// Its name in headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// Compresses bytes, quickly rather than well.
    ///
    /// # Errors
    /// Hardly ever: what is written to is memory.
    pub fn compress(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Zstd => zstd::bulk::compress(bytes, ZSTD_LEVEL),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(bytes)?;
                encoder.finish()
            }
        }
    }
}

/// The weight of a coding, if it is the one with this name.
fn weight_of(coding: &str, wanted: &str) -> Option<f32> {
    let mut parts = coding.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(wanted) {
        return None;
    }
    // What is no weight is taken for refused.
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some(weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_better_coding_goes_to_those_who_take_it() {
        let taken = |value: &'static str| {
            Coding::taken(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        let table = [
            ("gzip", Some(Coding::Gzip)),
            ("gzip, identity", Some(Coding::Gzip)),
            ("br;q=1.0, GZIP;q=0.5", Some(Coding::Gzip)),
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("zstd;q=0, gzip;q=0.1", Some(Coding::Gzip)),
            ("*", Some(Coding::Zstd)),
            ("*, zstd;q=0", Some(Coding::Gzip)),
            ("", None),
            ("identity", None),
            ("gzip;q=0", None),
            ("gzip; q=0.0, *;q=0", None),
            ("gzip;q=nonsense", None),
            ("xgzip, zst", None),
        ];
        for (value, expected) in table {
            assert_eq!(taken(value), expected, "{value:?}");
        }
        assert_eq!(Coding::taken(&HeaderMap::new()), None);
    }

    #[test]
    fn what_is_compressed_reads_back() {
        for bytes in [Vec::new(), b"one".to_vec(), b"many ".repeat(100_000)] {
            let packed = Coding::Zstd.compress(&bytes).unwrap();
            assert_eq!(zstd::bulk::decompress(&packed, bytes.len()).unwrap(), bytes);
            let packed = Coding::Gzip.compress(&bytes).unwrap();
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut plain).unwrap();
            assert_eq!(plain, bytes);
        }
    }
}
