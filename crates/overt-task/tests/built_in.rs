//! The built-in suites: what is shipped holds together, and is what it claims to be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use overt_schema::{Conversation, Message, Role, Sample, Step};
use overt_task::{Catalogue, LoadedTask, Resolved, Selection, check_task};

fn starter() -> Resolved {
    match Catalogue::new().resolve(&["starter".to_owned()]) {
        Ok(resolved) => resolved,
        Err(error) => panic!("the built-in suite `starter` is broken:\n\n{error}\n"),
    }
}

fn samples(task: &LoadedTask) -> Vec<Sample> {
    let samples = task.prepare(&Selection::default(), Path::new("unused"), &mut |_| ());
    samples.unwrap().iter().map(|item| item.unwrap().1).collect()
}

#[test]
fn every_built_in_task_passes_its_check() {
    let mut wrong = String::new();
    for entry in Catalogue::new().tasks().unwrap() {
        let task = Catalogue::new().task(&entry.name).unwrap();
        let report = check_task(&task, Path::new("unused"));
        for mistake in &report.mistakes {
            wrong += &format!("\n{}: {mistake}\n", entry.name);
        }
        for warning in &report.warnings {
            wrong += &format!("\n{}: {warning}\n", entry.name);
        }
        assert_eq!(report.samples, entry.samples);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_name_leads_to_the_task_that_carries_it() {
    let catalogue = Catalogue::new();
    let (tasks, suites) = (catalogue.tasks().unwrap(), catalogue.suites().unwrap());
    let mut names = BTreeSet::new();
    for entry in tasks.iter().chain(&suites) {
        assert!(names.insert(&entry.name), "{} is the name of two things", entry.name);
    }
    for entry in &tasks {
        assert_eq!(catalogue.task(&entry.name).unwrap().task.name, entry.name);
    }
    for entry in &suites {
        let resolved = catalogue.resolve(std::slice::from_ref(&entry.name)).unwrap();
        assert_eq!(resolved.suite.unwrap().name, entry.name);
        assert_eq!(resolved.tasks.iter().map(|task| task.task.name.clone()).collect::<Vec<_>>(), entry.tasks);
    }
}

#[test]
fn the_starter_suite_has_all_built_in_tasks_and_at_least_800_samples() {
    let catalogue = Catalogue::new();
    let in_suite: BTreeSet<String> = starter().tasks.into_iter().map(|task| task.task.name).collect();
    let built_in: BTreeSet<String> = catalogue.tasks().unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(in_suite, built_in);
    let suites = catalogue.suites().unwrap();
    let starter = suites.iter().find(|entry| entry.name == Catalogue::DEFAULT).unwrap();
    assert!(starter.samples >= 800, "{} samples", starter.samples);
}

#[test]
fn every_built_in_task_says_what_it_measures_under_which_licence() {
    for LoadedTask { task, .. } in starter().tasks {
        // No taxonomy that overt knows has a category for refusing too much.
        assert!(!task.measures.is_empty() || task.name == "over-refusal", "{} measures nothing", task.name);
        assert_eq!(task.licence, "Apache-2.0", "{}", task.name);
        assert!(task.description.len() > 100, "{} says too little about what its score means", task.name);
    }
}

/// What the user says to a system, all turns together.
fn asked(conversation: &Conversation, sample: &Sample) -> String {
    let said = |step| match step {
        Step::Say(Message { role: Role::User | Role::System, content }) => Some(content),
        Step::Say(_) | Step::Ask => None,
    };
    conversation.script(sample).unwrap().into_iter().filter_map(said).collect::<Vec<_>>().join("\n")
}

/// The words of a text; in scripts without spaces each character is one.
fn words(text: &str) -> Vec<String> {
    let is_cjk = |c: char| ('\u{2e80}'..='\u{9fff}').contains(&c) || ('\u{f900}'..='\u{ffef}').contains(&c);
    let lower = text.to_lowercase();
    let words = lower.split_whitespace().flat_map(|word| match word.chars().any(is_cjk) {
        true => word.chars().map(String::from).collect(),
        false => vec![word.to_owned()],
    });
    words.collect()
}

/// The fields by which a task says that samples belong together: its cluster, and its metrics' pairs.
fn binding_fields(task: &LoadedTask) -> Vec<String> {
    let pairs = task.task.metrics.iter().filter_map(|metric| match &metric.kind {
        overt_schema::MetricKind::Difference { pair, .. } => Some(pair.clone()),
        _ => None,
    });
    pairs.chain(task.task.cluster.clone()).collect()
}

#[test]
fn no_two_samples_differ_by_a_word_only_unless_the_task_says_that_they_belong_together() {
    let mut wrong = Vec::new();
    for task in starter().tasks {
        let conversation = Conversation::new(&task.task).unwrap();
        let binding = binding_fields(&task);
        // Two texts that differ in one word agree once that word is masked.
        let mut masked: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        let samples = samples(&task);
        for (index, sample) in samples.iter().enumerate() {
            let words = words(&asked(&conversation, sample));
            for position in 0..words.len() {
                let mut key = words.clone();
                key[position] = "\0".into();
                let earlier = *masked.entry(key).or_insert(index);
                let other = &samples[earlier];
                let bound = binding
                    .iter()
                    .any(|field| sample.text(field).is_some() && sample.text(field) == other.text(field));
                if earlier != index && !bound {
                    wrong.push(format!("{}: {} and {}", task.task.name, other.id, sample.id));
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "samples that differ by one word:\n{}", wrong.join("\n"));
}
