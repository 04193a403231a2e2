use std::io::Write as _;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int64Array, ListArray, MapBuilder, NullArray, StringArray, StringBuilder, StructArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray, UInt64Array,
};
use arrow::datatypes::{Field, Int32Type};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::rows::Rows;

fn written(columns: Vec<(&str, ArrayRef)>, properties: WriterProperties) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    );
    let batch = batch.unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn with(compression: Compression) -> WriterProperties {
    WriterProperties::builder().set_compression(compression).build()
}

fn plain(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    written(columns, with(Compression::SNAPPY))
}

/// Every row, and every message up to the end.
fn read(bytes: &[u8]) -> (Vec<Value>, Vec<String>) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    match Table::of_file("data/x.parquet", file) {
        Ok(table) => drain(table),
        Err(error) => (Vec::new(), vec![error.to_string()]),
    }
}

fn drain(table: Table) -> (Vec<Value>, Vec<String>) {
    let mut rows = Rows::of_table("data/x.parquet".into(), table);
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    loop {
        match rows.next() {
            Ok(Some(Row { at, fields })) => {
                assert_eq!(at as usize, good.len() + bad.len() + 1);
                good.push(Value::Object(fields));
            }
            Ok(None) => return (good, bad),
            Err(trouble) => bad.push(DatasetError::from(trouble).to_string()),
        }
        assert!(good.len() + bad.len() < 100_000, "reading ends");
    }
}

fn good(bytes: &[u8]) -> Vec<Value> {
    let (rows, messages) = read(bytes);
    assert_eq!(messages, [""; 0]);
    rows
}

fn only_message(bytes: &[u8]) -> String {
    let (_, mut messages) = read(bytes);
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.remove(0)
}

fn column(array: impl arrow::array::Array + 'static) -> ArrayRef {
    Arc::new(array)
}

#[test]
fn what_json_has_is_taken_as_it_is() {
    let texts = column(StringArray::from(vec![Some("é"), None, Some("")]));
    let wholes = column(Int64Array::from(vec![Some(i64::MIN), Some(0), None]));
    let large = column(UInt64Array::from(vec![u64::MAX, 1, 2]));
    let short = column(Float32Array::from(vec![0.1, -2.5, 3.0]));
    let truths = column(BooleanArray::from(vec![Some(true), None, Some(false)]));
    let nothing = column(NullArray::new(3));
    let columns =
        vec![("t", texts), ("i", wholes), ("u", large), ("f", short), ("b", truths), ("n", nothing)];
    assert_eq!(
        good(&plain(columns)),
        [
            json!({ "t": "é", "i": i64::MIN, "u": u64::MAX, "f": 0.1, "b": true, "n": null }),
            json!({ "t": null, "i": 0, "u": 1, "f": -2.5, "b": null, "n": null }),
            json!({ "t": "", "i": null, "u": 2, "f": 3.0, "b": false, "n": null }),
        ]
    );
}

/// Dates, times, decimals and bytes.
fn moments() -> Vec<u8> {
    let dates = column(Date32Array::from(vec![Some(0), Some(-1), None]));
    let local = column(TimestampMicrosecondArray::from(vec![1_700_000_000_123_456, 0, -1]));
    let utc = TimestampMillisecondArray::from(vec![1_700_000_000_000, 1, -86_400_000]).with_timezone("UTC");
    let times = column(Time64MicrosecondArray::from(vec![0, 3_600_000_001, 86_399_999_999]));
    let decimals = Decimal128Array::from(vec![1230, -5, 0]).with_precision_and_scale(10, 2).unwrap();
    let bytes = column(BinaryArray::from(vec![Some(&b"\xff\x00a"[..]), Some(b""), None]));
    let columns = vec![
        ("date", dates),
        ("local", local),
        ("utc", column(utc)),
        ("time", times),
        ("decimal", column(decimals)),
        ("bytes", bytes),
    ];
    plain(columns)
}

#[test]
fn what_json_lacks_becomes_text() {
    assert_eq!(
        good(&moments()),
        [
            json!({ "date": "1970-01-01", "local": "2023-11-14T22:13:20.123456", "utc": "2023-11-14T22:13:20Z",
                    "time": "00:00:00", "decimal": "12.30", "bytes": "/wBh" }),
            json!({ "date": "1969-12-31", "local": "1970-01-01T00:00:00", "utc": "1970-01-01T00:00:00.001Z",
                    "time": "01:00:00.000001", "decimal": "-0.05", "bytes": "" }),
            json!({ "date": null, "local": "1969-12-31T23:59:59.999999", "utc": "1969-12-31T00:00:00Z",
                    "time": "23:59:59.999999", "decimal": "0.00", "bytes": null }),
        ]
    );
}

