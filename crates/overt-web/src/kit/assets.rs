//! The few files that pages name, embedded, each under a name that carries its digest: so they are cached for ever.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use overt_schema::Digest;

use super::dress::Asked;
use super::finished::packed;

/// A file that pages load.
#[derive(Debug)]
pub struct Asset {
    /// Its path from the root of the host, for example `/assets/overt-0a1b2c3d.css`.
    pub path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
    /// The same compressed, once and as hard as it goes.
    packed: Option<Vec<u8>>,
    tag: HeaderValue,
}

impl Asset {
    /// The file, as whoever asks takes it. What pages have in common, `Vary` among it, is added by [`dress`](super::dress).
    pub fn reply(&'static self, asked: &HeaderMap) -> Response {
        let asked = Asked::of(&Method::GET, asked);
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(self.media_type)),
            (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
            (ETAG, self.tag.clone()),
        ];
        if self.tag.to_str().is_ok_and(|tag| asked.has(tag)) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        match self.packed.as_deref().filter(|_| asked.gzip) {
            None => (headers, self.bytes).into_response(),
            Some(packed) => {
                let coding = [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
                (headers, coding, Body::from(packed)).into_response()
            }
        }
    }
}

/// The one stylesheet.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| embed("css", "text/css; charset=utf-8", include_bytes!("../../assets/overt.css")));

/// The one script, which no page needs.
pub static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| embed("js", "text/javascript; charset=utf-8", include_bytes!("../../assets/overt.js")));

/// The verifier: the same file that is run on the command line.
pub(crate) static VERIFIER: LazyLock<Asset> = LazyLock::new(|| {
    embed("js", "text/javascript; charset=utf-8", include_bytes!("../../../../web/verify.js"))
});

/// Runs [`VERIFIER`] on the page of a record.
pub(crate) static CHECK: LazyLock<Asset> =
    LazyLock::new(|| embed("js", "text/javascript; charset=utf-8", include_bytes!("../../assets/check.js")));

/// What the form of a report does better with JavaScript.
pub(crate) static REPORT: LazyLock<Asset> =
    LazyLock::new(|| embed("js", "text/javascript; charset=utf-8", include_bytes!("../../assets/report.js")));

/// Searches an export, where there is no server that could.
pub(crate) static FIND: LazyLock<Asset> =
    LazyLock::new(|| embed("js", "text/javascript; charset=utf-8", include_bytes!("../../assets/find.js")));

/// The sign in the browser's tab.
pub(crate) static SIGN: LazyLock<Asset> =
    LazyLock::new(|| embed("svg", "image/svg+xml", include_bytes!("../../assets/overt.svg")));

/// The asset with this file name, the part of its path after `/assets/`.
pub fn asset(name: &str) -> Option<&'static Asset> {
    let all: [&'static Asset; 7] = [&STYLE, &SCRIPT, &REPORT, &VERIFIER, &CHECK, &FIND, &SIGN];
    all.into_iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(name))
}

fn embed(ending: &str, media_type: &'static str, bytes: &'static [u8]) -> Asset {
    let digest = &Digest::of(bytes).to_string()[..16];
    let tag = HeaderValue::from_str(&format!("W/\"{digest}\""));
    Asset {
        path: format!("/assets/overt-{digest}.{ending}"),
        media_type,
        bytes,
        packed: packed(bytes, Compression::best()),
        tag: tag.unwrap_or_else(|_| unreachable!("hexadecimal digits may stand in a header")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_the_name_that_carries_its_digest_and_by_no_other() {
        let name = STYLE.path.strip_prefix("/assets/").unwrap();
        assert_eq!(asset(name).unwrap().bytes, STYLE.bytes);
        for other in ["", "overt.css", "../overt.css", &name.replace("overt-", "overt-0")] {
            assert!(asset(other).is_none(), "{other}");
        }
    }

    #[test]
    fn an_asset_goes_out_compressed_or_plain_or_not_at_all() {
        let asked = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            STYLE.reply(&headers)
        };
        let plain = asked("accept-encoding", "identity");
        assert!(plain.status() == StatusCode::OK && !plain.headers().contains_key(CONTENT_ENCODING));
        let packed = asked("accept-encoding", "br, gzip");
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        let mut text = Vec::new();
        let mut unpacker = flate2::read::GzDecoder::new(STYLE.packed.as_deref().unwrap());
        std::io::Read::read_to_end(&mut unpacker, &mut text).unwrap();
        assert_eq!(text, STYLE.bytes);
        let tag = packed.headers()[ETAG].to_str().unwrap().to_owned();
        assert_eq!(asked("if-none-match", &tag).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(asked("if-none-match", "\"other\"").status(), StatusCode::OK);
    }
}
