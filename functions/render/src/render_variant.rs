//! The use case: a variant of an asset, if the asset may be shown.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::join;
use shared::asset::Asset;
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::ports::{
    AssetRepository, Consistency, ObjectBody as _, ObjectHead, ObjectStore, RenderLeases, RepositoryError,
    StorageClass, StoreError,
};
use shared::variant::{NotAllowed, VariantUrl, Whitelist};
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;

use crate::admission::{Admission, Busy, Turn};
use crate::guard::{Turnout, give_back, share, turn_out};
use crate::judgement::{Seen, Verdict, judge};
use crate::load::Load;
use crate::pipeline::{Limits, RenderError, Rendered, Timings, check_offered, render_beside_others};
use crate::unguarded::Unguarded;
use crate::unknown::UnknownHashes;

/// Renders variants of the originals in a store, as a repository allows it.
#[derive(Debug)]
pub struct Render<S, R, L = Unguarded> {
    store: S,
    assets: R,
    leases: Option<L>,
    whitelist: Whitelist,
    limits: Limits,
    admission: Admission,
    /// How long one variant may take, waiting for its turn included.
    longest: Duration,
    unknown: UnknownHashes,
}

/// A variant, ready to be sent.
#[derive(Debug)]
pub struct Variant {
    /// The file.
    pub bytes: Bytes,
    /// How long it took to look the asset up and to read its original, or what another rendered of it.
    pub fetch: Duration,
    /// What took how long to render; `None` when another process did.
    pub timings: Option<Timings>,
    /// Whether it was shared with other processes.
    pub lock: CacheLock,
}

/// Who rendered a variant that many asked for, as `X-Cache-Lock` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheLock {
    /// It was rendered for this request alone.
    None,
    /// It was rendered for this request, and others share it.
    Leader,
    /// It was rendered for another request.
    Follower,
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
    /// There is no room for one more render now.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// It took too long.
    #[error("the variant was not there after {} s", .0.as_secs())]
    TooSlow(Duration),
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
        let Load { renders_at_once, memory_bytes, longest } = Load::default();
        let (admission, unknown) = (Admission::new(renders_at_once, memory_bytes), UnknownHashes::default());
        Self { store, assets, leases: None, whitelist, limits, admission, longest, unknown }
    }

    /// The same, in other bounds.
    #[must_use]
    pub fn bounded_by(mut self, load: Load) -> Self {
        self.admission = Admission::new(load.renders_at_once, load.memory_bytes);
        self.longest = load.longest;
        self
    }

    /// The same, with a guard against stampedes across processes, if there is one.
    #[must_use]
    pub fn guarded_by<L: RenderLeases>(self, leases: Option<L>) -> Render<S, R, L> {
        let Self { store, assets, whitelist, limits, admission, longest, unknown, leases: _ } = self;
        Render { store, assets, leases, whitelist, limits, admission, longest, unknown }
    }
}

impl<S: ObjectStore, R: AssetRepository, L: RenderLeases> Render<S, R, L> {
    /// Whether the variant may be asked for at all: depends on nothing but its URL.
    ///
    /// # Errors
    /// [`RenderVariantError::NotAllowed`], and [`RenderVariantError::Unrenderable`] for a format that is not written.
    pub fn admit(&self, url: &VariantUrl) -> Result<(), RenderVariantError> {
        self.whitelist.admit(&url.spec)?;
        Ok(check_offered(url.spec.format)?)
    }

    /// Renders a variant, or takes what another process has just rendered.
    ///
    /// # Errors
    /// [`RenderVariantError`].
    pub async fn variant(&self, url: &VariantUrl) -> Result<Variant, RenderVariantError> {
        let variant = timeout(self.longest, self.variant_in_time(url)).await;
        variant.unwrap_or(Err(RenderVariantError::TooSlow(self.longest)))
    }

