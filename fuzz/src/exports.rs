//! What every export of a report keeps, whatever is in the report.

use overt_record::record::{Header, Incident};
use overt_record::{Hash, Link};
use overt_report::{Format, NoExport, Shared, Source, export};
use serde_json::Value;

/// Writes an incident in every format, and gives what was written. `shared` is what the reporter shares with each target.
///
/// # Panics
/// When a file is none of its kind, or holds markup or formulas that are not overt's own.
pub fn of(
    incident: &Incident,
    header: &Header,
    record: Hash,
    shared: impl Fn(Format) -> Option<Shared>,
) -> Vec<(Format, String)> {
    let address = Link::new(format!("https://site.example.org/incidents/{record}")).expect("an address");
    let mut written = Vec::new();
    for format in Format::ALL {
        let (format, shared) = (*format, shared(*format));
        let mut source = Source { incident, header, record, address: None, shared: shared.as_ref() };
        match export(format, &source) {
            Ok(export) => {
                let plain =
                    |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
                assert!(export.name.bytes().all(plain), "{} names no file", export.name);
                assert!(export.open.iter().all(|lack| !lack.asked.is_empty() && !lack.message.is_empty()));
                is_of_its_kind(format, export.media_type, &export.text);
                written.push((format, export.text));
            }
            Err(NoExport::Lacks(lacks)) => assert!(!lacks.is_empty(), "nothing is lacking"),
            Err(other) => panic!("{other}"),
        }
        source.address = Some(&address);
        let there = written.last().is_some_and(|(last, _)| *last == format);
        assert_eq!(export(format, &source).is_ok(), there, "an address makes no difference");
    }
    written
}

fn is_of_its_kind(format: Format, media_type: &str, text: &str) {
    match format {
        Format::OecdMarkdown => {
            markdown(text);
            let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
            assert_eq!(rows.len(), 30, "a head and 29 criteria");
            assert!(rows.iter().all(|row| unescaped(row, '|') == 5), "a table of four columns");
        }
        Format::GpaiMarkdown => markdown(text),
        Format::OecdCsv => {
            let rows = csv(text);
            assert_eq!(rows.len(), 30, "a head and 29 criteria");
            for cell in rows.iter().flatten() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?} is a formula");
            }
            assert!(rows.iter().all(|row| row.len() == 4));
        }
        _ => {
            assert!(media_type.ends_with("json"));
            let value: Value = serde_json::from_str(text).expect("JSON");
            assert!(value.is_object());
        }
    }
}

/// How often a sign stands without a backslash before it that counts.
fn unescaped(line: &str, sign: char) -> usize {
    let mut escaped = false;
    let stands = |c: char| {
        let found = c == sign && !escaped;
        escaped = c == '\\' && !escaped;
        found
    };
    line.chars()
        .filter({
            let mut stands = stands;
            move |c| stands(*c)
        })
        .count()
}

/// Nothing in it is HTML, a link, an image, code or a heading but overt's own.
fn markdown(text: &str) {
    let own = text.replace("<br>", "").replace("**missing**", "");
    for line in own.lines() {
        for sign in ['<', '>', '[', ']', '`', '*', '_', '~', '$'] {
            assert_eq!(unescaped(line, sign), 0, "{sign} in {line:?}");
        }
        let heading = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#'));
        assert!(heading.is_none_or(|rest| rest.starts_with(' ')), "{line:?}");
    }
    assert!(own.lines().filter(|line| line.starts_with("# ")).count() == 1, "one title");
}

/// The cells of CSV (RFC 4180).
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut rest = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = rest.next() {
        match (quoted, c) {
            (true, '"') if rest.next_if_eq(&'"').is_some() => cell.push('"'),
            (true, '"') => quoted = false,
            (true, c) => cell.push(c),
            (false, '"') => {
                assert!(cell.is_empty(), "a quote within a cell");
                quoted = true;
            }
            (false, ',') => row.push(std::mem::take(&mut cell)),
            (false, '\r') => {
                assert_eq!(rest.next(), Some('\n'), "a line ends with both");
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (false, c) => {
                assert!(c != '\n');
                cell.push(c);
            }
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty(), "the last line ends");
    rows
}
