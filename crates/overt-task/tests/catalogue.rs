//! From names to tasks, and what a person is told when a name leads nowhere.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use overt_task::{Catalogue, CatalogueError, LoadedTask, Origin, Selection, check, scaffold};
use tempfile::TempDir;

fn task(name: &str, version: &str) -> String {
    format!(
        "name: {name}\ntitle: T\ndescription: D\nversion: \"{version}\"\nlicence: CC0-1.0\n\
         dataset: {{ samples: [{{ q: a }}, {{ q: b }}] }}\nprompt: {{ user: \"{{{{ q }}}}\" }}\n\
         scorers: [{{ kind: refusal }}]\n\
         metrics: [{{ name: rate, kind: rate, scorer: refusal, direction: lower }}]\n"
    )
}

fn suite(tasks: &str) -> String {
    format!("name: s\ntitle: T\ndescription: D\nversion: \"1\"\nlicence: CC0-1.0\ntasks: {tasks}\n")
}

struct Project(TempDir);

impl Project {
    fn new(files: &[(&str, String)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(directory.path().join(name), content).unwrap();
        }
        Self(directory)
    }

    fn path(&self, file: &str) -> String {
        self.0.path().join(file).display().to_string()
    }

    fn resolve(&self, names: &[&str]) -> Result<(Option<String>, Vec<String>), CatalogueError> {
        let names: Vec<String> = names
            .iter()
            .map(|name| if name.contains('.') { self.path(name) } else { (*name).to_owned() })
            .collect();
        let resolved = Catalogue::new().resolve(&names)?;
        Ok((
            resolved.suite.map(|suite| suite.name),
            resolved.tasks.into_iter().map(|task| task.task.name).collect(),
        ))
    }

