//! Signatures that are made elsewhere: by `ssh-keygen -Y sign`, with a key that an agent or a device holds, or by any
//! other tool that signs bytes.
//!
//! A command is given twice. The first time, with `--unsigned-out`, it writes what is to be signed (DSSE's
//! pre-authentication encoding); the second time, with `--signature`, it goes on as if it had signed itself. Nothing but
//! the public key is needed in the keyring.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use overt_record::dsse::{Envelope, SSH_NAMESPACE, pae};
use overt_record::in_toto::PAYLOAD_TYPE;
use overt_record::ssh;

use crate::cli::OutsideArgs;
use crate::failure::Failure;
use crate::keyring::Identity;
use crate::outfile;
use crate::output::Output;
use crate::text::line;

/// More bytes than any signature has, in any of its forms.
const MAX_SIGNATURE: u64 = 16 << 10;

/// Which half of the way is gone.
pub(super) enum Outside {
    /// What is to be signed is wanted.
    Wanted {
        /// Where it goes.
        file: PathBuf,
    },
    /// It was signed.
    Made {
        /// Where the signature came from.
        file: PathBuf,
        /// Its bytes, as they stand in an envelope.
        signature: Vec<u8>,
    },
}

impl Outside {
    /// What the flags say; `None` if the key signs here.
    pub(super) fn of(args: &OutsideArgs) -> Result<Option<Self>, Failure> {
        match (&args.unsigned_out, &args.signature) {
            (Some(file), _) => Ok(Some(Self::Wanted { file: file.clone() })),
            (None, Some(file)) => {
                Ok(Some(Self::Made { file: file.clone(), signature: read_signature(file)? }))
            }
            (None, None) => Ok(None),
        }
    }
}

/// A signature in one of the forms that tools write: armoured by OpenSSH, base64, or as it is.
fn read_signature(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::file("read", file, error).of_option("--signature");
    let mut bytes = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_SIGNATURE + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    let wrong = |why: &str| {
        Failure::usage(format!(
            "--signature: {why}\n  file   {}\n  next   the file that ends in .sig, as `ssh-keygen -Y sign` writes it",
            file.display()
        ))
    };
    if bytes.is_empty() || bytes.len() as u64 > MAX_SIGNATURE {
        return Err(wrong("the file is empty or too large for a signature"));
    }
    let Ok(text) = str::from_utf8(&bytes) else { return Ok(bytes) };
    if text.trim_start().starts_with("-----BEGIN") {
        return match ssh::Signature::from_armor(text) {
            Ok(signature) => Ok(signature.blob().to_vec()),
            Err(error) => Err(wrong(&error.to_string())),
        };
    }
    let joined: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(joined).map_err(|_| wrong("this is no signature"))
}

/// The envelope with a signature that was made elsewhere, if it holds.
pub(super) fn envelope(
    payload: Vec<u8>,
    identity: &Identity,
    file: &Path,
    signature: &[u8],
) -> Result<Envelope, Failure> {
    let key_id = identity.key_id.to_string();
    let envelope =
        Envelope::new(PAYLOAD_TYPE, payload, key_id, signature.to_vec()).map_err(Failure::usage)?;
    match envelope.verify(&identity.public_key) {
        Ok(_) => Ok(envelope),
        Err(error) => Err(Failure::usage(format!(
            "the signature is not one of {:?} over this record: {error}\n  file   {}\n  next   sign the newest file that --unsigned-out wrote, with the key {} and the namespace {SSH_NAMESPACE}",
            identity.key,
            file.display(),
            identity.key_id.short()
        ))),
    }
}

/// Writes what is to be signed, and says how.
pub(super) fn write_out(
    payload: &[u8],
    identity: &Identity,
    file: &Path,
    output: &mut Output,
) -> Result<(), Failure> {
    outfile::write(file, &pae(PAYLOAD_TYPE, payload))?;
    output.say(format!("  unsigned  {}", file.display()));
    output.say(format!("  as        {}", line(identity.issuer.as_str(), 80)));
    output.say(format!("  key       {} ({})", identity.key, identity.key_id.short()));
    output.note("");
    output
        .note(format!("  next      ssh-keygen -Y sign -n {SSH_NAMESPACE} -f PUBLIC_KEY {}", file.display()));
    output.note(format!(
        "            and then this command again, with --signature {}.sig in the place of --unsigned-out",
        file.display()
    ));
    Ok(())
}

/// A signature under something that nobody wrote out here.
pub(super) fn unknown(file: &Path) -> Failure {
    Failure::usage(format!(
        "no record that says this was written out to be signed, so nothing here belongs to the signature\n  file   {}\n  next   give the same command as then, but for --signature; or begin again with --unsigned-out FILE",
        file.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_read_in_every_form_and_other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let read = |bytes: &[u8]| {
            let path = folder.path().join("sig");
            fs::write(&path, bytes).unwrap();
            read_signature(&path)
        };
        let raw = [0xff; 64];
        assert_eq!(read(&raw).unwrap(), raw);
        let text = STANDARD.encode(raw);
        assert_eq!(read(format!("{}\n{}\n", &text[..40], &text[40..]).as_bytes()).unwrap(), raw);
        let huge = vec![0xff; MAX_SIGNATURE as usize + 1];
        let armour = b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n";
        for wrong in [b"".as_slice(), b"no signature at all!", &huge, armour, b"-----BEGIN PRIVATE KEY-----"]
        {
            assert!(read(wrong).unwrap_err().message.contains("--signature"));
        }
        let missing = read_signature(&folder.path().join("none")).unwrap_err();
        assert!(missing.message.ends_with("option --signature"), "{}", missing.message);
    }
}
