//! A system that cannot take what a task sends, or give what it needs, is told of before it is asked.

use overt_schema::{ChoiceBy, NamedScorer, Scorer, Unparsed};

use super::*;

/// A system without tools, images and log-probabilities.
struct Plain(Arc<Table>);

impl System for Plain {
    fn identity(&self) -> SystemIdentity {
        self.0.identity()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { tools: false, images: false, logprobs: false, ..self.0.capabilities() }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        self.0.generate(request)
    }
}

#[test]
fn what_a_system_cannot_take_is_told_before_anything_is_asked() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.gif"), "GIF89a").unwrap();
    let table = Table::new(|_, _| Ok("yes".into()));
    let runs = home.path().join("runs");
    for (prompt, what) in [
        (format!("{ONE_TURN}\n  tools: [{{ name: f }}]"), "table cannot take tools"),
        (format!("{ONE_TURN}\n  images: [a.gif]"), "table cannot take images"),
    ] {
        let task = task(home.path(), 2, &prompt);
        let start = |system: &dyn System| {
            let plan = plan(&task, settings(), home.path());
            Evaluation::start(plan, Systems::alone(system), &runs, build())
        };
        let error = start(&Plain(Arc::clone(&table))).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("task t"), "{error}");
        assert!(!runs.exists(), "nothing was begun");
        let begun = start(table.as_ref()).unwrap();
        let path = begun.directory().path().to_owned();
        run_until(1, begun, table.as_ref());
        let directory = RunDirectory::open_locked(&path).unwrap();
        let plan = plan(&task, settings(), home.path());
        let error =
            Evaluation::resume(directory, plan, Systems::alone(&Plain(Arc::clone(&table)))).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        std::fs::remove_dir_all(&runs).unwrap();
    }
    let asked = table.requests.lock().unwrap();
    assert!(asked.iter().any(|request| request.tools.len() == 1));
    let mut images = asked.iter().flat_map(|request| &request.messages[0].images);
    assert!(images.any(|image| image.content() == Some(b"GIF89a")), "the bytes are there when it is asked");
}

#[test]
fn a_scorer_by_log_probabilities_is_told_that_there_will_be_none() {
    let home = tempfile::tempdir().unwrap();
    let table = Table::new(|_, _| Ok("A".into()));
    let mut by_letters = task(home.path(), 2, ONE_TURN);
    let row = r#"{"question":"q","target":"yes","choices":["yes","no"]}"#;
    std::fs::write(home.path().join("data.jsonl"), row).unwrap();
    let start = |task: &LoadedTask, system: &dyn System| {
        let plan = plan(task, settings(), home.path());
        Evaluation::start(plan, Systems::alone(system), &home.path().join("runs"), build())
    };
    let plain = Plain(Arc::clone(&table));
    start(&by_letters, &plain).unwrap();
    let by = ChoiceBy::FirstTokenProbability;
    let scorer = Scorer::Choice { target: Some("A".into()), unparsed: Unparsed::Missing, by };
    by_letters.task.scorers.push(NamedScorer { name: "letters".into(), scorer });
    start(&by_letters, table.as_ref()).unwrap();
    let error = start(&by_letters, &plain).unwrap_err().to_string();
    assert!(error.contains("letters decides by log-probabilities, and table gives none"), "{error}");
    assert!(table.requests.lock().unwrap().is_empty());
}
