//! One variant of one asset: is it there, is it what was verified, and what does the pipeline make of it.

use std::time::{Duration, Instant};

use shared::asset::{Asset, AssetState};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::ports::{
    AssetRepository, Consistency, ObjectBody as _, ObjectHead, ObjectStore, RepositoryError, StoreError,
};
use shared::variant::VariantUrl;

use crate::Config;
use crate::pipeline::{self, RenderError, Rendered};

/// The use cases of render, over the ports they need.
#[derive(Debug, Clone)]
pub struct Render<S, R> {
    store: S,
    assets: R,
    pub(crate) config: Config,
}

/// A variant, and what it took.
#[derive(Debug, Clone)]
pub struct RenderedVariant {
    /// What the pipeline made.
    pub rendered: Rendered,
    /// How long record and original took to arrive.
    pub fetch: Duration,
}

/// Why there is no variant.
#[derive(Debug, thiserror::Error)]
pub enum VariantError {
    /// There is no such asset, or none whose bytes may be shown.
    #[error("there is no such picture")]
    NotFound,
    /// Its original must be restored first.
    #[error("the original is archived and must be restored first")]
    Archived,
    /// The object is not the one that was verified.
    #[error("the object {0} is not the one that was verified")]
    Drifted(ContentHash),
    /// The pipeline refused it.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The pipeline panicked.
    #[error("the pipeline panicked")]
    Panicked(#[from] tokio::task::JoinError),
}

impl<S: ObjectStore, R: AssetRepository> Render<S, R> {
    /// Render over these ports.
    pub fn new(store: S, assets: R, config: Config) -> Self {
        Self { store, assets, config }
    }

    /// Renders a variant. The record is read at half price beside the GET, so that it costs no time; only where it
    /// speaks against the picture is it read again, strongly consistent, before that is believed.
    ///
    /// # Errors
    /// [`VariantError`].
    pub async fn render_variant(&self, url: &VariantUrl) -> Result<RenderedVariant, VariantError> {
        let started = Instant::now();
        let (ready, fetched) = tokio::join!(self.ready(&url.hash), self.fetch(&url.hash));
        let asset = ready?;
        let (head, original) = present(&url.hash, fetched)?;
        self.check_tag(&asset, &head).await?;
        let fetch = started.elapsed();
        metrics::histogram!("variant_fetch_ms").record(milliseconds(fetch));
        metrics::histogram!("original_bytes_fetched").record(amount(original.len()));

        let (spec, limits) = (url.spec, self.config.limits);
        // On a thread that may be busy for long: the event loop has other requests, on the local system at least.
        let rendering = tokio::task::spawn_blocking(move || pipeline::render(&original, &spec, &limits));
        let rendered = rendering.await??;
        metrics::histogram!("variant_compute_ms").record(milliseconds(rendered.timings.total()));
        metrics::histogram!("variant_bytes").record(amount(rendered.bytes.len()));
        metrics::counter!("variants_rendered").increment(1);
        Ok(RenderedVariant { rendered, fetch })
    }

    /// Checks that a variant could be rendered, without reading or decoding anything.
    ///
    /// # Errors
    /// [`VariantError`], but never one of the pipeline's.
    pub async fn look(&self, hash: &ContentHash) -> Result<(), VariantError> {
        let key = ObjectKey::Original(*hash);
        let (ready, head) = tokio::join!(self.ready(hash), self.store.head(&key));
        let asset = ready?;
        let head = head.and_then(|head| head.ok_or_else(|| StoreError::NotFound(key.to_string())));
        self.check_tag(&asset, &present(hash, head)?).await
    }

    /// Checks that a variant that a client holds may still be shown, without touching the store.
    ///
    /// # Errors
    /// [`VariantError`], but never one of the store's or the pipeline's.
    pub async fn confirm(&self, hash: &ContentHash) -> Result<(), VariantError> {
        self.ready(hash).await.map(|_| ())
    }

    /// The asset, which is READY.
    async fn ready(&self, hash: &ContentHash) -> Result<Asset, VariantError> {
        let found = self.assets.find(hash, Consistency::Eventual).await?;
        match found.filter(|asset| asset.state == AssetState::Ready) {
            Some(asset) => Ok(asset),
            None => self.surely_ready(hash).await,
        }
    }

    async fn surely_ready(&self, hash: &ContentHash) -> Result<Asset, VariantError> {
        let asset = self.assets.find(hash, Consistency::Strong).await?.ok_or(VariantError::NotFound)?;
        match asset.state {
            AssetState::Ready => Ok(asset),
            AssetState::Archived => Err(VariantError::Archived),
            AssetState::Pending
            | AssetState::Rejected
            | AssetState::Missing
            | AssetState::Mismatch
            | AssetState::Deleted => Err(VariantError::NotFound),
        }
    }

    /// Checks that the object is the one that was verified. Its tag may have been refreshed a moment ago: before it
    /// counts as drift, the record is read once more.
    async fn check_tag(&self, asset: &Asset, head: &ObjectHead) -> Result<(), VariantError> {
        if asset.etag.as_ref() == Some(&head.etag) {
            return Ok(());
        }
        let asset = self.surely_ready(&asset.content_hash).await?;
        if asset.etag.as_ref() == Some(&head.etag) {
            return Ok(());
        }
        tracing::error!(
            asset.hash = %asset.content_hash,
            "an object is not the one that was verified: reconcile must look at it"
        );
        Err(VariantError::Drifted(asset.content_hash))
    }

    /// The original, whole: refused unread when it is larger than what a render may take.
    async fn fetch(&self, hash: &ContentHash) -> Result<(ObjectHead, Vec<u8>), StoreOrLimit> {
        let key = ObjectKey::Original(*hash);
        let (head, mut body) = self.store.get(&key).await?;
        let limit_bytes = self.config.limits.max_memory_bytes;
        if head.size_bytes > limit_bytes {
            return Err(StoreOrLimit::TooLarge { head, limit_bytes });
        }
        let mut original = Vec::with_capacity(usize::try_from(head.size_bytes).unwrap_or(0));
        while let Some(bytes) = body.next().await? {
            original.extend_from_slice(&bytes);
        }
        Ok((head, original))
    }
}

/// Why an original was not read to its end.
#[derive(Debug)]
enum StoreOrLimit {
    Store(StoreError),
    TooLarge { head: ObjectHead, limit_bytes: u64 },
}

impl From<StoreError> for StoreOrLimit {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What the store showed of an asset that is READY.
fn present<T>(hash: &ContentHash, shown: Result<T, impl Into<StoreOrLimit>>) -> Result<T, VariantError> {
    shown.map_err(|error| match error.into() {
        StoreOrLimit::Store(StoreError::NotFound(_)) => {
            tracing::error!(asset.hash = %hash, "the object of a READY asset is gone: reconcile must look at it");
            VariantError::NotFound
        }
        StoreOrLimit::Store(StoreError::Archived(_)) => VariantError::Archived,
        StoreOrLimit::Store(
            error @ (StoreError::Changed(_) | StoreError::Denied { .. } | StoreError::Unavailable { .. }),
        ) => VariantError::Store(error),
        StoreOrLimit::TooLarge { head, limit_bytes } => {
            RenderError::TooMuchMemory { needed_bytes: head.size_bytes, limit_bytes }.into()
        }
    })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "no picture has 2^53 bytes")]
fn amount(bytes: usize) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests;
