use overt_schema::Task;

use super::*;
use crate::hub::RecordedFile;
use crate::loaded::Origin;

fn put(cache: &Path, content: &str) -> Digest {
    let digest = Digest::of(content);
    std::fs::create_dir_all(directory(cache)).unwrap();
    std::fs::write(path(cache, &digest), content).unwrap();
    digest
}

fn asked(hf: &str) -> Asked {
    Asked { hf: hf.into(), revision: None, config: None, split: None }
}

fn record(cache: &Path, hf: &str, sha256: Digest) {
    let commit = "a".repeat(40);
    let files = vec![RecordedFile { path: "x.jsonl".into(), bytes: 1, sha256 }];
    let (head, config, split) = (commit.clone(), "main".into(), "test".into());
    Record { asked: asked(hf), head, commit, config, split, files }.write(cache).unwrap();
}

fn task(dataset: &str) -> LoadedTask {
    let text = format!(
        "name: t\ntitle: T\ndescription: D\nversion: \"1\"\nlicence: CC0-1.0\ndataset: {dataset}\n\
         prompt: {{ user: hello }}\nscorers: [{{ kind: refusal }}]\n\
         metrics: [{{ name: rate, kind: rate, scorer: refusal, direction: lower }}]\n"
    );
    Task::parse("t.yaml", &text).unwrap();
    LoadedTask::parse(&text, Origin::File { path: "t.yaml".into() }).unwrap()
}

fn contents(cache: &Path) -> Vec<Digest> {
    cached_datasets(cache).unwrap().iter().map(|dataset| dataset.sha256).collect()
}

#[test]
fn a_cache_that_is_not_there_is_empty() {
    let cache = tempfile::tempdir().unwrap();
    let cache = cache.path().join("absent");
    assert_eq!(cached_datasets(&cache).unwrap(), []);
    assert_eq!(verify_cache(&cache, &mut |_| ()).unwrap(), []);
    assert_eq!(clean_cache(&cache, &[]).unwrap(), Removed::default());
}

#[test]
fn files_are_listed_with_what_they_belong_to() {
    let cache = tempfile::tempdir().unwrap();
    let (one, two) = (put(cache.path(), "one"), put(cache.path(), "three"));
    record(cache.path(), "a/b", one);
    record(cache.path(), "c/d", one);
    std::fs::write(directory(cache.path()).join("notes.txt"), "not ours").unwrap();
    let listed = cached_datasets(cache.path()).unwrap();
    assert_eq!(listed.len(), 2);
    let of = |digest| listed.iter().find(|dataset| dataset.sha256 == digest).unwrap();
    let commit = "a".repeat(40);
    assert_eq!(
        of(one).belongs_to,
        [format!("hf:a/b@{commit}/main/test"), format!("hf:c/d@{commit}/main/test")]
    );
    assert_eq!((of(two).bytes, of(two).belongs_to.len()), (5, 0));
}

#[test]
fn a_changed_file_is_found() {
    let cache = tempfile::tempdir().unwrap();
    let (good, bad) = (put(cache.path(), "good"), put(cache.path(), "bad"));
    std::fs::write(path(cache.path(), &bad), "changed").unwrap();
    let mut checked = Vec::new();
    let corrupt = verify_cache(cache.path(), &mut |dataset| checked.push(dataset.sha256)).unwrap();
    checked.sort();
    let mut all = [good, bad];
    all.sort();
    assert_eq!(checked, all);
    assert_eq!(corrupt.len(), 1);
    assert_eq!((corrupt[0].dataset.sha256, corrupt[0].found), (bad, Digest::of("changed")));
}

#[test]
fn cleaning_keeps_what_the_tasks_use_and_nothing_of_others_work() {
    let cache = tempfile::tempdir().unwrap();
    let at_url = put(cache.path(), "at a url");
    let of_hub = put(cache.path(), "of the hub");
    let unused = put(cache.path(), "unused");
    record(cache.path(), "a/b", of_hub);
    record(cache.path(), "c/d", unused);
    let (young, old, other) = ("young.part", "old.part", "notes.txt");
    for name in [young, old, other] {
        std::fs::write(directory(cache.path()).join(name), "12").unwrap();
    }
    let long_ago = std::time::SystemTime::now() - 2 * OLD;
    let file = std::fs::File::options().write(true).open(directory(cache.path()).join(old)).unwrap();
    file.set_modified(long_ago).unwrap();
    let tasks =
        [task(&format!("{{ url: \"https://example.org/x.jsonl\", sha256: {at_url} }}")), task("{ hf: a/b }")];
    let record_bytes = std::fs::metadata(asked("c/d").record_path(cache.path())).unwrap().len();
    let removed = clean_cache(cache.path(), &tasks).unwrap();
    assert_eq!(removed, Removed { files: 3, bytes: 6 + 2 + record_bytes });
    let mut kept = [at_url, of_hub];
    kept.sort();
    assert_eq!(contents(cache.path()), kept);
    assert!(Record::read(cache.path(), &asked("a/b")).is_some());
    assert!(Record::read(cache.path(), &asked("c/d")).is_none());
    assert!(directory(cache.path()).join(young).is_file() && directory(cache.path()).join(other).is_file());
    assert!(!directory(cache.path()).join(old).exists());
}
