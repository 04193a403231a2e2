//! What a dataset's card (`README.md`) says about its files: the `configs` in the YAML at its beginning.

use overt_schema::yaml_to_json;
use serde_json::Value;

/// A configuration as the card describes it.
#[derive(Debug, PartialEq)]
pub(super) struct CardConfig {
    pub(super) name: String,
    pub(super) is_default: bool,
    /// Each split and the patterns of its files.
    pub(super) splits: Vec<(String, Vec<String>)>,
    /// Where the files are if no patterns say.
    pub(super) folder: Option<String>,
}

/// The configurations that a card describes; none if it does not.
pub(super) fn configs(card: &str) -> Vec<CardConfig> {
    let Some(header) = header(card).and_then(yaml_to_json) else { return Vec::new() };
    let Some(Value::Array(configs)) = header.get("configs") else { return Vec::new() };
    configs.iter().map(config).collect()
}

/// The text between the first line, which is `---`, and the next such line.
fn header(card: &str) -> Option<&str> {
    let card = card.trim_start_matches('\u{feff}');
    let (first, rest) = card.split_once('\n')?;
    if first.trim_end() != "---" {
        return None;
    }
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some(&rest[..end]);
        }
        end += line.len();
    }
    None
}

fn config(config: &Value) -> CardConfig {
    let text = |name: &str| config.get(name).and_then(Value::as_str).map(str::to_owned);
    let folder = text("data_dir").map(|folder| folder.trim_start_matches("./").trim_matches('/').to_owned());
    let splits = config.get("data_files").map(splits).unwrap_or_default();
    let within = |pattern: String| match &folder {
        Some(folder) if !folder.is_empty() => format!("{folder}/{pattern}"),
        _ => pattern,
    };
    let splits = splits
        .into_iter()
        .map(|(split, patterns)| (split, patterns.into_iter().map(&within).collect()))
        .collect();
    let name = text("config_name").unwrap_or_else(|| "default".into());
    let is_default = config.get("default") == Some(&Value::Bool(true));
    CardConfig { name, is_default, splits, folder }
}

/// A pattern, a list of patterns, or a list of `{ split, path }`. What names no split is `train`.
fn splits(files: &Value) -> Vec<(String, Vec<String>)> {
    let items = match files {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut splits: Vec<(String, Vec<String>)> = Vec::new();
    for item in items {
        let (split, paths) = match item {
            Value::Object(item) => (item.get("split").and_then(Value::as_str), item.get("path").map(texts)),
            other => (None, Some(texts(other))),
        };
        let (split, paths) = (split.unwrap_or("train"), paths.unwrap_or_default());
        match splits.iter_mut().find(|(known, _)| known == split) {
            Some((_, known)) => known.extend(paths),
            None => splits.push((split.to_owned(), paths)),
        }
    }
    splits
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_files_is_read() {
        let card = "---\nlicense: mit\nconfigs:\n- config_name: main\n  default: true\n  data_files:\n  - split: train\n    \
                    path: main/train-*\n  - split: test\n    path: [a.csv, b.csv]\n- config_name: one\n  data_files: x.csv\n- \
                    config_name: folder\n  data_dir: ./some/\n---\n# Title\n---\n";
        let splits = |config: &CardConfig| {
            let splits = config.splits.iter().map(|(split, paths)| format!("{split}={}", paths.join("+")));
            splits.collect::<Vec<_>>().join(" ")
        };
        let configs = configs(card);
        let told: Vec<String> = configs
            .iter()
            .map(|config| format!("{} {} {}", config.name, config.is_default, splits(config)))
            .collect();
        assert_eq!(
            told,
            ["main true train=main/train-* test=a.csv+b.csv", "one false train=x.csv", "folder false "]
        );
        assert_eq!(configs[2].folder.as_deref(), Some("some"));
    }

    #[test]
    fn a_card_without_or_with_broken_header_describes_nothing() {
        for card in
            ["", "# Title", "---\nconfigs:\n", "---\na: [\n---\n", "---\nconfigs: 3\n---\n", "---\n---\n"]
        {
            assert_eq!(configs(card), [], "{card}");
        }
    }
}
