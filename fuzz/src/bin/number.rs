//! A number, seed or time that is read is written with the same text; every double and every second survives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::{Decimal, Seed, Timestamp};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes) {
        if let Ok(decimal) = text.parse::<Decimal>() {
            assert_eq!(decimal.to_string(), text);
            assert!(decimal.to_f64().is_finite());
        }
        if let Ok(seed) = text.parse::<Seed>() {
            assert_eq!(seed.to_string(), text);
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            assert_eq!(time.to_string(), text);
        }
    }
    let Some(bits) = bytes.first_chunk().copied().map(u64::from_le_bytes) else { return };
    if let Some(decimal) = Decimal::new(f64::from_bits(bits)) {
        assert_eq!(decimal.to_string().parse(), Ok(decimal));
    }
    if let Some(time) = Timestamp::from_unix(bits % (1 << 38)) {
        assert_eq!(time.to_string().parse(), Ok(time));
    }
});
