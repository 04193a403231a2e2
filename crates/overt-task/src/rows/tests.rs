use std::io::BufReader;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn rows(format: TextFormat, text: &[u8]) -> Rows<'static> {
    // A small buffer, so that rows cross its edges.
    let reader = BufReader::with_capacity(7, io::Cursor::new(text.to_vec()));
    Rows::of_text("data/x".into(), format, Box::new(reader))
}

/// Every row and every message, up to the end.
fn read(format: TextFormat, text: impl AsRef<[u8]>) -> (Vec<(u64, Value)>, Vec<String>) {
    let mut rows = rows(format, text.as_ref());
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    loop {
        match rows.next() {
            Ok(Some(Row { at, fields })) => good.push((at, Value::Object(fields))),
            Ok(None) => return (good, bad),
            Err(trouble) => bad.push(DatasetError::from(trouble).to_string()),
        }
        assert!(good.len() + bad.len() < 10_000, "reading ends");
    }
}

fn only_message(format: TextFormat, text: impl AsRef<[u8]>) -> String {
    let (_, mut messages) = read(format, text);
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.remove(0)
}

#[test]
fn lines_are_objects_and_blank_ones_are_skipped() {
    let (rows, messages) = read(TextFormat::Jsonl, "{\"a\":1}\n\n  \r\n {\"a\":\"é\"}\r\n{\"a\":null}");
    assert_eq!(rows, [(1, json!({ "a": 1 })), (4, json!({ "a": "é" })), (5, json!({ "a": null }))]);
    assert_eq!(messages, [""; 0]);
}

