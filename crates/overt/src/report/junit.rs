//! JUnit XML, which every CI server shows: a suite for each task, a case for each requirement.

use std::fmt::Write;

use overt_schema::RequirementResult;

use super::{Finding, Verdict};
use crate::text::harmless;

/// Samples that a failure's text names.
const NAMED: usize = 50;

/// The verdict as a JUnit file.
pub(crate) fn junit(verdict: &Verdict<'_>) -> String {
    let requirements = &verdict.run.requirements;
    let count = |held: Option<bool>| requirements.iter().filter(|result| result.held == held).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    put(
        &mut xml,
        format_args!(
            "<testsuites name=\"overt check\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3}\">\n",
            requirements.len(),
            count(Some(false)),
            count(None),
            verdict.run.seconds
        ),
    );
    let mut findings = verdict.findings.missed(verdict.run);
    let mut tasks: Vec<(&str, Vec<String>, [usize; 2])> = Vec::new();
    for result in requirements {
        let task = result.expression.split('.').next().unwrap_or_default();
        let position = tasks.iter().position(|(name, ..)| *name == task).unwrap_or_else(|| {
            tasks.push((task, Vec::new(), [0, 0]));
            tasks.len() - 1
        });
        let (_, cases, [failures, errors]) = &mut tasks[position];
        let samples = if result.held == Some(false) { findings.next().map_or(&[][..], |f| f.1) } else { &[] };
        *failures += usize::from(result.held == Some(false));
        *errors += usize::from(result.held.is_none());
        cases.push(case(verdict, task, result, samples));
    }
    for (task, cases, [failures, errors]) in tasks {
        put(
            &mut xml,
            format_args!(
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" timestamp=\"{}\">\n{}  </testsuite>\n",
                text(task),
                cases.len(),
                text(&verdict.run.created),
                cases.concat()
            ),
        );
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(verdict: &Verdict<'_>, task: &str, result: &RequirementResult, samples: &[Finding]) -> String {
    let name = format!("classname=\"overt.{}\" name=\"{}\"", text(task), text(&result.expression));
    let reason = text(&result.reason);
    match result.held {
        Some(true) => format!("    <testcase {name}/>\n"),
        None => format!("    <testcase {name}><error message=\"{reason}\"/></testcase>\n"),
        Some(false) => {
            let mut body = format!("{}\n", result.reason);
            for sample in samples.iter().take(NAMED) {
                put(
                    &mut body,
                    format_args!("{}  {}\n  {}\n", sample.id, sample.excerpt, verdict.show(sample)),
                );
            }
            if samples.len() > NAMED {
                put(&mut body, format_args!("… and {} more\n", samples.len() - NAMED));
            }
            let body = text(&body);
            format!("    <testcase {name}><failure message=\"{reason}\">{body}</failure></testcase>\n")
        }
    }
}

/// Text for XML: what a model wrote can neither close an element nor bring characters that XML forbids.
fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for c in harmless(raw).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(what);
}