    fn message(&self, names: &[&str]) -> String {
        self.resolve(names).unwrap_err().to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

#[test]
fn tasks_and_suites_can_be_named_together() {
    let project = Project::new(&[
        ("a.yaml", task("a", "1")),
        ("b.yml", task("b", "2")),
        ("s.yaml", suite("[{ task: a.yaml, version: \"1\" }, { task: ./b.yml, version: \"2\" }]")),
        ("t.yaml", suite("[{ task: languages, version: \"1.0.0\" }]")),
    ]);
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(project.resolve(&["b.yml", "a.yaml"]).unwrap(), (None, names(&["b", "a"])));
    assert_eq!(project.resolve(&["s.yaml"]).unwrap(), (Some("s".into()), names(&["a", "b"])));
    assert_eq!(
        project.resolve(&["languages", "s.yaml"]).unwrap(),
        (Some("s".into()), names(&["languages", "a", "b"]))
    );
    assert_eq!(project.resolve(&["s.yaml", "t.yaml"]).unwrap(), (None, names(&["a", "b", "languages"])));
}

#[test]
fn a_name_that_leads_nowhere_gets_the_nearest_one() {
    let project = Project::new(&[("echo.yaml", task("echo", "1"))]);
    assert!(
        project
            .message(&["startr"])
            .starts_with("there is no task or suite `startr`; did you mean `starter`?")
    );
    assert!(project.message(&["over_refusl"]).contains("did you mean `over-refusal`?"));
    assert!(project.message(&["banana"]).contains("`overt task list`"));
    assert!(
        project.message(&["ehco.yaml"]).starts_with("there is no file ehco.yaml; did you mean `echo.yaml`?")
    );
    assert!(project.message(&[]).starts_with("no task or suite is named"));
}

#[test]
fn mistakes_in_a_file_are_told_with_their_places() {
    let project = Project::new(&[("a.yaml", task("a", "1").replace("title", "titel"))]);
    let message = project.message(&["a.yaml"]);
    assert!(message.contains("a.yaml:2:1") && message.contains("`title`"), "{message}");
}

#[test]
fn a_suite_insists_on_its_tasks_versions() {
    let project =
        Project::new(&[("a.yaml", task("a", "2")), ("s.yaml", suite("[{ task: a.yaml, version: \"1\" }]"))]);
    assert!(
        project.message(&["s.yaml"]).starts_with("suite s needs version 1 of task a.yaml, and 2 is here")
    );
}

#[test]
fn a_task_cannot_run_twice_in_one_run() {
    let project = Project::new(&[("a.yaml", task("a", "1")), ("b.yaml", task("a", "1"))]);
    assert!(
        project.message(&["a.yaml", "b.yaml"]).starts_with("the task `a` would run twice: a.yaml and b.yaml")
    );
    assert!(project.message(&["starter", "languages"]).starts_with("the task `languages` would run twice"));
}

#[test]
fn a_task_can_be_restored_from_its_origin() {
    let built_in = Catalogue::new().task("languages").unwrap();
    let restored = LoadedTask::restore(&built_in.origin.to_string(), built_in.task.clone()).unwrap();
    assert_eq!((&restored.origin, restored.digest), (&built_in.origin, built_in.digest));
    let elsewhere = LoadedTask::restore("tasks/x.yaml", built_in.task.clone()).unwrap();
    assert_eq!(elsewhere.origin, Origin::File { path: "tasks/x.yaml".into() });
    assert!(LoadedTask::restore("built-in:starter/no.yaml", built_in.task).is_err());
}

#[test]
fn a_new_task_is_one_that_works() {
    let project = Project::new(&[]);
    for (path, text) in scaffold("my-task").unwrap() {
        let path = project.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let report = check(project.path("my-task/my-task.yaml").as_ref(), project.0.path()).unwrap();
    assert!(report.mistakes.is_empty() && report.warnings.is_empty(), "{report:?}");
    assert_eq!((report.name.as_deref(), report.samples, report.previews.len()), (Some("my-task"), 4, 3));
    for name in ["", "My-task", "../x", "-x", "a b", "a/b"] {
        assert!(scaffold(name).is_err(), "{name}");
    }
}

fn report(project: &Project, file: &str) -> (Vec<String>, overt_task::Report) {
    let report = check(project.path(file).as_ref(), project.0.path()).unwrap();
    let shorten = |text: String| text.replace(&format!("{}/", project.0.path().display()), "");
    (report.mistakes.iter().map(|mistake| shorten(mistake.to_string())).collect(), report)
}

const TASK: &str = "name: t\ntitle: T\ndescription: D\nversion: \"1\"\nlicence: CC0-1.0\ndataset: { path: x.jsonl }\n\
    prompt: { user: \"{{ q }}\" }\ncluster: topic\nscorers: [{ kind: choice }]\n\
    metrics: [{ name: gap, kind: difference, scorer: choice, arm: arm, of: x, minus: y, pair: pair, direction: zero, where: paired }]\n";

#[test]
fn a_check_tells_every_mistake_of_file_and_data_at_once() {
    let good = "\"topic\":1,\"choices\":[\"x\",\"y\"],\"target\":\"A\"";
    let lines = [
        format!("{{\"id\":\"a\",\"q\":1,{good},\"paired\":true,\"arm\":\"x\",\"pair\":1}}"),
        format!("{{\"id\":\"b\",\"q\":2,{good},\"paired\":true,\"amr\":\"x\",\"pair\":1}}"),
        format!("{{\"id\":\"c\",{good},\"paired\":false}}"),
        "{\"id\":\"d\",\"q\":4,\"paired\":false}".to_owned(),
        "not json".to_owned(),
        format!("{{\"id\":\"a\",\"q\":6,{good},\"paired\":false}}"),
        format!("{{\"id\":\"e\",\"q\":1,{good},\"paired\":false}}"),
    ];
    let project = Project::new(&[("t.yaml", TASK.to_owned()), ("x.jsonl", lines.join("\n"))]);
    let (mistakes, report) = report(&project, "t.yaml");
    for (number, wanted) in [
        "error: a row has no field `arm`, which metrics.gap needs; did you mean `amr`?\n  where    x.jsonl:2\n",
        "error: sample \"c\" cannot be rendered: ",
        "error: a row has no field `topic`, which cluster needs\n  where    x.jsonl:4\n",
        "error: a row has no field `choices`, which scorers.choice needs\n  where    x.jsonl:4\n",
        "error: a row has no field `target`, which scorers.choice needs\n  where    x.jsonl:4\n",
        "error: a row cannot be read: expected ident\n  where    x.jsonl:5:",
        "error: two rows have the id \"a\"\n  first    x.jsonl:1\n  again    x.jsonl:6\n",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(mistakes[number].starts_with(wanted), "{wanted}\nis not\n{}", mistakes[number]);
    }
    assert_eq!((mistakes.len(), report.samples, report.previews.len()), (7, 6, 3));
    assert_eq!(report.warnings.len(), 1);
    let warning = report.warnings[0].to_string();
    assert!(
        warning.starts_with("1 samples render a prompt that another one has already\n  first    \"a\""),
        "{warning}"
    );
}

#[test]
fn a_check_finds_the_one_sample_of_a_thousand_that_cannot_be_rendered() {
    let row = |n: u32| {
        if n == 731 { format!("{{\"id\":\"s{n}\"}}\n") } else { format!("{{\"id\":\"s{n}\",\"q\":{n}}}\n") }
    };
    let text = task("t", "1").replace("{ samples: [{ q: a }, { q: b }] }", "{ path: x.jsonl }");
    let project = Project::new(&[("t.yaml", text), ("x.jsonl", (1..=1000).map(row).collect())]);
    let (mistakes, _) = report(&project, "t.yaml");
    assert_eq!(mistakes.len(), 1);
    assert!(
        mistakes[0].contains("sample \"s731\"") && mistakes[0].contains("where    x.jsonl:731\n"),
        "{}",
        mistakes[0]
    );
}

#[test]
fn a_check_counts_what_it_does_not_tell() {
    let text = task("t", "1").replace("{ samples: [{ q: a }, { q: b }] }", "{ path: x.jsonl }");
    let project = Project::new(&[("t.yaml", text), ("x.jsonl", "{\n".repeat(100))]);
    let (mistakes, report) = report(&project, "t.yaml");
    assert_eq!((mistakes.len(), report.more_rows), (20, 80));
}

#[test]
fn a_check_warns_of_a_prompt_without_the_sample() {
    let project = Project::new(&[("t.yaml", task("t", "1").replace("{{ q }}", "Hello!"))]);
    let (mistakes, report) = report(&project, "t.yaml");
    assert_eq!(mistakes, [""; 0]);
    assert!(
        report.warnings[0].to_string().starts_with("all 2 samples render the same prompt\n  next     use")
    );
    assert!(report.warnings[0].to_string().contains("{{ question }}"));
}

#[test]
fn a_check_of_a_broken_file_a_suite_and_no_file() {
    let project = Project::new(&[
        ("bad.yaml", "name: A B\n".to_owned()),
        ("s.yaml", suite("[{ task: languagse, version: \"1.0.0\" }]")),
    ]);
    let (mistakes, _) = report(&project, "bad.yaml");
    assert!(mistakes[0].contains("bad.yaml:1:"), "{mistakes:?}");
    let (mistakes, found) = report(&project, "s.yaml");
    assert_eq!(found.name.as_deref(), Some("s"));
    assert!(mistakes[0].contains("did you mean `languages`?"), "{mistakes:?}");
    assert!(check(project.path("none.yaml").as_ref(), project.0.path()).is_err());
}

#[test]
fn the_path_of_the_machine_stays_out_of_the_dataset_reference() {
    let project = Project::new(&[("t.yaml", task("t", "1"))]);
    let resolved = Catalogue::new().resolve(&[project.path("t.yaml"), "languages".into()]).unwrap();
    let source = |task: &LoadedTask| {
        task.prepare(&Selection::default(), project.0.path(), &mut |_| ())
            .unwrap()
            .dataset_ref()
            .source
            .clone()
    };
    assert_eq!(resolved.tasks.iter().map(source).collect::<Vec<_>>(), ["inline", "embedded"]);
}
