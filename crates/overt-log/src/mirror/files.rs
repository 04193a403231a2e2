//! The files beside a copy: fetched by the log's lists, each held against its digest, and kept.

use futures_util::{StreamExt as _, TryStreamExt as _};
use overt_record::tile::FULL_WIDTH;
use overt_record::{Hash, LogEntry};
use tokio::runtime::Handle;

use super::{Mirror, MirrorError, PARALLEL, blocking};
use crate::files::{self, FileList, FilesError};
use crate::reader::Reader;

/// Up to which entry was looked.
const POSITION: &str = "mirrored-files";

/// How long after a record its files may come, in seconds: until then its entry is looked at again.
const LATER: u64 = 3600;

/// What came of copying files.
#[derive(Debug, Default)]
pub struct CopiedFiles {
    /// Of how many records.
    pub records: u64,
    /// How many files were copied.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Entries whose files the log does not show as its list says, and why.
    pub wrong: Vec<(u64, FilesError)>,
    /// The first entry whose files have no room in the copy any more. It and those after it are looked at again.
    pub full: Option<u64>,
}

impl Mirror {
    /// Copies the files beside the entries that the copy has, those that were not looked at before, as long as all files together
    /// have at most so many bytes. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When the log can't be asked, or the copy can't be read or written. Copied so far is kept, and the next call goes on.
    pub async fn copy_files(&self, limit: u64, now: u64) -> Result<CopiedFiles, MirrorError> {
        let size = self.head().await?.map_or(0, |head| head.head.size);
        let store = self.store.clone();
        let mut room =
            limit.saturating_sub(blocking(move || Ok(files::bytes_beside(store.as_ref())?)).await?);
        let (mut done, mut again) = (CopiedFiles::default(), None);
        let width = u64::from(FULL_WIDTH);
        let first = self.number(POSITION).await?;
        for bundle in first / width..size.div_ceil(width) {
            let reader = Reader::new(self.store.clone());
            let entries = blocking(move || Ok(reader.bundle(bundle, size)?)).await?;
            let records = (bundle * width..).zip(&entries).filter(|(index, _)| *index >= first);
            let records = records.filter_map(|(index, entry)| Some((index, LogEntry::parse(entry).ok()?)));
            let mut looked = std::pin::pin!(
                futures_util::stream::iter(records)
                    .map(|(index, entry)| async move {
                        let lacking = self.lacking(&entry.commit).await?;
                        Ok::<_, MirrorError>((index, entry, lacking))
                    })
                    .buffered(PARALLEL)
            );
            while let Some((index, entry, lacking)) = looked.try_next().await? {
                let may_come = entry.time.to_unix().saturating_add(LATER) > now;
                let laid = match lacking {
                    Lacking::Nothing => continue,
                    Lacking::List => Laid::Not,
                    Lacking::Wrong(error) => Laid::Wrong(error),
                    Lacking::Files(list) if list.bytes() > room => {
                        done.full = Some(index);
                        break;
                    }
                    Lacking::Files(list) => {
                        // Also if not all of them come: their list stays, and some may have come.
                        room -= list.bytes();
                        match self.lay(entry.commit, &list).await {
                            Ok((files, bytes)) => Laid::Files { files, bytes },
                            Err(FilesError::Store(error)) => return Err(error.into()),
                            Err(FilesError::Source(error)) => return Err(error.into()),
                            Err(error) => Laid::Wrong(error),
                        }
                    }
                };
                if may_come && !matches!(laid, Laid::Files { .. }) {
                    again = again.or(Some(index));
                }
                match laid {
                    Laid::Not => {}
                    Laid::Wrong(error) => done.wrong.push((index, error)),
                    Laid::Files { files, bytes } => {
                        done.records += 1;
                        done.files += files;
                        done.bytes += bytes;
                    }
                }
            }
            let next = [again, done.full].into_iter().flatten().min();
            let next = next.unwrap_or_else(|| size.min((bundle + 1) * width));
            self.remember(POSITION, format!("{next}\n").into_bytes()).await?;
            if done.full.is_some() {
                break;
            }
        }
        Ok(done)
    }

    /// What the copy lacks of the files of an entry.
    async fn lacking(&self, commit: &Hash) -> Result<Lacking, MirrorError> {
        let (store, of) = (self.store.clone(), *commit);
        let is_done = blocking(move || {
            let there = files::published(store.as_ref(), &of)?;
            let whole = there.map(|list| list.missing(store.as_ref())).transpose()?;
            Ok(whole.is_some_and(|missing| missing.is_empty()) || files::is_erased(store.as_ref(), &of)?)
        });
        if is_done.await? {
            return Ok(Lacking::Nothing);
        }
        Ok(match files::listed(&self.source, commit).await {
            Ok(Some(list)) => Lacking::Files(list),
            Ok(None) => Lacking::List,
            Err(FilesError::Source(error)) => return Err(error.into()),
            Err(error) => Lacking::Wrong(error),
        })
    }

    /// Copies the files of a list; how many there were, and their bytes.
    async fn lay(&self, commit: Hash, list: &FileList) -> Result<(u64, u64), FilesError> {
        let (store, source, list, runtime) =
            (self.store.clone(), self.source.clone(), list.clone(), Handle::current());
        let laid = tokio::task::spawn_blocking(move || {
            let mut copied = (0, 0);
            files::lay(store.as_ref(), &commit, &list, |listed| {
                let fetched = runtime.block_on(files::fetch(&source, &listed.sha256, listed.bytes))?;
                let bytes = fetched.ok_or(FilesError::Missing(listed.sha256))?;
                copied = (copied.0 + 1, copied.1 + bytes.len() as u64);
                Ok::<_, FilesError>(bytes)
            })
            .map(|()| copied)
        });
        laid.await.unwrap_or_else(|_| Err(FilesError::Interrupted))
    }
}

/// What came of the files of an entry.
enum Laid {
    Not,
    Wrong(FilesError),
    /// So many were copied.
    Files {
        files: u64,
        bytes: u64,
    },
}

/// What the copy lacks of the files of an entry.
enum Lacking {
    /// It has all, or they were taken down.
    Nothing,
    /// The log has no list.
    List,
    /// These.
    Files(FileList),
    /// What the log shows is no list.
    Wrong(FilesError),
}
