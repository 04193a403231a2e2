use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use overt_log::Clock;
use overt_record::{Algorithm, PrivateKey};

use super::*;
use crate::audit::{Audit, Whole};
use crate::index::{Believed, Index};
use crate::private::Identity;
use crate::secret::Secret;

struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct World {
    accounts: Accounts,
    audit: Audit,
    private: Arc<Private>,
    clock: Arc<TestClock>,
    directory: tempfile::TempDir,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock(AtomicU64::new(1_767_225_600_000)));
    let identity = Identity {
        name: "Example".parse().unwrap(),
        url: "https://example.org".parse().unwrap(),
        key: PrivateKey::generate(Algorithm::Ed25519, &[1; 32]),
    };
    let index = Index::open(&directory.path().join("index.sqlite"), Believed::default()).unwrap();
    let path = directory.path().join("private.sqlite");
    let secret = Secret::draw().unwrap();
    let opened = std::thread::scope(|scope| {
        scope.spawn(|| Private::open(&path, secret, identity, index, clock.clone()).unwrap()).join().unwrap()
    });
    let private = Arc::new(opened);
    let (accounts, audit) = (Accounts::new(private.clone()), Audit::new(private.clone()));
    World { accounts, audit, private, clock, directory }
}

const DAY: Duration = Duration::from_secs(86_400);

async fn token(world: &World, holder: &str, role: Role) -> String {
    world.accounts.create_token(holder.parse().unwrap(), role, DAY, "site").await.unwrap()
}

fn refused<T: std::fmt::Debug>(found: Result<T, AccountError>) {
    assert!(matches!(found, Err(AccountError::NotLoggedIn)), "{found:?}");
}

#[tokio::test]
async fn a_token_opens_a_session_until_it_expires_or_is_revoked() {
    let world = world();
    let token = token(&world, "A Moderator", Role::Moderator).await;
    let (secret, session) = world.accounts.log_in(&token, None).await.unwrap();
    assert_eq!(session.holder, Holder { name: "A Moderator".into(), role: Role::Moderator });
    assert_eq!(world.accounts.session(secret.exposed()).unwrap(), session);
    assert_eq!(world.accounts.holder(&token).unwrap(), session.holder);
    assert!(session.holder.may(Role::Moderator).is_ok());
    assert!(matches!(session.holder.may(Role::Administrator), Err(AccountError::NotAllowed(_))));
    // A session is no token, and a token no session.
    refused(world.accounts.holder(secret.exposed()));
    refused(world.accounts.session(&token));

    world.accounts.revoke_token("A Moderator", "site", "left").await.unwrap();
    refused(world.accounts.session(secret.exposed()));
    refused(world.accounts.log_in(&token, None).await.map(|(_, session)| session));
    assert!(world.accounts.tokens().unwrap()[0].revoked.is_some());
    assert!(matches!(world.audit.check().unwrap(), Whole::Yes { lines: 2, .. }));
}

#[tokio::test]
async fn sessions_end_after_a_working_day_and_tokens_when_they_were_to() {
    let world = world();
    let token = token(&world, "A Moderator", Role::Administrator).await;
    let (secret, _) = world.accounts.log_in(&token, None).await.unwrap();
    world.clock.0.fetch_add(12 * 3_600_000, Ordering::Relaxed);
    refused(world.accounts.session(secret.exposed()));
    let (secret, _) = world.accounts.log_in(&token, None).await.unwrap();
    world.accounts.log_out(secret.exposed()).await.unwrap();
    refused(world.accounts.session(secret.exposed()));
    world.clock.0.fetch_add(12 * 3_600_000, Ordering::Relaxed);
    refused(world.accounts.holder(&token));
}

#[tokio::test]
async fn guessing_is_slow_and_finds_nothing() {
    let world = world();
    let origin = Some(IpAddr::from([192, 0, 2, 1]));
    for guess in ["", "overt-site-", "' OR 1=1 --", &"x".repeat(100_000)] {
        refused(world.accounts.holder(guess));
    }
    for _ in 0..10 {
        refused(world.accounts.log_in("x", origin).await.map(|(_, session)| session));
    }
    let found =
        world.accounts.log_in("x", Some(IpAddr::from([192, 0, 2, 200]))).await.map(|(_, session)| session);
    assert!(matches!(found, Err(AccountError::TooOften(_))), "{found:?}");
}

#[tokio::test]
async fn a_holder_has_one_token_and_its_secret_is_not_stored() {
    let world = world();
    let token = token(&world, "A Moderator", Role::Moderator).await;
    let again =
        world.accounts.create_token("A Moderator".parse().unwrap(), Role::Moderator, DAY, "site").await;
    assert!(matches!(again, Err(AccountError::HolderExists(_))));
    let secret = token.strip_prefix("overt-site-").unwrap();
    for file in std::fs::read_dir(world.directory.path()).unwrap().flatten() {
        let bytes = std::fs::read(file.path()).unwrap();
        let bits = hex::decode(secret).unwrap();
        for needle in [secret.as_bytes(), &bits] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{:?}", file.path());
        }
    }
}

#[tokio::test]
async fn a_forms_token_is_good_for_its_form_and_its_cookie_alone() {
    let world = world();
    let accounts = &world.accounts;
    let token = accounts.form_token("cookie", "sign");
    assert!(accounts.is_form_token("cookie", "sign", &token));
    for (cookie, form) in [("cookie", "confirm"), ("other", "sign"), ("cookies", "ign"), ("", "")] {
        assert!(!accounts.is_form_token(cookie, form, &token));
    }
    for wrong in ["", &token[1..], &format!("{token}0"), &token.to_uppercase()] {
        assert!(!accounts.is_form_token("cookie", "sign", wrong));
    }
}

#[tokio::test]
async fn the_audit_trail_can_not_be_changed_and_a_changed_file_is_noticed() {
    let world = world();
    for holder in ["A", "B", "C"] {
        token(&world, holder, Role::Moderator).await;
    }
    for sql in ["UPDATE audit SET reason = 'x'", "DELETE FROM audit"] {
        let tried = world
            .private
            .database
            .write(move |connection| Ok::<_, PrivateError>(connection.execute(sql, []).map(drop)?));
        assert!(tried.await.unwrap_err().to_string().contains("append-only"));
    }
    assert!(matches!(world.audit.check().unwrap(), Whole::Yes { lines: 3, .. }));
    assert_eq!(world.audit.lines(Some(3), 1).unwrap()[0].subject, "B");
    // Somebody with the file itself.
    let tamper = |sql: &'static str| {
        world.private.database.write(move |connection| {
            connection.execute_batch(
                "DROP TRIGGER IF EXISTS audit_is_not_changed; DROP TRIGGER IF EXISTS audit_is_not_shortened",
            )?;
            Ok::<_, PrivateError>(connection.execute(sql, []).map(drop)?)
        })
    };
    tamper("UPDATE audit SET subject = 'X' WHERE number = 2").await.unwrap();
    assert_eq!(world.audit.check().unwrap(), Whole::BrokenAt { number: 2 });
    tamper("DELETE FROM audit WHERE number = 2").await.unwrap();
    assert_eq!(world.audit.check().unwrap(), Whole::BrokenAt { number: 2 });
}
