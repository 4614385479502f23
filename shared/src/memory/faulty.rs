//! Fault injection: a port that fails at the nth call.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use crate::asset::{Amendment, Asset, AssetChange, AssetId, ETag, Principal};
use crate::hash::ContentHash;
use crate::key::{Folder, ObjectKey, ReportName};
use crate::media::MediaType;
use crate::multipart::UploadToken;
use crate::ports::{
    AnnounceError, Announcement, Announcer, Applied, AssetInventory, AssetPage, AssetRepository, ByteRange,
    CdnError, CdnInvalidation, Consistency, CopyRequest, Invalidation, ListError, MultipartStore,
    ObjectArchive, ObjectBody, ObjectHead, ObjectInventory, ObjectPage, ObjectStore, OwnedPage, PageRequest,
    PartChecksums, RenderLeases, ReportStore, RepositoryError, Restoration, StoreError, TakedownReminder,
};
use crate::shard::Shard;
use crate::time::Timestamp;
use crate::variant::VariantUrl;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It never reached the service.
    Lost,
    /// It took effect, and its answer was lost.
    AnswerLost,
}

/// Which call fails, counted over every port that shares this.
#[derive(Debug, Clone)]
pub struct Faults {
    calls: Arc<AtomicUsize>,
    failing: Range<usize>,
    fault: Fault,
}

impl Faults {
    /// No call fails; they are only counted.
    pub fn none() -> Self {
        Self::during(0..0, Fault::Lost)
    }

    /// The call with this index fails, from 0; those before and after it don't.
    pub fn at(index: usize, fault: Fault) -> Self {
        Self::during(index..index.saturating_add(1), fault)
    }

    /// The calls with these indices fail.
    pub fn during(failing: Range<usize>, fault: Fault) -> Self {
        Self { calls: Arc::default(), failing, fault }
    }

    /// How many calls were made so far.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn next(&self) -> Option<Fault> {
        self.failing.contains(&self.calls.fetch_add(1, Ordering::SeqCst)).then_some(self.fault)
    }

    async fn over<T, E>(&self, call: impl Future<Output = Result<T, E>>, error: fn() -> E) -> Result<T, E> {
        match self.next() {
            None => call.await,
            Some(Fault::Lost) => Err(error()),
            Some(Fault::AnswerLost) => call.await.and_then(|_| Err(error())),
        }
    }
}

/// A port whose calls fail as told.
#[derive(Debug, Clone)]
pub struct Faulty<P> {
    port: P,
    faults: Faults,
}

impl<P> Faulty<P> {
    /// Makes a port fail as told.
    pub fn new(port: P, faults: &Faults) -> Self {
        Self { port, faults: faults.clone() }
    }
}

fn store_fails() -> StoreError {
    StoreError::Unavailable { key: "injected".to_owned(), source: "an injected fault".into() }
}

fn repository_fails() -> RepositoryError {
    RepositoryError::Unavailable { what: "injected".to_owned(), source: "an injected fault".into() }
}

fn cdn_fails() -> CdnError {
    CdnError::Unavailable { service: "injected", source: "an injected fault".into() }
}

impl<S: ObjectStore> ObjectStore for Faulty<S> {
    type Body = Faulty<S::Body>;

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, StoreError> {
        self.faults.over(self.port.head(key), store_fails).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<(ObjectHead, Self::Body), StoreError> {
        let (head, body) = self.faults.over(self.port.get(key), store_fails).await?;
        Ok((head, Faulty::new(body, &self.faults)))
    }

    async fn get_range(&self, key: &ObjectKey, range: ByteRange, tag: &ETag) -> Result<Bytes, StoreError> {
        self.faults.over(self.port.get_range(key, range, tag), store_fails).await
    }

    async fn put(&self, key: &ObjectKey, bytes: Bytes, media_type: MediaType) -> Result<ETag, StoreError> {
        self.faults.over(self.port.put(key, bytes, media_type), store_fails).await
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<ObjectHead, StoreError> {
        self.faults.over(self.port.copy(request), store_fails).await
    }

    async fn delete(&self, key: &ObjectKey, tag: &ETag) -> Result<(), StoreError> {
        self.faults.over(self.port.delete(key, tag), store_fails).await
    }
}

impl<B: ObjectBody> ObjectBody for Faulty<B> {
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        self.faults.over(self.port.next(), store_fails).await
    }
}

impl<R: AssetRepository> AssetRepository for Faulty<R> {
    async fn find(
        &self,
        hash: &ContentHash,
        consistency: Consistency,
    ) -> Result<Option<Asset>, RepositoryError> {
        self.faults.over(self.port.find(hash, consistency), repository_fails).await
    }

