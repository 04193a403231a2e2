//! A task's metrics.

use super::scorer::{self, Known};
use super::value::{whole, word};
use super::{Decode, Fields, Report, text};
use crate::yaml::Node;
use crate::{Direction, MeanReduction, Metric, MetricKind, RateReduction};

/// A metric's name, and where it stands.
pub(super) fn name_of(node: &Node) -> Option<(&str, &Node)> {
    scorer::text_of(node, "name")
}

/// What a metric is read against.
pub(super) struct Around<'k, 'n> {
    pub(super) scorers: &'k Known<'n>,
    /// How often each sample is asked, if that could be read.
    pub(super) epochs: Option<u32>,
}

pub(super) fn decode(node: &Node, report: &mut Report<'_>, around: &Around<'_, '_>) -> Option<Metric> {
    let mut fields = Fields::open(node, "a metric", report)?;
    let name = fields.required_with("name", "accuracy", text::inner_name);
    let title = fields.optional_with("title", text::line);
    let directions = word::<Direction>(&["higher", "lower", "zero", "none"]);
    let direction = fields.required_with("direction", "higher", directions);
    let filter = fields.optional_with("where", text::expression);
    let kinds = MetricKind::KINDS;
    let kind =
        fields.required_with("kind", "rate", |node, report| scorer::kind(node, report, kinds, "metric"));
    let Some(kind) = kind else {
        fields.report_missing();
        return None;
    };
    fields.call(format!("a metric of kind `{kind}`"));
    let kind = of_kind(kind, &mut fields, around);
    fields.finish();
    Some(Metric { name: name?, title, direction: direction?, filter, kind: kind? })
}

fn of_kind(kind: &str, fields: &mut Fields<'_, '_, '_>, around: &Around<'_, '_>) -> Option<MetricKind> {
    let known = around.scorers;
    let any = |node: &_, report: &mut Report<'_>| known.decode(node, report);
    let verdict = |node: &_, report: &mut Report<'_>| known.decode_verdict(node, report);
    let confidence = |node: &_, report: &mut Report<'_>| known.decode_confidence(node, report);
    match kind {
        "rate" => {
            let scorer = fields.required_with("scorer", "exact", verdict);
            let reduce = fields.optional_with("reduce", rate_reduction).unwrap_or_default();
            Some(MetricKind::Rate { scorer: scorer?, reduce })
        }
        "mean" => {
            let scorer = fields.required_with("scorer", "exact", any);
            let range = fields.required_with("range", "[0, 1]", range);
            let reduce = fields.optional_with("reduce", mean_reduction).unwrap_or_default();
            Some(MetricKind::Mean { scorer: scorer?, range: range?, reduce })
        }
        "pass_at_k" => {
            let scorer = fields.required_with("scorer", "exact", verdict);
            let k = fields.required_with("k", "5", |node, report| attempts(node, report, around.epochs));
            Some(MetricKind::PassAtK { scorer: scorer?, k: k? })
        }
        "difference" => difference(fields, any),
        "bias" => {
            let stereotyped = fields.required_with("stereotyped", "stereotyped", verdict);
            let unknown = fields.required_with("unknown", "unknown", verdict);
            let ambiguous_accuracy = fields.optional_with("ambiguous_accuracy", verdict);
            Some(MetricKind::Bias { stereotyped: stereotyped?, unknown: unknown?, ambiguous_accuracy })
        }
        "brier" => {
            let correct = fields.required_with("correct", "exact", verdict);
            let confidence = fields.required_with("confidence", "confidence", confidence);
            Some(MetricKind::Brier { correct: correct?, confidence: confidence? })
        }
        "ece" => {
            let correct = fields.required_with("correct", "exact", verdict);
            let confidence = fields.required_with("confidence", "confidence", confidence);
            let bins = fields.optional_with("bins", whole(2..=100)).unwrap_or_else(crate::metric::fifteen);
            Some(MetricKind::Ece { correct: correct?, confidence: confidence?, bins })
        }
        _ => None,
    }
}

fn rate_reduction(node: &Node, report: &mut Report<'_>) -> Option<RateReduction> {
    if node.text() == Some("median") {
        let message = "a rate counts scores that are 1 or 0, whose median may be neither";
        report.error(node, message, "write `majority`, which leaves ties out");
        return None;
    }
    word(RateReduction::WORDS)(node, report)
}

fn mean_reduction(node: &Node, report: &mut Report<'_>) -> Option<MeanReduction> {
    if node.text() == Some("majority") {
        let message = "a majority is one of scores that are 1 or 0; a mean is of any";
        report.error(node, message, "write `median`, or take a metric of kind `rate`");
        return None;
    }
    word(MeanReduction::WORDS)(node, report)
}

/// The k of pass@k: no sample tells of more answers than it is asked for.
fn attempts(node: &Node, report: &mut Report<'_>, epochs: Option<u32>) -> Option<u32> {
    let k = whole(1..=u32::MAX)(node, report)?;
    if let Some(epochs) = epochs.filter(|epochs| *epochs < k) {
        let times = if epochs == 1 { "once".to_owned() } else { format!("{epochs} times") };
        let message = format!("pass@{k} needs {k} answers a sample; each is asked {times}");
        report.error(node, message, format!("give the task `epochs: {k}` or more"));
        return None;
    }
    Some(k)
}

fn difference<'n, 's>(
    fields: &mut Fields<'n, '_, 's>,
    scorer: impl FnOnce(&'n Node, &mut Report<'s>) -> Option<String>,
) -> Option<MetricKind> {
    let scorer = fields.required_with("scorer", "exact", scorer);
    let arm = fields.required_with("arm", "variant", text::line);
    let of: Option<String> = fields.required("of", "changed");
    let minus: Option<String> = fields.required("minus", "plain");
    let pair = fields.required_with("pair", "pair", text::line);
    if of.is_some() && of == minus {
        fields.error_at("minus", "`of` and `minus` name the same arm", "name the two arms that are compared");
    }
    Some(MetricKind::Difference { scorer: scorer?, arm: arm?, of: of?, minus: minus?, pair: pair? })
}

/// `[low, high]` with low < high.
fn range(node: &Node, report: &mut Report<'_>) -> Option<[f64; 2]> {
    let ends = Vec::<f64>::decode(node, report)?;
    match ends.as_slice() {
        &[low, high] if low < high => Some([low, high]),
        [_, _] => {
            report.error(
                node,
                "the range's low end is not below its high end",
                "write the lower number first",
            );
            None
        }
        _ => {
            report.error(node, "a range has two numbers", "write `[LOW, HIGH]`, for example `[0, 1]`");
            None
        }
    }
}
