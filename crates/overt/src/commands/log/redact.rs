//! `overt log redact` and `overt log erase`: taking down what was published, and leaving that it was there.

use std::path::{Path, PathBuf};

use overt_log::admission::{AdmissionRules, Part};
use overt_record::record::{Authority, Redaction, RedactionReason, Scope};
use overt_record::{Name, Text};

use crate::cli::{RedactArgs, WhyRedacted};
use crate::commands::eval;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::{self, Writer};
use crate::outfile::Existing;
use crate::output::Output;
use crate::signing::{self, Again, Signer};
use crate::text::{count, line};

pub(super) fn run(args: &RedactArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let (bundle, _) = signing::read_bundle(&args.bundle)?;
    let words = |flag: &str, error: overt_record::BadText| Failure::usage(format!("{flag}: {error}"));
    let name = |flag: &str, name: &String| Name::new(name.clone()).map_err(|error| words(flag, error));
    let explanation = args.explanation.clone().map(Text::new).transpose();
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from("redaction.overt.json"));
    Existing::unless(args.force).check_file(&path)?;
    let body = Redaction {
        target: bundle.envelope.digest(),
        scope: Scope::Record {},
        reason: reason(args.reason),
        explanation: explanation.map_err(|error| words("--explanation", error))?,
        authority: Authority {
            name: name("--authority", &args.authority)?,
            reference: args.reference.as_ref().map(|words| name("--reference", words)).transpose()?,
            uri: None,
        },
        corrected_by: None,
    };
    let signer = Signer::open(&environment, &args.sign)?;
    let Some(signed) = signer.sign(|_| body.clone(), Again::Same, output)? else { return Ok(Exit::Yes) };
    let salt = logs::salt(&environment, &signed.digest())?;
    let issued = signing::log(&environment, &args.sign, signed, salt, &eval::runtime()?, output)?;
    signing::write_bundle(&path, &issued.bundle)?;
    output.say(format!("  record  {}", path.display()));
    let Some((origin, index)) = issued.place() else {
        output.note("  no log was told: a body is taken down only for a redaction in its log; say --log");
        return Ok(Exit::Yes);
    };
    output.say(format!("  logged  {} index {index}", line(&origin, 80)));
    if let Some(proof) = &bundle.proof {
        output.note("");
        output.note(format!(
            "  next    whoever keeps the log takes the body down: overt log erase DIR --entry {} --redaction {index}",
            proof.index()
        ));
    }
    Ok(Exit::Yes)
}

fn reason(why: WhyRedacted) -> RedactionReason {
    match why {
        WhyRedacted::PersonalData => RedactionReason::PersonalData,
        WhyRedacted::LegalOrder => RedactionReason::LegalOrder,
        WhyRedacted::Copyright => RedactionReason::Copyright,
        WhyRedacted::Hazardous => RedactionReason::Hazardous,
        WhyRedacted::Contamination => RedactionReason::Contamination,
        WhyRedacted::Error => RedactionReason::Error,
        WhyRedacted::Withdrawn => RedactionReason::Withdrawn,
        WhyRedacted::Other => RedactionReason::Other,
    }
}

pub(super) fn erase(
    log: &Path,
    entry: u64,
    redaction: u64,
    admission: Option<&Path>,
    passphrase_file: Option<&Path>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let rules = match admission {
        Some(path) => super::serve::rules(path)?,
        None => AdmissionRules::everyone(),
    };
    let writer = Writer::open(&environment, log, passphrase_file)?;
    let door = writer.door(rules)?;
    match door.erase(entry, redaction) {
        Ok(erased) => {
            let (gone, redaction) = (erased.files.gone as u64, erased.redaction);
            match erased.part {
                Part::Whole => {
                    output.say(format!(
                        "  erased  the body and the salt of entry {entry}, for the redaction at {redaction}"
                    ));
                    if gone > 0 {
                        output.say(format!("  files   {} beside the log went, too", count(gone, "file")));
                    }
                }
                Part::Files => output.say(format!(
                    "  erased  {} beside the log of entry {entry}, for the redaction at {redaction}; the record stays",
                    count(gone, "file")
                )),
            }
            for kept in &erased.files.kept {
                output.warn(format!(
                    "files/{kept} stays: another record has the same file beside it\n  next   if it has to go, redact and erase that record, too"
                ));
            }
            output.note(
                "  copies that others made cannot be recalled; every proof of the entry keeps verifying",
            );
            Ok(Exit::Yes)
        }
        Err(error) => Err(Failure::usage(error)),
    }
}
