//! Files to be saved, whole or from where a download broke off (RFC 9110, section 14).

use std::path::Path;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::wrong::Wrong;

/// What part of a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// The first byte and how many.
    From(u64, u64),
    /// Beyond its end.
    None,
}

/// A file of a run. Its name is one of a few that are known.
pub(super) async fn file(path: &Path, headers: &HeaderMap) -> Result<Response, Wrong> {
    let io = |source| Wrong::Io { step: "read", source };
    let mut file = tokio::fs::File::open(path).await.map_err(io)?;
    let length = file.metadata().await.map_err(io)?.len();
    let (status, begin, count) = match part(headers, length) {
        Part::Whole => (StatusCode::OK, 0, length),
        Part::From(begin, count) => (StatusCode::PARTIAL_CONTENT, begin, count),
        Part::None => {
            let range = format!("bytes */{length}");
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, range)]).into_response());
        }
    };
    file.seek(std::io::SeekFrom::Start(begin)).await.map_err(io)?;
    let stream = ReaderStream::with_capacity(file.take(count), 64 << 10);
    let mut reply = (status, Body::from_stream(stream)).into_response();
    let out = reply.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    out.insert(CONTENT_LENGTH, HeaderValue::from(count));
    out.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    let texts = [
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CONTENT_RANGE, format!("bytes {begin}-{}/{length}", begin + count.saturating_sub(1))),
    ];
    let shown = if status == StatusCode::PARTIAL_CONTENT { 2 } else { 1 };
    for (header, text) in texts.into_iter().take(shown) {
        if let Ok(value) = HeaderValue::from_str(&text) {
            out.insert(header, value);
        }
    }
    Ok(reply)
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        // A stranger's JSON is never looked at as a page: it is an attachment, and not to be sniffed.
        Some("json") => "application/json",
        Some("gz") => "application/gzip",
        _ => "application/octet-stream",
    }
}

/// One range of bytes; everything else that a request may say is passed over, and the whole file comes.
fn part(headers: &HeaderMap, length: u64) -> Part {
    let asked =
        headers.get(RANGE).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("bytes="));
    let Some((first, last)) = asked.and_then(|range| range.trim().split_once('-')) else {
        return Part::Whole;
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => Some((first, last.min(length.saturating_sub(1)))),
        (Ok(first), Err(_)) if last.is_empty() => Some((first, length.saturating_sub(1))),
        (Err(_), Ok(0)) if first.is_empty() => return Part::None,
        (Err(_), Ok(count)) if first.is_empty() => {
            Some((length.saturating_sub(count), length.saturating_sub(1)))
        }
        _ => None,
    };
    match range {
        None => Part::Whole,
        Some((first, _)) if first >= length => Part::None,
        Some((first, last)) => Part::From(first, last - first + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_that_the_file_has_or_the_whole_file_comes() {
        let cases = [
            ("bytes=0-0", Part::From(0, 1)),
            ("bytes=2-", Part::From(2, 8)),
            ("bytes=-3", Part::From(7, 3)),
            ("bytes=-99", Part::From(0, 10)),
            ("bytes=4-99", Part::From(4, 6)),
            ("bytes=10-", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("bytes=99999999999999999999-", Part::Whole),
        ];
        for (text, expected) in cases {
            let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_static(text))]);
            assert_eq!(part(&headers, 10), expected, "{text}");
        }
        assert_eq!(part(&HeaderMap::new(), 10), Part::Whole);
    }
}
