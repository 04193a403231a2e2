use super::*;
use crate::{CachedDataset, Warning, cached_datasets, check_task};

/// A folder with a script, and the task whose samples it makes.
struct Project(tempfile::TempDir);

impl Project {
    fn new(script: &str) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write(script);
        project
    }

    fn write(&self, script: &str) {
        std::fs::write(self.0.path().join("make.sh"), script).unwrap();
    }

    fn cache(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    fn task(&self, more: &str) -> LoadedTask {
        let text = format!(
            "name: made\ntitle: t\ndescription: d\nversion: '1'\nlicence: CC0-1.0\n\
             dataset: {{ command: [sh, ./make.sh]{more} }}\nprompt: {{ user: '{{{{ question }}}}' }}\n\
             scorers: [{{ kind: exact, target: x }}]\n\
             metrics: [{{ name: a, kind: rate, scorer: exact, direction: higher }}]\n"
        );
        let path = self.0.path().join("task.yaml");
        std::fs::write(&path, text).unwrap();
        LoadedTask::read(&path).unwrap()
    }

    fn make(&self, task: &mut LoadedTask) -> Result<(), DatasetError> {
        self.make_for(task, 0, &Selection::default())
    }

    fn make_for(&self, task: &mut LoadedTask, seed: u64, of: &Selection) -> Result<(), DatasetError> {
        block_on(task.make(&self.cache(), Making::Allowed { seed, selection: of }))
    }

    fn questions(&self, task: &LoadedTask) -> Vec<String> {
        let samples = task.prepare(&Selection::default(), &self.cache(), &mut |_| ()).unwrap();
        samples.iter().map(|sample| sample.unwrap().1.text("question").unwrap()).collect()
    }

    /// What the program says that it was told.
    fn told(&self, more: &str, seed: u64, of: &Selection) -> String {
        let mut task = self.task(more);
        self.make_for(&mut task, seed, of).unwrap();
        self.questions(&task).remove(0)
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// Counts how often it runs.
const COUNTS: &str = r#"echo x >> count; echo "{\"question\": \"$(wc -l < count | tr -d ' ')\"}""#;

const ROW: &str = "{\"question\": \"one\"}\n";

/// Writes what it was told, as the field `question`.
const ECHO: &str =
    r#"read -r line; printf '{"question": "%s"}\n' "$(printf '%s' "$line" | tr -d '\\' | tr '"' "'")""#;

#[test]
fn what_a_program_writes_are_the_samples_under_the_digest_of_its_bytes() {
    let project = Project::new("printf '{\"question\": \"one\"}\\n{\"question\": \"two\"}\\n'");
    let mut task = project.task("");
    assert!(task.is_to_be_made(&project.cache()));
    project.make(&mut task).unwrap();
    assert!(!task.is_to_be_made(&project.cache()));
    let written = digest("{\"question\": \"one\"}\n{\"question\": \"two\"}\n");
    assert_eq!(task.made, Some(written));
    assert_eq!(project.questions(&task), ["one", "two"]);
    let samples = task.prepare(&Selection::default(), &project.cache(), &mut |_| ()).unwrap();
    let source = samples.dataset_ref();
    assert_eq!((source.source.as_str(), source.sha256), ("command:sh ./make.sh", written));
    let cached: Vec<CachedDataset> = cached_datasets(&project.cache()).unwrap();
    assert_eq!(
        (cached.len(), cached[0].sources.as_slice()),
        (1, ["command:sh ./make.sh".to_owned()].as_slice())
    );
}

#[test]
fn each_run_makes_its_samples_anew_and_one_that_goes_on_keeps_those_it_had() {
    let project = Project::new(COUNTS);
    let (mut first, mut second) = (project.task(""), project.task(""));
    project.make(&mut first).unwrap();
    project.make(&mut first).unwrap();
    project.make(&mut second).unwrap();
    assert_eq!((project.questions(&first), project.questions(&second)), (vec!["1".into()], vec!["2".into()]));
    let mut resumed = LoadedTask { made: first.made, ..project.task("") };
    block_on(resumed.make(&project.cache(), Making::Refused)).unwrap();
    assert_eq!(project.questions(&resumed), ["1"]);
    // The cache was cleared, and the program draws others.
    std::fs::remove_dir_all(project.cache()).unwrap();
    let error = project.make(&mut resumed).unwrap_err().to_string();
    assert!(
        error.contains("does not match its digest") && error.contains("makes other samples now"),
        "{error}"
    );
    assert_eq!(cached_datasets(&project.cache()).unwrap(), []);
}

#[test]
fn a_program_runs_only_where_it_may() {
    let project = Project::new(COUNTS);
    let mut task = project.task("");
    let error = block_on(task.make(&project.cache(), Making::Refused)).unwrap_err();
    assert!(
        error.to_string().contains("sh ./make.sh") && error.to_string().contains("--allow-commands"),
        "{error}"
    );
    let error = task.prepare(&Selection::default(), &project.cache(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, DatasetError::NotMade(_)), "{error}");
    let report = check_task(&task, &project.cache());
    assert!(report.mistakes.is_empty(), "{:?}", report.mistakes);
    assert_eq!(report.warnings, [Warning::NotMade("sh ./make.sh".into())]);
    assert!(!project.0.path().join("count").exists(), "it ran");
}

#[test]
fn pinned_samples_are_made_once_and_have_to_be_the_right_ones() {
    let project = Project::new(&format!("{COUNTS} >&2; printf '{{\"question\": \"one\"}}\\n'"));
    let pinned = format!(", sha256: {}", digest(ROW));
    for _ in 0..2 {
        project.make(&mut project.task(&pinned)).unwrap();
    }
    assert_eq!(std::fs::read_to_string(project.0.path().join("count")).unwrap().lines().count(), 1);
    let report = check_task(&project.task(&pinned), &project.cache());
    assert_eq!((report.samples, report.warnings.len()), (1, 0));
    let other = format!(", sha256: {}", digest("another"));
    let error = project.make(&mut project.task(&other)).unwrap_err();
    assert!(matches!(error, DatasetError::Digest { found, .. } if found == digest(ROW)), "{error}");
    assert!(error.to_string().contains("update dataset.sha256"), "{error}");
}

#[test]
fn a_program_is_told_the_task_the_seed_and_how_many_rows_are_enough() {
    let project = Project::new(ECHO);
    let five = Selection { limit: Some(5), ..Selection::default() };
    let all = Selection::default();
    let told = |seed: u64, limit: &str| format!("{{'task':'made','seed':{seed},'limit':{limit}}}");
    assert_eq!(project.told("", 7, &all), told(7, "null"));
    assert_eq!(project.told("", 7, &five), told(7, "5"));
    assert_eq!(project.told(", limit: 3", 0, &five), told(0, "3"));
    // The first rows are not those that are taken.
    assert_eq!(project.told(", shuffle: 1", 7, &five), told(7, "null"));
    assert_eq!(project.told(", where: \"true\"", 7, &five), told(7, "null"));
    let named = Selection { sample_ids: vec!["1".into()], ..five.clone() };
    assert_eq!(project.told("", 7, &named), told(7, "null"));
    // What is pinned hangs on nothing but the task.
    let sha256 = digest(&format!("{{\"question\": \"{}\"}}\n", told(0, "null")));
    assert_eq!(project.told(&format!(", sha256: {sha256}"), 7, &five), told(0, "null"));
}

#[test]
fn a_program_that_fails_or_passes_a_limit_makes_nothing() {
    let cases = [
        (
            "printf '{\"question\": \"one\"}\\n'; echo 'no such library' >&2; exit 3",
            "",
            "it said: no such library",
        ),
        ("kill -9 $$", "", "it ended with signal: 9"),
        ("sleep 60", ", timeout: 0.3", "not done within 0.3 s"),
        ("exec >&-; sleep 60", ", timeout: 0.3", "not done within 0.3 s"),
        ("head -c 17000000 /dev/zero", "", "its line 1 has more than 16 MiB"),
        ("printf 'a\\nb\\n'; head -c 17000000 /dev/zero", "", "its line 3 has more than 16 MiB"),
        ("yes '' | head -n 1000001", "", "more than 1000000 lines"),
    ];
    for (script, more, said) in cases {
        let project = Project::new(script);
        let error = project.make(&mut project.task(more)).unwrap_err();
        assert!(matches!(error, DatasetError::Program { .. }) && !error.is_outside(), "{error}");
        assert!(error.to_string().contains(said), "{script}: {error}");
        assert_eq!(cached_datasets(&project.cache()).unwrap(), [], "{script}");
        assert_eq!(std::fs::read_dir(project.cache().join("datasets")).unwrap().count(), 0, "{script}");
    }
    let project = Project::new("");
    let mut absent = project.task("");
    absent.task.dataset.command = Some(vec!["./not-there".into()]);
    absent.task.dataset.memory = None;
    let error = project.make(&mut absent).unwrap_err().to_string();
    assert!(error.contains("./not-there"), "{error}");
}

#[test]
fn what_is_no_row_is_told_with_its_line() {
    for (script, said) in [
        ("", "has no rows"),
        ("echo '[1]'", "command:sh ./make.sh:1"),
        ("echo '{\"question\": \"a\"}'; echo nonsense", "command:sh ./make.sh:2"),
        ("printf '{\"question\": \"\\377\"}\\n'", "not UTF-8"),
    ] {
        let project = Project::new(script);
        let mut task = project.task("");
        project.make(&mut task).unwrap();
        let error = task.prepare(&Selection::default(), &project.cache(), &mut |_| ()).unwrap_err();
        assert!(error.to_string().contains(said), "{script}: {error}");
    }
}

#[test]
fn a_file_in_the_cache_that_was_altered_is_not_used() {
    let project = Project::new("echo '{\"question\": \"one\"}'");
    let mut task = project.task("");
    project.make(&mut task).unwrap();
    std::fs::write(cache::path(&project.cache(), &task.made.unwrap()), "{\"question\": \"two\"}\n").unwrap();
    let error = task.prepare(&Selection::default(), &project.cache(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, DatasetError::Digest { .. }), "{error}");
}

#[test]
fn memory_is_limited_and_children_end_with_the_program() {
    let project = Project::new("echo \"{\\\"question\\\": \\\"$(ulimit -v)\\\"}\"");
    let mut task = project.task(", memory: 256");
    project.make(&mut task).unwrap();
    assert_eq!(project.questions(&task), [(256 * 1024).to_string()]);
    project.write("(sleep 1; touch alive) & sleep 60");
    project.make(&mut project.task(", timeout: 0.3")).unwrap_err();
    std::thread::sleep(Duration::from_millis(1300));
    assert!(!project.0.path().join("alive").exists(), "a child outlived the program");
}
