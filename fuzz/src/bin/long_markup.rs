//! The longest text that a record holds, made of any words over and over: reading it and writing it take time that grows
//! with it, and not with its square.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::Text;
use overt_statement::Markup;
use overt_web::civic;

/// Seconds of the processor. A text of that length takes some hundredths; with its square it would take many seconds.
const MOST: f64 = 2.0;

/// Seconds that this thread has had of the processor, whoever else wanted it.
fn taken() -> f64 {
    let ran = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    ran.split(' ').next().and_then(|ran| ran.parse::<f64>().ok()).unwrap_or_default() / 1e9
}

fuzz_target!(|words: &str| {
    let Ok(text) = Text::new(words.repeat(Text::MAX_BYTES / words.len().max(1))) else { return };
    let begun = taken();
    let tree = Markup::from_markdown(&text);
    let page = civic::prose(&tree).into_string();
    let plain = tree.to_plain();
    let seconds = taken() - begun;
    assert!(seconds < MOST, "it took {seconds} s");
    assert!(page.len() <= 64 * Text::MAX_BYTES && plain.len() <= 256 * Text::MAX_BYTES);
});
