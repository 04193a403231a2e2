//! Which files of a dataset are which split of which configuration.
//!
//! The card says it, or else the names do, by the conventions of the `datasets` library: `CONFIG/SPLIT/0000.parquet`
//! on the hub's conversion branch, `data/SPLIT-00000-of-00003.parquet`, `SPLIT.jsonl`, `SPLIT/anything.csv`.

use overt_schema::{Digest, Format};

use super::HubProblem;
use super::card::CardConfig;
use super::pattern;

/// A file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) path: String,
    pub(super) bytes: u64,
    /// Known of large files only.
    pub(super) sha256: Option<Digest>,
}

/// A split of a configuration, and its files in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) config: String,
    pub(super) is_default: bool,
    pub(super) split: String,
    pub(super) files: Vec<Listed>,
}

/// The configuration where there is only one.
const DEFAULT: &str = "default";

/// Words that name a split.
const SPLITS: [(&str, &[&str]); 3] = [
    ("train", &["train", "training"]),
    ("validation", &["validation", "valid", "val", "dev"]),
    ("test", &["test", "testing", "eval", "evaluation"]),
];

/// Whether a Python script of the dataset's name says what its files mean.
pub(super) fn is_made_by_script(tree: &[Listed], dataset: &str) -> bool {
    let script = dataset.rsplit('/').next().map(|name| format!("{name}.py"));
    script.is_some_and(|script| tree.iter().any(|file| file.path == script))
}

/// Every split of every configuration. With `any_format` the task says the format, and endings do not matter.
pub(super) fn candidates(tree: &[Listed], card: &[CardConfig], any_format: bool) -> Vec<Candidate> {
    let mut data: Vec<&Listed> =
        tree.iter().filter(|file| is_data(&file.path) && (any_format || format(file).is_some())).collect();
    data.sort_by(|a, b| a.path.cmp(&b.path));
    let mut candidates = Vec::new();
    for config in card {
        candidates.extend(of_card(&data, config));
    }
    if card.is_empty() {
        candidates = by_name(&data, "", None);
    }
    candidates.into_iter().map(of_one_format).collect()
}

/// The candidate that a task means.
pub(super) fn choose(
    candidates: Vec<Candidate>,
    config: Option<&str>,
    split: Option<&str>,
) -> Result<Candidate, HubProblem> {
    if candidates.is_empty() {
        return Err(HubProblem::NoData);
    }
    let configs = names(&candidates, |candidate| &candidate.config);
    let default = || {
        let marked = candidates.iter().find(|candidate| candidate.is_default || candidate.config == DEFAULT);
        marked.map(|candidate| candidate.config.clone())
    };
    let config = pick("config", config, configs, default)?;
    let of_config: Vec<Candidate> =
        candidates.iter().filter(|candidate| candidate.config == config).cloned().collect();
    let splits = names(&of_config, |candidate| &candidate.split);
    let split = pick("split", split, splits, || None)?;
    of_config.into_iter().find(|candidate| candidate.split == split).ok_or(HubProblem::NoData)
}

fn pick(
    what: &'static str,
    wanted: Option<&str>,
    known: Vec<String>,
    default: impl FnOnce() -> Option<String>,
) -> Result<String, HubProblem> {
    match wanted {
        Some(wanted) if known.iter().any(|name| name == wanted) => Ok(wanted.to_owned()),
        Some(wanted) => Err(HubProblem::Absent { what, wanted: wanted.to_owned(), known: shortened(known) }),
        None if known.len() == 1 => Ok(known[0].clone()),
        None => default().ok_or_else(|| HubProblem::Several { what, known: shortened(known) }),
    }
}

/// As many names as a message can hold.
fn shortened(mut known: Vec<String>) -> Vec<String> {
    const SHOWN: usize = 20;
    if known.len() > SHOWN {
        let more = known.len() - SHOWN;
        known.truncate(SHOWN);
        known.push(format!("and {more} more"));
    }
    known
}

fn names(candidates: &[Candidate], name: impl Fn(&Candidate) -> &String) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for candidate in candidates {
        if !names.contains(name(candidate)) {
            names.push(name(candidate).clone());
        }
    }
    names
}