    async fn variant_in_time(&self, url: &VariantUrl) -> Result<Variant, RenderVariantError> {
        let started = Instant::now();
        let Some(leases) = &self.leases else { return self.make(url).await };
        match turn_out(leases, &self.store, url).await {
            Turnout::Alone => self.make(url).await,
            Turnout::Take(bytes) => {
                // The bytes are right for this hash whoever made them; whether they may be shown is asked anew.
                self.still_ready(url).await?;
                metrics::counter!("lease_followers").increment(1);
                let fetch = started.elapsed();
                Ok(Variant { bytes, fetch, timings: None, lock: CacheLock::Follower })
            }
            Turnout::Lead(lease) => {
                let made = self.make(url).await;
                let is_shared = match &made {
                    Ok(variant) => share(&self.store, url, &variant.bytes).await,
                    Err(_) => false,
                };
                if !is_shared {
                    give_back(leases, url, &lease).await;
                }
                let lock = if is_shared { CacheLock::Leader } else { CacheLock::None };
                made.map(|variant| Variant { lock, ..variant })
            }
        }
    }

    /// Renders a variant. The asset's item and its original are asked for at the same time.
    async fn make(&self, url: &VariantUrl) -> Result<Variant, RenderVariantError> {
        let started = Instant::now();
        self.known(&url.hash)?;
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
        let looked_up = started.elapsed();
        let turn = self.admission.turn().await?;
        let reading = Instant::now();
        let original = self.read(&head, body).await?;
        let fetch = looked_up + reading.elapsed();
        record_fetch(&original, fetch);
        let Rendered { bytes, timings, .. } = self.rendered(original, url, turn).await?;
        record_render(bytes.len(), &timings);
        Ok(Variant { bytes: bytes.into(), fetch, timings: Some(timings), lock: CacheLock::None })
    }

    /// Whether there may be such an asset: there was none a moment ago, and asking again would cost the same again.
    fn known(&self, hash: &ContentHash) -> Result<(), RenderVariantError> {
        if self.unknown.contains(hash, Instant::now()) {
            return Err(RenderVariantError::NotFound);
        }
        Ok(())
    }

    /// Checks that the variant could be rendered, without reading or decoding its original; returns how long that took.
    ///
    /// # Errors
    /// [`RenderVariantError`].
    pub async fn presence(&self, url: &VariantUrl) -> Result<Duration, RenderVariantError> {
        let started = Instant::now();
        self.known(&url.hash)?;
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
        if asset.is_none() {
            self.unknown.remember(hash, Instant::now());
        }
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
        // Its memory is claimed with all that a render takes; here, whether there is room for it at all.
        self.admission.memory().nothing().grow(head.size_bytes)?;
        let mut original = Vec::with_capacity(length);
        while let Some(piece) = body.next().await? {
            original.extend_from_slice(&piece);
        }
        Ok(original)
    }

    /// Renders on a thread that may block, so that others' requests go on meanwhile.
    async fn rendered(
        &self,
        original: Vec<u8>,
        url: &VariantUrl,
        turn: Turn,
    ) -> Result<Rendered, RenderVariantError> {
        let (spec, limits, portion) = (url.spec, self.limits, self.admission.memory().nothing());
        let rendering = spawn_blocking(move || {
            let rendered = render_beside_others(&original, &spec, &limits, portion);
            // A client that left does not end the work: its turn lasts as long as that does.
            drop(turn);
            rendered
        });
        Ok(rendering.await??)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no original has 2^53 bytes")]
fn record_fetch(original: &[u8], fetch: Duration) {
    metrics::histogram!("original_bytes_fetched").record(original.len() as f64);
    metrics::histogram!("variant_fetch_ms").record(fetch.as_secs_f64() * 1e3);
}

#[expect(clippy::cast_precision_loss, reason = "no variant has 2^53 bytes")]
fn record_render(bytes: usize, timings: &Timings) {
    metrics::counter!("variants_rendered").increment(1);
    metrics::histogram!("variant_compute_ms").record(timings.total().as_secs_f64() * 1e3);
    metrics::histogram!("variant_bytes").record(bytes as f64);
}
