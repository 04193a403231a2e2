//! `overt site token`: who may moderate and administer.

use std::time::Duration;

use overt_record::Name;
use overt_site::accounts::{AccountError, Role};

use crate::cli::{TokenCommand, TokenRole};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{FAINT, Output, STRONG, styled};
use crate::text::line;

/// Who does it, in the audit trail.
const BY: &str = "command line";

pub(super) fn run(command: &TokenCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        TokenCommand::New { holder, role, days, site } => {
            let name =
                Name::new(holder).map_err(|error| Failure::usage(format!("the holder's name: {error}")))?;
            let lasts = Duration::from_secs(u64::from(*days) * 24 * 3600);
            let token = super::open(site, async |open| {
                open.site.accounts().create_token(name, self::role(*role), lasts, BY).await.map_err(failed)
            })?;
            output.say(token);
            output.note("  it is shown once, and only its digest is kept; log in with it at /login");
        }
        TokenCommand::List { site, json } => {
            let tokens = super::open(site, async |open| open.site.accounts().tokens().map_err(failed))?;
            if *json {
                output.json(&tokens);
                return Ok(Exit::Yes);
            }
            if tokens.is_empty() {
                output.say("  no token yet");
            }
            for token in &tokens {
                let until = match token.revoked {
                    Some(revoked) => format!("revoked {revoked}"),
                    None => format!("until {}", token.expires),
                };
                let role = match token.role {
                    Role::Moderator => "moderator",
                    Role::Administrator => "administrator",
                };
                let holder = styled(STRONG, &line(&token.holder, 60));
                output.say(format!("  {holder}  {role}  {}", styled(FAINT, &until)));
            }
        }
        TokenCommand::Revoke { holder, reason, site } => {
            super::open(site, async |open| {
                open.site.accounts().revoke_token(holder, BY, reason).await.map_err(failed)
            })?;
            output.say(format!("  revoked {}", line(holder, 60)));
        }
    }
    Ok(Exit::Yes)
}

fn role(role: TokenRole) -> Role {
    match role {
        TokenRole::Moderator => Role::Moderator,
        TokenRole::Administrator => Role::Administrator,
    }
}

fn failed(error: AccountError) -> Failure {
    match error {
        AccountError::Private(_) => Failure::undecided(error),
        error => Failure::usage(error),
    }
}
