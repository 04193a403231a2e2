//! `overt log add`: adding signed records.

use std::path::{Path, PathBuf};

use overt_record::{Bundle, Hash, LogOpening, sigstore};
use tokio::runtime::Runtime;

use crate::cli::AddArgs;
use crate::commands::eval;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::{self, Access, Opened};
use crate::output::{Output, STRONG, styled};
use crate::signing;
use crate::text::line;

const SIGSTORE: &str = ".sigstore.json";

pub(super) fn run(args: &AddArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let records: Vec<(&PathBuf, Bundle)> = args
        .files
        .iter()
        .map(|path| signing::read_bundle(path).map(|(bundle, _)| (path, bundle)))
        .collect::<Result<_, _>>()?;
    let (policy, log_key) = (args.trust.policy.as_deref(), args.trust.log_key.as_deref());
    let passphrase = args.passphrase_file.as_deref();
    let opened = logs::open(&environment, &args.log, policy, log_key, Access::Write, passphrase)?;
    let runtime = eval::runtime()?;
    for (path, bundle) in records {
        add(&environment, &runtime, &opened, path, bundle, output)?;
    }
    Ok(Exit::Yes)
}

fn add(
    environment: &Environment,
    runtime: &Runtime,
    opened: &Opened,
    path: &Path,
    bundle: Bundle,
    output: &mut Output,
) -> Result<(), Failure> {
    let digest = bundle.envelope.digest();
    let salt = known_salt(&bundle, &digest).map_or_else(|| logs::salt(environment, &digest), Ok)?;
    let proof = logs::record(runtime, opened, &sigstore::Bundle::new(bundle.envelope.clone()), salt, output)?;
    let origin = proof.note().text().lines().next().unwrap_or_default().to_owned();
    output.say(format!("  logged  {}", path.display()));
    output.say(format!(
        "  at      {} index {}",
        line(&origin, 200),
        styled(STRONG, &proof.index().to_string())
    ));
    let place = proof_of(path);
    match &place {
        Some(place) => signing::write(place, proof.to_string().as_bytes())?,
        None => signing::write_bundle(path, &Bundle { proof: Some(proof), ..bundle })?,
    }
    output.say(format!("  proof   {}", place.as_deref().unwrap_or(path).display()));
    Ok(())
}

/// Where the proof of a Sigstore bundle lies: beside it. An overt bundle has its proof inside.
fn proof_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    if name.ends_with(".overt.json") {
        return None;
    }
    let stem = name.strip_suffix(SIGSTORE).unwrap_or(name);
    Some(path.with_file_name(format!("{stem}.tlog-proof")))
}

/// The salt under which the record was logged before.
fn known_salt(bundle: &Bundle, digest: &Hash) -> Option<[u8; 32]> {
    let opening = LogOpening::parse(bundle.proof.as_ref()?.extra()?).ok()?;
    let fits = overt_record::log_entry::commitment(&opening.salt, digest) == opening.leaf.commit;
    fits.then(|| *opening.salt.as_bytes())
}
