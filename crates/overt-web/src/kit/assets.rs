//! The few files that pages name, embedded, each under a name that carries its digest: so they are cached for ever.

use std::sync::LazyLock;

use overt_schema::Digest;

/// A file that pages load.
#[derive(Debug)]
pub struct Asset {
    /// Its path from the root of the host, for example `/assets/overt-0a1b2c3d.css`.
    pub path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
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

/// The sign in the browser's tab.
pub(crate) static SIGN: LazyLock<Asset> =
    LazyLock::new(|| embed("svg", "image/svg+xml", include_bytes!("../../assets/overt.svg")));

/// The asset with this file name, the part of its path after `/assets/`.
pub fn asset(name: &str) -> Option<&'static Asset> {
    let all: [&'static Asset; 6] = [&STYLE, &SCRIPT, &REPORT, &VERIFIER, &CHECK, &SIGN];
    all.into_iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(name))
}

fn embed(ending: &str, media_type: &'static str, bytes: &'static [u8]) -> Asset {
    let digest = Digest::of(bytes).to_string();
    Asset { path: format!("/assets/overt-{}.{ending}", &digest[..16]), media_type, bytes }
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
}
