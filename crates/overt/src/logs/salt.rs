//! The salts of records that are given to a log.
//!
//! A log finds a record again if the same comes with the same salt. So the salt follows from the record and a secret of
//! this user: whoever adds a file twice, or does not know whether it arrived, adds nothing twice. For everybody else the
//! salt is as good as random.
//!
//! ```text
//! salt = SHA-256("overt/log-salt/v1\0" || secret || record digest)
//! ```

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use overt_record::Hash;
use zeroize::Zeroizing;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::keyring::entropy;

const DOMAIN: &[u8] = b"overt/log-salt/v1\0";

/// The file of the secret in overt's home.
const FILE: &str = "log-salt";

/// The salt under which this user logs a record.
pub(crate) fn salt(environment: &Environment, digest: &Hash) -> Result<[u8; 32], Failure> {
    let secret = secret(&environment.home)?;
    Ok(*Hash::of_all([DOMAIN, secret.as_slice(), digest.as_bytes()]).as_bytes())
}

/// The secret: 32 bytes that are drawn once.
fn secret(home: &Path) -> Result<Zeroizing<[u8; 32]>, Failure> {
    let path = home.join(FILE);
    if let Some(secret) = read(&path)? {
        return Ok(secret);
    }
    let failed = |error| Failure::file("write", &path, error);
    fs::create_dir_all(home).map_err(failed)?;
    // Readable for its owner alone, as temporary files are.
    let mut file = tempfile::NamedTempFile::new_in(home).map_err(failed)?;
    let drawn = Zeroizing::new(entropy::<32>()?);
    file.write_all(drawn.as_slice()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    match file.persist_noclobber(&path) {
        Ok(_) => {}
        // Another process was faster: its secret is the one.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error.error)),
    }
    read(&path)?.ok_or_else(|| Failure::undecided(format!("{} is gone again", path.display())))
}

fn read(path: &Path) -> Result<Option<Zeroizing<[u8; 32]>>, Failure> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::file("read", path, error)),
    };
    let secret = bytes.as_slice().try_into().map_err(|_| {
        Failure::usage(format!(
            "{} is damaged: it has not 32 bytes\n  next   move it away; a new one is drawn, and records added again get a second entry",
            path.display()
        ))
    })?;
    Ok(Some(Zeroizing::new(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_salts_a_record_in_one_way_and_every_user_in_another() {
        let home = || tempfile::tempdir().unwrap();
        let of = |home: &tempfile::TempDir, record: &str| {
            let secret = secret(home.path()).unwrap();
            Hash::of_all([DOMAIN, secret.as_slice(), Hash::of(record).as_bytes()])
        };
        let (one, other) = (home(), home());
        assert_eq!(of(&one, "a"), of(&one, "a"));
        assert_ne!(of(&one, "a"), of(&one, "b"));
        assert_ne!(of(&one, "a"), of(&other, "a"));
        fs::write(one.path().join(FILE), [0; 31]).unwrap();
        assert!(secret(one.path()).is_err());
    }
}
