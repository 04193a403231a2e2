//! What Azure's content filters say of a request or an answer, beside the word `content_filter`.

use overt_schema::{FilterNote, FilterSide};
use serde_json::Value;

/// The most categories that are named.
const NAMED: usize = 12;

/// The categories that led to filtering, each with its severity if that is told: `hate (high), jailbreak`. `None` if
/// none did, or if nothing of the kind can be read.
pub(super) fn filtered(results: &Value) -> Option<String> {
    let word = |note: FilterNote| match note.severity {
        Some(severity) => format!("{} ({severity})", note.category),
        None => note.category,
    };
    let named: Vec<String> =
        notes(results, FilterSide::Answer).filter(|note| note.filtered).take(NAMED).map(word).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// What was found in an answer, and in the prompt before it: categories that are filtered, detected, or more severe
/// than `safe`.
pub(super) fn found(prompt: Option<&Value>, answer: Option<&Value>) -> Vec<FilterNote> {
    // Of several prompts, which the older interface took, each has its results.
    let prompts = prompt.and_then(Value::as_array).into_iter().flatten();
    let results = prompts.filter_map(|prompt| {
        prompt.get("content_filter_results").or_else(|| prompt.get("content_filter_result"))
    });
    let of_prompt = results.flat_map(|results| notes(results, FilterSide::Prompt)).take(NAMED);
    let of_answer = answer.into_iter().flat_map(|results| notes(results, FilterSide::Answer)).take(NAMED);
    of_prompt.chain(of_answer).collect()
}

fn notes(results: &Value, side: FilterSide) -> impl Iterator<Item = FilterNote> + '_ {
    results.as_object().into_iter().flatten().filter_map(move |(name, result)| {
        let flag = |name| result.get(name).and_then(Value::as_bool).unwrap_or(false);
        let severity = result.get("severity").and_then(Value::as_str).map(short);
        let filtered = flag("filtered");
        let is_found =
            filtered || flag("detected") || severity.as_deref().is_some_and(|severity| severity != "safe");
        is_found.then(|| FilterNote { side, category: short(name), severity, filtered })
    })
}

/// A server's word, which may be anything.
fn short(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_was_filtered_is_named() {
        let results = json!({
            "hate": { "filtered": false, "severity": "safe" },
            "violence": { "filtered": true, "severity": "high" },
            "jailbreak": { "filtered": true, "detected": true },
            "error": { "code": "content_filter_error" },
        });
        assert_eq!(filtered(&results).as_deref(), Some("violence (high), jailbreak"));
        for nothing in [json!(null), json!([]), json!("hate"), json!({}), json!({ "hate": true })] {
            assert_eq!(filtered(&nothing), None, "{nothing}");
        }
        let hostile =
            json!({ ("x".repeat(5000) + "\u{1b}"): { "filtered": true, "severity": "y".repeat(5000) } });
        assert_eq!(filtered(&hostile).unwrap().len(), 40 + 3 + 40);
    }

    #[test]
    fn what_is_only_noted_is_found_and_what_is_safe_is_not() {
        let prompt = json!([{ "prompt_index": 0, "content_filter_results": {
            "hate": { "filtered": false, "severity": "safe" },
            "violence": { "filtered": false, "severity": "low" },
            "jailbreak": { "filtered": false, "detected": true },
            "custom_blocklists": { "filtered": false, "details": [] },
        }}]);
        let answer = json!({
            "sexual": { "filtered": true, "severity": "medium" },
            "protected_material_text": { "filtered": false, "detected": false },
            "error": { "code": "content_filter_error", "message": "The contents are not filtered" },
        });
        let found: Vec<String> = found(Some(&prompt), Some(&answer))
            .iter()
            .map(|note| format!("{note} {}", note.filtered))
            .collect();
        assert_eq!(
            found,
            [
                "violence (low) in the prompt false",
                "jailbreak in the prompt false",
                "sexual (medium) in the answer true"
            ]
        );
    }

    #[test]
    fn notes_of_any_shape_are_bounded() {
        let many: serde_json::Map<String, Value> =
            (0..1000).map(|number| (format!("c{number}"), json!({ "detected": true }))).collect();
        let prompts = json!([{ "content_filter_results": many }, { "content_filter_result": many }]);
        assert_eq!(found(Some(&prompts), Some(&Value::Object(many))).len(), 2 * NAMED);
        for odd in
            [json!(null), json!(7), json!("hate"), json!([[], {}, 3]), json!({ "hate": { "severity": 4 } })]
        {
            assert_eq!(found(Some(&odd), Some(&odd)), [], "{odd}");
        }
    }
}
