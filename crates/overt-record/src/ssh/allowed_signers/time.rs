//! Times as OpenSSH writes them: `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, and a `Z` for UTC.

use crate::Timestamp;

/// The error is the reason.
pub(super) fn parse_time(text: &str) -> Result<Timestamp, String> {
    let digits = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let full = match digits.len() {
        8 | 12 | 14 => format!("{digits:0<14}"),
        _ => String::new(),
    };
    // Fourteen bytes that are not all digits fall through to the one error as well.
    let part = |from: usize, to: usize| full.get(from..to).unwrap_or_default();
    let (date, time) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    format!("{}T{}Z", date.join("-"), time.join(":")).parse().map_err(|_| {
        format!("{:?} is not a time from 1970 on: YYYYMMDD[HHMM[SS]][Z]", super::words::clip(text))
    })
}