fn is_data(path: &str) -> bool {
    let hidden = path.split('/').any(|part| part.starts_with(['.', '_']));
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let about = ["readme.md", "dataset_infos.json", "dataset_info.json", "state.json", "metadata.json"];
    !hidden && !about.contains(&name.as_str())
}

fn format(file: &Listed) -> Option<Format> {
    Format::of_name(&file.path)
}

fn of_card(data: &[&Listed], config: &CardConfig) -> Vec<Candidate> {
    if config.splits.is_empty() {
        let folder = config.folder.as_deref().unwrap_or_default();
        return by_name(data, folder, Some(config));
    }
    let split = |(split, patterns): &(String, Vec<String>)| {
        let fits = |file: &&&Listed| patterns.iter().any(|pattern| pattern::fits(pattern, &file.path));
        let files: Vec<Listed> = data.iter().filter(fits).map(|file| (*file).clone()).collect();
        let (config, is_default, split) = (config.name.clone(), config.is_default, split.clone());
        (!files.is_empty()).then_some(Candidate { config, is_default, split, files })
    };
    config.splits.iter().filter_map(split).collect()
}

/// What the names below a folder say.
fn by_name(data: &[&Listed], folder: &str, of: Option<&CardConfig>) -> Vec<Candidate> {
    let below = |file: &&&Listed| {
        folder.is_empty() || file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    let files: Vec<&Listed> = data.iter().filter(below).copied().collect();
    let inner = |file: &Listed| file.path[folder.len()..].trim_start_matches('/').to_owned();
    let is_conversion = files.iter().all(|file| converted(&inner(file)).is_some());
    let mut candidates: Vec<Candidate> = Vec::new();
    for file in &files {
        let path = inner(file);
        let (config, split) = match converted(&path) {
            Some((config, split)) if is_conversion => (config.to_owned(), split.to_owned()),
            _ => (DEFAULT.to_owned(), split_of(&path).unwrap_or_default().to_owned()),
        };
        let config = of.map_or(config, |of| of.name.clone());
        let file = (*file).clone();
        let same = |known: &&mut Candidate| known.config == config && known.split == split;
        if let Some(known) = candidates.iter_mut().find(same) {
            known.files.push(file);
        } else {
            let is_default = of.is_some_and(|of| of.is_default);
            candidates.push(Candidate { config, is_default, split, files: vec![file] });
        }
    }
    // Files without a word for a split are the training split if there are no others, and else not data.
    let named = candidates.iter().any(|candidate| !candidate.split.is_empty());
    if named {
        candidates.retain(|candidate| !candidate.split.is_empty());
    }
    for candidate in &mut candidates {
        if candidate.split.is_empty() {
            "train".clone_into(&mut candidate.split);
        }
    }
    candidates
}

/// `CONFIG/SPLIT/0000.parquet`.
fn converted(path: &str) -> Option<(&str, &str)> {
    let (folders, name) = path.rsplit_once('/')?;
    let (config, split) = folders.split_once('/')?;
    let number = name.strip_suffix(".parquet")?;
    let is_number = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !split.contains('/')).then_some((config, split))
}

/// The split that a file's name says, or else the nearest folder's that says one.
fn split_of(path: &str) -> Option<&'static str> {
    let mut parts = path.rsplit('/');
    let name = parts.next()?;
    let stem = name.split('.').next().unwrap_or(name);
    word(stem).or_else(|| parts.find_map(word))
}

/// The first of a name's words (set off by anything but letters) that names a split.
fn word(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let parts: Vec<&str> =
        name.split(|c: char| !c.is_ascii_alphabetic()).filter(|part| !part.is_empty()).collect();
    let means = |part: &str| SPLITS.iter().find(|(_, words)| words.contains(&part)).map(|(split, _)| *split);
    parts.iter().find_map(|part| means(part))
}

