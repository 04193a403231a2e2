//! The digest of a model file, computed beside everything else and remembered.
//!
//! Hashing 100 MB takes a third of a second and a model of 8 GB half a minute, so it runs in its own thread while the
//! model loads, and the result is kept in the cache directory under the file's path, size and times. A file that was
//! changed gets other times (its change time cannot be set back), so it is hashed again.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::UNIX_EPOCH;

use overt_schema::{Digest, Hasher};
use serde::{Deserialize, Serialize};

/// A digest that is being computed.
#[derive(Debug)]
pub(crate) struct Fingerprint {
    worker: Mutex<Option<JoinHandle<io::Result<Digest>>>>,
    result: OnceLock<Result<Digest, String>>,
}

impl Fingerprint {
    /// Begins to compute the digest of the file at `path`, or to fetch it from `cache_dir`.
    pub(crate) fn begin(path: &Path, cache_dir: &Path) -> io::Result<Self> {
        let (path, cache_dir) = (path.to_owned(), cache_dir.to_owned());
        let worker =
            thread::Builder::new().name("hash".to_owned()).spawn(move || remembered(&path, &cache_dir))?;
        Ok(Self { worker: Mutex::new(Some(worker)), result: OnceLock::new() })
    }

    /// The digest; waits for it if need be. The error says why the file could not be read.
    pub(crate) fn wait(&self) -> Result<Digest, String> {
        let join = || {
            let worker = self.worker.lock().map(|mut worker| worker.take());
            let Ok(Some(worker)) = worker else { return Err("the hash was taken before".to_owned()) };
            let result = worker.join().map_err(|_| "the thread that hashes the file died".to_owned())?;
            result.map_err(|error| error.to_string())
        };
        self.result.get_or_init(join).clone()
    }
}

/// What is remembered of a file.
#[derive(Serialize, Deserialize)]
struct Remembered {
    path: PathBuf,
    bytes: u64,
    modified_ns: u128,
    changed_ns: i128,
    sha256: Digest,
}

fn remembered(path: &Path, cache_dir: &Path) -> io::Result<Digest> {
    let path = fs::canonicalize(path)?;
    let place = cache_dir
        .join("digests")
        .join(format!("{}.json", Digest::of(path.as_os_str().as_encoded_bytes()).short()));
    let before = stamp(&path)?;
    let known = fs::read(&place).ok().and_then(|bytes| serde_json::from_slice::<Remembered>(&bytes).ok());
    if let Some(known) = known
        && known.path == path
        && (known.bytes, known.modified_ns, known.changed_ns) == before
    {
        return Ok(known.sha256);
    }
    let sha256 = hash(&path)?;
    let (bytes, modified_ns, changed_ns) = stamp(&path)?;
    if (bytes, modified_ns, changed_ns) != before {
        return Err(io::Error::other("the file changed while it was read"));
    }
    // Only a convenience: a cache that cannot be written costs time, not correctness.
    let _ = remember(&place, &Remembered { path, bytes, modified_ns, changed_ns, sha256 });
    Ok(sha256)
}

/// Size, time of modification and time of change.
fn stamp(path: &Path) -> io::Result<(u64, u128, i128)> {
    let metadata = fs::metadata(path)?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    #[cfg(unix)]
    let changed = {
        use std::os::unix::fs::MetadataExt;
        i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec())
    };
    #[cfg(not(unix))]
    let changed = 0;
    Ok((metadata.len(), modified, changed))
}

fn hash(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            n => hasher.update(&buffer[..n]),
        }
    }
}

fn remember(place: &Path, what: &Remembered) -> io::Result<()> {
    let directory = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let file = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer(&file, what)?;
    file.as_file().sync_all()?;
    file.persist(place).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_remembered_until_the_file_changes() {
        let directory = tempfile::tempdir().unwrap();
        let (file, cache) = (directory.path().join("m.gguf"), directory.path().join("cache"));
        let digest = || Fingerprint::begin(&file, &cache).unwrap().wait();
        fs::write(&file, "one").unwrap();
        assert_eq!(digest(), Ok(Digest::of("one")));
        let place = fs::read_dir(cache.join("digests")).unwrap().next().unwrap().unwrap().path();
        // What is remembered is what is answered.
        let text = fs::read_to_string(&place).unwrap();
        let other = Digest::of("other");
        fs::write(&place, text.replace(&Digest::of("one").to_string(), &other.to_string())).unwrap();
        assert_eq!(digest(), Ok(other));
        fs::write(&file, "two").unwrap();
        assert_eq!(digest(), Ok(Digest::of("two")));
        fs::write(&place, "{torn").unwrap();
        assert_eq!(digest(), Ok(Digest::of("two")));
    }

    #[test]
    fn a_missing_file_is_an_error_each_time_it_is_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let fingerprint = Fingerprint::begin(&directory.path().join("none"), directory.path()).unwrap();
        assert!(fingerprint.wait().is_err());
        assert!(fingerprint.wait().is_err());
    }
}
