//! What the tests of the use cases start from: a store and a repository in memory, with real bytes in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::future::LocalBoxFuture;
use shared::asset::{
    Amendment, Asset, AssetChange, AssetId, AssetState, Authority, ETag, Principal, Takedown,
};
use shared::dimensions::Dimensions;
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::memory::{Faults, Faulty, MemoryAssetRepository, MemoryBody, MemoryObjectStore};
use shared::multipart::UploadId;
use shared::ports::{
    Applied, AssetRepository, ByteRange, Consistency, CopyRequest, ListError, LookError, ObjectHead,
    ObjectStore, Outcome, OwnedPage, PageRequest, RepositoryError, StoreError, Verifier as _,
};
use shared::time::Timestamp;

use crate::{Config, Criteria, Verify};

/// When the tests' looks happen.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_epoch_seconds(1_800_000_000)
}

/// A GIF, as far as its header goes; another one for each size.
pub(crate) fn gif(width: u16, height: u16) -> Bytes {
    [b"GIF89a".as_slice(), &width.to_le_bytes(), &height.to_le_bytes(), b"\0\0\0;"].concat().into()
}

/// What is no image.
pub(crate) fn page() -> Bytes {
    Bytes::from_static(b"<!DOCTYPE html><html><body>not a picture</body></html>")
}

pub(crate) fn original(bytes: &Bytes) -> ObjectKey {
    ObjectKey::Original(ContentHash::of(bytes))
}

/// Where an upload of these bytes in parts ends.
pub(crate) fn parts_of(bytes: &Bytes) -> ObjectKey {
    let (hash, alice) = (ContentHash::of(bytes), Principal::new("alice").expect("a name"));
    ObjectKey::Parts { hash, upload: UploadId::of(&hash, &alice, now()) }
}

pub(crate) fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).expect("a test's key is one of ours")
}

pub(crate) fn config() -> Config {
    Config {
        assets_bucket: "hashfolio-assets".to_owned(),
        assets_table: "hashfolio-assets".to_owned(),
        criteria: Criteria {
            max_upload_bytes: 1_000_000,
            accepted_types: Criteria::default_types().to_vec(),
            max_source_pixels: 1_000_000,
        },
        pending_ttl: Duration::from_hours(24),
    }
}

/// What takes any asset down.
pub(crate) fn takedown() -> AssetChange {
    AssetChange::TakenDown(Takedown {
        caller: Principal::new("an admin").expect("a name"),
        authority: Authority::Admin,
        reason: "Taken down by an admin.".to_owned(),
    })
}

/// Store and repository, which clones share.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) store: MemoryObjectStore,
    pub(crate) assets: MemoryAssetRepository,
}

impl World {
    pub(crate) fn verify(&self) -> Verify<MemoryObjectStore, MemoryAssetRepository> {
        Verify::new(self.store.clone(), self.assets.clone(), config())
    }

    pub(crate) fn faulty(
        &self,
        faults: &Faults,
    ) -> Verify<Faulty<MemoryObjectStore>, Faulty<MemoryAssetRepository>> {
        let store = Faulty::new(self.store.clone(), faults);
        Verify::new(store, Faulty::new(self.assets.clone(), faults), config())
    }

    pub(crate) async fn look(&self, key: &ObjectKey) -> Result<Outcome, LookError> {
        self.verify().look(key, now()).await
    }

    pub(crate) async fn put(&self, key: &ObjectKey, bytes: &Bytes) -> ETag {
        self.store.put(key, bytes.clone(), MediaType::OctetStream).await.expect("memory takes it")
    }

    /// An asset of these bytes in a state, owned by `alice`, with the tag that a single PUT gives.
    pub(crate) async fn seed(&self, bytes: &Bytes, state: AssetState) -> Asset {
        let scratch = MemoryObjectStore::default();
        let put = scratch.put(&original(bytes), bytes.clone(), MediaType::Gif).await;
        let etag = put.expect("memory takes it");
        let was_ready = !matches!(state, AssetState::Pending | AssetState::Rejected);
        let asset = Asset {
            content_hash: ContentHash::of(bytes),
            size_bytes: bytes.len() as u64,
            media_type: MediaType::Gif,
            state,
            etag: was_ready.then_some(etag),
            dimensions: if was_ready { Dimensions::new(320, 240) } else { None },
            file_name: "alice's.gif".parse().ok(),
            source_key: None,
            reason: (state == AssetState::Rejected).then(|| "It was refused before.".to_owned()),
            created_by: Principal::new("alice").expect("a name"),
            shared: false,
            created_at: Timestamp::from_epoch_seconds(1_799_000_000),
            updated_at: Timestamp::from_epoch_seconds(1_799_000_000),
            expires_at: (state == AssetState::Pending).then(|| now().plus(Duration::from_mins(1))),
        };
        self.assets.seed(asset.clone());
        asset
    }

