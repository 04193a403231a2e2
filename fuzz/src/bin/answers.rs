//! A form that is filled in line by line (`field=answer`, several answers with tabs between them): what is refused changes
//! nothing, what is taken stands in the draft under its field, and every draft can be drawn, stored and read.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overt_record::Timestamp;
use overt_report::Draft;
use overt_report::draft::MAX_ITEMS;
use overt_report::form::{Channel, Field, Form, Labels};

static NOW: LazyLock<Timestamp> = LazyLock::new(|| "2026-11-24T16:00:00Z".parse().expect("a time"));
static LABELS: LazyLock<Labels> = LazyLock::new(Labels::english);

fn field(draft: &Draft, id: &str) -> Option<Field> {
    let form = Form::of(draft, Channel::Site, *NOW, &LABELS);
    form.steps.into_iter().flat_map(|step| step.fields).find(|field| field.id == id)
}

fuzz_target!(|program: &str| {
    let mut draft = Draft::default();
    for line in program.split('\n').take(32) {
        let (id, answer) = line.split_once('=').unwrap_or((line, ""));
        let answers: Vec<&str> = answer.split('\t').filter(|answer| !answer.is_empty()).collect();
        let before = draft.clone();
        match draft.set(id, &answers) {
            Ok(()) => {
                // A question that does not apply is not drawn; its answer is kept until then.
                let Some(field) = field(&draft, id) else { continue };
                let meant: Vec<&str> = answers
                    .iter()
                    .map(|answer| match *answer {
                        "true" if field.choices.iter().any(|choice| choice.value == "yes") => "yes",
                        "false" if field.choices.iter().any(|choice| choice.value == "yes") => "no",
                        answer => answer,
                    })
                    .collect();
                let is_number = meant.first().is_some_and(|answer| answer.parse::<u64>().is_ok());
                assert!(field.values == meant || is_number, "{id}: {:?} for {meant:?}", field.values);
            }
            Err(problem) => {
                assert_eq!(draft, before);
                assert_eq!(problem.field, id);
                let said =
                    answers.iter().find(|answer| answer.len() > 24 && problem.message.contains(**answer));
                assert_eq!(said, None, "what was typed is repeated");
            }
        }
    }
    assert_eq!(Draft::from_json(draft.to_json().as_bytes()).as_ref(), Ok(&draft));
    assert!(draft.systems.len() <= MAX_ITEMS && draft.coordination.recipients.len() <= MAX_ITEMS);
});