/// Where a split lies there in several formats, the first of these is taken.
fn of_one_format(mut candidate: Candidate) -> Candidate {
    let order = [Format::Parquet, Format::Jsonl, Format::Json, Format::Csv];
    let best =
        order.into_iter().find(|wanted| candidate.files.iter().any(|file| format(file) == Some(*wanted)));
    if let Some(best) = best {
        candidate.files.retain(|file| format(file) == Some(best));
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> Vec<Listed> {
        let listed = |path: &&str| Listed { path: (*path).to_owned(), bytes: 1, sha256: None };
        paths.iter().map(listed).collect()
    }

    fn told(paths: &[&str], card: &str) -> Vec<String> {
        let card = super::super::card::configs(card);
        let mut told: Vec<String> = candidates(&tree(paths), &card, false)
            .iter()
            .map(|candidate| {
                let files: Vec<&str> = candidate.files.iter().map(|file| file.path.as_str()).collect();
                format!("{}/{}: {}", candidate.config, candidate.split, files.join(" "))
            })
            .collect();
        told.sort();
        told
    }

    #[test]
    fn the_conversion_branch_names_config_and_split_by_folders() {
        let paths = ["main/test/0000.parquet", "main/train/0001.parquet", "main/train/0000.parquet"];
        let expected = [
            "main/test: main/test/0000.parquet",
            "main/train: main/train/0000.parquet main/train/0001.parquet",
        ];
        assert_eq!(told(&paths, ""), expected);
        assert_eq!(
            told(&["a/partial-train/0000.parquet"], ""),
            ["a/partial-train: a/partial-train/0000.parquet"]
        );
    }

    #[test]
    fn names_say_the_split_where_the_card_is_silent() {
        let paths = [
            "README.md",
            ".gitattributes",
            "data/test-00000-of-00001.parquet",
            "data/train-00000-of-00002-abc.parquet",
            "data/train-00001-of-00002-abc.parquet",
            "dataset_infos.json",
        ];
        assert_eq!(told(&paths, "").len(), 2);
        assert!(told(&paths, "")[1].starts_with("default/train: data/train-00000"));
        assert_eq!(
            told(&["dev.jsonl", "x/testing/a.jsonl", "notes.csv"], ""),
            ["default/test: x/testing/a.jsonl", "default/validation: dev.jsonl",]
        );
        assert_eq!(told(&["anything.csv"], ""), ["default/train: anything.csv"]);
        assert_eq!(told(&["train.csv", "train.parquet"], ""), ["default/train: train.parquet"]);
        assert_eq!(told(&["image.png", "README.md"], ""), [""; 0]);
    }

    #[test]
    fn a_card_wins_over_names() {
        let card =
            "---\nconfigs:\n- config_name: odd\n  data_files:\n  - split: test\n    path: train*.csv\n---\n";
        assert_eq!(told(&["train1.csv", "test.csv"], card), ["odd/test: train1.csv"]);
        let folders =
            "---\nconfigs:\n- config_name: en\n  data_dir: en\n- config_name: de\n  data_dir: de\n---\n";
        assert_eq!(
            told(&["en/test.csv", "de/test.csv", "english/test.csv"], folders),
            ["de/test: de/test.csv", "en/test: en/test.csv",]
        );
    }

    #[test]
    fn a_choice_is_made_only_where_there_is_one() {
        let all = || {
            candidates(
                &tree(&["a/test/0000.parquet", "a/train/0000.parquet", "b/test/0000.parquet"]),
                &[],
                false,
            )
        };
        let several = choose(all(), None, None).unwrap_err();
        assert_eq!(several.to_string(), "it has several configs: a, b");
        assert_eq!(choose(all(), Some("b"), None).unwrap().split, "test");
        assert_eq!(
            choose(all(), Some("a"), None).unwrap_err().to_string(),
            "it has several splits: test, train"
        );
        let absent = choose(all(), Some("c"), None).unwrap_err();
        assert_eq!(absent.to_string(), "it has no config `c`; it has a, b");
        assert_eq!(choose(Vec::new(), None, None), Err(HubProblem::NoData));
        let card = "---\nconfigs:\n- config_name: a\n  data_files: a.csv\n- config_name: b\n  default: true\n  data_files: b.csv\n---\n";
        let marked = candidates(&tree(&["a.csv", "b.csv"]), &super::super::card::configs(card), false);
        assert_eq!(choose(marked, None, None).unwrap().config, "b");
    }
}
