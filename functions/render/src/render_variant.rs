//! The use case: a variant of an asset, if the asset may be shown.

use std::time::{Duration, Instant};

use futures::future::join;
use shared::asset::Asset;
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::ports::{
    AssetRepository, Consistency, ObjectBody as _, ObjectHead, ObjectStore, RepositoryError, StorageClass,
    StoreError,
};
use shared::variant::{NotAllowed, VariantUrl, Whitelist};
use tokio::task::{JoinError, spawn_blocking};

use crate::judgement::{Seen, Verdict, judge};
use crate::pipeline::{Limits, RenderError, Rendered, check_offered, render};

/// Renders variants of the originals in a store, as a repository allows it.
#[derive(Debug)]
pub struct Render<S, R> {
    store: S,
    assets: R,
    whitelist: Whitelist,
    limits: Limits,
}

/// A variant, ready to be sent.
#[derive(Debug)]
pub struct Variant {
    /// What was rendered.
    pub rendered: Rendered,
    /// How long it took to look the asset up and to read its original.
    pub fetch: Duration,
}

/// Why there is no variant.
#[derive(Debug, thiserror::Error)]
pub enum RenderVariantError {
    /// It is not on the whitelist.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// There is no asset that may be shown.
    #[error("there is no such asset, or none that is ready")]
    NotFound,
    /// The asset is ready, and its object is gone.
    #[error("the asset is READY, and its object is gone: reconcile must look at it")]
    Lost,
    /// The object is not the one that was verified.
    #[error("the object's ETag is not the one that was verified: reconcile must look at it")]
    Differs,
    /// The original must be restored before it can be read.
    #[error("the original is archived")]
    Archived,
    /// The original can't be rendered.
    #[error(transparent)]
    Unrenderable(#[from] RenderError),
    /// Rendering broke down: a fault of ours.
    #[error("rendering broke down")]
    BrokeDown(#[from] JoinError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl<S: ObjectStore, R: AssetRepository> Render<S, R> {
    /// Renders what the whitelist has, within the limits.
    pub fn new(store: S, assets: R, whitelist: Whitelist, limits: Limits) -> Self {
        Self { store, assets, whitelist, limits }
    }

    /// Whether the variant may be asked for at all: depends on nothing but its URL.
    ///
    /// # Errors
    /// [`RenderVariantError::NotAllowed`], and [`RenderVariantError::Unrenderable`] for a format that is not written.
    pub fn admit(&self, url: &VariantUrl) -> Result<(), RenderVariantError> {
        self.whitelist.admit(&url.spec)?;
        Ok(check_offered(url.spec.format)?)
    }

    /// Renders a variant. The asset's item and its original are asked for at the same time.
    ///
    /// # Errors
    /// [`RenderVariantError`].
    pub async fn variant(&self, url: &VariantUrl) -> Result<Variant, RenderVariantError> {
        let started = Instant::now();
        let key = ObjectKey::Original(url.hash);
        let (asset, object) =
            join(self.assets.find(&url.hash, Consistency::Eventual), self.store.get(&key)).await;
        let (seen, object) = match object {
            Ok((head, body)) => (Ok(Seen::Object(head.etag.clone())), Some((head, body))),
            Err(StoreError::NotFound(_)) => (Ok(Seen::Nothing), None),
            Err(StoreError::Archived(_)) => (Ok(Seen::Archived), None),
            Err(
                error @ (StoreError::Changed(_) | StoreError::Denied { .. } | StoreError::Unavailable { .. }),
            ) => (Err(error), None),
        };
        self.settle(&url.hash, asset?, seen).await?;
        let Some((head, body)) = object else { return Err(RenderVariantError::Lost) };
        let original = self.read(&head, body).await?;
        let fetch = started.elapsed();
        record_fetch(&original, fetch);
        let rendered = self.rendered(original, url).await?;
        record_render(&rendered);
        Ok(Variant { rendered, fetch })
    }

    /// Checks that the variant could be rendered, without reading or decoding its original; returns how long that took.
    ///
    /// # Errors
    /// [`RenderVariantError`].
    pub async fn presence(&self, url: &VariantUrl) -> Result<Duration, RenderVariantError> {
        let started = Instant::now();
        let key = ObjectKey::Original(url.hash);
        let (asset, head) =
            join(self.assets.find(&url.hash, Consistency::Eventual), self.store.head(&key)).await;
        let seen = head.map(|head| match head {
            None => Seen::Nothing,
            Some(ObjectHead { storage_class: StorageClass::Archived, .. }) => Seen::Archived,
            Some(ObjectHead { etag, storage_class: StorageClass::Immediate, .. }) => Seen::Object(etag),
        });
        self.settle(&url.hash, asset?, seen).await?;
        Ok(started.elapsed())
    }

    /// Checks that the asset is ready, without touching its original: a client that has the variant may keep it.
    ///
    /// # Errors
    /// [`RenderVariantError`].
    pub async fn still_ready(&self, url: &VariantUrl) -> Result<(), RenderVariantError> {
        let asset = self.assets.find(&url.hash, Consistency::Eventual).await?;
        self.settle(&url.hash, asset, Ok(Seen::NotLooked)).await
    }

    /// Decides by what was seen. An item that was read eventually may be a second old: unless all is well, it is read
    /// once more, strongly, before anything is said.
    async fn settle(
        &self,
        hash: &ContentHash,
        asset: Option<Asset>,
        seen: Result<Seen, StoreError>,
    ) -> Result<(), RenderVariantError> {
        if judge(asset.as_ref(), seen.as_ref().ok()) == Verdict::Show {
            return Ok(());
        }
        let asset = self.assets.find(hash, Consistency::Strong).await?;
        match judge(asset.as_ref(), seen.as_ref().ok()) {
            Verdict::Show => Ok(()),
            Verdict::NotFound => Err(RenderVariantError::NotFound),
            Verdict::Archived => Err(RenderVariantError::Archived),
            Verdict::Lost => Err(RenderVariantError::Lost),
            Verdict::Differs => Err(RenderVariantError::Differs),
            Verdict::Unknown => {
                Err(seen.err().map_or(RenderVariantError::NotFound, RenderVariantError::Store))
            }
        }
    }

    /// The whole original, if it fits in the memory that a render may take.
    async fn read(&self, head: &ObjectHead, mut body: S::Body) -> Result<Vec<u8>, RenderVariantError> {
        let limit_bytes = self.limits.max_memory_bytes;
        let fitting = usize::try_from(head.size_bytes).ok().filter(|_| head.size_bytes <= limit_bytes);
        let Some(length) = fitting else {
            let needed_bytes = head.size_bytes;
            return Err(RenderError::TooMuchMemory { needed_bytes, limit_bytes }.into());
        };
        let mut original = Vec::with_capacity(length);
        while let Some(piece) = body.next().await? {
            original.extend_from_slice(&piece);
        }
        Ok(original)
    }

    /// Renders on a thread that may block, so that others' requests go on meanwhile.
    async fn rendered(&self, original: Vec<u8>, url: &VariantUrl) -> Result<Rendered, RenderVariantError> {
        let (spec, limits) = (url.spec, self.limits);
        Ok(spawn_blocking(move || render(&original, &spec, &limits)).await??)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no original has 2^53 bytes")]
fn record_fetch(original: &[u8], fetch: Duration) {
    metrics::histogram!("original_bytes_fetched").record(original.len() as f64);
    metrics::histogram!("variant_fetch_ms").record(fetch.as_secs_f64() * 1e3);
}

#[expect(clippy::cast_precision_loss, reason = "no variant has 2^53 bytes")]
fn record_render(rendered: &Rendered) {
    metrics::counter!("variants_rendered").increment(1);
    metrics::histogram!("variant_compute_ms").record(rendered.timings.total().as_secs_f64() * 1e3);
    metrics::histogram!("variant_bytes").record(rendered.bytes.len() as f64);
}
