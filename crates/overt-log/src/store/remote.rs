//! A store in a bucket: S3, and whatever else keeps its conditional writes.
//!
//! `put_new` is a PUT with `If-None-Match: *`, a swap one with `If-Match` and the ETag of the value that was compared.
//! Run [`preflight`](super::preflight) first: there are services that take these headers and ignore them.

use std::sync::Arc;
use std::sync::mpsc;

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, UpdateVersion};
use tokio::runtime::{Builder, Runtime};

use crate::key::Key;
use crate::store::{LARGEST_OBJECT, Object, Put, Store, StoreError, SwapError};

/// How many requests run at once for one batch.
const PARALLEL: usize = 32;

/// A [`Store`] over an object store of the `object_store` crate, below a prefix.
pub struct RemoteStore {
    remote: Remote,
    /// Taken in `drop` only. Requests run here, so that any thread may wait for them, also one of another runtime.
    runtime: Option<Runtime>,
}

#[derive(Clone)]
struct Remote {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl RemoteStore {
    /// A store below `prefix` of any object store that supports conditional writes.
    ///
    /// # Errors
    /// When no thread can be started for its requests.
    pub fn new(objects: Arc<dyn ObjectStore>, prefix: Option<&Key>) -> std::io::Result<Self> {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("overt-remote").enable_all().build()?;
        let prefix = prefix.map(|key| Path::from(key.as_str())).unwrap_or_default();
        Ok(Self { remote: Remote { objects, prefix }, runtime: Some(runtime) })
    }

    /// A store in an S3 bucket. Credentials, region and endpoint are `builder`'s, for instance
    /// `AmazonS3Builder::from_env()`.
    ///
    /// # Errors
    /// When the settings do not fit together, or no thread can be started.
    pub fn s3(builder: AmazonS3Builder, bucket: &str, prefix: Option<&Key>) -> Result<Self, StoreError> {
        // Fails only if a provider is installed already, which is just as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let opened = builder
            .with_bucket_name(bucket)
            .build()
            .map_err(|error| error.to_string())
            .and_then(|objects| Self::new(Arc::new(objects), prefix).map_err(|error| error.to_string()));
        opened.map_err(|error| StoreError::Io {
            step: "open bucket",
            path: bucket.to_owned(),
            source: std::io::Error::other(error),
        })
    }

    /// Runs a request to its end on the store's own runtime.
    fn wait<T, O>(
        &self,
        step: &'static str,
        key: &Key,
        request: impl FnOnce(Remote, Key) -> O,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        O: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        let request = request(self.remote.clone(), key.clone());
        if let Some(runtime) = &self.runtime {
            // Nobody else receives, so the answer always has its place.
            runtime.spawn(async move { sender.send(request.await) });
        }
        receiver.recv().unwrap_or_else(|_| {
            Err(StoreError::Remote { step, key: key.clone(), source: "the request was dropped".into() })
        })
    }
}

impl Drop for RemoteStore {
    fn drop(&mut self) {
        // Dropping a runtime waits, which is forbidden inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Remote {
    fn path(&self, key: &Key) -> Path {
        key.as_str().split('/').fold(self.prefix.clone(), Path::join)
    }

    async fn get(&self, key: &Key) -> Result<Option<(Vec<u8>, UpdateVersion)>, StoreError> {
        let found = match self.objects.get(&self.path(key)).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(failed("get", key))?,
        };
        if found.meta.size > LARGEST_OBJECT {
            return Err(StoreError::TooLarge { key: key.clone() });
        }
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        let bytes = found.bytes().await.map_err(failed("get", key))?;
        Ok(Some((bytes.into(), version)))
    }

    async fn size(&self, key: &Key) -> Result<Option<u64>, StoreError> {
        match self.objects.head(&self.path(key)).await {
            Err(Error::NotFound { .. }) => Ok(None),
            found => Ok(Some(found.map_err(failed("look at", key))?.size)),
        }
    }

    async fn put_new(&self, key: &Key, bytes: Vec<u8>) -> Result<Put, StoreError> {
        let payload = PutPayload::from(bytes.clone());
        match self.objects.put_opts(&self.path(key), payload, PutMode::Create.into()).await {
            Ok(_) => Ok(Put::Created),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => match self.get(key).await? {
                Some((there, _)) if there == bytes => Ok(Put::Identical),
                _ => Err(StoreError::Conflict { key: key.clone() }),
            },
            Err(error) => Err(failed("put", key)(error)),
        }
    }