    async fn find_by_id(&self, id: &AssetId) -> Result<Option<Asset>, RepositoryError> {
        self.faults.over(self.port.find_by_id(id), repository_fails).await
    }

    async fn apply(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        now: Timestamp,
    ) -> Result<Applied, RepositoryError> {
        self.faults.over(self.port.apply(hash, change, now), repository_fails).await
    }

    async fn amend(
        &self,
        hash: &ContentHash,
        amendment: &Amendment,
        now: Timestamp,
    ) -> Result<Option<Asset>, RepositoryError> {
        self.faults.over(self.port.amend(hash, amendment, now), repository_fails).await
    }

    async fn list_owned(&self, owner: &Principal, page: &PageRequest) -> Result<OwnedPage, ListError> {
        self.faults.over(self.port.list_owned(owner, page), || repository_fails().into()).await
    }
}

impl<S: ObjectInventory> ObjectInventory for Faulty<S> {
    async fn list(&self, folder: Folder, after: Option<&str>) -> Result<ObjectPage, StoreError> {
        self.faults.over(self.port.list(folder, after), store_fails).await
    }
}

impl<S: ObjectArchive> ObjectArchive for Faulty<S> {
    async fn restore(&self, key: &ObjectKey, days: u16) -> Result<Restoration, StoreError> {
        self.faults.over(self.port.restore(key, days), store_fails).await
    }
}

impl<S: MultipartStore> MultipartStore for Faulty<S> {
    async fn begin(&self, key: &ObjectKey, checksums: PartChecksums) -> Result<UploadToken, StoreError> {
        self.faults.over(self.port.begin(key, checksums), store_fails).await
    }
}

impl<S: ReportStore> ReportStore for Faulty<S> {
    async fn write_report(&self, name: &ReportName, content: Bytes) -> Result<(), StoreError> {
        self.faults.over(self.port.write_report(name, content), store_fails).await
    }

    async fn read_report(&self, name: &ReportName) -> Result<Option<Bytes>, StoreError> {
        self.faults.over(self.port.read_report(name), store_fails).await
    }
}

impl<A: Announcer> Announcer for Faulty<A> {
    async fn announce(&self, message: &Announcement) -> Result<(), AnnounceError> {
        let fails = || AnnounceError { channel: "injected".to_owned(), why: "an injected fault".to_owned() };
        self.faults.over(self.port.announce(message), fails).await
    }
}

impl<R: AssetInventory> AssetInventory for Faulty<R> {
    async fn assets_of_shard(&self, shard: Shard, after: Option<&str>) -> Result<AssetPage, RepositoryError> {
        self.faults.over(self.port.assets_of_shard(shard, after), repository_fails).await
    }
}

impl<L: RenderLeases> RenderLeases for Faulty<L> {
    async fn take(
        &self,
        variant: &VariantUrl,
        now: Timestamp,
        ends: Timestamp,
    ) -> Result<bool, RepositoryError> {
        self.faults.over(self.port.take(variant, now, ends), repository_fails).await
    }

    async fn give_back(&self, variant: &VariantUrl, ends: Timestamp) -> Result<(), RepositoryError> {
        self.faults.over(self.port.give_back(variant, ends), repository_fails).await
    }
}

impl<C: CdnInvalidation> CdnInvalidation for Faulty<C> {
    async fn invalidate(&self, invalidation: &Invalidation) -> Result<(), CdnError> {
        self.faults.over(self.port.invalidate(invalidation), cdn_fails).await
    }

    async fn remind(&self, reminder: &TakedownReminder) -> Result<(), CdnError> {
        self.faults.over(self.port.remind(reminder), cdn_fails).await
    }
}