#[test]
fn lists_structures_maps_and_dictionaries_nest() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
        Some(vec![Some(1), None, Some(3)]),
        None,
        Some(vec![]),
    ]);
    let words: DictionaryArray<Int32Type> = vec![Some("a"), Some("b"), Some("a")].into_iter().collect();
    let inner = Arc::new(Field::new("choices", lists.data_type().clone(), true));
    let label = Arc::new(Field::new("label", DataType::Utf8, true));
    let labels = column(StringArray::from(vec![Some("x"), Some("y"), None]));
    let structure = StructArray::from(vec![(inner, column(lists)), (label, labels)]);
    let mut maps = MapBuilder::new(None, StringBuilder::new(), arrow::array::Int32Builder::new());
    maps.keys().append_value("k");
    maps.values().append_value(7);
    maps.append(true).unwrap();
    maps.append(false).unwrap();
    maps.append(true).unwrap();
    let columns = vec![("s", column(structure)), ("w", column(words)), ("m", column(maps.finish()))];
    assert_eq!(
        good(&plain(columns)),
        [
            json!({ "s": { "choices": [1, null, 3], "label": "x" }, "w": "a", "m": { "k": 7 } }),
            json!({ "s": { "choices": null, "label": "y" }, "w": "b", "m": null }),
            json!({ "s": { "choices": [], "label": null }, "w": "a", "m": {} }),
        ]
    );
}

#[test]
fn nan_is_null_and_an_infinite_number_is_an_error_of_its_row() {
    let numbers = column(Float64Array::from(vec![f64::NAN, f64::INFINITY, 0.5]));
    let (rows, messages) =
        read(&plain(vec![("q", column(StringArray::from(vec!["a", "b", "c"]))), ("x", numbers)]));
    assert_eq!(rows, [json!({ "q": "a", "x": null }), json!({ "q": "c", "x": 0.5 })]);
    assert_eq!(
        messages,
        [
            "the column `x` holds an infinite number, which JSON does not have\n  where    data/x.parquet, row 2\n  \
          found    {\"q\":\"b\",\"x\":\"?\"}\n  next     mend the row, or write a file without this column"
        ]
    );
}

#[test]
fn a_moment_beyond_the_calendar_is_an_error_of_its_row() {
    let moments = column(TimestampMillisecondArray::from(vec![i64::MAX, 0]));
    let (rows, messages) = read(&plain(vec![("t", moments)]));
    assert_eq!(rows, [json!({ "t": "1970-01-01T00:00:00" })]);
    assert!(
        messages[0].starts_with("the column `t` holds a date or time that no calendar has"),
        "{messages:?}"
    );
}

#[test]
fn rows_come_in_order_across_groups_and_batches() {
    let properties = || {
        WriterProperties::builder()
            .set_max_row_group_row_count(Some(700))
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
    };
    let numbers: Vec<i64> = (0..5000).collect();
    let texts: Vec<String> = numbers.iter().map(|n| format!("question {n}")).collect();
    let columns = vec![("n", column(Int64Array::from(numbers))), ("q", column(StringArray::from(texts)))];
    let bytes = written(columns.clone(), properties().build());
    let rows = good(&bytes);
    assert_eq!(rows.len(), 5000);
    assert!(rows.iter().enumerate().all(|(n, row)| row["n"] == n && row["q"] == format!("question {n}")));
    let embedded = Table::embedded("x", bytes.leak()).unwrap();
    assert_eq!(drain(embedded).0, rows);
    let second = properties().set_writer_version(WriterVersion::PARQUET_2_0);
    assert_eq!(good(&written(columns, second.build())), rows);
}

#[test]
fn a_file_without_rows_or_columns_is_read_to_its_end() {
    assert_eq!(good(&plain(vec![("q", column(StringArray::from(Vec::<&str>::new())))])), Vec::<Value>::new());
}

#[test]
fn what_is_no_parquet_file_is_called_so() {
    for bytes in [&b""[..], b"PAR", b"{\"q\": 1}\n", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]] {
        let message = only_message(bytes);
        assert!(
            message
                .starts_with("the dataset data/x.parquet cannot be used: it is not a Parquet file\n  next"),
            "{message}"
        );
    }
    let whole = plain(vec![("q", column(StringArray::from(vec!["a"])))]);
    assert!(only_message(b"PAR1").contains("it is cut"));
    assert!(only_message(&whole[..whole.len() - 1]).contains("it is cut"));
    assert!(only_message(&whole[whole.len() / 2..]).contains("not a Parquet file"));
}

