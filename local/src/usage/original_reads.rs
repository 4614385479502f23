//! The object store that render reads, with the bytes counted that come out of it.

use std::sync::Arc;

use bytes::Bytes;
use shared::asset::ETag;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::ports::{ByteRange, CopyRequest, ObjectBody, ObjectHead, ObjectStore, StoreError};

use super::counters::{Counter, Counters};

/// A store whose originals are counted as they are read. What renders share for minutes is none of them.
#[derive(Debug)]
pub(crate) struct CountReads<S> {
    store: S,
    counters: Arc<Counters>,
}

/// An object's bytes, counted as they come if it is an original.
#[derive(Debug)]
pub(crate) struct CountedBody<B> {
    body: B,
    counters: Option<Arc<Counters>>,
}

impl<S> CountReads<S> {
    /// Counts what is read of a store.
    pub(crate) fn new(store: S, counters: Arc<Counters>) -> Self {
        Self { store, counters }
    }
}

impl<S: ObjectStore> ObjectStore for CountReads<S> {
    type Body = CountedBody<S::Body>;

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, StoreError> {
        self.store.head(key).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<(ObjectHead, Self::Body), StoreError> {
        let (head, body) = self.store.get(key).await?;
        let counters = is_original(key).then(|| Arc::clone(&self.counters));
        Ok((head, CountedBody { body, counters }))
    }

    async fn get_range(&self, key: &ObjectKey, range: ByteRange, tag: &ETag) -> Result<Bytes, StoreError> {
        let bytes = self.store.get_range(key, range, tag).await?;
        if is_original(key) {
            self.counters.add(Counter::OriginalBytesRead, bytes.len() as u64);
        }
        Ok(bytes)
    }

    async fn put(&self, key: &ObjectKey, bytes: Bytes, media_type: MediaType) -> Result<ETag, StoreError> {
        self.store.put(key, bytes, media_type).await
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<ObjectHead, StoreError> {
        self.store.copy(request).await
    }

    async fn delete(&self, key: &ObjectKey, tag: &ETag) -> Result<(), StoreError> {
        self.store.delete(key, tag).await
    }
}

impl<B: ObjectBody> ObjectBody for CountedBody<B> {
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let piece = self.body.next().await?;
        if let (Some(counters), Some(piece)) = (&self.counters, &piece) {
            counters.add(Counter::OriginalBytesRead, piece.len() as u64);
        }
        Ok(piece)
    }
}

fn is_original(key: &ObjectKey) -> bool {
    matches!(key, ObjectKey::Original(_))
}
