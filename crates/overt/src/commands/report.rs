//! `overt report`: flaws and incidents of AI systems.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use overt_record::record::{Body, Header, Incident};
use overt_record::{Hash, Link};
use overt_report::export::NoExport;
use overt_report::form::{Channel, Form, Labels, Problem};
use overt_report::{Draft, Format, Source, to_draft, to_incident};
use serde_json::json;

use self::asking::Asked;
use super::statement::issue;
use crate::cli::{ExportReportArgs, NewReportArgs, ReportCommand, SubmitArgs};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keyring::now;
use crate::outfile::{self, Existing};
use crate::output::{Output, STRONG, styled};
use crate::signing::{self, Signer};
use crate::text::{harmless, line};

mod asking;
mod draft_file;
mod measured;
mod shown;

pub(crate) fn run(command: &ReportCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        ReportCommand::New(args) => begin(args, output),
        ReportCommand::Check { draft, json } => check(draft, *json, output),
        ReportCommand::Submit(args) => submit(args, output),
        ReportCommand::Show { report, json } => {
            let report = read(report)?;
            if *json {
                output.json(&report.incident);
            } else {
                shown::page(&report, output)?;
            }
            Ok(Exit::Yes)
        }
        ReportCommand::Export(args) => export(args, output),
    }
}

/// A report that was signed.
struct Report {
    /// The record digest.
    digest: Hash,
    header: Header,
    incident: Incident,
    /// Whether the bundle has a log's proof. It is not checked here.
    logged: bool,
}

fn read(path: &Path) -> Result<Report, Failure> {
    let (bundle, record) = signing::read_bundle(path)?;
    match record.body() {
        Body::Incident(incident) => Ok(Report {
            digest: bundle.envelope.digest(),
            header: record.header().clone(),
            incident: (**incident).clone(),
            logged: bundle.proof.is_some(),
        }),
        other => Err(Failure::usage(format!(
            "{} is no report: it holds a record of the type `{}`",
            path.display(),
            other.predicate_type().kind
        ))),
    }
}

fn begin(args: &NewReportArgs, output: &mut Output) -> Result<Exit, Failure> {
    let mut draft = match &args.updates {
        _ if args.go_on => draft_file::read(&args.draft)?,
        None => Draft::default(),
        Some(path) => {
            let report = read(path)?;
            to_draft(&report.incident, report.digest)
        }
    };
    Existing::unless(args.go_on).check_file(&args.draft)?;
    let asks = !args.blank && io::stdin().is_terminal() && io::stdout().is_terminal();
    let asked = if asks {
        output.note("  Ctrl-D ends it and keeps what there is");
        let asked = asking::ask(&mut draft, now()?, &mut io::stdin().lock(), &mut anstream::stderr());
        Some(asked.map_err(|error| Failure::undecided(format!("the terminal is gone: {error}")))?)
    } else {
        None
    };
    let form = form(&draft)?;
    outfile::write(&args.draft, draft_file::write(&form).as_bytes())?;
    let file = args.draft.display();
    output.say(format!("  wrote   {file}"));
    let next = match asked {
        Some(Asked::All) if form.problems.is_empty() => format!("overt report submit {file} --log DIR|URL"),
        _ => format!("fill it in, then: overt report check {file}"),
    };
    output.note(format!("  next    {next}"));
    Ok(Exit::Yes)
}

fn form(draft: &Draft) -> Result<Form, Failure> {
    Ok(Form::of(draft, Channel::Signed, now()?, &Labels::english()))
}

fn check(path: &Path, as_json: bool, output: &mut Output) -> Result<Exit, Failure> {
    let form = form(&draft_file::read(path)?)?;
    let verdict = if form.problems.is_empty() { Exit::Yes } else { Exit::No };
    if as_json {
        output.json(&json!({ "progress": form.progress, "problems": form.problems }));
        return Ok(verdict);
    }
    output.say(format!("  {} of {} answers that are needed", form.progress.done, form.progress.needed));
    for problem in &form.problems {
        output.say(format!("  {}  {}", styled(STRONG, &problem.field), problem.message));
        if let Some(field) =
            form.steps.iter().flat_map(|step| &step.fields).find(|field| field.id == problem.field)
        {
            let choices: Vec<&str> = field.choices.iter().map(|choice| choice.value.as_str()).collect();
            let choices =
                if choices.is_empty() { String::new() } else { format!(": {}", choices.join(", ")) };
            output.say(format!("      {}{choices}", field.label));
        }
    }
    Ok(verdict)
}

fn submit(args: &SubmitArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    Existing::unless(args.force).check_file(&args.out)?;
    let mut draft = draft_file::read(&args.draft)?;
    if let (Some(evaluation), Some(metric)) = (&args.evaluation, &args.metric) {
        measured::add(&mut draft, evaluation, metric)?;
    }
    let incident =
        to_incident(&draft, Channel::Signed, now()?).map_err(|problems| not_yet(&args.draft, &problems))?;
    let signer = Signer::open(&environment, &args.sign)?;
    output.say(format!("  report  {}", styled(STRONG, &line(incident.title.as_str(), 100))));
    let issued = issue(&environment, &signer, &args.sign, &Body::from(incident), &args.out, output)?;
    if issued.is_some() {
        output.note(format!("  next    overt report export {} --format avid", args.out.display()));
    }
    Ok(Exit::Yes)
}

fn not_yet(path: &Path, problems: &[Problem]) -> Failure {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("  {}: {}", harmless(&problem.field), problem.message))
        .collect();
    Failure::usage(format!(
        "the report cannot be submitted yet\n{}\n  next   overt report check {} tells what can be answered",
        lines.join("\n"),
        path.display()
    ))
}

fn export(args: &ExportReportArgs, output: &mut Output) -> Result<Exit, Failure> {
    if let Some(out) = &args.out {
        Existing::unless(args.force).check_file(out)?;
    }
    let report = read(&args.report)?;
    let format = Format::from(args.format);
    let draft = args.draft.as_deref().map(draft_file::read).transpose()?;
    let shared = draft.and_then(|draft| draft.shared_with(format.target()));
    let address = args.address.clone().map(Link::new).transpose();
    let address = address.map_err(|error| Failure::usage(format!("--address: {error}")))?;
    let source = Source {
        incident: &report.incident,
        header: &report.header,
        record: report.digest,
        address: address.as_ref(),
        shared: shared.as_ref(),
    };
    let written = overt_report::export(format, &source).map_err(|error| no_export(format, &error))?;
    match &args.out {
        // A program gets it as it is; a terminal gets nothing that it would obey.
        None if io::stdout().is_terminal() => output.say(harmless(written.text.trim_end())),
        None => output.say(written.text.trim_end()),
        Some(out) => {
            outfile::write(out, written.text.as_bytes())?;
            output.say(format!("  wrote   {}", out.display()));
        }
    }
    for lack in &written.open {
        output.note(format!("  open    {lack}"));
    }
    Ok(Exit::Yes)
}

fn no_export(format: Format, error: &NoExport) -> Failure {
    let NoExport::Lacks(lacks) = error else { return Failure::usage(error) };
    let lines: Vec<String> = lacks.iter().map(|lack| format!("  {lack}")).collect();
    Failure::usage(format!(
        "the report lacks what the format {} requires\n{}\n  next   overt report new update.toml --updates BUNDLE, and answer what is missing",
        format.slug(),
        lines.join("\n")
    ))
}
