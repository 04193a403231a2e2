//! Which known name somebody may have meant.

/// The candidate nearest to `name`, if one is near enough to be a likely slip of the fingers.
///
/// Near means: at most a third of the longer name's characters differ (insertions, deletions, substitutions and
/// swaps of neighbours count one each), letter case and the choice between `-` and `_` aside. Equally near
/// candidates: the first one.
///
/// ```
/// assert_eq!(overt_schema::nearest("promt", ["prompt", "scorers"]), Some("prompt"));
/// assert_eq!(overt_schema::nearest("banana", ["prompt", "scorers"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    if folded.chars().count() > LONGEST_NAME {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(&folded, candidate)?, candidate)))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The distance is quadratic in the names' lengths; a longer "name" is a pasted text and near to nothing.
const LONGEST_NAME: usize = 100;

fn distance(folded: &str, candidate: &str) -> Option<usize> {
    let candidate = fold(candidate);
    let longer = folded.chars().count().max(candidate.chars().count());
    if longer > LONGEST_NAME {
        return None;
    }
    let distance = strsim::osa_distance(folded, &candidate);
    (distance <= longer.div_ceil(3) && distance < longer).then_some(distance)
}

fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).map(|c| if c == '_' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_finds_its_name() {
        let fields = ["name", "title", "description", "licence", "few_shot"];
        assert_eq!(nearest("desciption", fields), Some("description"));
        assert_eq!(nearest("license", fields), Some("licence"));
        assert_eq!(nearest("few-shot", fields), Some("few_shot"));
        assert_eq!(nearest("Title", fields), Some("title"));
    }

    #[test]
    fn another_word_finds_nothing() {
        assert_eq!(nearest("temperature", ["name", "title"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!(nearest(&"n".repeat(100_000), ["name"]), None);
    }

    #[test]
    fn the_nearer_of_two_names_is_found() {
        assert_eq!(nearest("colour", ["color-a", "colours"]), Some("colours"));
    }
}
