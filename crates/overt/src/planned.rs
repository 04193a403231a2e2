//! A run that follows a plan: what the plan says is done, and what is done otherwise is refused or recorded.

use std::fs;
use std::path::{Path, PathBuf};

use overt_eval::{Plan, Systems, timestamp};
use overt_evidence::{Ledger, deviations, plan_of};
use overt_record::Hash;
use overt_record::record::{self, Header};
use overt_schema::{Digest, PlanRef};
use serde::{Deserialize, Serialize};

use crate::cli::EvalArgs;
use crate::commands::ask;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Output;
use crate::signing;
use crate::text::line;

/// The defaults of flags that a plan fills: clap cannot tell them from what was typed.
const SEED: u64 = 0;
const LEVEL: f64 = 0.95;

/// A plan whose signature holds.
pub(crate) struct Planned {
    pub(crate) digest: Hash,
    header: Header,
    plan: record::Plan,
    folder: PathBuf,
    ledger: Ledger,
    /// Whether it has a proof of logging.
    logged: bool,
}

/// How the plan's maker named things: paths of task files and ids of samples, which a record does not hold.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invocation {
    pub(crate) tasks: Vec<String>,
    pub(crate) sample_ids: Vec<String>,
    pub(crate) judge: Option<String>,
}

/// Where what belongs to a plan is kept.
pub(crate) fn folder(home: &Path, plan: Hash) -> PathBuf {
    home.join("plans").join(plan.to_string())
}

/// The bundle of a plan, as it is kept beside its ledger.
pub(crate) const BUNDLE: &str = "plan.overt.json";
const INVOCATION: &str = "invocation.json";

impl Invocation {
    /// Keeps it for the runs of the plan.
    pub(crate) fn keep(&self, home: &Path, plan: Hash) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(self).map_err(Failure::undecided)?;
        signing::write(&folder(home, plan).join(INVOCATION), &bytes)
    }
}

impl Planned {
    pub(crate) fn read(file: &Path, environment: &Environment) -> Result<Self, Failure> {
        let (bundle, record) = signing::read_bundle(file).map_err(|failure| failure.of_option("--plan"))?;
        let digest = bundle.envelope.digest();
        let (header, plan) = plan_of(&record).ok_or_else(|| {
            Failure::usage(format!(
                "{} is a record of another kind\n  next   name the bundle that `overt plan` wrote",
                file.display()
            ))
        })?;
        let folder = folder(&environment.home, digest);
        // Kept for publishing, also where the plan was made elsewhere.
        signing::write_bundle(&folder.join(BUNDLE), &bundle)?;
        let ledger = Ledger::of(&environment.home, digest);
        let logged = bundle.proof.is_some();
        Ok(Self { digest, header: header.clone(), plan: plan.clone(), folder, ledger, logged })
    }

    /// The arguments with what the plan says where they say nothing.
    pub(crate) fn fill(&self, args: &EvalArgs) -> Result<EvalArgs, Failure> {
        let invocation = match fs::read(self.folder.join(INVOCATION)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(Failure::usage)?,
            Err(_) => Invocation::default(),
        };
        let mut args = args.clone();
        let settings = &self.plan.settings;
        if args.tasks.is_empty() {
            args.tasks = match (&self.plan.suite, invocation.tasks) {
                (Some(suite), tasks) if tasks.is_empty() => vec![suite.name.as_str().to_owned()],
                (None, tasks) if tasks.is_empty() => {
                    self.plan.tasks.iter().map(|task| task.name.as_str().to_owned()).collect()
                }
                (_, tasks) => tasks,
            };
        }
        if args.model.is_empty() {
            args.model = self.plan.systems.iter().map(|system| system.name.as_str().to_owned()).collect();
        }
        if args.seed == SEED {
            args.seed = settings.seed.get();
        }
        #[allow(clippy::float_cmp, reason = "the default is a constant, and is compared with itself")]
        if args.level == LEVEL {
            args.level = settings.level.to_f64();
        }
        args.epochs = args.epochs.or(settings.epochs);
        args.limit = args.limit.or(settings.limit);
        args.judge = args.judge.or(invocation.judge);
        if args.sample_id.is_empty() {
            args.sample_id = invocation.sample_ids;
        }
        if let (None, true, Some(early)) = (args.until, args.decide.is_empty(), &settings.early) {
            args.until = early.half_width.map(overt_record::Decimal::to_f64);
            args.decide = early.decide.iter().map(|words| words.as_str().to_owned()).collect();
        }
        Ok(args)
    }

    /// Gives a run its number, after looking whether it does what was planned.
    pub(crate) fn begin(
        &self,
        plan: &Plan,
        systems: Systems<'_>,
        allow_deviations: bool,
        output: &mut Output,
    ) -> Result<PlanRef, Failure> {
        let now = timestamp(&jiff::Timestamp::now());
        let run = plan.manifest(String::new(), now, systems, ask::build())?;
        let found = deviations(&self.plan, &self.header, &run)?;
        if !found.is_empty() {
            let all = found.join("\n  ");
            if !allow_deviations {
                return Err(Failure::usage(format!(
                    "this is not what was planned\n  {all}\n  next   run what the plan says, or --allow-deviations to go on and say so"
                )));
            }
            for words in &found {
                output.note(format!("  departs from the plan: {}", line(words, 200)));
            }
        }
        if !self.logged {
            output.note(
                "  the plan is not logged: nobody will see that it came before the run (overt log add)",
            );
        }
        let number = self.ledger.begin()?;
        output.note(format!("  plan    {} · run {number} of it", self.digest.short()));
        Ok(PlanRef { record: Digest::from(*self.digest.as_bytes()), number, deviations: found })
    }

    /// Notes where a run is.
    pub(crate) fn named(&self, number: u32, run: &Path) -> Result<(), Failure> {
        Ok(self.ledger.named(number, run)?)
    }
}
