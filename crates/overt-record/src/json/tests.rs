use proptest::prelude::*;
use serde_json::json;

use super::*;

const ROOM: usize = 1 << 20;

/// RFC 8785, section 3.2.2: the input, and section 3.2.4: its canonical bytes.
const EXAMPLE: &str = r#"{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}"#;
const EXAMPLE_BYTES: &str = "
    7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72
    73 22 3a 5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31 65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32
    2c 31 65 2d 32 37 5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c
    5c 5c 5c 22 2f 22 7d";

#[test]
fn the_example_of_rfc_8785_is_written_as_there() {
    let value = parse_foreign(EXAMPLE.as_bytes(), ROOM).unwrap();
    let expected: String = EXAMPLE_BYTES.split_ascii_whitespace().collect();
    assert_eq!(hex::encode(to_canonical(&value).unwrap()), expected);
}

/// RFC 8785, section 3.2.3.
#[test]
fn keys_are_sorted_by_their_utf_16_units() {
    let input = br#"{
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }"#;
    let canonical = String::from_utf8(to_canonical(&parse(input, ROOM).unwrap()).unwrap()).unwrap();
    let order = [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ];
    let places: Vec<_> = order.iter().map(|value| canonical.find(value).unwrap()).collect();
    assert!(places.is_sorted(), "{canonical}");
    assert!(is_canonical(canonical.as_bytes()));
}

/// RFC 8785, appendix B, without the two that are no numbers.
#[test]
fn numbers_are_written_as_rfc_8785_lists_them() {
    for (bits, text) in [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] {
        assert_eq!(to_canonical(&f64::from_bits(bits)).unwrap(), text.as_bytes(), "{bits:x}");
        assert!(is_canonical(text.as_bytes()), "{text}");
    }
}

#[test]
fn what_programs_read_differently_is_not_read() {
    let cases: [&[u8]; 34] = [
        b"",
        b" ",
        b"nul",
        b"{",
        b"[1",
        b"{\"a\":1",
        b"\"open",
        b"[1,]",
        b"{\"a\":1,}",
        b"{} {}",
        b"{}x",
        b"\xef\xbb\xbf{}",
        b"{'a':1}",
        b"{a:1}",
        b"// comment\n{}",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"01",
        b"+1",
        b".5",
        b"0x10",
        b"\"\x00\"",
        b"\"\n\"",
        b"\"\xff\"",
        b"\"\xed\xa0\x80\"",
        b"\"\\ud800\"",
        b"\"\\udc00\\ud800\"",
        b"\"\\ud800\\u0041\"",
        b"\"\\x41\"",
        b"{\"a\":1,\"a\":1}",
        b"{\"a\":1,\"\\u0061\":2}",
        b"[{\"x\":{\"k\":null,\"k\":null}}]",
        b"1e400",
    ];
    for bytes in cases {
        for read in [parse, parse_canonical, parse_foreign] {
            assert!(read(bytes, ROOM).is_err(), "{}", bytes.escape_ascii());
        }
        assert!(!is_canonical(bytes));
    }
}

#[test]
fn strict_reading_knows_integers_within_2_to_the_53_only() {
    for text in ["0", "-1", "9007199254740991", "-9007199254740991"] {
        assert!(is_canonical(text.as_bytes()), "{text}");
    }
    for text in ["0.5", "1.0", "1e3", "-0", "9007199254740992", "-9007199254740992", "18446744073709551616"] {
        assert!(parse(text.as_bytes(), ROOM).is_err(), "{text}");
        assert!(parse_foreign(text.as_bytes(), ROOM).is_ok(), "{text}");
    }
    assert!(is_canonical(b"0.5") && !is_canonical(b"0.50") && !is_canonical(b"1.0") && !is_canonical(b"-0"));
}

