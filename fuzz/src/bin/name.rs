//! A name in its folded form is letters, digits and marks with single spaces, and folded again it stays the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::Name;
use overt_statement::sameness::FoldedName;

fuzz_target!(|text: &str| {
    let Some(name) = Name::cleaned(text) else { return };
    assert_eq!(Name::new(name.as_str()).as_ref(), Ok(&name), "what was cleaned is a name");
    if let Ok(typed) = Name::new(text) {
        assert_eq!(typed, name, "a name is clean already");
    }
    let folded = FoldedName::of(&name);
    assert!(!folded.as_str().is_empty());
    let signs_alone = folded.as_str() == name.as_str();
    let is_sign = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric();
    assert!(
        signs_alone || folded.as_str().split(' ').all(|word| !word.is_empty() && !word.contains(is_sign))
    );
    let mut words: Vec<_> = folded.as_str().split(' ').collect();
    words.sort_unstable();
    assert_eq!(folded.words(), words.join(" "));
    assert_eq!(folded.skeleton().chars().count(), folded.as_str().chars().count());
    // The folded form may be longer than a name.
    if let Ok(again) = Name::new(folded.as_str()) {
        assert_eq!(FoldedName::of(&again), folded);
    }
});
