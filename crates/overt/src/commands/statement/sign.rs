//! `overt statement sign`: a name under a text, with a key of one's own.

use overt_record::record::{Body, Capacity, Country, Endorsement, Signatory, Verification};

use super::{issue, name, read};
use crate::cli::SignStatementArgs;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outfile::Existing;
use crate::output::{Output, STRONG, styled};
use crate::signing::Signer;
use crate::text::line;

pub(super) fn run(args: &SignStatementArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    Existing::unless(args.force).check_file(&args.out)?;
    let statement = read(&args.statement)?;
    let country = args.country.clone().map(Country::try_from).transpose();
    let country = country.map_err(|error| Failure::usage(format!("--country: {error}")))?;
    let signer = Signer::open(&environment, &args.sign)?;
    let optional =
        |flag: &str, words: &Option<String>| words.as_deref().map(|words| name(flag, words)).transpose();
    let shown = optional("--name", &args.name)?.unwrap_or_else(|| signer.identity.issuer.clone());
    let domain = optional("--domain", &args.domain)?;
    let endorsement = Endorsement {
        of: statement.digest,
        signatory: Signatory {
            capacity: if args.organisation { Capacity::Organisation } else { Capacity::Person },
            name: Some(shown),
            role: optional("--role", &args.role)?,
            affiliation: optional("--affiliation", &args.affiliation)?,
            country,
        },
        // Nobody vouches for themselves: whoever reads it may know the key, or ask the domain.
        verified: if domain.is_some() { Verification::DomainKey } else { Verification::Nothing },
        domain,
        email_commitment: None,
    };
    output.say(format!("  text    {}", styled(STRONG, &line(statement.body.title.as_str(), 100))));
    output.say(format!("  words   {} (what is signed)", statement.body.sha256));
    issue(&environment, &signer, &args.sign, &Body::from(endorsement), &args.out, output)?;
    if let Some(domain) = &args.domain {
        let (domain, id) = (line(domain, 253), signer.identity.public_key.id());
        output.note(format!(
            "  next    publish the key as https://{domain}/.well-known/overt-key: overt key export"
        ));
        output.note(format!("          or, with DNS, _overt-key.{domain} TXT {id}"));
    }
    Ok(Exit::Yes)
}
