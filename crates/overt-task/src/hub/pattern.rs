//! Patterns of paths, as the cards of datasets use them.

/// Whether a path fits: `?` is one character, `*` any within a folder, `**` any; a `**/` may also be nothing.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    matches(pattern.trim_start_matches("./").as_bytes(), path.as_bytes())
}

/// Goes back only to the last star of each kind, so that no pattern takes exponential time.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut stars: Option<(usize, usize)> = None;
    loop {
        let rest = &pattern[at..];
        if rest.starts_with(b"**/") {
            (at, star) = (at + 3, None);
            stars = Some((at, read));
        } else if rest.starts_with(b"**") {
            (at, star) = (at + 2, None);
            stars = Some((at, read));
        } else if rest.starts_with(b"*") {
            at += 1;
            star = Some((at, read));
        } else if read == path.len() && rest.is_empty() {
            return true;
        } else if read < path.len() && (rest.first() == path.get(read) || rest.first() == Some(&b'?')) {
            (at, read) = (at + 1, read + 1);
        } else if let Some((after, from)) =
            star.filter(|(_, from)| path.get(*from).is_some_and(|c| *c != b'/'))
        {
            star = Some((after, from + 1));
            (at, read) = (after, from + 1);
        } else if let Some((after, from)) = stars.filter(|(_, from)| *from < path.len()) {
            let whole_folders = pattern[..after].ends_with(b"**/");
            let step = if whole_folders {
                path[from..].iter().position(|c| *c == b'/').map(|at| at + 1)
            } else {
                Some(1)
            };
            let Some(step) = step else { return false };
            star = None;
            stars = Some((after, from + step));
            (at, read) = (after, from + step);
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stay_in_a_folder_and_double_stars_do_not() {
        for (pattern, path) in [
            ("data/train-*", "data/train-00000-of-00001.parquet"),
            ("./train.csv", "train.csv"),
            ("**/*.jsonl", "a/b/c.jsonl"),
            ("**/*.jsonl", "c.jsonl"),
            ("en/**", "en/x/y.json"),
            ("en/**/z-*.json", "en/x/y/z-1.json"),
            ("*/test/*.parquet", "main/test/0000.parquet"),
            ("t?st*", "test"),
            ("*a*b*c", "xaxbxbxc"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("data/*", "data/x/train.parquet"),
            ("*.csv", "a/b.csv"),
            ("train", "train.csv"),
            ("**/x.csv", "ax.csv"),
            ("t?st", "tst"),
            ("", "x"),
        ] {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
        let hostile = "*a".repeat(50) + "b";
        assert!(!fits(&hostile, &"a".repeat(5000)));
    }
}