#[test]
fn a_broken_line_is_named_with_column_and_text_and_the_next_one_is_read() {
    let text = "{\"a\":1}\n{\"é\" 2}\n{\"a\":3}\n";
    let (rows, messages) = read(TextFormat::Jsonl, text);
    assert_eq!(rows.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(
        messages,
        ["a row cannot be read: expected `:`\n  where    data/x:2:6\n  found    {\"é\" 2}\n  \
          next     mend the row, or say dataset.format if the file is of another format"]
    );
}

#[test]
fn a_row_that_is_no_object_says_what_it_is() {
    assert!(only_message(TextFormat::Jsonl, "[1]\n").starts_with("a row is a list, not an object"));
    assert!(only_message(TextFormat::Json, "[{}, 3]").starts_with("a row is a number, not an object"));
    assert!(only_message(TextFormat::Jsonl, "pig\n").starts_with("a row cannot be read: expected value"));
}

#[test]
fn bytes_that_are_no_text_are_named() {
    assert!(
        only_message(TextFormat::Jsonl, b"{\"a\":\"\xff\"}")
            .contains("not UTF-8 text\n  where    data/x:1:7")
    );
    assert!(only_message(TextFormat::Jsonl, b"{\"a\":\"\0\"}").starts_with("a row contains a NUL byte"));
    assert!(only_message(TextFormat::Csv, b"a\n\xff\n").contains("not UTF-8 text\n  where    data/x:2"));
    assert!(only_message(TextFormat::Csv, b"a\n\0\n").starts_with("a row contains a NUL byte"));
}

#[test]
fn an_array_is_read_element_by_element() {
    let text = " [ {\"a\": [1, \"]},\\\"\"]}\n,{\"b\": {\"c\": \"\\\\\"}} ,\n\n  {} ]\n ";
    let (rows, messages) = read(TextFormat::Json, text);
    assert_eq!(messages, [""; 0]);
    assert_eq!(rows, [(1, json!({ "a": [1, "]},\""] })), (2, json!({ "b": { "c": "\\" } })), (4, json!({}))]);
    assert_eq!(read(TextFormat::Json, "[]"), (Vec::new(), Vec::new()));
}

#[test]
fn a_broken_element_is_named_where_it_breaks() {
    let message = only_message(TextFormat::Json, "[{\"a\": 1},\n {\"a\":\n  nul}, {\"a\": 2}]");
    assert!(message.contains("data/x:3:") && message.contains("found      nul}"), "{message}");
}

#[test]
fn a_file_that_is_no_array_says_so() {
    for (text, reason) in [
        ("{\"a\": 1}\n", "does not begin with a JSON array\n  where    data/x:1:1"),
        ("", "holds no JSON array"),
        ("[{}", "ends within the JSON array\n  where    data/x:1:4"),
        ("[{},", "ends within the JSON array"),
        ("[{},]", "a comma without a row beside it\n  where    data/x:1:5"),
        ("[,{}]", "a comma without a row beside it"),
        ("[{}] x", "text after the JSON array"),
    ] {
        let message = only_message(TextFormat::Json, text);
        assert!(message.contains(reason), "{text}: {message}");
    }
}

#[test]
fn cells_are_texts_under_the_headers_names() {
    let (rows, messages) = read(TextFormat::Csv, "q, target\r\n\"a, \"\"b\"\"\nc\",1\n\n,x\n");
    assert_eq!(messages, [""; 0]);
    assert_eq!(rows[0], (2, json!({ "q": "a, \"b\"\nc", "target": "1" })));
    assert_eq!(rows[1], (5, json!({ "q": "", "target": "x" })));
}

#[test]
fn a_row_of_the_wrong_length_is_named_and_the_next_one_is_read() {
    let (rows, messages) = read(TextFormat::Csv, "a,b\n1,2\n3\n4,5\n");
    assert_eq!(rows.len(), 2);
    assert!(
        messages[0].starts_with("a row has 1 cells and the header has 2\n  where    data/x:3"),
        "{messages:?}"
    );
}

#[test]
fn a_header_names_each_column_once() {
    assert!(only_message(TextFormat::Csv, "a,b,a\n1,2,3\n").contains("names the column `a` twice"));
    assert!(only_message(TextFormat::Csv, "a,,b\n1,2,3\n").contains("column 2 of the header has no name"));
}

#[test]
fn a_quote_that_is_never_closed_does_not_swallow_rows_unseen() {
    let message = only_message(TextFormat::Csv, "a,b\n1,2\n3,\"4\n5,6\n7,8\n");
    assert!(message.contains("a quote (\") is not closed\n  where    data/x:3"), "{message}");
}

#[test]
fn an_endless_row_is_refused_in_every_format() {
    struct Endless;
    impl io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(b'x');
            Ok(buffer.len())
        }
    }
    for (format, start) in
        [(TextFormat::Jsonl, "{\"a\":\""), (TextFormat::Json, "[{\"a\":\""), (TextFormat::Csv, "a\n\"")]
    {
        let text = io::Read::chain(start.as_bytes(), Endless);
        let mut rows = Rows::of_text("x".into(), format, Box::new(BufReader::with_capacity(1 << 16, text)));
        let message = rows.next().map(|_| ()).map_err(DatasetError::from).unwrap_err().to_string();
        assert!(message.contains("a row has more than 16 MiB"), "{format:?}: {message}");
        assert!(rows.next().unwrap().is_none());
    }
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(only_message(TextFormat::Jsonl, &deep).contains("recursion limit"));
    assert!(only_message(TextFormat::Json, format!("[{deep}]")).contains("recursion limit"));
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for format in [TextFormat::Jsonl, TextFormat::Json, TextFormat::Csv] {
            read(format, &bytes);
        }
    }

    #[test]
    fn no_mangled_json_makes_a_reader_panic(text in "[\\[\\]{},:\"\\\\ \na1é]{0,60}") {
        for format in [TextFormat::Jsonl, TextFormat::Json, TextFormat::Csv] {
            read(format, &text);
        }
    }

    #[test]
    fn an_array_and_lines_hold_the_same_rows(values in prop::collection::vec("\\PC{0,12}", 0..20), gap in "[ \n]{0,3}") {
        let objects: Vec<String> = values.iter().map(|value| json!({ "v": value, "w": [value] }).to_string()).collect();
        let (from_lines, _) = read(TextFormat::Jsonl, objects.join("\n"));
        let (from_array, _) = read(TextFormat::Json, format!("[{gap}{}{gap}]", objects.join(&format!("{gap},{gap}"))));
        let values = |rows: Vec<(u64, Value)>| rows.into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        prop_assert_eq!(values(from_lines), values(from_array));
    }

    #[test]
    fn csv_gives_back_what_was_written(cells in prop::collection::vec(("[^\0]{0,12}", "[^\0]{0,12}"), 1..20)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b"]).unwrap();
        for (a, b) in &cells {
            writer.write_record([a, b]).unwrap();
        }
        let (rows, messages) = read(TextFormat::Csv, writer.into_inner().unwrap());
        prop_assert_eq!(messages, Vec::<String>::new());
        let expected: Vec<Value> = cells.iter().map(|(a, b)| json!({ "a": a, "b": b })).collect();
        prop_assert_eq!(rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>(), expected);
    }
}