    pub(crate) async fn asset(&self, bytes: &Bytes) -> Option<Asset> {
        let found = self.assets.find(&ContentHash::of(bytes), Consistency::Strong).await;
        found.expect("memory answers")
    }

    pub(crate) async fn state(&self, bytes: &Bytes) -> Option<AssetState> {
        self.asset(bytes).await.map(|asset| asset.state)
    }

    /// What may never be broken, not even between two looks: READY means that the object is there with that hash.
    pub(crate) fn assert_ready_means_there(&self, context: &str) {
        for asset in self.assets.all().into_iter().filter(|asset| asset.state == AssetState::Ready) {
            let bytes = self.store.bytes(&ObjectKey::Original(asset.content_hash));
            let found = bytes.map(|bytes| ContentHash::of(&bytes));
            assert_eq!(found, Some(asset.content_hash), "{context}: a READY asset without its bytes");
        }
    }
}

/// What happens while a look is under way.
pub(crate) type Meddling<'a> = dyn Fn() -> LocalBoxFuture<'a, ()> + 'a;

/// A port before whose nth call something else happens, counted over both ports.
#[derive(Clone)]
pub(crate) struct Meddled<'a, P> {
    port: P,
    at: usize,
    calls: Arc<AtomicUsize>,
    meddling: &'a Meddling<'a>,
}

/// Verify over a world in which something happens before the nth call; and how many calls there were so far.
pub(crate) fn meddled<'a>(
    world: &World,
    at: usize,
    meddling: &'a Meddling<'a>,
) -> (Verify<Meddled<'a, MemoryObjectStore>, Meddled<'a, MemoryAssetRepository>>, Arc<AtomicUsize>) {
    let calls = Arc::<AtomicUsize>::default();
    let store = Meddled { port: world.store.clone(), at, calls: calls.clone(), meddling };
    let assets = Meddled { port: world.assets.clone(), at, calls: calls.clone(), meddling };
    (Verify::new(store, assets, config()), calls)
}

impl<P> Meddled<'_, P> {
    async fn port(&self) -> &P {
        if self.calls.fetch_add(1, Ordering::SeqCst) == self.at {
            (self.meddling)().await;
        }
        &self.port
    }
}

impl ObjectStore for Meddled<'_, MemoryObjectStore> {
    type Body = MemoryBody;

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, StoreError> {
        self.port().await.head(key).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<(ObjectHead, MemoryBody), StoreError> {
        self.port().await.get(key).await
    }

    async fn get_range(&self, key: &ObjectKey, range: ByteRange, tag: &ETag) -> Result<Bytes, StoreError> {
        self.port().await.get_range(key, range, tag).await
    }

    async fn put(&self, key: &ObjectKey, bytes: Bytes, media_type: MediaType) -> Result<ETag, StoreError> {
        self.port().await.put(key, bytes, media_type).await
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<ObjectHead, StoreError> {
        self.port().await.copy(request).await
    }

    async fn delete(&self, key: &ObjectKey, tag: &ETag) -> Result<(), StoreError> {
        self.port().await.delete(key, tag).await
    }
}

impl AssetRepository for Meddled<'_, MemoryAssetRepository> {
    async fn find(
        &self,
        hash: &ContentHash,
        consistency: Consistency,
    ) -> Result<Option<Asset>, RepositoryError> {
        self.port().await.find(hash, consistency).await
    }

    async fn find_by_id(&self, id: &AssetId) -> Result<Option<Asset>, RepositoryError> {
        self.port().await.find_by_id(id).await
    }

    async fn apply(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        now: Timestamp,
    ) -> Result<Applied, RepositoryError> {
        self.port().await.apply(hash, change, now).await
    }

    async fn amend(
        &self,
        hash: &ContentHash,
        amendment: &Amendment,
        now: Timestamp,
    ) -> Result<Option<Asset>, RepositoryError> {
        self.port().await.amend(hash, amendment, now).await
    }

    async fn list_owned(&self, owner: &Principal, page: &PageRequest) -> Result<OwnedPage, ListError> {
        self.port().await.list_owned(owner, page).await
    }
}