#[test]
fn other_compressions_and_types_and_names_are_refused_with_a_way_out() {
    let duration = arrow::array::DurationSecondArray::from(vec![1]);
    // Without Arrow's own schema a duration is what Parquet has: a whole number.
    assert_eq!(good(&plain(vec![("d", column(duration))])), [json!({ "d": 1 })]);
    let interval = arrow::array::IntervalYearMonthArray::from(vec![1]);
    let message = only_message(&plain(vec![("gap", column(interval))]));
    assert!(message.contains("`gap` is of the type Interval") && message.contains("as text"), "{message}");
    let fields = ["a", "a"].map(|name| Field::new(name, DataType::Utf8, true));
    let twice = [column(StringArray::from(vec!["x"])), column(StringArray::from(vec!["y"]))];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), twice.to_vec()).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    assert!(only_message(&bytes).contains("two columns `a`"));
}

/// The message, or how many rows there are, with a hundredth of the memory that is really given.
fn read_poorly(bytes: Vec<u8>) -> Result<usize, String> {
    let limits = Limits { batch: LIMITS.batch / 100, row: LIMITS.row / 100 };
    let (rows, mut messages) = drain(Table::open(StoredTable::Bytes(bytes.into()), limits).unwrap());
    messages.pop().map_or(Ok(rows.len()), Err)
}

#[test]
fn a_page_that_says_it_is_enormous_is_refused_before_it_is_decompressed() {
    let texts = StringArray::from_iter_values((0..40).map(|n| format!("{n}").repeat(10 << 10)));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(usize::MAX >> 1)
        .set_write_batch_size(usize::MAX >> 1);
    // 0.7 MiB in one page are read; ten columns of it are too much at once.
    let column = column(texts);
    let one = written(vec![("q", Arc::clone(&column))], properties.clone().build());
    assert!(one.len() < 10 << 10, "{}", one.len());
    assert_eq!(read_poorly(one), Ok(40));
    let names: Vec<String> = (0..10).map(|n| format!("q{n}")).collect();
    let many = names.iter().map(|name| (name.as_str(), Arc::clone(&column))).collect();
    let message = read_poorly(written(many, properties.build())).unwrap_err();
    assert!(message.contains("its column `q7` would take") && message.contains("smaller pages"), "{message}");
}

#[test]
fn a_dictionary_whose_value_fills_every_row_makes_the_batches_small() {
    let long = "x".repeat(500 << 10);
    let texts = column(StringArray::from_iter_values((0..2000).map(|_| &long)));
    assert_eq!(read_poorly(plain(vec![("q", texts)])), Ok(2000));
}

#[test]
fn a_list_that_a_few_bytes_make_enormous_is_refused() {
    let list = |length: i32| {
        let items = Int64Array::from(vec![7; length as usize]);
        let offsets = arrow::buffer::OffsetBuffer::new(vec![0, length].into());
        let field = Arc::new(Field::new("item", DataType::Int64, true));
        plain(vec![("l", column(ListArray::new(field, offsets, column(items), None)))])
    };
    assert_eq!(read_poorly(list(300_000)), Ok(1));
    let bytes = list(400_000);
    assert!(bytes.len() < 10 << 10, "{}", bytes.len());
    assert!(read_poorly(bytes).unwrap_err().contains("would take"));
}

#[test]
fn a_row_larger_than_a_row_may_be_is_an_error_of_its_row() {
    let long = StringArray::from(vec!["x".repeat(MAX_ROW), "short".to_owned()]);
    let (rows, messages) = read(&plain(vec![("q", column(long))]));
    assert_eq!(rows, [json!({ "q": "short" })]);
    assert!(
        messages[0].starts_with("a row has more than 16 MiB\n  where    data/x.parquet, row 1"),
        "{messages:?}"
    );
}

