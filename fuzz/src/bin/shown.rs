//! Text from outside on a page: every browser reads it alike, nothing in it is obeyed or hides, and it is not much larger.
#![no_main]

#[path = "../html.rs"]
mod html;

use libfuzzer_sys::fuzz_target;
use overt_web::kit::text;

fuzz_target!(|words: &str| {
    for page in [text::visible(words), text::inline(words, 100)] {
        let page = page.into_string();
        let mut marks = 0;
        let shown = html::read(&page, |tag| match (tag.name, tag.get("class")) {
            ("bdi", None) if tag.around.is_empty() => {}
            ("span", Some("ctl")) => marks += 1,
            (name, class) => panic!("<{name} class={class:?}>"),
        });
        assert!(!shown.contains(html::is_obeyed) && !page.contains(html::is_obeyed));
        assert!(marks <= words.chars().count());
        // The longest mark stands for one character.
        assert!(page.len() <= 128 * words.len() + 16);
        if marks == 0 && !page.starts_with("<bdi>") {
            assert_eq!(shown, words.replace("\r\n", "\n"), "words are as they were");
        }
    }
    let plain = text::plain(words, 100);
    assert!(!plain.contains(|c: char| html::is_obeyed(c) || c == '\n') && plain.chars().count() <= 101);
    for limit in [0, 1, 7, words.len()] {
        let text::Cut { head, more } = text::cut(words, limit);
        assert!(head.len() <= limit && words.starts_with(head) && head.len() + more == words.len());
    }
});
