//! A file on its way: written beside its place, digested as it grows, moved when it is whole and right.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use overt_schema::{Digest, Hasher};

use super::SourceError;

/// The beginning of a file that will stand at `target`.
pub(super) struct Part {
    file: File,
    path: PathBuf,
    target: PathBuf,
    hasher: Hasher,
    done: u64,
    total: u64,
}

impl Part {
    /// Takes up what an earlier attempt left, if that can be the beginning of a file of `total` bytes.
    pub(super) fn resume(target: &Path, total: u64) -> Result<Self, SourceError> {
        let path = part_path(target);
        let options = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let file = options.map_err(SourceError::disk("create", &path))?;
        let mut part =
            Self { file, path, target: target.to_owned(), hasher: Hasher::default(), done: 0, total };
        part.take_in().map_err(SourceError::disk("read", &part_path(target)))?;
        if part.done > total {
            part.restart()?;
        }
        Ok(part)
    }

    fn take_in(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            match self.file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => {
                    self.hasher.update(&buffer[..read]);
                    self.done += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// How many bytes are there.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// Throws away what is there.
    pub(super) fn restart(&mut self) -> Result<(), SourceError> {
        let wrap = SourceError::disk("empty", &self.path);
        self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)).map(|_| ())).map_err(wrap)?;
        self.hasher = Hasher::default();
        self.done = 0;
        Ok(())
    }

    /// Writes on. More bytes than announced are not written.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), SourceError> {
        if self.done + bytes.len() as u64 > self.total {
            self.discard();
            return Err(SourceError::Source(format!("sent more than {} bytes", self.total)));
        }
        self.file.write_all(bytes).map_err(SourceError::disk("write", &self.path))?;
        self.hasher.update(bytes);
        self.done += bytes.len() as u64;
        Ok(())
    }

    /// Moves the file to its place if it is whole and has the digest. A wrong file is thrown away; an unfinished one
    /// is kept for the next attempt.
    pub(super) fn finish(self, expected: Digest) -> Result<(), SourceError> {
        if self.done < self.total {
            return Err(SourceError::Source(format!("ended after {} of {} bytes", self.done, self.total)));
        }
        let found = self.hasher.finish();
        if found != expected {
            // If even that fails, the next attempt finds a file that is whole and wrong, and starts anew.
            let _ = fs::remove_file(&self.path);
            return Err(SourceError::Digest { found });
        }
        self.file.sync_all().map_err(SourceError::disk("sync", &self.path))?;
        fs::rename(&self.path, &self.target).map_err(SourceError::disk("rename to", &self.target))?;
        let folder = self.target.parent().unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(SourceError::disk("sync", folder))
    }

    fn discard(&self) {
        // As in `finish`: what cannot be removed is found out the next time.
        let _ = fs::remove_file(&self.path);
    }
}

fn part_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
