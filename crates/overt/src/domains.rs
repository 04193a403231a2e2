//! Domains that a reader trusts, asked for the keys that they publish.

use std::collections::BTreeSet;

use overt_record::{KeyId, Name};
use overt_site::domain_keys::{DomainKeys as _, PublicNetwork};

use crate::commands::eval;
use crate::failure::Failure;
use crate::output::Output;
use crate::text::line;

/// The keys that each of the domains of `--domain` publishes. A place that could not be looked at is told, and no failure.
pub(crate) fn published(
    domains: &[String],
    output: &mut Output,
) -> Result<Vec<(Name, BTreeSet<KeyId>)>, Failure> {
    if domains.is_empty() {
        return Ok(Vec::new());
    }
    let runtime = eval::runtime()?;
    let inside = runtime.enter();
    let network =
        PublicNetwork::of_system().map_err(|error| Failure::undecided(error).of_option("--domain"))?;
    drop(inside);
    let mut published = Vec::new();
    for domain in domains {
        let name = Name::new(domain.as_str()).map_err(|error| Failure::usage(error).of_option("--domain"))?;
        let asked = async { network.keys(domain).await };
        let found = runtime.block_on(output.waiting("the domain is asked", asked));
        for reason in &found.unanswered {
            output.note(format!("  {}: {}", line(domain, 253), line(reason, 300)));
        }
        published.push((name, found.keys));
    }
    Ok(published)
}