    async fn swap(&self, key: &Key, expected: Option<Vec<u8>>, bytes: Vec<u8>) -> Result<(), SwapError> {
        let lost = || SwapError::Lost { key: key.clone() };
        let mode = match (expected, self.get(key).await.map_err(SwapError::NotMade)?) {
            (None, None) => PutMode::Create,
            (Some(expected), Some((there, version))) if there == expected => PutMode::Update(version),
            _ => return Err(lost()),
        };
        let payload = PutPayload::from(bytes.clone());
        match self.objects.put_opts(&self.path(key), payload, mode.into()).await {
            Ok(_) => Ok(()),
            // The client repeats a request that got no answer; then the condition fails on our own first success.
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotFound { .. }) => {
                match self.get(key).await.map_err(SwapError::Unknown)? {
                    Some((there, _)) if there == bytes => Ok(()),
                    _ => Err(lost()),
                }
            }
            Err(error) => Err(SwapError::Unknown(failed("put", key)(error))),
        }
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        match self.objects.delete(&self.path(key)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("delete", key)(error)),
        }
    }

    async fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        let names = self.objects.list(Some(&self.path(directory))).map_ok(|meta| meta.location);
        let paths: Vec<Path> = names.try_collect().await.map_err(failed("list", directory))?;
        let skipped = if self.prefix.as_ref().is_empty() { 0 } else { self.prefix.as_ref().len() + 1 };
        let keys = paths.iter().filter_map(|path| Key::new(path.as_ref().get(skipped..)?).ok());
        let mut keys: Vec<Key> = keys.collect();
        keys.sort_unstable();
        Ok(keys)
    }
}

impl Store for RemoteStore {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
        let bytes = bytes.to_vec();
        self.wait("put", key, |remote, key| async move { remote.put_new(&key, bytes).await })
    }

    fn put_all(&self, objects: &[Object]) -> Result<(), StoreError> {
        let Some(first) = objects.first() else { return Ok(()) };
        let objects = objects.to_vec();
        self.wait("put", &first.key, |remote, _| async move {
            let puts = objects.into_iter().map(|Object { key, bytes }| {
                let remote = remote.clone();
                async move { remote.put_new(&key, bytes).await.map(drop) }
            });
            futures_util::stream::iter(puts).buffer_unordered(PARALLEL).try_collect().await
        })
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.wait(
            "get",
            key,
            |remote, key| async move { Ok(remote.get(&key).await?.map(|(bytes, _)| bytes)) },
        )
    }

    fn size(&self, key: &Key) -> Result<Option<u64>, StoreError> {
        self.wait("look at", key, |remote, key| async move { remote.size(&key).await })
    }

    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        let (expected, bytes) = (expected.map(<[u8]>::to_vec), bytes.to_vec());
        let swap = |remote: Remote, key: Key| async move { Ok(remote.swap(&key, expected, bytes).await) };
        self.wait("swap", key, swap).map_err(SwapError::Unknown)?
    }

    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        if key.is_permanent() {
            return Err(StoreError::Permanent { key: key.clone() });
        }
        self.wait("delete", key, |remote, key| async move { remote.delete(&key).await })
    }

    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        self.wait("list", directory, |remote, directory| async move { remote.list(&directory).await })
    }
}

fn failed(step: &'static str, key: &Key) -> impl FnOnce(Error) -> StoreError {
    move |source| StoreError::Remote { step, key: key.clone(), source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::preflight;

    fn key(text: &str) -> Key {
        Key::new(text).unwrap()
    }

    #[test]
    fn a_bucket_keeps_the_rules_of_a_store() {
        let objects = Arc::new(object_store::memory::InMemory::new());
        let store = RemoteStore::new(objects.clone(), Some(&key("logs/one"))).unwrap();
        preflight(&store).unwrap();
        let objects: Vec<Object> =
            (0..100).map(|i| Object { key: key(&format!("tile/0/{i:03}")), bytes: vec![i] }).collect();
        store.put_all(&objects).unwrap();
        store.put_all(&objects).unwrap();
        assert_eq!(store.get(&key("tile/0/017")).unwrap(), Some(vec![17]));
        assert_eq!(store.get(&key("tile/0/100")).unwrap(), None);
        assert_eq!(store.list(&key("tile/0")).unwrap().len(), 100);
        assert_eq!(store.list(&key("tile/0")).unwrap()[17], key("tile/0/017"));
        assert!(store.list(&key("til")).unwrap().is_empty());
        assert!(matches!(store.delete(&key("tile/0/017")), Err(StoreError::Permanent { .. })));
        store.put_new(&key("staging/1"), b"").unwrap();
        store.delete(&key("staging/1")).unwrap();
        store.delete(&key("staging/1")).unwrap();
    }

    #[tokio::test]
    async fn a_bucket_may_be_used_and_dropped_inside_a_runtime() {
        let store = RemoteStore::new(Arc::new(object_store::memory::InMemory::new()), None).unwrap();
        assert_eq!(store.put_new(&key("a"), b"a").unwrap(), Put::Created);
        drop(store);
    }
}
