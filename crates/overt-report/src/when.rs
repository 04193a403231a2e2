//! Times as people write them: as exactly as they know.

use overt_record::Timestamp;
use overt_record::record::Precision;

/// The beginning of the year, month, day or second that is written, in UTC, and which of the first three it is.
///
/// `2026`, `2026-11`, `2026-11-24`, `2026-11-24T16:00`, `2026-11-24T16:00:00` and the same with `Z`.
pub(crate) fn read(text: &str) -> Option<(Timestamp, Option<Precision>)> {
    let (rest, precision) = match text.len() {
        4 => ("-01-01T00:00:00Z", Some(Precision::Year)),
        7 => ("-01T00:00:00Z", Some(Precision::Month)),
        10 => ("T00:00:00Z", Some(Precision::Day)),
        16 => (":00Z", None),
        17 => return text.strip_suffix('Z').and_then(read),
        19 => ("Z", None),
        20 => ("", None),
        _ => return None,
    };
    format!("{text}{rest}").parse().ok().map(|time| (time, precision))
}

/// The beginning of the day or second that is written.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    read(text).filter(|(_, precision)| matches!(precision, None | Some(Precision::Day))).map(|(time, _)| time)
}

/// As exactly as it is known; the inverse of [`read`].
pub(crate) fn write(time: Timestamp, precision: Option<Precision>) -> String {
    let text = time.to_string();
    let length = match precision {
        Some(Precision::Year) => 4,
        Some(Precision::Month) => 7,
        Some(Precision::Day) => 10,
        None => 20,
    };
    text.get(..length).unwrap_or(&text).to_owned()
}

/// The day, `2026-11-24`.
pub(crate) fn day(time: Timestamp) -> String {
    write(time, Some(Precision::Day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_tells_how_exactly_it_is_known() {
        for (text, time, precision) in [
            ("2024", "2024-01-01T00:00:00Z", Some(Precision::Year)),
            ("2024-02", "2024-02-01T00:00:00Z", Some(Precision::Month)),
            ("2024-02-29", "2024-02-29T00:00:00Z", Some(Precision::Day)),
            ("2024-02-29T10:30", "2024-02-29T10:30:00Z", None),
            ("2024-02-29T10:30Z", "2024-02-29T10:30:00Z", None),
            ("2024-02-29T10:30:05Z", "2024-02-29T10:30:05Z", None),
        ] {
            let (read, found) = read(text).unwrap();
            assert_eq!((read.to_string().as_str(), found), (time, precision), "{text}");
            assert_eq!(self::read(&write(read, found)), Some((read, found)));
        }
        for bad in [
            "",
            "24",
            "2023-02-29",
            "2024-13",
            "1969",
            "2024-02-29T10:30+01:00",
            "２０24",
            "2024-2-1",
            "today",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
