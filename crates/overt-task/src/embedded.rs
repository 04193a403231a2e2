//! The files of the built-in suites, as they lie under `suites/`.
//!
//! A suite `NAME` is `NAME.yaml`; its tasks and their data lie in the directory `NAME`, a task `TASK` in `TASK.yaml`.
//! So a name leads to its file without reading any other; a test holds that the names inside agree.

/// Path below `suites/` and content, sorted by path.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded_files.rs"));

/// The content of a file.
pub(crate) fn read(path: &str) -> Option<&'static [u8]> {
    FILES.binary_search_by_key(&path, |(path, _)| path).ok().map(|at| FILES[at].1)
}

/// Names of the suites, sorted.
pub(crate) fn suites() -> impl Iterator<Item = &'static str> {
    yaml_files().filter(|stem| !stem.contains('/'))
}

/// Names of the tasks with their files, sorted by suite and name.
pub(crate) fn tasks() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter_map(|(path, _)| {
        let (_, name) = path.strip_suffix(".yaml")?.rsplit_once('/')?;
        Some((name, *path))
    })
}

/// The file of a task.
pub(crate) fn task_file(name: &str) -> Option<&'static str> {
    tasks().find(|(known, _)| *known == name).map(|(_, file)| file)
}

/// The file of a suite and its content.
pub(crate) fn suite_file(name: &str) -> Option<(&'static str, &'static [u8])> {
    FILES
        .iter()
        .find(|(path, _)| path.strip_suffix(".yaml") == Some(name) && !name.contains('/'))
        .map(|(path, content)| (*path, *content))
}

fn yaml_files() -> impl Iterator<Item = &'static str> {
    FILES.iter().filter_map(|(path, _)| path.strip_suffix(".yaml"))
}