/// A footer whose schema is a chain of groups.
fn chain(depth: usize) -> Vec<u8> {
    let mut footer = vec![0x15, 2, 0x19, 0xfc];
    let mut length = depth + 1;
    while length >= 0x80 {
        footer.push(length as u8 | 0x80);
        length >>= 7;
    }
    footer.push(length as u8);
    for _ in 0..depth {
        // repetition 0 (field 3), name "g" (field 4), one child (field 5).
        footer.extend([0x35, 0, 0x18, 1, b'g', 0x15, 2, 0]);
    }
    // type INT32 (field 1), repetition (field 3), name (field 4).
    footer.extend([0x15, 2, 0x25, 0, 0x18, 1, b'l', 0]);
    footer.extend([0x16, 0, 0x19, 0x0c, 0]);
    let length = footer.len() as u32;
    [&b"PAR1"[..], &footer, &length.to_le_bytes(), b"PAR1"].concat()
}

#[test]
fn groups_within_groups_do_not_exhaust_the_stack() {
    assert!(only_message(&chain(9_000)).contains("more than 64 groups within each other"));
    assert!(only_message(&chain(100_000)).contains("more than 10000 columns"));
    assert_eq!(read(&chain(60)).1, [""; 0]);
}

fn small() -> Vec<u8> {
    let words: Vec<String> = (0..200).map(|n| format!("word {}", n % 7)).collect();
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(
        (0..200).map(|n| (n % 5 > 0).then(|| vec![Some(n); n as usize % 4])),
    );
    let columns = vec![
        ("q", column(StringArray::from(words))),
        ("l", column(lists)),
        ("f", column(Float64Array::from_iter_values((0..200).map(f64::from)))),
    ];
    written(columns, WriterProperties::builder().set_max_row_group_row_count(Some(90)).build())
}

/// Texts, or numbers, with one encoding in pages of one version.
fn encoded(encoding: Encoding, version: u8) -> Vec<u8> {
    let words: Vec<String> = (0..200).map(|n| format!("word {n}")).collect();
    let array = if version == 1 {
        column(StringArray::from(words))
    } else {
        column(Int64Array::from_iter_values(0..200))
    };
    let version = if version == 1 { WriterVersion::PARQUET_1_0 } else { WriterVersion::PARQUET_2_0 };
    let properties = WriterProperties::builder().set_dictionary_enabled(false).set_encoding(encoding);
    written(vec![("q", array)], properties.set_writer_version(version).build())
}

#[test]
fn encodings_that_make_room_before_they_look_are_refused() {
    for encoding in [Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY] {
        let message = only_message(&encoded(encoding, 1));
        assert!(message.contains(&format!("`q` is encoded as {encoding}")), "{message}");
    }
    for (encoding, version) in
        [(Encoding::PLAIN, 1), (Encoding::DELTA_BINARY_PACKED, 2), (Encoding::BYTE_STREAM_SPLIT, 2)]
    {
        assert_eq!(good(&encoded(encoding, version)).len(), 200, "{encoding}");
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let whole = small();
    for end in (0..whole.len()).step_by(7) {
        assert_eq!(read(&whole[..end]).1.len(), 1, "{end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damage_gives_rows_or_errors_and_never_a_panic(
        which in 0..5,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = match which {
            0 => small(),
            1 => encoded(Encoding::PLAIN, 1),
            4 => moments(),
            2 => encoded(Encoding::DELTA_BINARY_PACKED, 2),
            _ => encoded(Encoding::BYTE_STREAM_SPLIT, 2),
        };
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read(&bytes);
    }
}

/// A million rows, some megabytes at a time.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_rows() {
    let texts: Vec<String> = (0..100_000).map(|n| format!("{n:0>200}")).collect();
    let batch = RecordBatch::try_from_iter([("q", column(StringArray::from(texts)))]).unwrap();
    let file = tempfile::tempfile().unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(50_000)).build();
    let mut writer =
        ArrowWriter::try_new(file.try_clone().unwrap(), batch.schema(), Some(properties)).unwrap();
    for _ in 0..10 {
        writer.write(&batch).unwrap();
    }
    writer.close().unwrap();
    drop(batch);
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/statm").unwrap();
        status.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
    };
    let table = Table::of_file("x", file).unwrap();
    let mut rows = Rows::of_table("x".into(), table);
    let (mut read, mut before, mut most) = (0, 0, 0);
    while let Some(row) = rows.next().unwrap() {
        read += 1;
        assert_eq!(row.at, read);
        if read.is_multiple_of(50_000) {
            most = most.max(resident());
            before = if before == 0 { most } else { before };
        }
    }
    assert_eq!(read, 1_000_000);
    // The file's texts are 200 MB; other tests of this process may be at work beside this one.
    assert!(most < before + (100 << 20), "{before} {most}");
}
