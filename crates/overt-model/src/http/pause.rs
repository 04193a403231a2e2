//! When a server wants to be asked again: its headers, read as the official OpenAI client reads them.

use std::time::SystemTime;

use hyper::{HeaderMap, StatusCode};
use overt_schema::Retry;

/// A server that wants a longer pause, in seconds, is not asked again.
const LONGEST: f64 = 120.0;

/// Whether and when to repeat a request that got this status.
///
/// `x-should-retry` overrides the status; `retry-after-ms` comes before `retry-after`, which is a number of seconds or
/// an HTTP date. What cannot be read is passed over.
pub(super) fn retry(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Retry {
    let worth_it = match text(headers, "x-should-retry") {
        Some("true") => true,
        Some("false") => false,
        _ => matches!(status.as_u16(), 408 | 409 | 429) || status.is_server_error(),
    };
    if !worth_it {
        return Retry::Never;
    }
    match milliseconds(headers).or_else(|| seconds_or_date(headers, now)) {
        Some(pause) if pause > LONGEST => Retry::Never,
        Some(pause) => Retry::After(pause),
        None => Retry::Backoff,
    }
}

fn milliseconds(headers: &HeaderMap) -> Option<f64> {
    number(text(headers, "retry-after-ms")?).map(|ms| ms / 1000.0)
}

fn seconds_or_date(headers: &HeaderMap, now: SystemTime) -> Option<f64> {
    let value = text(headers, "retry-after")?;
    number(value).or_else(|| {
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(now).map_or(0.0, |pause| pause.as_secs_f64()))
    })
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(status: u16, headers: &[(&'static str, &str)]) -> Retry {
        let headers = headers
            .iter()
            .map(|(name, value)| (hyper::header::HeaderName::from_static(name), value.parse().unwrap()));
        // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        retry(StatusCode::from_u16(status).unwrap(), &headers.collect(), now)
    }

    #[test]
    fn a_status_that_may_pass_is_asked_again() {
        for status in [408, 409, 429, 500, 502, 503, 504, 529] {
            assert_eq!(read(status, &[]), Retry::Backoff, "{status}");
        }
        for status in [301, 400, 401, 403, 404, 413, 422] {
            assert_eq!(read(status, &[]), Retry::Never, "{status}");
        }
    }

    #[test]
    fn the_server_overrides_the_status() {
        assert_eq!(read(500, &[("x-should-retry", "false")]), Retry::Never);
        assert_eq!(read(400, &[("x-should-retry", "true")]), Retry::Backoff);
        assert_eq!(read(500, &[("x-should-retry", "perhaps")]), Retry::Backoff);
    }

    #[test]
    fn milliseconds_come_before_seconds_and_dates() {
        assert_eq!(read(429, &[("retry-after-ms", "250"), ("retry-after", "9")]), Retry::After(0.25));
        assert_eq!(read(429, &[("retry-after-ms", "soon"), ("retry-after", "1.5")]), Retry::After(1.5));
        assert_eq!(read(503, &[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]), Retry::After(30.0));
        assert_eq!(read(503, &[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Retry::After(0.0));
    }

    #[test]
    fn two_minutes_are_waited_and_not_more() {
        assert_eq!(read(429, &[("retry-after", "120")]), Retry::After(120.0));
        assert_eq!(read(429, &[("retry-after", "121")]), Retry::Never);
        assert_eq!(read(429, &[("retry-after", "Sun, 06 Nov 1994 09:49:37 GMT")]), Retry::Never);
    }

    #[test]
    fn nonsense_is_passed_over() {
        for value in ["", "-1", "NaN", "inf", "tomorrow", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(read(429, &[("retry-after", value)]), Retry::Backoff, "{value}");
        }
    }
}
