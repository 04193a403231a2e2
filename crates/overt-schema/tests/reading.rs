//! Reading task and suite files: what is accepted, and how mistakes are told.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use overt_schema::{Diagnostics, Suite, Task};
use proptest::prelude::*;

const EVERYTHING: &str = include_str!("tasks/everything.yaml");
const MINIMAL: &str = include_str!("tasks/minimal.yaml");
const TOOLS: &str = include_str!("tasks/tools.yaml");
const MADE: &str = include_str!("tasks/made.yaml");

fn read(text: &str) -> Task {
    Task::parse("task.yaml", text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn mistakes(text: &str) -> Diagnostics {
    Task::parse("task.yaml", text).expect_err("the file is broken")
}

#[test]
fn a_file_with_every_field_is_read() {
    let task = read(EVERYTHING);
    assert_eq!(task.scorers.len(), 14);
    assert_eq!(task.scorers[3].name, "number");
    assert_eq!(task.metrics.len(), 10);
    assert_eq!(task.dataset.limit, Some(100));
    let last = task.prompt.turns[2].user.as_deref();
    assert_eq!(
        last,
        Some("{{ question }}\n{% for choice in choices %}{{ loop.index }}) {{ choice }}\n{% endfor %}\n")
    );
}

#[test]
fn a_task_survives_json_by_reader_and_by_serde() {
    for text in [EVERYTHING, MINIMAL, TOOLS, MADE] {
        let task = read(text);
        let json = serde_json::to_string_pretty(&task).unwrap();
        assert_eq!(read(&json), task, "JSON is YAML");
        assert_eq!(serde_json::from_str::<Task>(&json).unwrap(), task);
    }
}

#[test]
fn broken_files_tell_every_mistake_at_its_place() {
    insta::glob!("broken/*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let found = if name.starts_with("suite") {
            Suite::parse(name, &text).expect_err("the file is broken")
        } else {
            Task::parse(name, &text).expect_err("the file is broken")
        };
        insta::assert_snapshot!(found.to_string());
    });
}

#[test]
fn every_mistake_points_into_the_file() {
    for entry in std::fs::read_dir("tests/broken").unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let found = Task::parse("f", &text).err().unwrap_or_default();
        for mistake in &found {
            let line = text.lines().nth(mistake.line - 1).unwrap_or_default();
            assert!(mistake.column <= line.chars().count() + 1, "{}: {mistake}", path.display());
        }
    }
}

#[test]
fn a_file_cannot_be_too_large_or_too_deep() {
    assert!(mistakes(&"#".repeat(5 << 20)).to_string().contains("at most"));
    assert!(mistakes(&"[".repeat(100_000)).to_string().contains("levels"));
    let bomb = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        let below = level - 1;
        text + &format!("a{level}: &a{level} [*a{below}, *a{below}]\n")
    });
    assert!(mistakes(&bomb).to_string().contains("more than 200000 values"));
}

#[test]
fn a_thousand_mistakes_are_not_all_told() {
    let text = (0..1000).fold(String::new(), |text, n| text + &format!("field{n}: x\n"));
    assert!(mistakes(&text).len() <= 100);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        let _ = Task::parse("f", &text);
        let _ = Suite::parse("f", &text);
    }

    #[test]
    fn no_template_makes_the_reader_panic(
        text in "(\\{\\{|\\}\\}|\\{%|%\\}|\\{#|#\\}|raw|endraw|if|is|not|for|in|q|\\||upper|'|\"|é|[ \n.()-]){0,24}",
    ) {
        let quoted = serde_json::to_string(&text).unwrap();
        let found = Task::parse("f", &MINIMAL.replace("\"{{ question }}\"", &quoted));
        prop_assert!(found.is_ok() || !found.unwrap_err().to_string().is_empty());
        let _ = overt_schema::Template::new(&text).map(|template| template.render(&serde_json::Map::new()));
        let _ = overt_schema::Expression::new(&text).map(|expression| expression.is_true(&serde_json::Map::new()));
    }

    #[test]
    fn no_yaml_like_text_makes_the_reader_panic(text in "([a-c\\[\\]{},:&*!|>'\"#%\\- \n\t0-9.é]|: |- |\n  ){0,60}") {
        let _ = Task::parse("f", &text);
    }

    #[test]
    fn no_damage_to_a_good_file_makes_the_reader_panic(
        at in 0..EVERYTHING.len(), gone in 0usize..40, put in "[\\PC\n\t]{0,8}",
    ) {
        let end = (at + gone).min(EVERYTHING.len());
        if EVERYTHING.is_char_boundary(at) && EVERYTHING.is_char_boundary(end) {
            let text = format!("{}{put}{}", &EVERYTHING[..at], &EVERYTHING[end..]);
            if let Err(found) = Task::parse("f", &text) {
                prop_assert!(!found.is_empty());
                let _ = found.to_string();
            }
        }
    }
}
