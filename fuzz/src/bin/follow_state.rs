//! How far a log was followed, once read, is written with the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_log::follow::FollowState;

fuzz_target!(|bytes: &[u8]| {
    let Ok(state) = FollowState::parse(bytes) else { return };
    let text = state.to_text();
    assert_eq!(text.as_bytes(), bytes);
    assert_eq!(FollowState::parse(text.as_bytes()), Ok(state));
});
