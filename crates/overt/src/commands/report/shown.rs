//! A report for people.

use overt_report::to_draft;

use super::{Report, form};
use crate::failure::Failure;
use crate::output::{FAINT, Output, STRONG, styled};
use crate::text::{line, wrapped};

/// The longest text that is shown, in characters.
const LONGEST: usize = 8000;

/// Everything that the record says, in the order of the form.
pub(super) fn page(report: &Report, output: &mut Output) -> Result<(), Failure> {
    let incident = &report.incident;
    output.say(format!("  {}", styled(STRONG, &line(incident.title.as_str(), 200))));
    output.say(format!("  by      {}", line(report.header.issuer.name.as_str(), 100)));
    output.say(format!("  at      {}", report.header.issued_at));
    output.say(format!("  record  {}", report.digest));
    let log =
        if report.logged { "overt verify checks the log's proof" } else { "no log's proof in this file" };
    output.say(format!("  log     {}", styled(FAINT, log)));
    let form = form(&to_draft(incident, report.digest))?;
    for step in &form.steps {
        let said: Vec<_> =
            step.fields.iter().filter(|field| field.public && !field.values.is_empty()).collect();
        if said.is_empty() {
            continue;
        }
        output.say(format!("\n  {}", styled(STRONG, &step.title)));
        for field in said {
            let words = |value: &String| {
                let choice = field.choices.iter().find(|choice| choice.value == *value);
                choice.map_or(value.clone(), |choice| choice.label.clone())
            };
            let values: Vec<String> = field.values.iter().map(words).collect();
            output.say(format!("    {}", styled(FAINT, &field.label)));
            output.say(wrapped(&values.join("; "), output.width(), "      ", LONGEST).trim_end());
        }
    }
    Ok(())
}