#[test]
fn nesting_and_size_are_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(is_canonical(nested(MAX_DEPTH).as_bytes()));
    for depth in [MAX_DEPTH + 1, 127, 128, 129, 500_000] {
        let error = parse(nested(depth).as_bytes(), ROOM).unwrap_err();
        assert!(error.to_string().contains("nested deeper than 64"), "{error}");
        assert!(parse_foreign(nested(depth).as_bytes(), ROOM).is_err());
    }
    let objects = format!("{}1{}", "{\"a\":".repeat(65), "}".repeat(65));
    assert!(parse(objects.as_bytes(), ROOM).is_err());
    assert_eq!(parse(b"[1, 2]", 5), Err(JsonError::TooLarge { found: 6, limit: 5 }));
}

#[test]
fn a_second_spelling_is_not_canonical_and_the_error_says_where() {
    for (text, at) in [
        (" {}", 0),
        ("{} ", 2),
        ("{\"b\":1,\"a\":2}", 2),
        ("{\"a\": 1}", 5),
        ("[\"\\u0041\"]", 2),
        ("[\"\\/\"]", 2),
        ("[\"\\u000F\"]", 7),
        ("[\"\\u000a\"]", 3),
    ] {
        assert!(parse(text.as_bytes(), ROOM).is_ok(), "{text}");
        assert_eq!(parse_canonical(text.as_bytes(), ROOM), Err(JsonError::NotCanonical { at }), "{text}");
    }
}

#[test]
fn keys_with_a_meaning_in_serde_json_are_plain_keys() {
    for key in ["$serde_json::private::RawValue", "$serde_json::private::Number", "__proto__", ""] {
        let value = json!({ key: "1" });
        assert_eq!(parse_canonical(&to_canonical(&value).unwrap(), ROOM), Ok(value));
    }
}

/// RFC 8785 a second time, in the shortest way that can be seen to be right.
fn plainly(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => {
            let escape = |character| match character {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '\u{8}' => "\\b".to_owned(),
                '\t' => "\\t".to_owned(),
                '\n' => "\\n".to_owned(),
                '\u{c}' => "\\f".to_owned(),
                '\r' => "\\r".to_owned(),
                control @ '\0'..='\u{1f}' => format!("\\u{:04x}", u32::from(control)),
                other => other.to_string(),
            };
            format!("\"{}\"", text.chars().map(escape).collect::<String>())
        }
        Value::Array(values) => format!("[{}]", values.iter().map(plainly).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| key.encode_utf16().collect::<Vec<_>>());
            let field =
                |(key, value): (&String, &Value)| format!("{}:{}", plainly(&json!(key)), plainly(value));
            format!("{{{}}}", fields.into_iter().map(field).collect::<Vec<_>>().join(","))
        }
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_and_has_one_spelling(value in values()) {
        let canonical = to_canonical(&value).unwrap();
        prop_assert_eq!(String::from_utf8(canonical.clone()).unwrap(), plainly(&value));
        prop_assert_eq!(parse_canonical(&canonical, ROOM).unwrap(), value.clone());
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        prop_assert_eq!(parse(&pretty, ROOM).unwrap(), value);
    }

    #[test]
    fn every_double_is_canonical_as_it_is_written(bits: u64) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        prop_assert!(is_canonical(&to_canonical(&number).unwrap()));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let strict = parse(&bytes, ROOM);
        let foreign = parse_foreign(&bytes, ROOM);
        prop_assert!(strict.is_err() || foreign == strict);
    }

    #[test]
    fn a_changed_byte_never_gives_a_second_spelling_of_the_same(value in values(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = to_canonical(&value).unwrap();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert_ne!(parse_canonical(&bytes, ROOM), Ok(value));
    }
}

/// Any value, with the keys, texts and numbers that are written in more than one way.
fn any_value() -> impl Strategy<Value = Value> {
    let text = "[\\x00-\\x7f]{0,8}|\\PC{0,4}|[\u{e000}-\u{10ffff}\u{d7ff}a]{0,3}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-MAX_INTEGER - 2..=MAX_INTEGER + 2).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_is_written_as_whatever_else_serde_writes(value in any_value()) {
        prop_assert_eq!(value_to_canonical(&value).unwrap(), to_canonical(&value).unwrap());
    }
}
