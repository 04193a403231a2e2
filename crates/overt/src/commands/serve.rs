//! `overt serve`: a public site.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use overt_log::SignedHead;
use overt_site::IndexError;
use overt_site::domain_keys::PublicNetwork;
use overt_site::mail::Mailer;
use overt_web::civic::Behind;
use tokio::sync::watch;

use super::log::{crowd::Comers, listen, patient::behind_proxy, serve::collect};
use super::{publish, site};
use crate::cli::{NEWEST, OutsideArgs, PublishArgs, ServeSiteArgs, SignArgs, Standing};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, STRONG, styled};
use crate::runs;
use crate::text::line;

pub(crate) use self::open::{HERE, OpenSite, Opening};
pub(crate) use self::settings::SiteSettings;

mod open;
mod settings;
mod tls;

/// How often mails that wait are looked for.
const MAILS_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked which domains are to be asked for keys.
const DOMAINS_EVERY: Duration = Duration::from_mins(10);

pub(crate) fn run(args: &ServeSiteArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let settings = SiteSettings::read()?;
    let acceptor = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key)?),
        _ => None,
    };
    if !args.listen.ip().is_loopback() && args.site.url.is_none() && settings.url.is_none() {
        return Err(Failure::usage(format!(
            "{} is no address that others can be told, and mails and records name the site's\n  next   --url https://NAME, or url under [site] in overt.toml",
            args.listen
        )));
    }
    let mails = settings.mail_directory(args.mail_dir.as_deref(), &args.site.data);
    let runtime = listen::runtime()?;
    let (listener, address) = listen::bind(&runtime, args.listen)?;
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let opening = Opening::new(&environment, &settings, &args.site, &format!("{scheme}://{address}"))?;
    if opening.begin(output)? {
        site::made(&opening, output);
    }
    let mailer = settings.mailer(mails.as_deref())?;
    if let Some(run) = &args.publish {
        let run = Some(run).filter(|run| run.as_os_str() != NEWEST);
        publish_first(run, &settings, args, output)?;
    }
    let mut open = opening.open()?;
    // Before anybody looks: pages show what the log has.
    runtime.block_on(open.site.follow()).map_err(|error| behind(&error))?;
    output.say(format!("  at      {}", styled(STRONG, &format!("{}/", opening.url))));
    output.say(format!("  site    {}", line(settings.name()?.as_str(), 100)));
    output.say(format!("  log     {}", line(open.writer.file().origin(), 100)));
    if let Some(directory) = &mails {
        output.say(format!("  mails   are written into {}", directory.display()));
    }
    output.note("  Ctrl-C ends it");
    let network = settings.asks_domains().then(|| network(&runtime, output)).flatten();
    let cosigner = open.cosigner.take();
    let served = runtime.block_on(async {
        if let Some(cosigner) = cosigner {
            tokio::spawn(cosigner.run());
        }
        tokio::spawn(collect(open.writer.store().clone(), open.writer.log().head()));
        let serving = async {
            // The door of the log limits by address, as the pages do.
            let (router, comers) = match settings.behind() {
                Behind::Nothing => (open.router.clone(), Comers::Themselves),
                Behind::Proxy => (behind_proxy(open.router.clone()), Comers::Proxy),
            };
            match acceptor {
                None => listen::serve_from(listener, comers, router).await,
                Some(acceptor) => {
                    let listener = tls::TlsListener::start(listener, acceptor).map_err(Failure::undecided)?;
                    listen::serve_from(listener, comers, router).await
                }
            }
        };
        tokio::select! {
            served = serving => served,
            stopped = keep_up(&open, mailer.as_ref()) => Err(stopped),
            stopped = ask_domains(&open.site, network.as_ref()) => Err(stopped),
        }
    });
    // Whoever still holds the log lives in the runtime, so it ends first, and then the log is closed.
    listen::end(runtime);
    drop(open);
    served.map(|()| Exit::Yes)
}

/// Does what a site has to do beside answering, until one of it fails: mails, the index, what was left over.
async fn keep_up(open: &OpenSite, mailer: &dyn Mailer) -> Failure {
    let stopped = |what: &str, error: &dyn std::fmt::Display| {
        Failure::undecided(format!(
            "the site has stopped: {what}: {error}\n  next   look at its disk, and start it again"
        ))
    };
    tokio::select! {
        Err(error) = open.site.run() => stopped("its records", &error),
        Err(error) = open.site.outbox().run(mailer, MAILS_EVERY) => stopped("its mails", &error),
        failure = follow(&open.site, open.writer.log().head()) => failure,
        else => Failure::undecided("the site has stopped"),
    }
}

/// Takes every new checkpoint into the index at once.
async fn follow(site: &overt_site::Site, mut head: watch::Receiver<Arc<SignedHead>>) -> Failure {
    loop {
        if head.changed().await.is_err() {
            return Failure::undecided(
                "the log has stopped writing\n  next   look at its disk, run `overt log fsck`, and start the site again",
            );
        }
        head.borrow_and_update();
        if let Err(error) = site.follow().await {
            return behind(&error);
        }
    }
}

/// What domains are asked with. Without name servers nothing else of a site is missing.
fn network(runtime: &tokio::runtime::Runtime, output: &mut Output) -> Option<PublicNetwork> {
    let _inside = runtime.enter();
    let network = PublicNetwork::of_system();
    if let Err(error) = &network {
        output.note(format!("  domains are not asked for the keys that they publish: {error}"));
    }
    network.ok()
}

/// Asks the domains that people claim who signed with keys of their own, for ever.
async fn ask_domains(site: &overt_site::Site, network: Option<&PublicNetwork>) -> Failure {
    let Some(network) = network else { return std::future::pending().await };
    loop {
        if let Err(error) = site.look_up_domains(network).await {
            return behind(&error);
        }
        tokio::time::sleep(DOMAINS_EVERY).await;
    }
}

fn behind(error: &IndexError) -> Failure {
    Failure::undecided(format!("the index does not follow the log: {error}\n  next   overt index rebuild"))
}

/// Publishes a run into the site's log before it is open, with its files beside it.
fn publish_first(
    run: Option<&PathBuf>,
    settings: &SiteSettings,
    args: &ServeSiteArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let folder = PathBuf::from("runs");
    let id = runs::open(run, &folder)?.manifest()?.id;
    let log = args.site.data.join("log");
    let published = PublishArgs {
        run: run.cloned(),
        runs: folder,
        withhold: None,
        relationship: Standing::ThirdParty,
        limitations: None,
        conflicts: None,
        corrects: None,
        plan: None,
        sign: SignArgs {
            key: Some(settings.key().to_owned()),
            passphrase_file: args.site.passphrase_file.clone(),
            log: Some(log.display().to_string()),
            policy: None,
            outside: OutsideArgs::default(),
        },
        upload: true,
        out: Some(args.site.data.join("published").join(id)),
        force: true,
    };
    publish::run(&published, output)?;
    output.say("");
    Ok(())
}
